"""Contrast agent in tissue: arterial input and the extended Tofts model, in closed form.

The arterial input is the biexponential of Weinmann, for which the model's convolution has a closed form:
one vectorised expression a phase, exact, with no sampling step to choose. The input of Parker 2006 needs a
numerical convolution for every voxel's rate constant and differs from it mainly in the first pass, which
images of some minutes each do not see. A package for kinetics would add its own dependencies for the same
two lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.types import FloatArray


@dataclass(frozen=True)
class ArterialInput:
    """Plasma concentration ``dose * sum_i amplitude_i exp(-rate_i t)`` for t >= 0, zero before.

    Parameters
    ----------
    dose_mmol_per_kg : float
    amplitudes_kg_per_l : tuple of float
    rates_per_min : tuple of float

    References
    ----------
    Weinmann HJ, Laniado M, Mutzel W. Physiol Chem Phys Med NMR 1984;16:167-172; constants as in Tofts PS,
    Kermode AG. Magn Reson Med 1991;17:357-367.
    """

    dose_mmol_per_kg: float = 0.1
    amplitudes_kg_per_l: tuple[float, float] = (3.99, 4.78)
    rates_per_min: tuple[float, float] = (0.144, 0.0111)

    def plasma(self, time_min: FloatArray | float) -> FloatArray:
        """Return the plasma concentration, mM, at `time_min` after injection."""
        t = np.asarray(time_min, dtype=np.float64)
        total = np.zeros_like(t)
        for amplitude, rate in zip(self.amplitudes_kg_per_l, self.rates_per_min, strict=True):
            total = total + amplitude * np.exp(-rate * np.maximum(t, 0.0))
        return np.where(t >= 0.0, self.dose_mmol_per_kg * total, 0.0)


def extended_tofts(
    time_min: float,
    *,
    ktrans: NDArray[np.float64],
    ve: NDArray[np.float64],
    vp: NDArray[np.float64],
    arterial: ArterialInput,
) -> NDArray[np.float64]:
    """Return the tissue concentration of the extended Tofts model.

    ``C(t) = vp Cp(t) + Ktrans integral_0^t Cp(u) exp(-(Ktrans / ve)(t - u)) du``

    Parameters
    ----------
    time_min : float
        Minutes after injection; before it the concentration is 0.
    ktrans : ndarray
        Transfer constant, 1/min, >= 0.
    ve, vp : ndarray
        Volume fractions of the extravascular extracellular space (> 0) and of plasma (>= 0).
    arterial : ArterialInput

    Returns
    -------
    ndarray
        mM, shape of the broadcast inputs.

    References
    ----------
    Tofts PS. J Magn Reson Imaging 1997;7:91-101; Tofts PS et al. J Magn Reson Imaging 1999;10:223-232.
    """
    if time_min < 0.0:
        return np.zeros(np.broadcast_shapes(ktrans.shape, ve.shape, vp.shape))
    kep = ktrans / ve
    convolved = np.zeros_like(kep)
    for amplitude, rate in zip(arterial.amplitudes_kg_per_l, arterial.rates_per_min, strict=True):
        scale = arterial.dose_mmol_per_kg * amplitude * np.exp(-rate * time_min) * time_min
        convolved += scale * _phi((kep - rate) * time_min)
    return vp * arterial.plasma(time_min) + ktrans * convolved


def _phi(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(1 - exp(-x)) / x``, which is 1 at 0: no cancellation where both rates meet."""
    safe = np.where(x == 0.0, 1.0, x)
    return np.where(x == 0.0, 1.0, -np.expm1(-safe) / safe)
