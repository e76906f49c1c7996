"""One exam measured by itself: its lesion, and what stands beside it for whoever looks at the exam alone."""

from __future__ import annotations

from kinephen.records.base import Number, Record
from kinephen.records.features import BiasRecord
from kinephen.records.lesion import Lesion
from kinephen.records.plausibility import Finding


class Quartiles(Record):
    """First quartile, median and third quartile of some voxels."""

    low: float
    middle: float
    high: float


class SerClass(Record):
    """Part of the volume whose signal enhancement ratio lies in (lower, upper].

    Parameters
    ----------
    lower, upper : float
    voxels : int
    cc : float
    percent : float, optional
        Of all classes.
    enhancement : tuple of Quartiles
        Percent enhancement of its voxels at each phase; empty without voxels.
    """

    lower: float
    upper: float
    voxels: int
    cc: float
    percent: Number
    enhancement: tuple[Quartiles, ...] = ()


class Quality(Record):
    """Numbers that tell whether an exam and its lesion can be trusted.

    Parameters
    ----------
    lesion_on_faces : int
        Voxels of the lesion on the faces of the box.
    box_touches_border : bool
    lesion_curve, tissue_curve : tuple of float
        Median signal of each phase in the lesion and in the tissue of the box, scanner units; None where
        empty.
    signal_levels : int
        Distinct values of the pre-contrast frame in the box.
    """

    lesion_on_faces: int
    box_touches_border: bool
    lesion_curve: tuple[Number, ...]
    tissue_curve: tuple[Number, ...]
    signal_levels: int
    issues: tuple[Finding, ...] = ()


class MapRuleRecord(Record):
    """How the kinetic maps were computed; see `kinephen.imaging.maps.MapRule`."""

    variant: str
    zero_otherwise: bool
    normalise_wos: bool
    wos_from_peak: bool
    pe_unit: str
    noise_floor: float


class MapInLesion(Record):
    """One map in the lesion as acquired: voxels with a value, voxels without, mean and median in its unit."""

    unit: str
    voxels: int
    undefined: int
    mean: Number
    median: Number


class MapsRecord(Record):
    """The kinetic maps of an exam: their rule, what they hold in the lesion, and voxels left undefined."""

    rule: MapRuleRecord
    lesion: dict[str, MapInLesion]
    undefined: dict[str, dict[str, int]]

    @property
    def undefined_voxels(self) -> dict[str, int]:
        """Voxels of each map that are undefined for whatever reason."""
        return {name: sum(reasons.values()) for name, reasons in self.undefined.items()}


class BiasUsed(BiasRecord):
    """Correction of the bias field of the maps; the volume is of frames as acquired."""

    used_for: str = "maps"


class StatedVolumeFound(Record):
    """A volume that the exam states, and our count; None if it is of another range of the ratio than ours."""

    label: str
    voxels: int
    cc: float
    ser_min: Number = None
    ser_max: Number = None
    found_voxels: int | None


class SegmentationOverlap(Record):
    """Our mask (first) against one that the exam holds (second)."""

    kind: str
    dice: Number
    first_cc: float
    second_cc: float
    common: int
    first_only: int
    second_only: int


class SerMapDifference(Record):
    """The ratio in the volume against the exam's own map of it."""

    voxels: int
    largest_difference: Number
    absent_in_archive: int


class Comparison(Record):
    """Against what the exam's own analysis left."""

    stated_volumes: tuple[StatedVolumeFound, ...] = ()
    segmentations: tuple[SegmentationOverlap, ...] = ()
    ser_map: SerMapDifference | None = None


class Decided(Record):
    """The readers' decision on the mask, without anything that a reader typed."""

    state: str
    revision: int
    role: str
    time: str
    same_person: bool
    mask_sha256: str
    decision_sha256: str


class OneExam(Lesion):
    """Everything that ``kinephen ftv`` says of an exam.

    Parameters
    ----------
    source_hash : str
        SHA-256 of images and grid.
    ser_classes : tuple of SerClass
    ser_above_classes : int
        Voxels beyond the last class.
    quality : Quality
    maps : MapsRecord
    bias : BiasUsed
    comparison : Comparison
    decision : Decided, optional
    """

    source_hash: str
    ser_classes: tuple[SerClass, ...]
    ser_above_classes: int
    quality: Quality
    maps: MapsRecord
    bias: BiasUsed
    comparison: Comparison = Comparison()
    decision: Decided | None = None
