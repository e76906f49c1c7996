"""What one MR image is, as its own header tells: acquired, derived, projected, a Dixon part, a localizer.

Image types: DICOM PS3.3, C.7.6.1.1.2 and C.8.13.3.1, and the values that GE, Philips and Siemens write beside
them. Derivation codes: DICOM PS3.16, CID 7203.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kinephen.io.dicom_headers import Header


class Kind(StrEnum):
    """The kinds of images that are told apart; values are the words of messages."""

    ACQUIRED = "acquired"
    WATER = "Dixon water"
    FAT = "Dixon fat"
    IN_PHASE = "Dixon in-phase"
    OPPOSED = "Dixon opposed-phase"
    BESIDE = "beside the parts of a Dixon sequence"
    PROCESSED = "derived without a stated way"
    REFORMAT = "reformatted"
    SUBTRACTION = "subtraction"
    PROJECTION = "projection"
    COMPUTED = "computed map"
    COMPLEX = "phase, real or imaginary part"
    LOCALIZER = "localizer"
    COPY = "sent twice"


DIXON = (Kind.WATER, Kind.IN_PHASE, Kind.OPPOSED, Kind.FAT)
SPARE = (Kind.PROCESSED, Kind.REFORMAT)
"""Images that are phases where a whole exam was exported from a workstation and nothing else is there."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind, and whether fields made for it say so; a series description alone may mean something else."""

    kind: Kind
    certain: bool = True


_VALUES = {
    Kind.WATER: "W WATER WATER_ONLY WATERONLY",
    Kind.FAT: "F FAT FAT_ONLY FATONLY",
    Kind.IN_PHASE: "IP IN_PHASE INPHASE IN",
    Kind.OPPOSED: "OP OPP OPP_PHASE OPPOSED OPPOSED_PHASE OUT OUT_PHASE OUTPHASE OUT_OF_PHASE",
    Kind.COMPLEX: "P PHASE R REAL I IMAGINARY IMAG PHASE_MAP VELOCITY",
    Kind.PROJECTION: "MAX_IP MIN_IP",
}
"""Values of ImageType after the second, whole, spaces as underscores."""
_OF_VALUE = {value: kind for kind, values in _VALUES.items() for value in values.split()}

_WORDS = (
    (Kind.SUBTRACTION, re.compile(r"SUBS?\d*|SUBT\w*|DIFFERENCE")),
    (Kind.PROJECTION, re.compile(r"[TS]?MIPS?\d*|MINIPS?|PROJECTION|VRT?|SSD|VOLREND|RENDER\w*|THICK")),
    (Kind.LOCALIZER, re.compile(r"LOCALI[SZ]ER|SCOUT|SURVEY")),
    (
        Kind.COMPUTED,
        re.compile(
            r"ADC|EADC|TRACEW?|TENSOR|FA|MAP|\w+MAP|PARAMETRIC|QUANTITY|FF|PDFF|PEI|TTP|SER|PE\d|WASH\w*|KTRANS"
            r"|ADDITION|DIVISION|MULTIPLICATION|MAXIMUM|MINIMUM|MEAN|AVERAGE|STDDEV|DEVIATION|MASKED|MASK"
        ),
    ),
    (Kind.REFORMAT, re.compile(r"MPR|CPR|REFORMAT\w*|RESAMPLED|PARALLEL|CURVED|STITCHED|COMPOSED")),
)
"""Words within the values of ImageType after the first; those named first decide."""

