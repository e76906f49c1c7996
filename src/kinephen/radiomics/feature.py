"""What is known of a feature."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from kinephen.core.options import RadiomicsMode, Sign


@dataclass(frozen=True)
class Feature:
    """One of the 104 features.

    Parameters
    ----------
    family, name : str
        As CaPTk writes them, misspellings included.
    ibsi_code, ibsi_name : str
        Empty where IBSI has no such feature.
    unit : str
        ``"map"`` stands for the unit of the map, ``"level"`` for grey levels, ``"1"`` for none.
    formula : str
        Definition in the `ibsi` mode.
    quirk : str
        What the `captk` mode does otherwise; empty if nothing.
    sign : int
        +1 if a higher value means a more heterogeneous lesion, -1 if a lower one does, 0 for neither.
    sign_reason : str
    dimension : str
        What it is computed on.
    depends_on : str
        ``"map"`` or ``"mask"``.
    constant_in : tuple of str
        Modes in which it is constant or rounding noise by construction.
    duplicate_of : str
        Key of a feature that it equals, or of which it is a strictly monotone function.
    two_dimensional : bool
        On the list of reading B: features that the documentation of CaPTk describes in the plane.
    reference : str
    """

    family: str
    name: str
    ibsi_code: str
    ibsi_name: str
    unit: str
    formula: str
    quirk: str
    sign: Sign
    sign_reason: str
    dimension: str
    depends_on: Literal["map", "mask"]
    constant_in: tuple[RadiomicsMode, ...] = ()
    duplicate_of: str = ""
    two_dimensional: bool = False
    reference: str = ""

    @property
    def key(self) -> str:
        """``Family_Name``."""
        return f"{self.family}_{self.name}"

    def as_record(self) -> dict[str, object]:
        """Return plain fields, `key` first."""
        return {"key": self.key, **asdict(self), "constant_in": list(self.constant_in)}


WHY: dict[str, tuple[Sign, str]] = {
    "spread": (1, "a higher value means a wider distribution of values"),
    "even": (1, "a higher value means a more evenly filled distribution"),
    "fine": (1, "a higher value means a finer or more abrupt texture"),
    "irregular": (1, "a higher value means a more irregular surface for the size"),
    "drawn out": (1, "the ratio is >= 1 and rises as the lesion gets longer or flatter"),
    "size": (1, "the published study reads growing size as growing heterogeneity; 0 in a sensitivity run"),
    "uniform": (-1, "a higher value means a more uniform or smoother lesion"),
    "coarse": (-1, "a higher value means larger homogeneous zones"),
    "round": (-1, "a higher value means a rounder lesion"),
    "level": (0, "describes how high the values are, not how mixed"),
    "asymmetry": (0, "describes asymmetry"),
    "disputed": (0, "tailedness; its meaning for heterogeneity is disputed"),
    "scaled": (0, "mixes texture with the number of voxels or zones"),
    "constant": (0, "constant, or nothing but contact with the border of the image"),
    "lost": (0, "has no reproducible meaning"),
}
"""Reasons of the heterogeneity signs."""
