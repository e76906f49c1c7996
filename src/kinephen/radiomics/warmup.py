"""Compile all kernels ahead of the first extraction."""

from __future__ import annotations

import importlib

KERNEL_MODULES = ("captk_runs", "counts", "sorting", "tones", "zones")


def warm_up() -> tuple[str, ...]:
    """Import every kernel, from the cache or by compiling it; return those that could not be cached."""
    for name in KERNEL_MODULES:
        importlib.import_module(f"kinephen.radiomics.kernels.{name}")
    return tuple(importlib.import_module("kinephen.radiomics.kernels.compiler").uncached)
