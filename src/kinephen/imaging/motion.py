"""Rigid motion between the frames of one exam: found, undone and reported. Off unless asked for.

Frames are moved, never masks. SimpleITK is imported only here and only when asked for.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinephen.core.cohort import Issue
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.n4 import require_itk
from kinephen.types import FloatVolume, FrameStack

LARGE_SHIFT_MM = 10.0
"""A shift beyond this is more likely a failure of the registration than motion: the frame stays as it was."""
NOTABLE_SHIFT_MM = 1.0
MIN_SAMPLES = 20_000
"""Levels with few voxels are sampled more densely than asked for."""
SEED = 1


@dataclass(frozen=True)
class MotionSettings:
    """Settings of the registration.

    Parameters
    ----------
    bins : int
        Of the joint histogram for mutual information.
    sampling : float
        Least share of the voxels that enters the metric, on a regular pattern; random sampling of few voxels
        does not converge reliably.
    shrink, smoothing_mm : tuple
        Subsampling and Gaussian smoothing of each level, coarse to fine.
    max_iterations : int
        At each level.
    """

    bins: int = 64
    sampling: float = 0.2
    shrink: tuple[int, ...] = (4, 2)
    smoothing_mm: tuple[float, ...] = (2.0, 1.0)
    max_iterations: int = 200

    def __post_init__(self) -> None:
        if not 0.0 < self.sampling <= 1.0 or len(self.shrink) != len(self.smoothing_mm):
            raise ConfigError(
                "expected sampling above 0 and up to 1, and as many values of shrink as of smoothing_mm",
                code="motion.settings",
            )


@dataclass(frozen=True)
class FrameMotion:
    """Motion of one frame against the reference.

    Parameters
    ----------
    frame : int
    rotation_deg : tuple of float
        About the (slice, row, column) axes.
    shift_mm : tuple of float
        Of the volume's centre along (slice, row, column).
    largest_mm : float
        Largest displacement of any corner of the volume.
    difference_before, difference_after : float
        Mean absolute difference to the reference frame.
    iterations : int
        At the last level.
    """

    frame: int
    rotation_deg: tuple[float, float, float]
    shift_mm: tuple[float, float, float]
    largest_mm: float
    difference_before: float
    difference_after: float
    iterations: int

    @property
    def applied(self) -> bool:
        """Whether the frame was moved."""
        return self.largest_mm <= LARGE_SHIFT_MM

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {**asdict(self), "applied": self.applied}


@dataclass(frozen=True)
class MotionResult:
    """Frames after correction, and the motion that was found.

    Parameters
    ----------
    frames : ndarray of float32, shape (n_phases, nz, ny, nx)
        Resampled linearly; voxels that came from outside the field of view hold the nearest edge value.
    motions : tuple of FrameMotion
        One for each frame but the reference.
    issues : tuple of Issue
    """

    frames: FrameStack
    motions: tuple[FrameMotion, ...]
    issues: tuple[Issue, ...] = ()


def correct_motion(
    frames: FrameStack,
    spacing: tuple[float, float, float],
    *,
    reference: int = 0,
    settings: MotionSettings | None = None,
) -> MotionResult:
    """Register every frame rigidly to one frame by mutual information.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
        Finite values.
    spacing : tuple of float
        Along (slice, row, column), mm.
    reference : int
        Frame that stays.
    settings : MotionSettings, optional

    Returns
    -------
    MotionResult

    Raises
    ------
    ConfigError
        ``imaging.itk_missing``, ``motion.settings``.
    InputError
        ``motion.frames``, ``motion.failed``.

    References
    ----------
    Mattes et al. 2003, IEEE Transactions on Medical Imaging 22:120.
    """
    _check(frames, reference)
    settings = settings or MotionSettings()
    out = np.array(frames, dtype=np.float32)
    motions = []
    for number in range(len(frames)):
        if number != reference:
            moved, motion = _register(frames, number, reference, spacing, settings)
            motions.append(motion)
            if motion.applied:
                out[number] = moved
    return MotionResult(out, tuple(motions), tuple(i for m in motions for i in _issues(m)))


def _check(frames: FrameStack, reference: int) -> None:
    if frames.ndim != 4 or not 0 <= reference < len(frames):
        raise InputError(
            f"frames of shape {frames.shape} have no frame {reference} to register to", code="motion.frames"
        )
    if min(frames.shape[1:]) < 4:
        raise InputError(
            f"expected at least 4 voxels along each axis, found {frames.shape[1:]}", code="motion.frames"
        )
    if not np.isfinite(frames).all():
        raise InputError("the frames hold voxels that are not finite", code="motion.frames")


def _register(
    frames: FrameStack,
    number: int,
    reference: int,
    spacing: tuple[float, float, float],
    settings: MotionSettings,
) -> tuple[NDArray[np.float32], FrameMotion]:
    sitk = require_itk()
    fixed, moving = (_image(sitk, frames[i], spacing) for i in (reference, number))
    method = _method(sitk, frames[0].size, settings)
    start = sitk.CenteredTransformInitializer(
        fixed, moving, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.GEOMETRY
    )
    method.SetInitialTransform(start, inPlace=False)
    try:
        found = method.Execute(fixed, moving)
    except RuntimeError as error:
        raise InputError(
            f"frame {number} could not be registered to frame {reference}",
            code="motion.failed",
            hint="go on without motion correction",
        ) from error
    transform = sitk.Euler3DTransform(sitk.CompositeTransform(found).GetBackTransform())
    moved = _resample(sitk, moving, fixed, transform)
    return moved, FrameMotion(
        frame=number,
        rotation_deg=_reversed(
            np.rad2deg([transform.GetAngleX(), transform.GetAngleY(), transform.GetAngleZ()])
        ),
        shift_mm=_reversed(transform.GetTranslation()),
        largest_mm=_largest(fixed, transform),
        difference_before=_difference(frames[number], frames[reference]),
        difference_after=_difference(moved, frames[reference]),
        iterations=int(method.GetOptimizerIteration()),
    )


def _image(sitk: Any, array: FloatVolume, spacing: tuple[float, float, float]) -> Any:
    image = sitk.GetImageFromArray(np.asarray(array, dtype=np.float32))
    image.SetSpacing([float(s) for s in spacing[::-1]])
    return image


def _method(sitk: Any, voxels: int, settings: MotionSettings) -> Any:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(settings.bins)
    method.SetMetricSamplingStrategy(method.REGULAR)
    # The pattern is jittered; without a seed it would differ from run to run.
    method.SetMetricSamplingPercentagePerLevel(_shares(voxels, settings), SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0, minStep=1e-4, numberOfIterations=settings.max_iterations
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(list(settings.shrink))
    method.SetSmoothingSigmasPerLevel(list(settings.smoothing_mm))
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    return method


def _shares(voxels: int, settings: MotionSettings) -> list[float]:
    left = [voxels / shrink**3 for shrink in settings.shrink]
    return [min(1.0, max(settings.sampling, MIN_SAMPLES / n)) for n in left]


def _resample(sitk: Any, moving: Any, fixed: Any, transform: Any) -> NDArray[np.float32]:
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(fixed)
    resampler.SetTransform(transform)
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.UseNearestNeighborExtrapolatorOn()
    return np.asarray(sitk.GetArrayFromImage(resampler.Execute(moving)), dtype=np.float32)


def _largest(fixed: Any, transform: Any) -> float:
    size = fixed.GetSize()
    corners = [
        fixed.TransformIndexToPhysicalPoint([i * (size[0] - 1), j * (size[1] - 1), k * (size[2] - 1)])
        for i in (0, 1)
        for j in (0, 1)
        for k in (0, 1)
    ]
    return max(float(np.linalg.norm(np.subtract(transform.TransformPoint(c), c))) for c in corners)


def _difference(first: FloatVolume, second: FloatVolume) -> float:
    return float(np.mean(np.abs(first - second), dtype=np.float64))


def _reversed(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return z, y, x


def _issues(motion: FrameMotion) -> list[Issue]:
    where = f"frame {motion.frame}"
    if not motion.applied:
        text = f"registration would move a corner by {motion.largest_mm:.1f} mm: the frame stays as it was"
        return [Issue("motion.large", text, where=where)]
    if motion.largest_mm > NOTABLE_SHIFT_MM:
        return [Issue("motion.found", f"moved by up to {motion.largest_mm:.1f} mm", where=where)]
    return []
