"""N4 bias field through SimpleITK, which is imported only here and only when asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from kinephen.errors import ConfigError, InputError
from kinephen.types import BoolVolume, FloatVolume


@dataclass(frozen=True)
class N4Settings:
    """Settings of N4.

    Parameters
    ----------
    shrink : tuple of int
        Subsampling along (slice, row, column); less on short axes.
    iterations : tuple of int
        Largest number at each fitting level.
    tolerance : float
    """

    shrink: tuple[int, int, int] = (2, 4, 4)
    iterations: tuple[int, ...] = (50, 50, 50, 50)
    tolerance: float = 1e-6


def require_itk() -> ModuleType:
    """Return SimpleITK, or raise ``ConfigError`` (``imaging.itk_missing``) naming the extra ``itk``."""
    try:
        return importlib.import_module("SimpleITK")
    except ImportError as error:
        raise ConfigError(
            "this step needs SimpleITK, which is not installed",
            code="imaging.itk_missing",
            hint="pip install 'kinephen[itk]', or choose another method",
        ) from error


def n4_log_field(
    image: FloatVolume, spacing: tuple[float, float, float], mask: BoolVolume, settings: N4Settings
) -> NDArray[np.float32]:
    """Return the log field of N4 at full resolution.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.
    mask : ndarray of bool, shape (nz, ny, nx)
        Not empty.
    settings : N4Settings

    Returns
    -------
    ndarray of float32, shape (nz, ny, nx)

    Raises
    ------
    ConfigError
        ``imaging.itk_missing``.
    InputError
        ``bias.n4``, if N4 stops with an error.

    References
    ----------
    Tustison et al. 2010, IEEE Transactions on Medical Imaging 29:1310.
    """
    sitk = require_itk()
    volume = sitk.GetImageFromArray(np.asarray(image, dtype=np.float32))
    region = sitk.GetImageFromArray(mask.astype(np.uint8))
    for item in (volume, region):
        item.SetSpacing([float(s) for s in spacing[::-1]])
    shrink = [max(1, min(s, n // 8)) for s, n in zip(settings.shrink, image.shape, strict=True)][::-1]
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations([int(n) for n in settings.iterations])
    corrector.SetConvergenceThreshold(settings.tolerance)
    try:
        corrector.Execute(sitk.Shrink(volume, shrink), sitk.Shrink(region, shrink))
        field = corrector.GetLogBiasFieldAsImage(volume)
    except RuntimeError as error:
        raise InputError(f"N4 stopped: {_last_line(error)}", code="bias.n4", hint="use n3 or none") from error
    return np.asarray(sitk.GetArrayFromImage(field), dtype=np.float32)


def _last_line(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
