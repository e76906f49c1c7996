"""Gabor filter (IBSI Q88H)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from kinephen.errors import ConfigError
from kinephen.radiomics.filters.base import (
    POOLINGS,
    Filter,
    Pooling,
    Spacing,
    require_one_of,
    require_positive,
    require_reach,
    short,
)
from kinephen.radiomics.filters.plane import convolve_planes
from kinephen.radiomics.filters.separable import pool
from kinephen.types import AnyArray, FloatArray

Planes = Literal["slices", "orthogonal"]

CUT = 6.0
"""Standard deviations at which the kernel ends: beyond it the envelope is below 2e-8."""


@dataclass(frozen=True, kw_only=True)
class Gabor(Filter):
    """Stripes of one wavelength and direction in a plane: the modulus of the response.

    Parameters
    ----------
    sigma_mm : float
        Standard deviation of the envelope across the stripes, mm.
    lambda_mm : float
        Wavelength of the stripes, mm.
    gamma : float
        The envelope's standard deviation along the stripes is sigma / gamma.
    theta_deg : float
        Direction of the wave, degrees from x (columns) towards y (rows).
    step_deg : float
        Pool the responses to directions theta, theta + step, .. of a full turn; 0 takes theta alone.
    planes : {"slices", "orthogonal"}
        Slice by slice, or in slices along each of the three axes, pooled.
    pooling : {"mean", "max", "min"}
    boundary : {"mirror", "zero", "nearest", "periodic"}

    Notes
    -----
    ``g(x, y) = exp(-(x'^2 + gamma^2 y'^2) / (2 sigma^2) + 2 pi i x' / lambda)`` with (x', y') the place in mm
    turned by theta, not normalised; the modulus of the convolution. Directions half a turn apart have the
    same modulus and are computed once.

    References
    ----------
    IBSI 2 reference manual, arXiv:2006.05470.
    """

    kind: ClassVar[str] = "gabor"

    sigma_mm: float
    lambda_mm: float
    gamma: float = 1.0
    theta_deg: float = 0.0
    step_deg: float = 0.0
    planes: Planes = "slices"
    pooling: Pooling = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(sigma_mm=self.sigma_mm, lambda_mm=self.lambda_mm, gamma=self.gamma)
        require_one_of("planes", self.planes, get_args(Planes))
        require_one_of("pooling", self.pooling, POOLINGS)
        if not np.isfinite(self.theta_deg):
            raise ConfigError(f"theta_deg is {self.theta_deg}", code="radiomics.filter")
        turn = 180.0 / self.step_deg if self.step_deg else 1.0
        if not (1.0 <= turn <= 180.0 and abs(turn - round(turn)) < 1e-9):
            raise ConfigError(
                f"step_deg must divide 180 and be at least 1, found {self.step_deg:g}",
                code="radiomics.filter",
            )

    @property
    def name(self) -> str:
        """Such as ``gabor-5mm-2mm-1.5-step22.5-mean``."""
        theta = f"theta{short(self.theta_deg)}" if self.theta_deg or not self.step_deg else ""
        step = f"step{short(self.step_deg)}" if self.step_deg else ""
        pooled = self.pooling if self.step_deg or self.planes == "orthogonal" else ""
        planes = "" if self.planes == "slices" else self.planes
        scale = (f"{short(self.sigma_mm)}mm", f"{short(self.lambda_mm)}mm", short(self.gamma))
        return self.named("gabor", *scale, theta, step, pooled, planes)

    def response(self, image: FloatArray, spacing: Spacing) -> FloatArray:
        """Return the modulus, pooled over directions and planes."""
        stacked = (0, 1, 2) if self.planes == "orthogonal" else (0,)
        pooled: FloatArray | None = None
        angles = self._angles()
        for axis in stacked:
            rows, columns = (size for n, size in enumerate(spacing) if n != axis)
            kernels = [self._kernel(angle, rows, columns) for angle in angles]
            for found in convolve_planes(image, kernels, axis, self.boundary):
                pooled = found if pooled is None else pool(pooled, found, self.pooling)
        if pooled is None:
            raise AssertionError("a filter has at least one direction")
        return pooled / (len(stacked) * len(angles)) if self.pooling == "mean" else pooled

    def _angles(self) -> FloatArray:
        count = round(180.0 / self.step_deg) if self.step_deg else 1
        return np.asarray(np.deg2rad(self.theta_deg + self.step_deg * np.arange(count)))

    def _kernel(self, angle: float, rows: float, columns: float) -> AnyArray:
        """Return the complex kernel on a grid of two spacings, mm."""
        cos, sin, along = np.cos(angle), np.sin(angle), self.sigma_mm / self.gamma
        reach_x = CUT * np.hypot(self.sigma_mm * cos, along * sin) / columns
        reach_y = CUT * np.hypot(self.sigma_mm * sin, along * cos) / rows
        nx, ny = (require_reach(np.ceil(r), "the Gabor filter") for r in (reach_x, reach_y))
        y, x = np.mgrid[-ny : ny + 1, -nx : nx + 1] * np.array([rows, columns]).reshape(2, 1, 1)
        wave, crest = x * cos + y * sin, y * cos - x * sin
        envelope = (wave**2 + (self.gamma * crest) ** 2) / (2.0 * self.sigma_mm**2)
        return np.asarray(np.exp(-envelope + 2j * np.pi * wave / self.lambda_mm))
