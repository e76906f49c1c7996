"""The registry of kinetic maps: one place for names, formulas, units and references."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from kinephen.core.options import MapVariant, PeUnit
from kinephen.errors import ConfigError

PAPER = "Chitalia et al. 2023, Communications Medicine"


@dataclass(frozen=True)
class MapInfo:
    """One kinetic map.

    Parameters
    ----------
    name : str
        Short name used in files and feature columns.
    title : str
    formulas : mapping of str to str
        Formula of each variant; d1 = (I1 - I0) / I0, d2 = (I2 - I0) / I0.
    unit : str
        Unit with enhancement as a fraction and time in minutes.
    dimension : str
    reference : str
    undefined : str
        When a voxel of the map has no value.
    """

    name: str
    title: str
    formulas: MappingProxyType[str, str]
    unit: str
    dimension: str
    reference: str
    undefined: str

    def to_dict(self) -> dict[str, str | dict[str, str]]:
        """Return plain fields."""
        return {
            "name": self.name,
            "title": self.title,
            "formulas": dict(self.formulas),
            "unit": self.unit,
            "dimension": self.dimension,
            "reference": self.reference,
            "undefined": self.undefined,
        }


def _both(paper: str, lab: str) -> MappingProxyType[str, str]:
    return MappingProxyType({"paper": paper, "lab": lab})


MAPS: MappingProxyType[str, MapInfo] = MappingProxyType(
    {
        "PE": MapInfo(
            name="PE",
            title="peak enhancement",
            formulas=_both("max over t of (It - I0) / I0", "d2 if I1 < I2, else d1"),
            unit="1",
            dimension="dimensionless",
            reference=f"{PAPER}, Eq. 1",
            undefined="I0 <= 0",
        ),
        "SER": MapInfo(
            name="SER",
            title="signal enhancement ratio",
            formulas=_both("(I1 - I0) / (I2 - I0)", "(I1 - I0) / (I2 - I0)"),
            unit="1",
            dimension="dimensionless",
            reference=f"{PAPER}, Eq. 2",
            undefined="I0 <= 0, or |I2 - I0| at or below the noise floor",
        ),
        "WIS": MapInfo(
            name="WIS",
            title="wash-in slope",
            formulas=_both(
                "PE / (tPE - t0)",
                "d1 / t1 if the peak is at t1, else 0.5 (d1 / t1 + d2 / (t1 + t2))",
            ),
            unit="1/min",
            dimension="1/time",
            reference=f"{PAPER}, Eq. 3",
            undefined="I0 <= 0; peak at the time of injection",
        ),
        "WOS": MapInfo(
            name="WOS",
            title="wash-out slope",
            formulas=_both("(I2 - I1) / (t2 - tPE)", "(d1 - d2) / (t2 - t1)"),
            unit="scanner units/min (1/min where divided by I0, and in the lab variant)",
            dimension="signal/time or 1/time",
            reference=f"{PAPER}, Eq. 4",
            undefined="I0 <= 0; peak at the last frame (no wash-out was seen)",
        ),
    }
)


@dataclass(frozen=True)
class MapRule:
    """How the maps are computed.

    Parameters
    ----------
    variant : {"paper", "lab"}
        The printed equations, or the formulas of the group's later code. Wash-out is negative in the first
        and positive in the second.
    zero_otherwise : bool
        Write 0 where the printed equations say "0 otherwise" (wash-in slope with the peak at injection,
        wash-out slope with the peak at the last frame; in the lab variant also SER with I2 = I0). When off
        these voxels are undefined (NaN).
    normalise_wos : bool
        Divide the paper's wash-out slope by I0, which frees it of the scanner's gain. The lab variant always
        is.
    wos_from_peak : bool
        With more than two post-contrast frames take the last frame minus the frame at the peak, over the
        time between them. When off: the printed ``(I2 - I1) / (t2 - tPE)`` with the late and early frames.
        Both are the same with two post-contrast frames.
    pe_unit : {"fraction", "percent"}
        Unit of relative enhancement, and so of PE, WIS and a relative WOS.
    noise_floor : float
        ``|I2 - I0|`` at or below this (scanner units, >= 0) leaves SER undefined.

    Raises
    ------
    ConfigError
        ``maps.rule``.
    """

    variant: MapVariant = "paper"
    zero_otherwise: bool = False
    normalise_wos: bool = True
    wos_from_peak: bool = True
    pe_unit: PeUnit = "fraction"
    noise_floor: float = 0.0

    def __post_init__(self) -> None:
        if self.variant not in ("paper", "lab"):
            raise ConfigError(f"expected variant paper or lab, found {self.variant!r}", code="maps.rule")
        if self.pe_unit not in ("fraction", "percent"):
            raise ConfigError(
                f"expected pe_unit fraction or percent, found {self.pe_unit!r}", code="maps.rule"
            )
        if not 0.0 <= self.noise_floor < float("inf"):
            raise ConfigError(f"expected noise_floor 0 or more, found {self.noise_floor}", code="maps.rule")

    def unit(self, name: str) -> str:
        """Return the unit of a map under this rule."""
        relative = "%" if self.pe_unit == "percent" else "1"
        if name in ("PE", "SER"):
            return relative if name == "PE" else "1"
        if name == "WOS" and self.variant == "paper" and not self.normalise_wos:
            return "scanner units/min"
        return f"{relative}/min"

    def to_dict(self) -> dict[str, str | bool | float]:
        """Return plain fields."""
        return {
            "variant": self.variant,
            "zero_otherwise": self.zero_otherwise,
            "normalise_wos": self.normalise_wos,
            "wos_from_peak": self.wos_from_peak,
            "pe_unit": self.pe_unit,
            "noise_floor": self.noise_floor,
        }
