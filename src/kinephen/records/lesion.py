"""What the lesion step found in one exam: functional tumour volume, lesion, thresholds, acquisition."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from kinephen.records.base import Number, Record
from kinephen.records.motion import FrameMotion
from kinephen.records.plausibility import Finding, Plausibility
from kinephen.records.protocol import Protocol

MM3_PER_CC = 1000.0
ReviewState: TypeAlias = Literal["unreviewed", "edited", "confirmed", "changed"]
RegionSource: TypeAlias = Literal["exam", "mask", "whole image"]
LARGEST_COMPONENT = "largest component of the FTV"
LARGE_COMPONENTS = "all components of the FTV of a least size"
"""Sources of a lesion that nobody has drawn."""


class Review(Record):
    """The readers' decision on the mask of an exam.

    Parameters
    ----------
    state : {"unreviewed", "edited", "confirmed", "changed"}
        ``edited`` waits for a confirmer; ``changed``: the file is not the one that was decided on.
    revision : int, optional
        The fields from here are None where nobody decided.
    mask_sha256, name, role, meaning, time, edited_by : str, optional
    """

    state: ReviewState = "unreviewed"
    revision: int | None = None
    mask_sha256: str | None = None
    name: str | None = None
    role: str | None = None
    meaning: str | None = None
    time: str | None = None
    edited_by: str | None = None


class Thresholds(Record):
    """Thresholds of the functional tumour volume, and where each came from.

    Parameters
    ----------
    tissue_threshold : float
        Least pre-contrast signal of tissue that was used, scanner units.
    background_percent : float
        Percent of the 95th percentile of the pre-contrast frame in the box.
    pe_threshold : float
        Least early enhancement, percent.
    min_neighbours : int
        Of a voxel's 26.
    ser_min : float
        Least signal enhancement ratio of the volume by SER.
    omitted_as_zero : bool
    tissue_source : str
    sources : dict of str to str
        ``setting``, ``default``, or the place in the exam, by name of the threshold.
    """

    tissue_threshold: float
    background_percent: float
    pe_threshold: float
    min_neighbours: int
    ser_min: float
    omitted_as_zero: bool
    tissue_source: str
    sources: dict[str, str]

    @property
    def tissue_origin(self) -> str:
        """Where the tissue threshold was stated; else how it was reckoned."""
        return self.sources.get("tissue_threshold", self.tissue_source)


class VoxelsAfterStep(Record):
    """Voxels left after each step of the functional tumour volume, in the order of the steps.

    None for the two that need a late phase where there is none.
    """

    box: int
    tissue: int
    enhancing: int
    positive_ser: int | None = None
    neighbours: int
    ser: int | None = None

    def done(self) -> dict[str, int]:
        """Return the steps that were made, with their voxels."""
        return {name: n for name, n in self.model_dump().items() if n is not None}

    def shares(self) -> dict[str, float]:
        """Return, for each step, the share of the voxels of the step before; 1 where there were none."""
        counts = self.done()
        before = (self.box, *counts.values())
        return {s: n / b if b else 1.0 for (s, n), b in zip(counts.items(), before, strict=False)}


class FocusRecord(Record):
    """A connected part of the volume by enhancement: voxels, cm3, centre in patient coordinates (mm)."""

    voxels: int
    cc: float
    centre_mm: tuple[float, float, float]


class FociRecord(Record):
    """The parts of the volume by enhancement of at least 0.1 cm3, joined by corners, edges or faces.

    Parameters
    ----------
    foci : tuple of FocusRecord
        Largest first.
    large : int
        Of at least 0.5 cm3.
    left_out : int
        Smaller parts.
    largest_share : float, optional
        Of the largest, of all foci; None without any.
    spread_mm : float, optional
        Largest distance between the centres of two of them; 0 for one, None without any.
    """

    foci: tuple[FocusRecord, ...] = ()
    large: int = 0
    left_out: int = 0
    largest_share: Number = None
    spread_mm: Number = None


class LesionNumbers(Record):
    """Size, form and place of the lesion, each None with its reason where it is not known.

    Parameters
    ----------
    longest_mm, longest_in_plane_mm : float, optional
        Largest distance between the centres of two of its voxels, in space and within a slice as acquired.
    sphere_mm : float, optional
        Diameter of the sphere of its volume.
    surface_mm2 : float, optional
        Of the mesh of the mask as it is, holes kept.
    sphericity : float, optional
        Surface of the sphere of the mesh's volume, of that of the mesh.
    surface_per_volume : float, optional
        Surface of the mesh by its volume, 1/mm.
    skin_mm, nipple_mm : float, optional
        Least distance to the air in front, and to the most forward point of the breast.
    bpe_percent : float, optional
        Mean early enhancement of the gland of the other breast; experimental.
    reasons : dict of str to str
        By name of the number.
    """

    longest_mm: Number = None
    longest_in_plane_mm: Number = None
    sphere_mm: Number = None
    surface_mm2: Number = None
    sphericity: Number = None
    surface_per_volume: Number = None
    skin_mm: Number = None
    nipple_mm: Number = None
    bpe_percent: Number = None
    reasons: dict[str, str] = Field(default_factory=dict)


class Lesion(Record):
    """One exam: its functional tumour volume, its lesion, and how it was acquired.

    Parameters
    ----------
    ftv_pe_voxels, ftv_ser_voxels, lesion_voxels : int
        Of the volume by enhancement, the volume by SER, and the lesion whose features are taken.
    ftv_pe_cc, ftv_ser_cc, lesion_cc : float
        The same in cm3. Both numbers of the volume by SER are None without a late phase.
    voxels_after_step : VoxelsAfterStep
    voxel_volume_mm3 : float
        From the distance between slices.
    thresholds : Thresholds
    region : {"exam", "mask", "whole image"}
        Where the volume was measured: the exam's box, a given mask, or everywhere.
    phases : int
        Phases of the exam.
    phase_times_s : tuple of float, optional
        Middle of each phase, seconds after injection; None where the times are not known.
    timing_rule, phase_rule : str
    early, late : int
        Indices of the early and late phase; `late` is None with one phase after contrast.
    shape : tuple of int
        Slices, rows, columns.
    spacing_mm : tuple of float
        Distance of slices, rows and columns, mm.
    lesion_source : str
        `LARGEST_COMPONENT`, `LARGE_COMPONENTS`, or where the mask was given.
    review : Review
    components : int
        Connected parts of the volume by enhancement.
    largest_share : float, optional
        Of the largest of them; None without any.
    foci : FociRecord
    numbers : LesionNumbers
    plausibility : Plausibility
        What was checked of the exam before.
    motion : tuple of FrameMotion, optional
        What was done about the motion of each frame; None if nothing was asked for.
    issues : tuple of Finding
        What was noticed while it was measured.
    manufacturer, scanner_model : str
    field_strength_t : float, optional
        Tesla.
    protocol : Protocol

    Raises
    ------
    ValueError
        If cm3 are not voxels times their volume, a step has more voxels than the one before, or early and
        late are out of place.
    """

    ftv_pe_voxels: int
    ftv_pe_cc: float
    ftv_ser_voxels: int | None
    ftv_ser_cc: Number
    voxels_after_step: VoxelsAfterStep
    voxel_volume_mm3: float
    thresholds: Thresholds
    region: RegionSource
    phases: int
    phase_times_s: tuple[float, ...] | None
    timing_rule: str
    phase_rule: str
    early: int
    late: int | None
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    lesion_voxels: int
    lesion_cc: float
    lesion_source: str
    review: Review = Review()
    components: int
    largest_share: Number
    foci: FociRecord = FociRecord()
    numbers: LesionNumbers = LesionNumbers()
    plausibility: Plausibility = Plausibility()
    motion: tuple[FrameMotion, ...] | None = None
    issues: tuple[Finding, ...] = ()
    manufacturer: str = ""
    scanner_model: str = ""
    field_strength_t: Number = None
    protocol: Protocol = Protocol()

    @property
    def noticed(self) -> tuple[Finding, ...]:
        """What is to be known of the exam: findings of the checks, then what was noticed while measuring."""
        return (*self.plausibility.findings, *self.issues)

    @property
    def early_s(self) -> Number:
        """Middle of the early phase, seconds after injection; None where times are not known."""
        return None if self.phase_times_s is None else self.phase_times_s[self.early]

    @property
    def late_s(self) -> Number:
        """Middle of the late phase, seconds after injection; None where it or times are not known."""
        if self.phase_times_s is None or self.late is None:
            return None
        return self.phase_times_s[self.late]

    @property
    def confirmed(self) -> bool:
        """Whether a reader has confirmed this very mask."""
        return self.review.state == "confirmed"

    @property
    def given(self) -> bool:
        """Whether the lesion is a mask that somebody gave."""
        return self.lesion_source not in (LARGEST_COMPONENT, LARGE_COMPONENTS)

    @model_validator(mode="after")
    def _agrees(self) -> Lesion:
        counted = ("ftv_pe", "ftv_ser", "lesion")
        for name in counted:
            voxels, cc = getattr(self, f"{name}_voxels"), getattr(self, f"{name}_cc")
            if (cc is None) != (voxels is None):
                raise ValueError(f"{name}: voxels and cm3 are not both known")
            if cc is not None and not math.isclose(
                cc, voxels * self.voxel_volume_mm3 / MM3_PER_CC, rel_tol=1e-9
            ):
                raise ValueError(f"{name}: the volume in cm3 is not that of its voxels")
        steps = self.voxels_after_step
        if (self.ftv_pe_voxels, self.ftv_ser_voxels) != (steps.neighbours, steps.ser):
            raise ValueError("the volumes are not those of the last steps")
        counts = list(steps.done().values())
        if sorted(counts, reverse=True) != counts:
            raise ValueError("a step has more voxels than the one before")
        if self.phase_times_s is not None and len(self.phase_times_s) != self.phases:
            raise ValueError("there is not one time for each phase")
        single = self.phases == 2 and self.early == 1 and self.late is None
        if not single and (self.late is None or not 1 <= self.early < self.late < self.phases):
            raise ValueError("early and late phase are out of place")
        return self
