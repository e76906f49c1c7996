"""Compiled kernels: where they are kept, chosen before numba is imported, and compiling them ahead."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def prepare_numba_cache() -> str:
    """Choose a writable folder for compiled kernels and return it; a value set by the user stands.

    In this order: ``NUMBA_CACHE_DIR``; beside the source, if that can be written (nothing is set then);
    ``XDG_CACHE_HOME`` or ``~/.cache``; a temporary folder. Worker processes inherit the choice.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return os.environ["NUMBA_CACHE_DIR"]
    beside = Path(__file__).resolve().parent.parent / "radiomics" / "kernels" / "__pycache__"
    if _writable(beside):
        return str(beside)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = home / "kinephen" / "numba"
    if not _writable(folder):
        folder = Path(tempfile.gettempdir()) / f"kinephen-numba-{os.getuid() if hasattr(os, 'getuid') else 0}"
        if not _writable(folder):
            return ""
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return str(folder)


def kernels_are_cached() -> bool:
    """Tell whether compiled kernels are found, so that the first extraction need not compile."""
    folder = Path(prepare_numba_cache())
    return any(folder.rglob("*.nbi")) if folder.name else False


def compile_kernels() -> tuple[str, ...]:
    """Compile every kernel, or load it; return the names of those that could not be kept."""
    from kinephen.radiomics.warmup import warm_up

    return warm_up()


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
