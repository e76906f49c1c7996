"""Compare every IBSI-2 response map and value with ours, and write docs/reference/ibsi-filters.md.

Run ``python bench/radiomics_ibsi2.py`` with the reference data at KINEPHEN_REFERENCE (default ../shared).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np

from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.filters import filtered, parse_filter
from kinephen.radiomics.prepare import Prepared, prepare
from kinephen.radiomics.protocol import Protocol, Resampling, Resegmentation
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.statistics import STATISTICS, statistics
from kinephen.radiomics.undefined import Undefined
from radiomics_ibsi import ROOT, load_phantom, reference_folder

PAGE = ROOT / "docs" / "reference" / "ibsi-filters.md"
SHARE = 0.01
"""Largest error of a voxel allowed, as a share of the range of the reference map."""
SPACING = (2.0, 2.0, 2.0)

_GABOR_A = "gabor:sigma=10mm,lambda=4mm,gamma=0.5,boundary=zero"
_GABOR_B = "gabor:sigma=20mm,lambda=8mm,gamma=2.5"

MAPS: dict[str, tuple[str, str]] = {
    "1_a_1": ("checkerboard", "mean:support=15,boundary=zero"),
    "1_a_2": ("checkerboard", "mean:support=15,boundary=nearest"),
    "1_a_3": ("checkerboard", "mean:support=15,boundary=periodic"),
    "1_a_4": ("checkerboard", "mean:support=15"),
    "1_b_1": ("impulse", "mean:support=15,dimensions=2,boundary=zero"),
    "2_a": ("impulse", "log:sigma=3mm,boundary=zero"),
    "2_b": ("checkerboard", "log:sigma=5mm"),
    "2_c": ("checkerboard", "log:sigma=5mm,dimensions=2"),
    "3_a_1": ("impulse", "laws:kernels=E5L5S5,invariant=no,energy=0,boundary=zero"),
    "3_a_2": ("impulse", "laws:kernels=E5L5S5,energy=0,boundary=zero"),
    "3_a_3": ("impulse", "laws:kernels=E5L5S5,boundary=zero"),
    "3_b_1": ("checkerboard", "laws:kernels=E3W5R5,invariant=no,energy=0"),
    "3_b_2": ("checkerboard", "laws:kernels=E3W5R5,energy=0"),
    "3_b_3": ("checkerboard", "laws:kernels=E3W5R5"),
    "3_c_1": ("checkerboard", "laws:kernels=L5S5,invariant=no,energy=0"),
    "3_c_2": ("checkerboard", "laws:kernels=L5S5,energy=0"),
    "3_c_3": ("checkerboard", "laws:kernels=L5S5"),
    "4_a_1": ("impulse", f"{_GABOR_A},theta=60deg"),
    "4_a_2": ("impulse", f"{_GABOR_A},step=45deg,planes=orthogonal"),
    "4_b_1": ("sphere", f"{_GABOR_B},theta=225deg"),
    "4_b_2": ("sphere", f"{_GABOR_B},step=22.5deg,planes=orthogonal"),
    "5_a_1": ("impulse", "wavelet:family=db2,subband=LHL,invariant=no,boundary=zero"),
    "5_a_2": ("impulse", "wavelet:family=db2,subband=LHL,boundary=zero"),
    "6_a_1": ("sphere", "wavelet:family=coif1,subband=HHL,invariant=no,boundary=periodic"),
    "6_a_2": ("sphere", "wavelet:family=coif1,subband=HHL,boundary=periodic"),
    "7_a_1": ("checkerboard", "wavelet:family=haar,subband=LLL,level=2"),
    "7_a_2": ("checkerboard", "wavelet:family=haar,subband=HHH,level=2"),
    "8_a_1": ("checkerboard", "simoncelli:level=1"),
    "8_a_2": ("checkerboard", "simoncelli:level=2"),
    "8_a_3": ("checkerboard", "simoncelli:level=3"),
    "9_a": ("impulse", "riesz-log:order=100,sigma=3mm,boundary=zero"),
    "9_b_1": ("sphere", "riesz-log:order=020,sigma=3mm,boundary=zero"),
    "10_b_1": ("pattern_1", "riesz-simoncelli:order=020,level=1"),
}
"""Test of phase 1: phantom and filter."""

_GABOR = "gabor:sigma=5mm,lambda=2mm,gamma=1.5,step=22.5deg"

CONFIGURATIONS: dict[str, str] = {
    "1.A": "",
    "1.B": "",
    "2.A": "mean:support=5,dimensions=2",
    "2.B": "mean:support=5",
    "3.A": "log:sigma=1.5mm,dimensions=2",
    "3.B": "log:sigma=1.5mm",
    "4.A": "laws:kernels=L5E5",
    "4.B": "laws:kernels=L5E5E5",
    "5.A": _GABOR,
    "5.B": f"{_GABOR},planes=orthogonal",
    "6.A": "wavelet:family=db3,subband=LH",
    "6.B": "wavelet:family=db3,subband=LLH",
    "7.A": "wavelet:family=db3,subband=HH,level=2",
    "7.B": "wavelet:family=db3,subband=HHH,level=2",
    "8.A": "simoncelli:level=1,dimensions=2",
    "8.B": "simoncelli:level=1",
    "9.A": "simoncelli:level=2,dimensions=2",
    "9.B": "simoncelli:level=2",
}
"""Configuration of phase 2 to filter; A slice by slice, B in a volume of 1 mm."""

_RANGE = Resegmentation(low=-1000, high=400)
PROTOCOLS = {
    "A": Protocol(resegmentation=_RANGE),
    "B": Protocol(
        resampling=Resampling(spacing=1.0, interpolation="cubic", round_intensities=True),
        resegmentation=_RANGE,
    ),
}

TAGS = (
    "mean", "var", "skew", "kurt", "median", "min", "p10", "p90", "max", "iqr", "range", "mad", "rmad",
    "medad", "cov", "qcod", "energy", "rms",
)  # fmt: skip
NAME_OF_TAG = {f"stat_{tag}": name for tag, name in zip(TAGS, STATISTICS, strict=True)}


@dataclass(frozen=True)
class MapRow:
    """The largest error of a response map, as a share of the range of its reference."""

    test: str
    phantom: str
    text: str
    error: float


@dataclass(frozen=True)
class ValueRow:
    """One reference value beside ours."""

    configuration: str
    tag: str
    reference: str
    tolerance: str
    ours: float

    @property
    def share(self) -> float:
        """Distance from the reference over the tolerance."""
        return abs(self.ours - float(self.reference)) / float(self.tolerance)


def load(path: Path) -> np.ndarray:
    """Return an image in (slice, row, column) order."""
    return np.asarray(nibabel.load(path).dataobj, dtype=np.float64).transpose(2, 1, 0)


def map_row(test: str, folder: Path) -> MapRow:
    """Return how far our response map is from the reference."""
    phantom, text = MAPS[test]
    reference = load(folder / "response_maps" / f"{test}.nii.gz")
    ours = filtered(load(folder / "phantoms" / f"{phantom}.nii.gz"), SPACING, parse_filter(text))
    return MapRow(test, phantom, text, float(np.abs(ours - reference).max() / np.ptp(reference)))


def prepared(letter: str, folder: Path) -> Prepared:
    """Return the CT phantom on the grid of configurations A or B."""
    image, mask, spacing = load_phantom(folder.parent / "ibsi" / "ct_phantom")
    return prepare(image, MaskContext(mask, spacing), PROTOCOLS[letter])


def value_rows(configuration: str, ready: Prepared, folder: Path) -> list[ValueRow]:
    """Return the reference values of a configuration beside ours; one of the 324 has no consensus."""
    text = CONFIGURATIONS[configuration]
    image = filtered(ready.image, ready.context.spacing, parse_filter(text)) if text else ready.image
    region = ready.roi.region
    ours = statistics(Roi(ready.context, region, region.values(image)).sample)
    with (folder / "reference_values.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["filter_id"] == configuration]
    return [
        ValueRow(configuration, row["feature_tag"], row["consensus_value"], row["tolerance"], value)
        for row in rows
        for value in [ours[NAME_OF_TAG[row["feature_tag"]]]]
        if row["consensus_value"] and not isinstance(value, Undefined)
    ]


def page(maps: Iterable[MapRow], values: Iterable[ValueRow]) -> str:
    """Return the reference page as text."""
    maps, values = list(maps), list(values)
    good = sum(row.share <= 1 for row in values)
    lines = [
        "# Agreement with the IBSI filter references",
        "",
        f"{sum(row.error <= SHARE for row in maps)} of {len(maps)} response maps of phase 1 agree in every",
        "voxel within 1 % of the range of the reference map, and "
        f"{good} of {len(values)} values of phase 2 (CT",
        "phantom, 18 statistics of each filtered image) within their tolerance; for one more value, the",
        "quartile coefficient of 8.B, there is no consensus. This page is written by",
        "`python bench/radiomics_ibsi2.py`; a test compares it with the values of the code.",
        "What each filter does: [filters](generated/filters.md).",
        "",
        "## Response maps",
        "",
        "| test | phantom | filter | largest error, % of the range |",
        "|---|---|---|---|",
        *(f"| {r.test} | {r.phantom} | `{r.text}` | {_percent(r.error)} |" for r in maps),
        "",
        "## Values of the filtered CT phantom",
        "",
        "| configuration | filter | values | in tolerance | farthest, in tolerances |",
        "|---|---|---|---|---|",
        *(_line(name, [row for row in values if row.configuration == name]) for name in CONFIGURATIONS),
        "",
        "Reference: Whybra P, Zwanenburg A, Andrearczyk V, et al. The Image Biomarker Standardization",
        "Initiative: standardized convolutional filters for reproducible radiomics and enhanced clinical",
        "insights. Radiology 2024;310:e231319; reference manual arXiv:2006.05470.",
        "",
    ]
    return "\n".join(lines)


def _percent(share: float) -> str:
    return "below 0.01" if share < 1e-4 else f"{100 * share:.2f}"


def _line(name: str, rows: list[ValueRow]) -> str:
    text = f"`{CONFIGURATIONS[name]}`" if CONFIGURATIONS[name] else "none"
    good = sum(row.share <= 1 for row in rows)
    return f"| {name} | {text} | {len(rows)} | {good} | {max(row.share for row in rows):.2f} |"


def main() -> None:
    """Compute everything and write the page."""
    folder = reference_folder().parent / "ibsi2"
    ready = {letter: prepared(letter, folder) for letter in PROTOCOLS}
    maps = [map_row(test, folder) for test in MAPS]
    values = [row for name in CONFIGURATIONS for row in value_rows(name, ready[name[-1]], folder)]
    PAGE.write_text(page(maps, values), encoding="utf-8")
    print(page(maps, values))


if __name__ == "__main__":
    main()
