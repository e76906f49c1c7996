"""The 104 features of each map of a mask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.core.options import Mesh, RadiomicsMode
from kinephen.errors import InputError, UsageError
from kinephen.radiomics.captk.intensity import captk_histogram, captk_intensity
from kinephen.radiomics.captk.presets import EXECUTED, CaptkPreset
from kinephen.radiomics.captk.shape import captk_shape
from kinephen.radiomics.captk.texture import captk_textures
from kinephen.radiomics.catalogue import FEATURES, NAMES
from kinephen.radiomics.clean import Aggregation, clean_histogram, clean_intensity, clean_textures
from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.discretise import (
    FEWEST_SENSIBLE,
    MOST_SENSIBLE,
    Discretised,
    fixed_bin_number,
    fixed_bin_size,
)
from kinephen.radiomics.lbp import uniform_lbp
from kinephen.radiomics.roi import Roi, RoiMaker
from kinephen.radiomics.shape.clean import clean_shape
from kinephen.radiomics.undefined import EMPTY, Undefined, Value, all_undefined, split
from kinephen.types import FloatVolume

MAP_FEATURES = tuple(f.key for f in FEATURES if f.depends_on == "map")
BINNED_FEATURES = tuple(
    n for n in MAP_FEATURES if n.split("_")[0] in ("Histogram", "GLCM", "GLRLM", "GLSZM", "NGTDM")
)
NO_LBP = Undefined("the published code is not reproducible; a clean substitute can be switched on")


@dataclass(frozen=True)
class Extraction:
    """Features of the maps of one mask.

    Parameters
    ----------
    features : dict of dict
        ``features[map]["Family_Name"]``, the 104 in the order of the catalogue; NaN where undefined.
    reasons : dict
        ``reasons[(map, "Family_Name")]`` for every NaN.
    diagnostics : dict of dict
        For each map: voxels, voxels left out, number of levels and occupied levels, lower and upper edge.
    issues : tuple of Issue
        What deserves attention, for example too few grey levels.
    settings : dict
        What the features were computed with.
    """

    features: dict[str, dict[str, float]]
    reasons: dict[tuple[str, str], str]
    diagnostics: dict[str, dict[str, float]] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)

    def row(self) -> dict[str, float]:
        """Return one flat row with columns ``MAP_Family_Name``."""
        return {f"{m}_{name}": v for m, values in self.features.items() for name, v in values.items()}

    def frame(self) -> pd.DataFrame:
        """Return one row a map, columns ``Family_Name``."""
        return pd.DataFrame.from_dict(self.features, orient="index", columns=list(NAMES))


def extract(
    context: MaskContext,
    maps: Mapping[str, FloatVolume],
    *,
    mode: RadiomicsMode = "ibsi",
    bins: int = 32,
    bin_width: float | None = None,
    aggregation: Aggregation = "average",
    lbp: bool = False,
    preset: CaptkPreset = EXECUTED,
    mesh: Mesh = "separated",
) -> Extraction:
    """Return the 104 features of each map.

    Parameters
    ----------
    context : MaskContext
        The lesion; what depends on it alone is computed once for all maps.
    maps : mapping of str to ndarray, shape of the mask
        Voxels that are NaN or infinite inside the mask are left out of that map's intensity mask, and
        counted in `diagnostics`; shape features keep the whole lesion.
    mode : {"ibsi", "captk"}
        Clean definitions, or those of CaPTk 1.7.1 with their defects.
    bins : int
        Number of grey levels between the minimum and maximum of each map.
    bin_width : float, optional
        Instead: width of a grey level in the unit of the map, from its minimum.
    aggregation : {"average", "merge"}
        GLCM and GLRLM: features averaged over the 13 directions (IBSI 3-D average), or of one merged matrix.
    lbp : bool
        Whether to compute the substitute for the local binary pattern; NaN otherwise.
    preset : CaptkPreset
        Bins and radii of the `captk` mode, which takes no account of `bins`, `bin_width`, `aggregation` and
        `mesh`.
    mesh : {"separated", "lewiner"}
        Surface of the lesion, see `kinephen.radiomics.shape.mesh.mesh_volume_area`.

    Raises
    ------
    InputError
        If a map does not lie on the grid of the mask (``geometry.mismatch``), or the number of bins is out of
        range (``radiomics.bins``).

    References
    ----------
    Zwanenburg A, et al. Image biomarker standardisation initiative, arXiv:1612.07003.
    """
    if mode not in ("ibsi", "captk"):
        raise UsageError(f"unknown mode {mode!r}", code="radiomics.mode", hint="use 'ibsi' or 'captk'")
    choice = Choice(mode, bins, bin_width, aggregation, lbp, preset, mesh)
    roi_of = RoiMaker(context)
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range of numbers becomes NaN
        parts = {name: _one_map(name, roi_of(image), image, choice) for name, image in maps.items()}
    shape = clean_shape(context, mesh) if mode == "ibsi" else captk_shape(context)
    return _assemble(shape, parts, choice.as_record())


@dataclass(frozen=True)
class Choice:
    """The settings of one extraction; parameters as of `extract`."""

    mode: RadiomicsMode
    bins: int
    bin_width: float | None
    aggregation: Aggregation
    lbp: bool
    preset: CaptkPreset
    mesh: Mesh

    def as_record(self) -> dict[str, object]:
        """Return the settings that count in this mode."""
        if self.mode == "captk":
            return {"mode": "captk", "lbp": self.lbp, **asdict(self.preset)}
        levels = {"bins": self.bins} if self.bin_width is None else {"bin_width": self.bin_width}
        rest = {"aggregation": self.aggregation, "lbp": self.lbp, "mesh": self.mesh}
        return {"mode": "ibsi", **levels, **rest}


@dataclass(frozen=True)
class MapPart:
    """What one map gives: values by ``Family_Name``, diagnostics and issues."""

    values: dict[str, Value]
    diagnostics: dict[str, float]
    issues: tuple[Issue, ...]


def _assemble(shape: dict[str, Value], parts: dict[str, MapPart], settings: dict[str, object]) -> Extraction:
    features, reasons = {}, {}
    for name, part in parts.items():
        values = shape | part.values
        numbers, why = split({key: values[key] for key in NAMES})
        features[name] = numbers
        reasons.update({(name, key): text for key, text in why.items()})
    return Extraction(
        features=features,
        reasons=reasons,
        diagnostics={name: part.diagnostics for name, part in parts.items()},
        issues=tuple(issue for part in parts.values() for issue in part.issues),
        settings=settings,
    )


def _one_map(name: str, roi: Roi, image: FloatVolume, choice: Choice) -> MapPart:
    notes = _left_out(name, roi)
    if roi.region.size == 0:
        return MapPart(all_undefined(MAP_FEATURES, EMPTY), _diagnostics(roi, None), notes)
    lbp: dict[str, Value] = {"LBP_LBP": uniform_lbp(roi) if choice.lbp else NO_LBP}
    if choice.lbp:
        notes += (Issue("radiomics.lbp_substitute", "LBP is a clean substitute, not CaPTk's", where=name),)
    if choice.mode == "captk":
        values = (
            captk_intensity(roi.sample)
            | captk_histogram(roi.values, roi.sample, choice.preset.histogram_bins)
            | captk_textures(roi, image, choice.preset)
        )
        return MapPart(values | lbp, _diagnostics(roi, None), notes)
    return _clean_map(name, roi, choice, lbp, notes)


def _clean_map(
    name: str, roi: Roi, choice: Choice, lbp: dict[str, Value], notes: tuple[Issue, ...]
) -> MapPart:
    values = clean_intensity(roi.sample) | lbp
    try:
        levels = _levels(roi, choice)
    except InputError as error:
        if choice.bin_width is None or not 0 < choice.bin_width < np.inf:
            raise
        # Too narrow for this map only: its textures are undefined, the other maps go on.
        values |= all_undefined(BINNED_FEATURES, Undefined(error.message))
        return MapPart(values, _diagnostics(roi, None), notes)
    values |= clean_histogram(roi.sample, levels) | clean_textures(roi, levels, choice.aggregation)
    return MapPart(values, _diagnostics(roi, levels), (*notes, *_bin_issues(name, levels)))


def _levels(roi: Roi, choice: Choice) -> Discretised:
    if choice.bin_width is not None:
        return fixed_bin_size(roi.values, choice.bin_width)
    return fixed_bin_number(roi.values, choice.bins)


def _diagnostics(roi: Roi, levels: Discretised | None) -> dict[str, float]:
    nan = float("nan")
    return {
        "voxels": float(roi.region.size),
        "voxels_left_out": float(roi.left_out),
        "levels": nan if levels is None else float(levels.n_levels),
        "occupied_levels": nan if levels is None else float(np.count_nonzero(np.bincount(levels.levels))),
        "lower_edge": nan if levels is None else levels.edges[0],
        "upper_edge": nan if levels is None else levels.edges[1],
    }


def _left_out(name: str, roi: Roi) -> tuple[Issue, ...]:
    if not roi.left_out:
        return ()
    text = f"{roi.left_out} of {roi.context.voxels} voxels have no finite value and are left out of this map"
    return (Issue("radiomics.undefined_voxels", text, where=name, count=roi.left_out),)


def _bin_issues(name: str, levels: Discretised) -> tuple[Issue, ...]:
    if FEWEST_SENSIBLE <= levels.n_levels <= MOST_SENSIBLE:
        return ()
    what = "hide texture" if levels.n_levels < FEWEST_SENSIBLE else "leave most pairs of levels unseen"
    text = (
        f"{levels.n_levels} grey level(s) {what}; {FEWEST_SENSIBLE} to {MOST_SENSIBLE} are usual: "
        "change the number of bins or the bin width"
    )
    return (Issue("radiomics.bins", text, where=name),)
