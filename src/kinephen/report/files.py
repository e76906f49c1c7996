"""Cleaning of the folder of a report."""

from __future__ import annotations

from pathlib import Path


def remove_others(folder: Path, keep: set[str], suffixes: tuple[str, ...]) -> None:
    """Remove files with our suffixes that the present report does not have: they would show old numbers."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_file() and path.suffix in suffixes and path.name not in keep:
            path.unlink()