_TEXTS = (
    (
        Kind.SUBTRACTION,
        re.compile(r"(?<![a-z])sub(s|t\w*)?(?![a-z])|su\d|ce\d+su\b", re.IGNORECASE),
    ),
    (
        Kind.PROJECTION,
        re.compile(
            r"(?<![a-z])(rad|rot|[ts])?[-_ ]?mips?(?![a-z])|mini?ip|max(imum)? ?i(ntensity )?p|projection"
            r"|volume rend|(?<![a-z])vrt(?![a-z])",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.LOCALIZER,
        re.compile(r"(?<![a-z])(loc|locali[sz]\w*|aahscout|scout|surv(ey)?)(?![a-z])|plane", re.IGNORECASE),
    ),
    (
        Kind.COMPUTED,
        re.compile(
            r"(?<![a-z])(e?adc|ttp|pei|ktrans|kep|iauc)(?![a-z])|wash[-_ ]?(in|out)|time to peak"
            r"|: ?(ser|pe\d)\s*$|param\w*etric",
            re.IGNORECASE,
        ),
    ),
    (Kind.REFORMAT, re.compile(r"(?<![a-z])mprs?(?![a-z])|reformat", re.IGNORECASE)),
)
"""Words of series and derivation descriptions."""

_DIXON_TEXTS = (
    (Kind.WATER, re.compile(r"(?<![a-z])water(?![a-z])(?![-_ ]*(ex|sat|sel|sup))|(?<![a-z])w$", re.I)),
    (
        Kind.FAT,
        re.compile(
            r"(?<!non[-_ ])(?<!no[-_ ])(?<!w/o[-_ ])(?<!without[-_ ])(?<![a-z])fat(?![a-z])"
            r"(?![-_ ]*(sat|sup|fr))|(?<![a-z])f$",
            re.I,
        ),
    ),
    (
        Kind.OPPOSED,
        re.compile(r"(?<![a-z])(opp?|out|(out[-_ ]?(of)?|opp(osed)?)[-_ ]?phase)(?![a-z])", re.I),
    ),
    (Kind.IN_PHASE, re.compile(r"(?<![a-z])(in[-_ ]?phase|ip)(?![a-z])|(?<![a-z])in$", re.I)),
)
"""Names of the parts of a Dixon sequence in a series description."""

_CODES = {
    Kind.SUBTRACTION: {"113062"},
    Kind.PROJECTION: {"113078", "113079", "113074", "113075"},
    Kind.REFORMAT: {"113072", "113073", "113085", "113090", "113093", "125027"},
    Kind.COMPUTED: {
        *("113041", "113042", "113046", "113047", "113048", "113049", "113050", "113051", "113053"),
        *("113076", "129104", "129105", "129106"),
    },
}
_WORKSTATIONS = ("CONFIRMA",)
_MAY_BE_ACQUIRED = (Kind.REFORMAT, Kind.COMPUTED)
"""Words such as AVERAGE or PARALLEL also stand in images that call themselves original."""


def kind_of(header: Header) -> Verdict:
    """Tell what an MR image is from its own header, without pixels.

    Parameters
    ----------
    header : Header
        Of one image, or of one frame of an object of several.

    Returns
    -------
    Verdict
        In this order: derivation codes, values of ImageType, derivation description, series description. An
        image that is marked DERIVED and says no more (filters, corrections of distortion, conversions) is
        `Kind.PROCESSED`.
    """
    stated = _stated(header)
    if stated is not None:
        return Verdict(stated, certain=header.derived or stated not in _MAY_BE_ACQUIRED)
    described = _text_kind(header.derivation) if header.derived else None
    if described is not None:
        return Verdict(described)
    named = _text_kind(header.description)
    if named is not None:
        return Verdict(named, certain=header.derived)
    if header.derived or _from_workstation(header):
        return Verdict(Kind.PROCESSED)
    return Verdict(Kind.ACQUIRED)


def dixon_name(description: str) -> Kind | None:
    """Return the part of a Dixon sequence that a series description names, or None.

    To be believed only where another part stands beside it: fat is named in many series that are none.
    """
    text = description.strip()
    return next((kind for kind, pattern in _DIXON_TEXTS if pattern.search(text)), None)


def _stated(header: Header) -> Kind | None:
    """Return the kind that derivation codes or ImageType state."""
    for kind, codes in _CODES.items():
        if codes.intersection(header.derivation_codes):
            return kind
    values = [v.strip().upper().replace(" ", "_").replace("-", "_") for v in header.image_type[1:]]
    words = [word for value in values if value not in _OF_VALUE for word in value.split("_")]
    for kind, pattern in _WORDS:
        if any(pattern.fullmatch(word) for word in words):
            return kind
    found = {_OF_VALUE[value] for value in values[1:] if value in _OF_VALUE}
    return next((kind for kind in (Kind.PROJECTION, *DIXON, Kind.COMPLEX) if kind in found), None)


def _text_kind(text: str) -> Kind | None:
    return next((kind for kind, pattern in _TEXTS if pattern.search(text)), None)


def _from_workstation(header: Header) -> bool:
    """Tell output of a workstation that calls itself acquired (both occur in the archive of I-SPY 1)."""
    return header.manufacturer.upper().startswith(_WORKSTATIONS) or "NUMARIS/4 3D" in header.model.upper()
