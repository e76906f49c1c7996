"""Masks where a layout has them beside its exams: listed, and compared with; none is used unasked."""

from __future__ import annotations

import os
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.io.bids_masks import lies_on
from kinephen.io.layout_match import PhaseSet
from kinephen.io.segmentation import FoundSegmentation
from kinephen.io.sources import listed


def masks_beside(
    found: PhaseSet, geometry: Geometry
) -> tuple[tuple[FoundSegmentation, ...], tuple[Issue, ...]]:
    """Return the masks of the lesion on the exam's grid, and a note on how to use them."""
    folder = found.files[0].parent.resolve()
    masks, issues = [], []
    for pattern in found.layout.masks:
        named = pattern.replace("{folder}", folder.name).replace("{exam}", found.exam)
        path = _present(folder, named)
        if path is None:
            continue
        if lies_on(path, geometry):
            masks.append(FoundSegmentation(path, "lesion", "", "", None))
            text = f"a mask lies beside ({pattern}); it counts only where it is given: --mask PATH"
            issues.append(Issue("nifti.mask_found", text, "masks"))
        else:
            text = f"the mask that lies beside ({pattern}) does not lie on the exam's grid"
            issues.append(Issue("nifti.mask_grid", text, "masks"))
    return tuple(masks), tuple(issues)


def _present(folder: Path, named: str) -> Path | None:
    """Return the file of a relative path, upper and lower case of its name aside."""
    path = Path(os.path.normpath(folder / named))
    if not path.parent.is_dir():
        return None
    listed(path.parent)
    wanted = path.name.casefold()
    return next(
        (p for p in sorted(path.parent.iterdir()) if p.name.casefold() == wanted and p.is_file()), None
    )
