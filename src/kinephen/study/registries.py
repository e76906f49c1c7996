"""What is registered: maps, features, filters, signatures and presets, as rows to be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from kinephen.config.describe import preset_records
from kinephen.errors import UsageError
from kinephen.imaging.maps import MAPS
from kinephen.io.signatures import list_signatures
from kinephen.radiomics.catalogue import NAMES, as_records
from kinephen.radiomics.filters import filter_records

FEATURE_NAMES: tuple[str, ...] = NAMES
"""The 104 features of a map, as ``Family_Name``."""


@dataclass(frozen=True)
class Registry:
    """One registry.

    Parameters
    ----------
    rows : list of dict
        Every field of each entry.
    columns : tuple of str
        The fields that a table shows.
    """

    rows: list[dict[str, object]]
    columns: tuple[str, ...]


def registry(name: str) -> Registry:
    """Return ``maps``, ``features``, ``filters``, ``signatures`` or ``presets``.

    Raises
    ------
    UsageError
        ``info.unknown``.
    """
    if name not in REGISTRIES:
        raise UsageError(
            f"unknown registry {name!r}",
            code="info.unknown",
            hint=f"one of {', '.join(REGISTRIES)}, r-function",
        )
    return REGISTRIES[name]()


def _maps() -> Registry:
    rows: list[dict[str, object]] = [dict(m.to_dict()) for m in MAPS.values()]
    return Registry(rows, ("name", "title", "formulas", "unit", "undefined"))


def _features() -> Registry:
    return Registry(as_records(), ("name", "family", "ibsi_code", "unit", "depends_on", "sign", "formula"))


def _filters() -> Registry:
    return Registry(filter_records(), ("name", "title", "ibsi_code", "parameters", "example"))


def _signatures() -> Registry:
    return Registry([asdict(e) for e in list_signatures()], ("name", "kind", "genes", "origin", "title"))


def _presets() -> Registry:
    return Registry(preset_records(), ("name", "description"))


REGISTRIES: dict[str, Callable[[], Registry]] = {
    "maps": _maps,
    "features": _features,
    "filters": _filters,
    "signatures": _signatures,
    "presets": _presets,
}
