"""BIDS-like file names: pairs of key and label, then a suffix, as in ``sub-01_ses-T1_run-2_T1w.nii.gz``.

BIDS has no datatype for dynamic contrast MRI of the breast, so only the form of the names is relied on.
Upper and lower case are not told apart, as some file systems do not either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kinephen.io.nifti import nifti_stem

DATATYPES = ("dce", "perf", "anat")
"""Folders of images, the likeliest place of a dynamic exam first."""

_STEM = re.compile(r"^(?P<entities>(?:[a-z0-9]+-[a-z0-9+]+_)*)(?P<suffix>[a-z][a-z0-9]*)$", re.IGNORECASE)


@dataclass(frozen=True)
class BidsName:
    """The parts of one file name.

    Parameters
    ----------
    path : Path
    entities : mapping of str to str
        Labels by key, both in lower case and in the order of the name.
    suffix : str
        In lower case.
    """

    path: Path
    entities: Mapping[str, str]
    suffix: str

    @property
    def subject(self) -> str:
        """Label of ``sub-``, or empty."""
        return self.entities.get("sub", "")

    @property
    def session(self) -> str:
        """Label of ``ses-``, or empty."""
        return self.entities.get("ses", "")

    def written(self, key: str) -> str:
        """Return the label of a key as it is written in the name, for showing; empty if there is none."""
        match = re.search(rf"(?:^|_){key}-([a-z0-9+]+)", self.path.name, re.IGNORECASE)
        return match[1] if match else ""

    @property
    def folder(self) -> Path:
        """Folder of the session, or of the subject if there are no sessions."""
        parent = self.path.parent
        return parent.parent if parent.name.lower() in DATATYPES else parent

    @property
    def dataset(self) -> Path:
        """Folder that holds ``sub-...``; the file's own where the folders do not follow BIDS."""
        folder = self.folder
        for key in ("ses-", "sub-"):
            if folder.name.lower().startswith(key):
                folder = folder.parent
                if key == "sub-":
                    return folder
        return self.path.parent

    def applies_to(self, other: BidsName) -> bool:
        """Tell whether this name's labels all stand in the other's (the inheritance rule of BIDS)."""
        return all(other.entities.get(key) == label for key, label in self.entities.items())


def parse_name(path: Path) -> BidsName | None:
    """Return the parts of a name of a NIfTI or JSON file; None if it is not BIDS-like."""
    stem = path.stem if path.suffix.lower() == ".json" else nifti_stem(path)
    match = _STEM.match(stem)
    if match is None:
        return None
    pairs = [pair.lower().split("-", 1) for pair in match["entities"].split("_")[:-1]]
    entities = dict(pairs)
    if len(entities) < len(pairs):
        return None
    return BidsName(path, entities, match["suffix"].lower())
