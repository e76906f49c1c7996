"""Which images of a BIDS-like exam are its phases, by the first rule that answers, and in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.bids_layout import BidsExam
from kinephen.io.bids_names import DATATYPES, BidsName
from kinephen.io.nifti import read_nifti_grid

PHASE_KEYS = ("ce", "phase", "acq", "run", "echo")
"""Keys by which the files of phases may differ; all other labels must agree."""
FIRM_KEYS = frozenset({"ce", "phase", "acq"})
"""Keys that mean phases. Numbers of runs only say in which order files were named."""
WHERE = "exam folder"
_MANIFEST = "name the file of each phase in a manifest ([[phase]] files = ...)"
_LAST = 1_000_000


@dataclass(frozen=True)
class PhaseFiles:
    """The files of the phases.

    Parameters
    ----------
    names : tuple of BidsName
        In the order of the names; one 4-D file, or one file a phase.
    rule : str
    ordered : bool
        Whether the names tell an order.
    firm : bool
        Whether that order may not be overruled by times.
    issues : tuple of Issue
    """

    names: tuple[BidsName, ...]
    rule: str
    ordered: bool = True
    firm: bool = True
    issues: tuple[Issue, ...] = ()


def choose_phases(exam: BidsExam) -> PhaseFiles:
    """Choose the phases of an exam.

    Files named ``dce`` or in a folder ``dce`` come first, then ``perf``, then the rest of ``anat``; in each,
    one 4-D file stands over files of one phase. Files with ``desc-`` are derived from others and count only
    where there are no others.

    Raises
    ------
    InputError
        ``nifti.layout``.
    """
    derived = [n for n in exam.images if "desc" in n.entities]
    plain = [n for n in exam.images if "desc" not in n.entities] or derived
    for datatype in DATATYPES:
        group = [n for n in plain if _datatype(n) == datatype]
        whole = [n for n in group if read_nifti_grid(n.path)[0] > 1]
        if len(whole) == 1:
            return _fourth_dimension(whole[0], len(group) - 1)
        if whole:
            raise _layout(f"{len(whole)} 4-D files of one exam in {datatype}", "give the 4-D file itself")
        if len(group) > 1:
            return _one_file_a_phase(group)
    raise _layout("one volume is no dynamic exam; expected a 4-D file or one file a phase", _MANIFEST)


def _datatype(name: BidsName) -> str:
    folder = name.path.parent.name.lower()
    if name.suffix in DATATYPES:
        return name.suffix
    return folder if folder in DATATYPES else "anat"


def _fourth_dimension(name: BidsName, others: int) -> PhaseFiles:
    text = "volume(s) beside the 4-D file are not used"
    issues = (Issue("nifti.unused", text, WHERE, others),) if others else ()
    return PhaseFiles((name,), "BIDS-like, fourth dimension", issues=issues)


def _one_file_a_phase(group: Sequence[BidsName]) -> PhaseFiles:
    kinds = {(n.suffix, *((k, v) for k, v in n.entities.items() if k not in PHASE_KEYS)) for n in group}
    if len(kinds) > 1:
        text = f"images of {len(kinds)} kinds, which differ in more than {', '.join(PHASE_KEYS)}"
        raise _layout(text, _MANIFEST)
    varying = [k for k in PHASE_KEYS if len({n.entities.get(k) for n in group}) > 1]
    placed = [([_place(key, name.entities.get(key)) for key in varying], name) for name in group]
    rule = f"BIDS-like, one file a phase, by {', '.join(varying)}"
    if any(p is None for place, _ in placed for p in place):
        return PhaseFiles(tuple(group), rule, ordered=False, firm=False)
    placed.sort(key=lambda pair: [p or 0.0 for p in pair[0]])
    found = [tuple(place) for place, _ in placed]
    ordered = tuple(name for _, name in placed)
    if len(set(found)) < len(found):
        raise _layout("two files stand for the same phase by their names", _MANIFEST)
    if len(varying) == 1 and varying[0] in ("phase", "run", "echo"):
        _require_no_gaps([int(p[0] or 0) for p in found], varying[0])
    return PhaseFiles(ordered, rule, firm=bool(FIRM_KEYS.intersection(varying)))


def _require_no_gaps(numbers: list[int], key: str) -> None:
    if numbers[0] not in (0, 1) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise _layout(f"{key} must count from 0 or 1 without gaps; found {numbers}", _MANIFEST)


def _place(key: str, label: str | None) -> float | None:
    """Return a number by which labels of a key are ordered; None if the label does not tell."""
    if key == "ce":  # without an agent named, or with "none": before contrast
        return 0.0 if label is None or label.startswith(("pre", "no")) else 1.0
    if key == "acq":
        return _place_of_word(label or "")
    if label is None:
        return 0.0
    return float(label) if re.fullmatch(r"\d{1,6}", label) else _place_of_word(label)


def _place_of_word(label: str) -> float | None:
    number = re.search(r"(\d{1,5})$", label)
    count = int(number[1]) if number else 0
    if label.startswith(("pre", "nativ", "baseline", "unenhanced")):
        return float(count - _LAST)
    if "late" in label or "delay" in label:
        return float(count + _LAST)
    known = re.fullmatch(
        r"(post|postcontrast|early|imm|immediate|dyn|dce|phase|ph|frame|t)?(\d{1,5})?", label
    )
    return float(count) if known and label else None


def _layout(text: str, hint: str) -> InputError:
    return InputError(text, code="nifti.layout", where=WHERE, hint=hint)
