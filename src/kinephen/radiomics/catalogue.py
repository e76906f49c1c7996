"""The 104 features of a kinetic map: the single source of names, order, formulas, units and signs.

Names and order are those of CaPTk 1.7.1 in three dimensions without per-bin columns and without NGLDM, which
reconstructs the published set; the misspellings are part of the names.

References
----------
Chitalia R, et al. Commun Med 2023. Zwanenburg A, et al. Radiology 2020;295:328-338 (IBSI).
"""

from __future__ import annotations

from collections.abc import Iterable

from kinephen.core.options import RadiomicsMode, Sign
from kinephen.radiomics.definitions import histogram, intensity, shape, texture
from kinephen.radiomics.feature import Feature

FEATURES: tuple[Feature, ...] = (*intensity.ROWS, *histogram.ROWS, *shape.ROWS, *texture.ROWS)
"""The 104 in their fixed order."""

NAMES: tuple[str, ...] = tuple(f.key for f in FEATURES)
MASK_ONLY: tuple[str, ...] = tuple(f.key for f in FEATURES if f.depends_on == "mask")
TWO_DIMENSIONAL: tuple[str, ...] = tuple(f.key for f in FEATURES if f.two_dimensional)
"""The list that reading B of "2-D only" drops."""

BY_KEY: dict[str, Feature] = {f.key: f for f in FEATURES}


def constant_features(mode: RadiomicsMode) -> tuple[str, ...]:
    """Return the features that are constant or rounding noise by construction in a mode."""
    return tuple(f.key for f in FEATURES if mode in f.constant_in)


def sign(column: str) -> Sign:
    """Return the heterogeneity sign of ``Family_Name`` or ``MAP_Family_Name``; 0 outside the catalogue."""
    key = column if column in BY_KEY else column.partition("_")[2]
    return BY_KEY[key].sign if key in BY_KEY else 0


def as_records() -> list[dict[str, object]]:
    """Return the catalogue as plain rows."""
    return [f.as_record() for f in FEATURES]


def directions(columns: Iterable[str], *, signed: bool) -> dict[str, int]:
    """Return which way the values of feature columns point to heterogeneity: +1, -1, or 0 for neither.

    Parameters
    ----------
    columns : iterable of str
        ``Family_Name`` or ``MAP_Family_Name``; names outside the catalogue get 0.
    signed : bool
        True for values in which the sign has been applied already, so that larger always means more.
    """
    return {c: abs(sign(c)) if signed else int(sign(c)) for c in columns}
