"""CaPTk's own parameter file as a preset, and what it asks for that is not offered here."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kinephen.core.cohort import Issue
from kinephen.errors import ConfigError
from kinephen.radiomics.captk.presets import DOCUMENTED, CaptkPreset

COLUMNS = ("FeatureName", "ParamName", "Default")
_FIELDS = {
    ("Histogram", "Bins"): "histogram_bins",
    ("GLCM", "Bins"): "glcm_bins",
    ("GLRLM", "Bins"): "glrlm_bins",
    ("GLRLM", "Radius"): "glrlm_radius",
    ("GLSZM", "Bins"): "glszm_bins",
    ("GLSZM", "Radius"): "glszm_radius",
    ("NGTDM", "Bins"): "ngtdm_bins",
    ("NGTDM", "Radius"): "ngtdm_radius",
}
# What a parameter may say without asking for anything that is not done anyway.
MOST_BINS, MOST_RADIUS = 1024, 5
_FULFILLED: dict[str, Callable[[str], bool]] = {
    "Dimension": lambda v: v.upper() == "3D",
    "Axis": lambda v: True,  # matters in two dimensions only
    "Offset": lambda v: v == "Average",
    "Directions": lambda v: v in ("13", "26", "27"),
    "Resampling": lambda v: float(v) == 0.0,
    "ResamplingInterpolator_Image": lambda v: True,  # matters with resampling only
    "ResamplingInterpolator_Mask": lambda v: True,
    "Quantization": lambda v: v == "ROI",
    "Quantization_Extent": lambda v: v == "ROI",
    "Quantization_Type": lambda v: v == "FixedBinNumber",
    "SliceComputation": lambda v: v == "0",
    "Feret": lambda v: v == "0",
    "Bins_Min": lambda v: v == "-666",
    "Radius": lambda v: v == "1",
}
_RANGES = {"Morphologic": "0"}  # largest component; the ranges of other families have no effect
_LEFT_OUT = ("NGLDM", "LBP", "Lattice", "Collage", "Gabor", "Laws", "Edges", "Fractal", "PowerSpectrum")


@dataclass(frozen=True)
class Parameters:
    """A parameter file as settings.

    Parameters
    ----------
    preset : CaptkPreset
        What the file asks for, without the defects by which a version ignores it.
    unsupported : tuple of Issue
        ``captk.unsupported``: one for each request that is not fulfilled.
    """

    preset: CaptkPreset
    unsupported: tuple[Issue, ...]


def parse_parameters(text: str, *, name: str = "parameter file") -> Parameters:
    """Read the text of a CaPTk parameter CSV.

    Parameters
    ----------
    text : str
        Columns FeatureName, ParamName, Type, Range, Default, Comments.
    name : str
        Of the preset.

    Raises
    ------
    ConfigError
        ``captk.parameters`` if a column is missing or a number is not one.
    """
    reader = csv.DictReader(text.splitlines())
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise ConfigError(
            f"a CaPTk parameter file has the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}",
            code="captk.parameters",
        )
    fields: dict[str, Any] = {"name": name}  # for `replace`, whose fields differ in type
    unsupported: dict[tuple[str, str], Issue] = {}
    for row in reader:
        family, parameter, value = ((row[column] or "").strip() for column in COLUMNS)
        field = _FIELDS.get((family, parameter))
        if field:
            most = MOST_BINS if parameter == "Bins" else MOST_RADIUS
            fields[field] = _whole(value, f"{family}, {parameter}", most)
        elif family in _LEFT_OUT:
            unsupported[family, ""] = _issue(family, "the family")
        elif not _fulfilled(family, parameter, value):
            unsupported[family, parameter] = _issue(family, f"{parameter} {value}")
    return Parameters(replace(DOCUMENTED, **fields), tuple(unsupported.values()))


def _issue(family: str, what: str) -> Issue:
    return Issue("captk.unsupported", f"asks for {what}, which is not offered", where=family)


def _fulfilled(family: str, parameter: str, value: str) -> bool:
    if parameter == "Range":
        return value == _RANGES.get(family, value)
    if not parameter:
        return True
    try:
        return parameter in _FULFILLED and _FULFILLED[parameter](value)
    except ValueError:
        return False


def _whole(value: str, where: str, most: int) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    if not 1 <= number <= most:
        raise ConfigError(
            f"expected a whole number from 1 to {most}, found {value[:24]!r}",
            code="captk.parameters",
            where=where,
            hint="bins are counts; a radius in mm (with a decimal point) is not supported",
        )
    return number
