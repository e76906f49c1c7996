"""Sidecars of BIDS-like images: the file's own, and those it inherits from folders above."""

from __future__ import annotations

from pathlib import Path

from kinephen.io.bids_names import BidsName, parse_name
from kinephen.io.sidecar import read_sidecar
from kinephen.io.sources import listed

TIMES = "times"
"""``times.json`` beside the images counts as a sidecar of all of them."""


def read_sidecars(name: BidsName) -> dict[str, object]:
    """Return the fields of all sidecars of an image; the nearer and more specific file stands over others."""
    content: dict[str, object] = {}
    for path in sidecar_paths(name):
        content |= read_sidecar(path)
    return content


def sidecar_paths(name: BidsName) -> list[Path]:
    """Return the JSON files that apply to an image, general ones first.

    References
    ----------
    BIDS specification, common principles: the inheritance principle.
    """
    top, folder = name.dataset, name.path.parent
    folders = [folder]
    while folder != top and folder.parent != folder:
        folder = folder.parent
        folders.insert(0, folder)
    return [path for f in folders for path in _applicable(f, name)]


def _applicable(folder: Path, image: BidsName) -> list[Path]:
    listed(folder)
    named = [
        n
        for p in folder.iterdir()
        if p.suffix.lower() == ".json" and p.is_file() and (n := parse_name(p)) is not None
    ]
    fitting = [n for n in named if n.suffix in (image.suffix, TIMES) and n.applies_to(image)]
    return [n.path for n in sorted(fitting, key=lambda n: (len(n.entities), n.path.name))]
