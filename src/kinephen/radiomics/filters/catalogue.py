"""The filters: what each does, its parameters and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from kinephen.radiomics.filters.base import Filter
from kinephen.radiomics.filters.gabor import Gabor
from kinephen.radiomics.filters.laplacian import LaplacianOfGaussian
from kinephen.radiomics.filters.laws import Laws
from kinephen.radiomics.filters.mean import Mean
from kinephen.radiomics.filters.riesz import RieszLaplacian, RieszSimoncelli
from kinephen.radiomics.filters.simoncelli import Simoncelli
from kinephen.radiomics.filters.wavelet import Wavelet

UNITS = ("mm", "deg")
"""A field that ends in ``_mm`` or ``_deg`` is written without it, its value with the unit: ``sigma=3mm``."""


@dataclass(frozen=True, kw_only=True)
class FilterKind:
    """A kind of filter.

    Parameters
    ----------
    settings : type of Filter
        Its settings, which hold the formula and compute the response.
    title, ibsi_code, formula : str
    unit : str
        Of the response, in units of the image.
    linear : bool
        Whether the response to a sum is the sum of the responses (with the usual settings).
    parameters : mapping of str to str
        Field of the settings to its meaning; without the boundary.
    example : str
        Settings as they are written.
    """

    settings: type[Filter]
    title: str
    ibsi_code: str
    formula: str
    unit: str
    linear: bool
    parameters: Mapping[str, str]
    example: str

    @property
    def kind(self) -> str:
        """Word by which it is called."""
        return self.settings.kind

    def defaults(self) -> dict[str, object]:
        """Return the value of each parameter that may be left out."""
        return {f.name: f.default for f in fields(self.settings) if f.default is not MISSING}

    def as_record(self) -> dict[str, object]:
        """Return plain fields."""
        return {
            "name": self.kind,
            "title": self.title,
            "ibsi_code": self.ibsi_code,
            "formula": self.formula,
            "unit": self.unit,
            "linear": self.linear,
            "parameters": {written(field): text for field, text in self.parameters.items()},
            "defaults": {written(field): value for field, value in self.defaults().items()},
            "example": self.example,
        }


def written(field: str) -> str:
    """Return how a field of settings is written: ``sigma`` for ``sigma_mm``."""
    stem, _, unit = field.rpartition("_")
    return stem if unit in UNITS else field


_PLANAR = "3 (the volume) or 2 (each slice by itself)"
_INVARIANT = "yes or no: pool over all right-angled rotations, 4 in the plane, 24 in space"
_POOLING = "max, mean or min"
_LAPLACIAN = {
    "sigma_mm": "standard deviation of the Gaussian",
    "cutoff": "half the kernel's width in standard deviations",
    "dimensions": _PLANAR,
}
_SIMONCELLI = {"level": "level of decomposition j, 1 (finest) to 6", "dimensions": _PLANAR}
_RIESZ = "(-i)^L sqrt(L!/(l1! l2! l3!)) v1^l1 v2^l2 v3^l3 / |v|^L times the spectrum, v in 1/mm"
_ORDER = "order of the derivative along each axis, columns first: l1 l2 l3, L their sum, 1 to 4"

KINDS: tuple[FilterKind, ...] = (
    FilterKind(
        settings=Mean,
        title="mean",
        ibsi_code="S60F",
        formula="M^-D sum over |k|_inf <= (M-1)/2 of f(x+k)",
        unit="image",
        linear=True,
        parameters={"support": "voxels along each edge, odd (M)", "dimensions": _PLANAR},
        example="mean:support=5",
    ),
    FilterKind(
        settings=LaplacianOfGaussian,
        title="Laplacian of Gaussian",
        ibsi_code="L6PA",
        formula="-1/s^2 (2 pi s^2)^(-D/2) (D - |k|^2/s^2) exp(-|k|^2/(2 s^2)), s = sigma/spacing",
        unit="image / voxel^2",
        linear=True,
        parameters=_LAPLACIAN,
        example="log:sigma=3mm",
    ),
    FilterKind(
        settings=Laws,
        title="Laws kernels, or their texture energy",
        ibsi_code="JTXT",
        formula="outer product of kernels of unit norm; energy: mean of |h| within distance d",
        unit="image",
        linear=False,
        parameters={
            "kernels": "one of L3 E3 S3 L5 E5 S5 W5 R5 for each axis, columns first; two work slice by slice",
            "invariant": _INVARIANT,
            "pooling": _POOLING,
            "energy": "Chebyshev distance d in voxels of the texture energy, 0 for the response itself",
        },
        example="laws:kernels=L5E5E5",
    ),
    FilterKind(
        settings=Gabor,
        title="Gabor",
        ibsi_code="Q88H",
        formula="|f * exp(-(x'^2 + gamma^2 y'^2)/(2 sigma^2) + 2 pi i x'/lambda)|",
        unit="image (kernel not normalised)",
        linear=False,
        parameters={
            "sigma_mm": "standard deviation of the envelope across the stripes",
            "lambda_mm": "wavelength of the stripes",
            "gamma": "the envelope along the stripes is sigma/gamma",
            "theta_deg": "direction of the wave (of the first one with step)",
            "step_deg": "pool over directions at this step, 0 for theta alone",
            "planes": "slices, or orthogonal (slices along each of the three axes, pooled)",
            "pooling": _POOLING,
        },
        example="gabor:sigma=5mm,lambda=2mm,gamma=1.5,step=22.5deg",
    ),
    FilterKind(
        settings=Wavelet,
        title="separable wavelet, undecimated",
        ibsi_code="25BO",
        formula="low-pass at levels below j, then the subband's filters, 2^(j-1)-1 zeros between weights",
        unit="image",
        linear=True,
        parameters={
            "family": "haar, db1 to db10, coif1",
            "subband": "L or H for each axis, columns first; two letters work slice by slice",
            "level": "level of decomposition j, 1 to 6",
            "invariant": _INVARIANT,
            "pooling": _POOLING,
        },
        example="wavelet:family=db3,subband=LLH",
    ),
    FilterKind(
        settings=Simoncelli,
        title="Simoncelli wavelet, non-separable",
        ibsi_code="LODD",
        formula="cos(pi/2 log2(2 r 2^(j-1))) for r 2^(j-1) from 1/4 to 1, r the frequency over the highest",
        unit="image",
        linear=True,
        parameters=_SIMONCELLI,
        example="simoncelli:level=2",
    ),
    FilterKind(
        settings=RieszLaplacian,
        title="Riesz transform of the Laplacian of Gaussian",
        ibsi_code="AYRS",
        formula=_RIESZ,
        unit="image / voxel^2",
        linear=True,
        parameters={"order": _ORDER, **_LAPLACIAN},
        example="riesz-log:order=100,sigma=3mm",
    ),
    FilterKind(
        settings=RieszSimoncelli,
        title="Riesz transform of the Simoncelli wavelet",
        ibsi_code="AYRS",
        formula=_RIESZ,
        unit="image",
        linear=True,
        parameters={"order": _ORDER, **_SIMONCELLI},
        example="riesz-simoncelli:order=020,level=1",
    ),
)

BY_KIND: dict[str, FilterKind] = {kind.kind: kind for kind in KINDS}


def filter_records() -> list[dict[str, object]]:
    """Return the catalogue as plain rows."""
    return [kind.as_record() for kind in KINDS]
