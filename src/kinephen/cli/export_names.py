"""Where ``kinephen export`` puts its files; names hold the labels that the user chose and nothing else."""

from __future__ import annotations

from pathlib import Path

from kinephen.cli.ftv_files import Names


def exam_label(names: Names) -> str:
    """Return the label of an exam, for example ``sub-case_ses-T1``."""
    return f"sub-{names.subject}" + (f"_ses-{names.session}" if names.session else "")


def exam_file(names: Names, ending: str, *, folder: str = "") -> Path:
    """Return the path of a file beside the folder of NIfTI files, or in a folder beside it."""
    return names.path("").parents[1] / folder / f"{exam_label(names)}_{ending}"
