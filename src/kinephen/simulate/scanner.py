"""Three makers' protocols, and what a scanner does to the true signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinephen.simulate.anatomy import TissueMaps
from kinephen.simulate.fields import Coordinates
from kinephen.simulate.kinetics import ArterialInput, extended_tofts
from kinephen.simulate.signal import add_rician_noise, point_spread, spoiled_gradient_echo
from kinephen.types import FloatArray, Rng

Vendor = Literal["ge", "siemens", "philips"]
POINT_SPREAD_VOXELS = 0.45


@dataclass(frozen=True)
class Protocol:
    """How one maker's scanner runs the dynamic series.

    Parameters
    ----------
    vendor : str
    manufacturer, model, description, sequence : str
        As in the archive's headers.
    repetition_ms, echo_ms, flip_degrees : float
    starts_s : tuple of float
        Start of each phase, s after injection; injection is taken to coincide with the first phase after
        contrast.
    duration_s : float
        Of one phase.
    early, late : int
        Phases nearest to 150 and 450 s.
    pe_threshold_percent : int
        Enhancement threshold of the site.
    level : float
        Signal of gland before contrast, scanner units after rescaling.
    slope : float
        RescaleSlope: stored value times slope is the signal.
    scan_options : tuple of str
        Codes of DICOM and of the maker.
    coil, contrast_agent, contrast_route : str
        As an operator writes them.
    contrast_volume_ml : float
        0.1 mmol/kg of an agent of 0.5 mol/l, at 70 to 80 kg.
    scanning_sequence, sequence_variant, acquisition_type : str
        A spoiled gradient echo in three dimensions, as the signal is that of one.
    """

    vendor: Vendor
    manufacturer: str
    model: str
    description: str
    sequence: str
    repetition_ms: float
    echo_ms: float
    flip_degrees: float
    starts_s: tuple[float, ...]
    duration_s: float
    early: int
    late: int
    pe_threshold_percent: int
    level: float
    slope: float
    scan_options: tuple[str, ...]
    coil: str
    contrast_agent: str
    contrast_volume_ml: float
    contrast_route: str = "IV"
    scanning_sequence: str = "GR"
    sequence_variant: str = "SP"
    acquisition_type: str = "3D"

    @property
    def middles_s(self) -> tuple[float, ...]:
        """Middle of each phase's acquisition, s after injection."""
        return tuple(start + self.duration_s / 2 for start in self.starts_s)


PROTOCOLS: Mapping[Vendor, Protocol] = MappingProxyType(
    {
        # The times of GE are those of the pilot archive's exam UCSF-BR-06: middles -230, 177 and 531 s.
        "ge": Protocol(
            "ge", "GE MEDICAL SYSTEMS", "GENESIS_SIGNA", "Dynamic-3dfgre", "3dfgre",
            8.2, 4.2, 20.0, (-407.0, 0.0, 354.0), 354.0, 1, 2, 70, 180.0, 1.0,
            ("NPW", "EDR_GEMS", "FS"), "BREAST", "MAGNEVIST", 15.0,
        ),
        "siemens": Protocol(
            "siemens", "SIEMENS", "Sonata", "fl3d_sag_uni_L", "*fl3d1",
            9.0, 3.2, 27.0, (-330.0, 0.0, 288.0), 288.0, 1, 2, 90, 120.0, 1.0,
            ("FS",), "Breast Array", "Gd-DTPA", 14.0,
        ),
        "philips": Protocol(
            "philips", "Philips Medical Systems", "Intera", "3DSAG6D 1.3", "T1_FFE",
            7.5, 3.4, 30.0, (-120.0, 0.0, 92.0, 184.0, 276.0, 368.0), 92.0, 2, 5, 100, 900.0, 1.7,
            ("FS",), "SENSE-Breast-4", "Omniscan", 15.0,
        ),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Imperfections:
    """What this scanner does on this day.

    Parameters
    ----------
    noise : float
        SD of the noise in each channel as share of the gland's signal before contrast.
    bias : ndarray, shape (nz, ny, nx)
        Receive field, mean 1.
    shifts_voxels : tuple of tuple of float
        Displacement of each phase.
    gain : float
        Factor on the protocol's level on this day.
    """

    noise: float
    bias: FloatArray
    shifts_voxels: tuple[tuple[float, float, float], ...]
    gain: float


def bias_field(where: Coordinates, *, amplitude: float) -> FloatArray:
    """Return a smooth receive field ``exp(a (1.6 x + 2 y^2 - 0.6 z + 1.2 x y))``, mean 1.

    x, y, z run from -0.5 to 0.5 along columns, rows and slices. The coefficient of variation over the field
    of view is about 0.525 a, since the exponent's variance is a^2 (1.6^2 / 12 + 4 / 180 + 0.6^2 / 12 + 0.01).
    """
    z, y, x = (axis / (axis.max() - axis.min()) for axis in where.axes())
    field: FloatArray = np.exp(amplitude * (1.6 * x + 2.0 * y**2 - 0.6 * z + 1.2 * x * y))
    mean_one: FloatArray = field / field.mean()
    return mean_one


def true_signal(
    maps: TissueMaps, protocol: Protocol, time_s: float, *, arterial: ArterialInput
) -> FloatArray:
    """Return the signal without noise, field or blur at `time_s` after injection; relaxed gland is 1."""
    concentration = extended_tofts(
        time_s / 60.0, ktrans=maps.ktrans, ve=maps.ve, vp=maps.vp, arterial=arterial
    )
    return spoiled_gradient_echo(
        maps.m0,
        maps.t10_s,
        concentration,
        repetition_s=protocol.repetition_ms / 1000.0,
        flip_degrees=protocol.flip_degrees,
    )


def acquire(
    signals: list[FloatArray], protocol: Protocol, imperfections: Imperfections, rng: Rng
) -> NDArray[np.uint16]:
    """Turn true signals, one a phase, into stored integers, shape (n_phases, nz, ny, nx).

    Point spread and motion act on the signal, then the receive field, Rician noise and rounding.
    """
    scale = protocol.level * imperfections.gain / gland_signal(protocol)
    sigma = imperfections.noise * protocol.level * imperfections.gain
    stored = []
    for signal, shift in zip(signals, imperfections.shifts_voxels, strict=True):
        blurred = point_spread(signal, sigma_voxels=POINT_SPREAD_VOXELS, shift_voxels=shift)
        noisy = add_rician_noise(blurred * imperfections.bias * scale, sigma=sigma, rng=rng)
        stored.append(np.clip(np.rint(noisy / protocol.slope), 0, 32767).astype(np.uint16))
    return np.stack(stored)


def gland_signal(protocol: Protocol) -> float:
    """Return the signal of gland before contrast (relaxed gland is 1)."""
    signal = spoiled_gradient_echo(
        np.ones(1),
        np.full(1, 1.30),
        np.zeros(1),
        repetition_s=protocol.repetition_ms / 1000.0,
        flip_degrees=protocol.flip_degrees,
    )
    return float(signal[0])
