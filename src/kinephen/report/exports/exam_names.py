"""Where the files of one exam go; names hold the labels that the user chose and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kinephen.errors import UsageError


@dataclass(frozen=True)
class Names:
    """Where the files of one exam go.

    Parameters
    ----------
    out : Path
    subject, session : str
        Letters and digits; `session` may be empty.

    Raises
    ------
    UsageError
        ``ftv.label``, ``ftv.out``.
    """

    out: Path
    subject: str
    session: str = ""

    def __post_init__(self) -> None:
        for option, text in (("--subject", self.subject), ("--session", self.session)):
            if not re.fullmatch(r"[A-Za-z0-9]*", text) or (option == "--subject" and not text):
                raise UsageError(
                    f"{option} takes letters and digits only", code="ftv.label", hint="for example T1"
                )
        if self.out.exists() and not self.out.is_dir():
            raise UsageError("--out is a file, expected a folder", code="ftv.out", where=self.out.name)

    def path(self, ending: str) -> Path:
        """Return the path of a file, for example of ``desc-pe_map.nii.gz``."""
        parts = [f"sub-{self.subject}"] + ([f"ses-{self.session}"] if self.session else [])
        return self.out.joinpath(*parts, "dce", "_".join([*parts, ending]))


def exam_label(names: Names) -> str:
    """Return the label of an exam, for example ``sub-case_ses-T1``."""
    return f"sub-{names.subject}" + (f"_ses-{names.session}" if names.session else "")


def exam_file(names: Names, ending: str, *, folder: str = "") -> Path:
    """Return the path of a file beside the folder of NIfTI files, or in a folder beside it."""
    return names.path("").parents[1] / folder / f"{exam_label(names)}_{ending}"
