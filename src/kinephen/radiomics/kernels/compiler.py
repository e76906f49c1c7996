"""How kernels are compiled: one signature each, cached where a folder can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

uncached: list[str] = []
"""Names of kernels that were compiled without a cache, because no folder for it can be written."""


def kernel(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for one signature; from the cache if there is one."""

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            dispatcher = njit(signature, cache=True, nogil=True)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            uncached.append(function.__name__)
            dispatcher = njit(signature, nogil=True)(function)
        return dispatcher  # type: ignore[no-any-return]

    return compiled
