"""The layouts of NIfTI files that are known: every file in `kinephen.io.layouts`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import kinephen.io.layouts as place
from kinephen.io.layout import Layout


def known_layouts() -> tuple[Layout, ...]:
    """Return all layouts, by the names of their files."""
    return _loaded(tuple(sorted(found.name for found in iter_modules(place.__path__))))


@cache
def _loaded(names: tuple[str, ...]) -> tuple[Layout, ...]:
    return tuple(import_module(f"{place.__name__}.{name}").LAYOUT for name in names)
