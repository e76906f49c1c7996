"""How the images of an exam were acquired, in the terms of DICOM, made safe to show.

Every value comes from outside: numbers must be finite and within what an MR scanner can do, codes must be on
a list, and free text is shown only if all of it may be (`kinephen.io.privacy`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kinephen.io.contrast_agents import NOT_SHOWN, generic_agent, generic_route
from kinephen.io.dicom_values import as_text, number_of
from kinephen.io.privacy import MASK, shown
from kinephen.records.protocol import FAT_SUPPRESSED, NOT_FAT_SUPPRESSED, OTHER, Protocol

# DICOM PS3.3, C.8.3.1 (MR Image Module), and the makers' own scan options.
_SEQUENCES = frozenset(("SE", "IR", "GR", "EP", "RM"))
_VARIANTS = frozenset(("SK", "MTC", "SS", "TRSS", "SP", "MP", "OSP", "NONE"))
_OPTIONS = frozenset(
    re.findall(
        r"\w+",
        """
        PER RG CG PPG FC PFF PFP SP FS NPW NP SAT SAT1 SAT2 SAT3 SAT4 WE IR MT DB SFS TRF DRF EDR_GEMS
        GRAPH_GEMS FAST_GEMS ACC_GEMS ARC_GEMS ASSET_GEMS EPI_GEMS FILTERED_GEMS FLEX_GEMS FR_GEMS FSA_GEMS
        FSI_GEMS FSL_GEMS FSS_GEMS FSP_GEMS IRPREP_GEMS MP_GEMS PURE_GEMS SAT_GEMS SEQ_GEMS SHIM_GEMS
        SPI_GEMS SQ_GEMS SS_GEMS SWAP_GEMS TRF_GEMS VASCTOF_GEMS VB_GEMS
        """,
    )
)
_MAY_SUPPRESS = frozenset((OTHER, "WE", "SFS", "SAT_GEMS", "FLEX_GEMS"))
"""Options that leave it open whether fat was suppressed, or do it in another way."""
_TYPES = frozenset(("1D", "2D", "3D"))
_ENHANCED_SEQUENCES = {"SPIN": ("SE",), "GRADIENT": ("GR",), "BOTH": ("SE", "GR")}
_MAX_CODES = 16
_MAX_NAME = 64
_MAX_DIGITS = 4
"""More digits in a name of a sequence or coil may be a date or a number of someone."""

# Keyword of DICOM: field, smallest and largest value of an MR scanner, in the field's unit.
NUMBERS: Mapping[str, tuple[str, float, float]] = MappingProxyType(
    {
        "RepetitionTime": ("repetition_ms", 0.1, 10_000.0),
        "EchoTime": ("echo_ms", 0.01, 1_000.0),
        "InversionTime": ("inversion_ms", 0.1, 10_000.0),
        "FlipAngle": ("flip_degrees", 0.1, 360.0),
        "EchoTrainLength": ("echo_train", 1.0, 1_000.0),
        "NumberOfAverages": ("averages", 0.1, 100.0),
        "SliceThickness": ("slice_thickness_mm", 0.1, 100.0),
        "ParallelReductionFactorInPlane": ("parallel_factor", 1.0, 64.0),
        "ContrastBolusVolume": ("contrast_volume_ml", 0.1, 500.0),
        "ContrastBolusTotalDose": ("contrast_dose_ml", 0.1, 500.0),
    }
)
SIGNAL_NUMBERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "repetition_ms": ("repetition time", "ms"),
        "echo_ms": ("echo time", "ms"),
        "inversion_ms": ("inversion time", "ms"),
        "flip_degrees": ("flip angle", "degrees"),
    }
)
SIGNAL_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "scanning_sequence": "scanning sequence",
        "acquisition_type": "acquisition type",
        "fat_suppression": "fat suppression",
    }
)
"""What the signal of a phase depends on beside contrast: name, and unit of a number."""
SAME_SHARE = 0.01
"""Numbers that differ by no more than this share are the same, rounded otherwise."""
TEXTS = (
    "ScanningSequence",
    "EchoPulseSequence",
    "SequenceVariant",
    "ScanOptions",
    "SpectrallySelectedSuppression",
    "MRAcquisitionType",
    "SequenceName",
    "ReceiveCoilName",
    "ContrastBolusAgent",
    "ContrastBolusIngredient",
    "ContrastBolusRoute",
)
"""Keywords of DICOM whose values are codes or text."""


def protocol_from(stated: Mapping[str, object]) -> Protocol:
    """Return what the values of a file state, and nothing that is not checked.

    Parameters
    ----------
    stated : mapping
        By keyword of DICOM (those of `NUMBERS` and `TEXTS`), in the units of DICOM: times in ms. Values may
        be of any type.
    """
    numbers = {
        field: _within(stated.get(keyword), low, high) for keyword, (field, low, high) in NUMBERS.items()
    }
    options = _codes(stated.get("ScanOptions"), _OPTIONS)
    agents = [generic_agent(_text(stated, k)) for k in ("ContrastBolusAgent", "ContrastBolusIngredient")]
    return Protocol(
        scanning_sequence=_codes(stated.get("ScanningSequence"), _SEQUENCES) or _pulse(stated),
        sequence_variant=_codes(stated.get("SequenceVariant"), _VARIANTS),
        scan_options=options,
        # Siemens marks sequences that a site has not made itself with an asterisk.
        sequence_name=_name(_text(stated, "SequenceName").lstrip("*")),
        acquisition_type=next((t for t in _codes(stated.get("MRAcquisitionType"), _TYPES) if t != OTHER), ""),
        fat_suppression=_fat(options, _text(stated, "SpectrallySelectedSuppression").upper()),
        coil=_name(_text(stated, "ReceiveCoilName")),
        contrast_agent=_first_named(agents),
        contrast_route=generic_route(_text(stated, "ContrastBolusRoute")),
        differences=(),  # told by several phases
        **numbers,
    )


def protocol_of_phases(phases: Sequence[Protocol]) -> Protocol:
    """Return the protocol of the first of the phases, with contrast as the first of them states it.

    Some scanners name the agent only after the injection. What else the signal depends on should be the same
    in all phases: where it is not, the values stand in ``differences``.
    """
    if not phases:
        return Protocol()
    return phases[0].model_copy(
        update={
            "contrast_agent": _first_named([p.contrast_agent for p in phases]),
            "contrast_route": _first_named([p.contrast_route for p in phases]),
            "contrast_volume_ml": next((p.contrast_volume_ml for p in phases if p.contrast_volume_ml), None),
            "contrast_dose_ml": next((p.contrast_dose_ml for p in phases if p.contrast_dose_ml), None),
            "differences": _differences(phases),
        }
    )


def _differences(phases: Sequence[Protocol]) -> tuple[str, ...]:
    found = []
    for field, (name, unit) in SIGNAL_NUMBERS.items():
        numbers = [getattr(p, field) for p in phases]
        known = [n for n in numbers if n is not None]
        if known and max(known) - min(known) > SAME_SHARE * min(known):
            values = ", ".join("not stated" if n is None else f"{n:g}" for n in numbers)
            found.append(f"{name} {values} {unit}")
    for field, name in SIGNAL_WORDS.items():
        words = [_words(getattr(p, field)) for p in phases]
        if len({w for w in words if w}) > 1:
            found.append(f"{name} {', '.join(w or 'not stated' for w in words)}")
    return tuple(found)


def _words(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "+".join(value)


def _first_named(agents: list[str]) -> str:
    """Return the first text that may be shown, else the first that is stated at all."""
    named = [a for a in agents if a and a != NOT_SHOWN]
    return next(iter(named), next(filter(None, agents), ""))


def tesla(value: object) -> float | None:
    """Return a field strength in tesla, or None if it is none of an MR scanner.

    Old scanners write gauss: no MR scanner has 100 tesla.
    """
    number = _finite(value)
    if number is None:
        return None
    field = number / 10_000.0 if number > 100.0 else number
    return field if 0.01 <= field <= 20.0 else None


def _finite(value: object) -> float | None:
    """Return a number, or the first of several, or of a text of numbers, if it is finite."""
    if isinstance(value, (str, bytes)):
        return number_of(as_text(value).split("\\")[0])
    if isinstance(value, (list, tuple)) and value:
        return None if isinstance(value[0], (list, tuple)) else _finite(value[0])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return number_of(repr(float(value)))
    except OverflowError:
        return None


def _within(value: object, low: float, high: float) -> float | None:
    number = _finite(value)
    # Seconds of a sidecar times 1000 are not exact.
    return None if number is None or not low <= number <= high else round(number, 6)


def _text(stated: Mapping[str, object], keyword: str) -> str:
    return " ".join(as_text(stated.get(keyword))[:200].split())


def _codes(value: object, known: frozenset[str]) -> tuple[str, ...]:
    words = [w.strip().upper() for w in as_text(value)[:2000].split("\\")]
    parts = [p for w in words if w for p in ([w] if w in known else _joined(w, known))]
    return tuple(dict.fromkeys(p if p in known else OTHER for p in parts))[:_MAX_CODES]


def _joined(word: str, known: frozenset[str]) -> list[str]:
    """Return the codes of a word, in which dcm2niix joins them by underscores; some codes hold one."""
    parts, found = word.split("_"), list[str]()
    while parts:
        pair = "_".join(parts[:2])
        found.append(pair if pair in known else parts[0])
        del parts[: 2 if pair in known else 1]
    return found


def _pulse(stated: Mapping[str, object]) -> tuple[str, ...]:
    return _ENHANCED_SEQUENCES.get(_text(stated, "EchoPulseSequence").upper(), ())


def _fat(options: tuple[str, ...], selected: str) -> str:
    if "FS" in options or "FAT" in selected:
        return FAT_SUPPRESSED
    silent = not options or bool(_MAY_SUPPRESS.intersection(options))
    return NOT_FAT_SUPPRESSED if selected in ("NONE", "WATER") or not silent else ""


def _name(text: str) -> str:
    """Return the name of a sequence or coil if all of it may be shown."""
    if not text:
        return ""
    digits = sum(c.isdigit() for c in text)
    safe = MASK not in shown(text) and len(text) <= _MAX_NAME and digits <= _MAX_DIGITS
    return text if safe and any(c.isalpha() for c in text) else NOT_SHOWN
