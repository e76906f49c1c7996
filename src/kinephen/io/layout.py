"""What a layout of NIfTI files is: how the names of an exam's phases tell which phase each is.

Each layout is one file in `kinephen.io.layouts` that holds one `Layout` called ``LAYOUT``; it is found
by being there.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TimesTable:
    """A table beside the exams that tells their times.

    Parameters
    ----------
    path : str
        Relative to the folder of the exam.
    key : str
        Column that names the exam: the folder's name, or the part of the file names that all phases share.
    column : str
        Column of the starts of all phases, s, counted from the first: ``"[0, 165, 288]"``.
    """

    path: str
    key: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the files of an exam are named.

    Parameters
    ----------
    name : str
        As it is shown.
    phases : tuple of str
        Regular expressions for a whole file name without ``.nii`` or ``.nii.gz``. Groups say what a file is:
        ``pre`` (before contrast), ``post`` (number after contrast, from 1), ``index`` (number of the phase,
        from 0); groups whose names begin with ``exam`` hold what all files of one exam share.
    parent : str
        Name that the folder above the exam's must have; empty for any.
    masks : tuple of str
        Where a mask of the lesion may lie, relative to the exam's folder; ``{folder}`` stands for that
        folder's name, ``{exam}`` for the group ``exam``. Upper and lower case are not told apart.
    times : TimesTable, optional
    clock : str
        Field of the sidecars that orders the phases, where names do not.
    alike : tuple of str
        Fields of the sidecars in which the phases of an exam agree, where `clock` orders them.
    whole : bool
        One 4-D file holds all phases.
    reader : str
        Module that reads names which patterns cannot express, before all other layouts; else empty.
    general : bool
        It counts only where no layout of more definite names fits.
    """

    name: str
    phases: tuple[str, ...] = ()
    parent: str = ""
    masks: tuple[str, ...] = ()
    times: TimesTable | None = None
    clock: str = ""
    alike: tuple[str, ...] = ()
    whole: bool = False
    reader: str = ""
    general: bool = False
