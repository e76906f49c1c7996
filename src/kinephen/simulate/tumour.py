"""The planted tumour: its state at each visit, and the two ways in which it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kinephen.types import Rng

Phenotype = Literal["decreasing", "increasing"]


@dataclass(frozen=True)
class LesionState:
    """What the lesion is like at one visit.

    Parameters
    ----------
    volume_cc : float
        Whole lesion.
    necrotic_fraction : float
        Share of the volume that does not enhance.
    ktrans : float
        Median transfer constant, 1/min.
    ve : float
        Median extravascular volume fraction.
    contrast : float
        Spread of log Ktrans and log ve between habitats, and of the fine texture.
    texture_mm : float
        Length of the fine texture; habitats are 2.5 times as large.
    irregularity : float
        Amplitude of the outline's deviations, units of the radius.
    rim : float
        Gain of log Ktrans in the outer shell.
    """

    volume_cc: float
    necrotic_fraction: float
    ktrans: float
    ve: float
    contrast: float
    texture_mm: float
    irregularity: float
    rim: float

    @property
    def viable_cc(self) -> float:
        """Enhancing volume, cm3: the planted functional tumour volume."""
        return self.volume_cc * (1.0 - self.necrotic_fraction)

    @property
    def radius_mm(self) -> float:
        """Radius of the sphere of the same volume, mm."""
        return float((self.volume_cc * 1000.0 * 3.0 / (4.0 * np.pi)) ** (1.0 / 3.0))


def draw_baseline(rng: Rng) -> LesionState:
    """Return a lesion at T1, drawn alike for both groups; log-normal volume, median 12 cm3."""
    z = rng.standard_normal(8)
    return LesionState(
        volume_cc=float(np.clip(12.0 * np.exp(0.45 * z[0]), 4.0, 36.0)),
        necrotic_fraction=float(np.clip(0.05 + 0.02 * z[1], 0.0, 0.12)),
        ktrans=float(0.30 * np.exp(0.12 * z[2])),
        ve=float(0.40 * np.exp(0.08 * z[3])),
        contrast=float(0.36 * np.exp(0.12 * z[4])),
        texture_mm=float(3.2 * np.exp(0.10 * z[5])),
        irregularity=float(0.22 * np.exp(0.15 * z[6])),
        rim=float(0.15 + 0.05 * z[7]),
    )


def draw_change(rng: Rng, *, increasing: bool, separation: float, spread: float) -> float:
    """Return the change of heterogeneity: normal, mean -`separation` or +`separation`, SD `spread`."""
    mean = separation if increasing else -separation
    return float(mean + spread * rng.standard_normal())


def evolve(before: LesionState, change: float, rng: Rng) -> LesionState:
    """Return the lesion at the next visit.

    Parameters
    ----------
    before : LesionState
    change : float
        Below 0 the lesion evens out, smooths its outline and shrinks; above 0 its contrasts, rim, necrosis
        and outline grow. Every trait follows with scatter of its own.
    rng : Generator
    """
    z = rng.standard_normal(8)
    return replace(
        before,
        volume_cc=float(np.clip(before.volume_cc * np.exp(-0.45 + 0.22 * change + 0.14 * z[0]), 1.5, 45.0)),
        necrotic_fraction=float(np.clip(before.necrotic_fraction + 0.07 * change + 0.02 * z[1], 0.0, 0.35)),
        ktrans=before.ktrans * float(np.exp(-0.06 + 0.08 * z[2])),
        ve=before.ve * float(np.exp(0.06 * z[3])),
        contrast=before.contrast * float(np.exp(0.50 * change + 0.08 * z[4])),
        texture_mm=before.texture_mm * float(np.exp(-0.25 * change + 0.08 * z[5])),
        irregularity=before.irregularity * float(np.exp(0.35 * change + 0.10 * z[6])),
        rim=before.rim + 0.15 * change + 0.05 * float(z[7]),
    )
