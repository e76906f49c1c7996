"""The settings of a complete IBSI-1 extraction, one section a step of the processing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kinephen.core.options import Mesh
from kinephen.errors import ConfigError
from kinephen.radiomics.aggregate import DirectionalAggregation, ZonalAggregation
from kinephen.radiomics.discretise import MOST_LEVELS
from kinephen.radiomics.filters import parse_filters
from kinephen.radiomics.interpolate import Alignment, MaskOrder, Order

Spacing: TypeAlias = tuple[float, float, float]
Step: TypeAlias = float | Literal["keep"]
Family: TypeAlias = Literal[
    "morphology", "local_intensity", "statistics", "intensity_histogram", "ivh",
    "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm",
]  # fmt: skip
FAMILIES: tuple[Family, ...] = (
    "morphology", "local_intensity", "statistics", "intensity_histogram", "ivh",
    "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """The grid on which everything is computed (IBSI 2.4).

    Parameters
    ----------
    spacing : float or tuple of float, optional
        Of the new grid, mm: one number for cubes, or three along (slice, row, column), of which ``"keep"``
        leaves an axis as it is (``["keep", 1.0, 1.0]`` resamples in plane). Without it the grid stays.
    interpolation : {"linear", "cubic", "nearest"}
        Of the image.
    alignment : {"centre", "corner", "origin"}
        What both grids share: their centre, the outer corner or the centre of their first voxel.
    round_intensities : bool
        Whether intensities are whole numbers (Hounsfield units) and are rounded after interpolation.
    mask_interpolation : {"linear", "nearest"}
    mask_threshold : float
        From this share on, 0 to 1, a voxel of the new grid is inside.
    """

    spacing: float | tuple[Step, Step, Step] | None = None
    interpolation: Order = "linear"
    alignment: Alignment = "centre"
    round_intensities: bool = False
    mask_interpolation: MaskOrder = "linear"
    mask_threshold: float = 0.5

    def __post_init__(self) -> None:
        given = self.spacing if isinstance(self.spacing, tuple) else (self.spacing,)
        numbers = [s for s in given if not isinstance(s, str) and s is not None]
        _require(all(math.isfinite(s) and s > 0 for s in numbers), "resampling.spacing", "above 0 mm")
        _require(0 < self.mask_threshold <= 1, "resampling.mask_threshold", "above 0, at most 1")

    def grid(self, spacing: Spacing) -> Spacing:
        """Return the spacing of the new grid (slice, row, column), mm, of an image of `spacing`."""
        if self.spacing is None:
            return spacing
        wanted = self.spacing if isinstance(self.spacing, tuple) else (self.spacing,) * 3
        z, y, x = (old if new == "keep" else float(new) for old, new in zip(spacing, wanted, strict=True))
        return z, y, x


@dataclass(frozen=True, kw_only=True)
class Resegmentation:
    """Voxels of the lesion that belong to the intensity mask (IBSI 2.5).

    Parameters
    ----------
    low, high : float, optional
        Range of intensities; both belong to it.
    deviations : float, optional
        At most so many standard deviations from the mean.
    """

    low: float | None = None
    high: float | None = None
    deviations: float | None = None

    def __post_init__(self) -> None:
        ends = [v for v in (self.low, self.high) if v is not None]
        _require(all(map(math.isfinite, ends)) and ends == sorted(ends), "resegmentation.low", "below high")
        _require(
            self.deviations is None or _positive(self.deviations), "resegmentation.deviations", "above 0"
        )


@dataclass(frozen=True, kw_only=True)
class Filtering:
    """Responses of which features are taken beside those of the image (IBSI 2).

    Parameters
    ----------
    filters : tuple of str
        Such as ``log:sigma=3mm``; see `kinephen.radiomics.filters`.
    """

    filters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parse_filters(self.filters)


@dataclass(frozen=True, kw_only=True)
class Discretisation:
    """Grey levels of histogram and textures (IBSI 2.7).

    Parameters
    ----------
    bins : int
        Fixed bin number, between smallest and largest value.
    width : float, optional
        Fixed bin size, in the unit of the map; then `bins` is not read.
    lower : float, optional
        Lower edge of the first bin of a fixed size. By default ``resegmentation.low``, and without that the
        smallest value.
    """

    bins: int = 32
    width: float | None = None
    lower: float | None = None

    def __post_init__(self) -> None:
        _require(1 <= self.bins <= MOST_LEVELS, "discretisation.bins", f"from 1 to {MOST_LEVELS}")
        _require(self.width is None or _positive(self.width), "discretisation.width", "above 0")
        _require(self.lower is None or math.isfinite(self.lower), "discretisation.lower", "a number")
        _require(
            self.lower is None or self.width is not None, "discretisation.lower", "given with width only"
        )


@dataclass(frozen=True, kw_only=True)
class VolumeHistogram:
    """Axis of the intensity-volume histogram (IBSI 2.7, 3.5).

    Parameters
    ----------
    axis : {"values", "width", "bins"}
        The intensities themselves, which are whole numbers; bins of `width`; or `bins` bins between smallest
        and largest value.
    width : float
        Map unit.
    bins : int
    """

    axis: Literal["values", "width", "bins"] = "bins"
    width: float = 1.0
    bins: int = 1000

    def __post_init__(self) -> None:
        _require(_positive(self.width), "ivh.width", "above 0")
        _require(1 <= self.bins <= MOST_LEVELS, "ivh.bins", f"from 1 to {MOST_LEVELS}")


@dataclass(frozen=True, kw_only=True)
class Textures:
    """How slices and directions are put together (IBSI 3.6 to 3.11).

    Parameters
    ----------
    directional : tuple of str
        Of co-occurrence and run length matrices.
    zonal : tuple of str
        Of the other matrices.
    """

    directional: tuple[DirectionalAggregation, ...] = ("3D_avg", "3D_mrg")
    zonal: tuple[ZonalAggregation, ...] = ("3D",)


@dataclass(frozen=True, kw_only=True)
class Features:
    """What is computed.

    Parameters
    ----------
    families : tuple of str
        Families of features.
    mesh : {"separated", "lewiner"}
        Surface of the lesion; see `kinephen.radiomics.shape.mesh.mesh_volume_area`.
    autocorrelation : bool
        Whether morphology includes Moran's I and Geary's C, which take long.
    """

    families: tuple[Family, ...] = tuple(f for f in FAMILIES if f != "local_intensity")
    mesh: Mesh = "separated"
    autocorrelation: bool = False


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Settings of a complete extraction, in the order in which they are applied.

    Parameters
    ----------
    resampling : Resampling
    resegmentation : Resegmentation
    filtering : Filtering
    discretisation : Discretisation
    ivh : VolumeHistogram
    textures : Textures
    features : Features
    """

    resampling: Resampling = field(default_factory=Resampling)
    resegmentation: Resegmentation = field(default_factory=Resegmentation)
    filtering: Filtering = field(default_factory=Filtering)
    discretisation: Discretisation = field(default_factory=Discretisation)
    ivh: VolumeHistogram = field(default_factory=VolumeHistogram)
    textures: Textures = field(default_factory=Textures)
    features: Features = field(default_factory=Features)


def _positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _require(holds: bool, key: str, wanted: str) -> None:
    if not holds:
        raise ConfigError(f"{key} must be {wanted}", code="protocol.value", where="protocol")
