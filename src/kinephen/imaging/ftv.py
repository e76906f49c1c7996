"""Functional tumour volume: voxels that enhance enough, in company, inside the published box.

The order of the steps reproduces UCSF's own maps and counts to the voxel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.core.cohort import Issue
from kinephen.core.enhancement import USUAL_PE_PERCENT
from kinephen.core.grid import bounding_box, box_slices
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.lesion import PrimaryLesion, primary_lesion
from kinephen.types import BoolVolume, FloatVolume

__all__ = [
    "SER_BINS",
    "FtvResult",
    "FtvRule",
    "PrimaryLesion",
    "SerClass",
    "count_neighbours",
    "functional_tumour_volume",
    "primary_lesion",
]

SER_BINS: tuple[tuple[float, float], ...] = ((0.0, 0.9), (0.9, 1.0), (1.0, 1.3), (1.3, 1.75), (1.75, 3.0))
"""Classes of the signal enhancement ratio, lower bound excluded, upper bound included."""


@dataclass(frozen=True)
class FtvRule:
    """Thresholds of the functional tumour volume.

    Parameters
    ----------
    tissue_threshold : float, optional
        Least pre-contrast signal of tissue, scanner units; None takes `background_percent` of the 95th
        percentile of the pre-contrast frame inside the box.
    background_percent : float
        Percent, in (0, 100].
    pe_threshold : float
        Least early enhancement, percent, > 0.
    min_neighbours : int
        How many of a voxel's 26 neighbours must pass too, 0 to 26.
    ser_min : float
        Least signal enhancement ratio of the volume by SER; no upper limit.
    omitted_as_zero : bool
        Set omitted voxels to 0 before the percentile, as UCSF's 3D Slicer extension does; this lowers the
        tissue threshold and is off by default.

    Raises
    ------
    ConfigError
        ``ftv.rule``, naming the value and its range.
    """

    tissue_threshold: float | None = None
    background_percent: float = 60.0
    pe_threshold: float = USUAL_PE_PERCENT
    min_neighbours: int = 4
    ser_min: float = 0.9
    omitted_as_zero: bool = False

    def __post_init__(self) -> None:
        _require(0.0 < self.background_percent <= 100.0, "background_percent", "above 0 and up to 100", self)
        _require(0.0 < self.pe_threshold < np.inf, "pe_threshold", "above 0 (percent)", self)
        _require(0 <= self.min_neighbours <= 26, "min_neighbours", "0 to 26", self)
        _require(0.0 <= self.ser_min < np.inf, "ser_min", "0 or more", self)
        given = self.tissue_threshold
        _require(given is None or np.isfinite(given), "tissue_threshold", "a finite number", self)

    def to_dict(self) -> dict[str, float | int | bool | None]:
        """Return plain fields."""
        return asdict(self)


@dataclass(frozen=True)
class SerClass:
    """Part of the volume whose signal enhancement ratio lies in (lower, upper].

    Parameters
    ----------
    lower, upper : float
    voxels : int
    cc : float
        Volume, cm3.
    percent : float
        Of all voxels that fall in any class; NaN if none does.
    """

    lower: float
    upper: float
    voxels: int
    cc: float
    percent: float


@dataclass(frozen=True)
class FtvResult:
    """Functional tumour volume of one exam.

    Parameters
    ----------
    by_pe, by_ser : ndarray of bool, shape (nz, ny, nx)
        Voxels of the volume by enhancement, and those of them with SER at or above `rule.ser_min`; without a
        late frame the second is None.
    tissue_threshold : float
        The threshold that was used, scanner units.
    tissue_source : str
        ``"given"``, or the percentile rule in words.
    voxels : dict of str to int
        Voxels left after each step: ``box``, ``tissue``, ``enhancing``, ``positive_ser``, ``neighbours``,
        ``ser``; those of the late frame (``positive_ser``, ``ser``) are absent without one.
    voxel_volume_mm3 : float
    ser : ndarray of float, shape (voxels of `by_pe`,)
        Signal enhancement ratio of each voxel of the volume, in array order; NaN without a late frame.
    ser_classes : tuple of SerClass
    above_classes : int
        Voxels whose SER exceeds the last class; they count in the volume.
    rule : FtvRule
    issues : tuple of Issue
    """

    by_pe: BoolVolume
    by_ser: BoolVolume | None
    tissue_threshold: float
    tissue_source: str
    voxels: dict[str, int]
    voxel_volume_mm3: float
    ser: NDArray[np.float64]
    ser_classes: tuple[SerClass, ...]
    above_classes: int
    rule: FtvRule
    issues: tuple[Issue, ...] = ()

    @property
    def pe_voxels(self) -> int:
        """Voxels of the volume by enhancement."""
        return self.voxels["neighbours"]

    @property
    def pe_cc(self) -> float:
        """Volume by enhancement, cm3: the functional tumour volume."""
        return self.pe_voxels * self.voxel_volume_mm3 / 1000.0

    @property
    def ser_voxels(self) -> int | None:
        """Voxels of the volume by SER; None without a late frame."""
        return self.voxels.get("ser")

    @property
    def ser_cc(self) -> float:
        """Volume by SER, cm3; NaN without a late frame."""
        voxels = self.ser_voxels
        return float("nan") if voxels is None else voxels * self.voxel_volume_mm3 / 1000.0


def functional_tumour_volume(
    pre: FloatVolume,
    early: FloatVolume,
    late: FloatVolume | None,
    *,
    voxel_volume_mm3: float,
    voi: BoolVolume,
    omit: BoolVolume | None = None,
    rule: FtvRule | None = None,
) -> FtvResult:
    """Functional tumour volume (FTV) by percent enhancement and by signal enhancement ratio.

    1. Tissue: pre-contrast signal at or above the tissue threshold.
    2. Enhancing: ``100 (early - pre) / pre >= pe_threshold`` in float32.
    3. ``late > pre``, so that the signal enhancement ratio is defined and positive.
    4. At least ``min_neighbours`` of the 26 neighbours pass 1 to 3; counted in the whole image, edge voxels
       repeated at its border, one pass.
    5. Inside the box and outside omitted regions: FTV by enhancement.
    6. Ratio of the two float32 percentages ``>= ser_min``, without upper limit: FTV by SER.

    Without a late frame steps 3 and 6 fall away.

    Parameters
    ----------
    pre, early, late : ndarray, shape (nz, ny, nx)
        Signal before contrast and at the early and late post-contrast frames, scanner units. `late` may be
        None.
    voxel_volume_mm3 : float
        From the distance between slices, not their thickness; > 0.
    voi : ndarray of bool, shape (nz, ny, nx)
        The box (or any region) inside which the volume is measured.
    omit : ndarray of bool, shape (nz, ny, nx), optional
        Cut out of the volume.
    rule : FtvRule, optional

    Returns
    -------
    FtvResult
        An empty volume is a result (0 cm3) with an issue ``ftv.empty``.

    Raises
    ------
    InputError
        ``ftv.shape``, ``ftv.empty_box``, ``ftv.not_finite``, ``ftv.voxel_volume``.

    References
    ----------
    Hylton et al. 2012, Radiology 263:663; Hylton et al. 2016, Radiology 279:44.
    """
    rule = rule or FtvRule()
    named = {"pre": pre, "early": early} | ({} if late is None else {"late": late})
    _check_inputs(named, voi, omit, voxel_volume_mm3)
    # One voxel around the box is all that the neighbour rule can see.
    region = box_slices(*bounding_box(voi, margin=1))
    s0, s1, *rest = (_finite32(a[region], name) for name, a in named.items())
    s2 = rest[0] if rest else None
    box = voi[region]
    kept = box if omit is None else box & ~omit[region]
    threshold, source = _tissue_threshold(s0, box, kept, rule)
    tissue = (s0 >= threshold) & (s0 > 0)
    pe_early = _percent(s0, s1)
    enhancing = tissue & (pe_early >= np.float32(rule.pe_threshold))
    positive = enhancing if s2 is None else enhancing & (s2 > s0)
    crowded = positive & (count_neighbours(positive) >= rule.min_neighbours)
    by_pe = crowded & kept
    steps = {"box": kept, "tissue": tissue & kept, "enhancing": enhancing & kept}
    by_ser = None
    if s2 is not None:
        by_ser = by_pe.copy()
        by_ser[by_pe] = pe_early[by_pe] / _percent(s0, s2)[by_pe] >= np.float32(rule.ser_min)
        steps["positive_ser"] = positive & kept
    steps["neighbours"] = by_pe
    if by_ser is not None:
        steps["ser"] = by_ser
    voxels = {name: int(np.count_nonzero(mask)) for name, mask in steps.items()}
    ratio = np.full(voxels["neighbours"], np.nan)
    if s2 is not None:
        ratio = _ratio(s0[by_pe], s1[by_pe], s2[by_pe])
    return FtvResult(
        by_pe=_whole(by_pe, voi.shape, region),
        by_ser=None if by_ser is None else _whole(by_ser, voi.shape, region),
        tissue_threshold=threshold,
        tissue_source=source,
        voxels=voxels,
        voxel_volume_mm3=voxel_volume_mm3,
        ser=ratio,
        ser_classes=() if s2 is None else _classes(ratio, voxel_volume_mm3),
        above_classes=int(np.count_nonzero(ratio > SER_BINS[-1][1])),
        rule=rule,
        issues=_issues(voxels, threshold),
    )


def count_neighbours(mask: BoolVolume) -> NDArray[np.uint8]:
    """Count, for every voxel, how many of its 26 neighbours are True.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)

    Returns
    -------
    ndarray of uint8, shape (nz, ny, nx)
        0 to 26; beyond the border the edge voxels are repeated. Integers throughout: sums of floats lose
        voxels when they are compared with a whole number.
    """
    total = np.pad(mask.astype(np.uint8), 1, mode="edge")
    total = total[:-2] + total[1:-1] + total[2:]
    total = total[:, :-2] + total[:, 1:-1] + total[:, 2:]
    total = total[:, :, :-2] + total[:, :, 1:-1] + total[:, :, 2:]
    return total - mask


def _require(holds: bool | np.bool_, name: str, expected: str, rule: FtvRule) -> None:
    if not holds:
        raise ConfigError(
            f"expected {name} {expected}, found {getattr(rule, name)}", code="ftv.rule", where=name
        )


def _check_inputs(
    frames: Mapping[str, FloatVolume], voi: BoolVolume, omit: BoolVolume | None, voxel_volume_mm3: float
) -> None:
    shape = frames["pre"].shape
    for name, array in {**frames, "voi": voi, "omit": omit}.items():
        if array is not None and array.shape != shape:
            raise InputError(
                f"{name} has shape {array.shape}, the pre-contrast frame {shape}",
                code="ftv.shape",
                hint="all frames and regions must lie on one grid",
            )
    for name, region in (("voi", voi), ("omit", omit)):
        if region is not None and region.dtype != np.bool_:
            raise InputError(f"{name} must be boolean, found {region.dtype}", code="ftv.shape")
    if not voi.any():
        raise InputError(
            "the box holds no voxel of the image",
            code="ftv.empty_box",
            hint="check that the box belongs to this exam, or give a mask of the region",
        )
    if not (np.isfinite(voxel_volume_mm3) and voxel_volume_mm3 > 0.0):
        raise InputError(
            f"expected a voxel volume above 0 mm3, found {voxel_volume_mm3}", code="ftv.voxel_volume"
        )


def _finite32(array: FloatVolume, name: str) -> NDArray[np.float32]:
    out = np.ascontiguousarray(array, dtype=np.float32)
    bad = out.size - int(np.count_nonzero(np.isfinite(out)))
    if bad:
        raise InputError(
            f"the {name} frame holds {bad} voxel(s) in the box that are not finite",
            code="ftv.not_finite",
            hint="repair the image; NaN and infinity cannot be compared with a threshold",
        )
    return out


def _tissue_threshold(
    pre: NDArray[np.float32], box: BoolVolume, kept: BoolVolume, rule: FtvRule
) -> tuple[float, str]:
    if rule.tissue_threshold is not None:
        return float(rule.tissue_threshold), "given"
    values = np.where(kept[box], pre[box], np.float32(0)) if rule.omitted_as_zero else pre[box]
    threshold = rule.background_percent / 100.0 * float(np.percentile(values.astype(np.float64), 95.0))
    return threshold, f"{rule.background_percent:g} % of the 95th percentile in the box"


def _percent(pre: NDArray[np.float32], post: NDArray[np.float32]) -> NDArray[np.float32]:
    out = np.zeros_like(pre)
    np.divide(np.float32(100) * (post - pre), pre, out=out, where=pre > 0)
    return out


def _ratio(
    pre: NDArray[np.float32], early: NDArray[np.float32], late: NDArray[np.float32]
) -> NDArray[np.float64]:
    base = pre.astype(np.float64)
    ratio: NDArray[np.float64] = (early - base) / (late - base)
    return ratio


def _classes(ratio: NDArray[np.float64], voxel_volume_mm3: float) -> tuple[SerClass, ...]:
    counts = [int(np.count_nonzero((ratio > low) & (ratio <= high))) for low, high in SER_BINS]
    total = sum(counts)
    return tuple(
        SerClass(low, high, n, n * voxel_volume_mm3 / 1000.0, 100.0 * n / total if total else float("nan"))
        for (low, high), n in zip(SER_BINS, counts, strict=True)
    )


def _whole(part: BoolVolume, shape: tuple[int, ...], region: tuple[slice, ...]) -> BoolVolume:
    out = np.zeros(shape, dtype=np.bool_)
    out[region] = part
    return out


def _issues(voxels: dict[str, int], threshold: float) -> tuple[Issue, ...]:
    found = []
    if threshold <= 0.0:
        found.append(
            Issue(
                "ftv.threshold",
                f"tissue threshold is {threshold:g}: every signal above 0 passes",
                level="warning",
            )
        )
    if voxels["neighbours"] == 0:
        found.append(
            Issue(
                "ftv.empty",
                "no voxel passes: the functional tumour volume is 0 cm3",
                count=0,
                level="warning",
            )
        )
    return tuple(found)
