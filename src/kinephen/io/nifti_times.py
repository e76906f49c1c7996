"""Times and settings of an exam in NIfTI: its sidecars, a table of its collection, or only an order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.core.phase_times import time_findings
from kinephen.errors import InputError
from kinephen.io.acquisition_starts import times_after_injection
from kinephen.io.bids_timing import STARTS, bids_timing, other_intervals
from kinephen.io.dicom_timing import early_and_late
from kinephen.io.layout import TimesTable
from kinephen.io.layout_match import PhaseSet
from kinephen.io.manifest import Manifest
from kinephen.io.nifti import nifti_stem
from kinephen.io.sidecar import OWN_KEYS, own_terms, read_sidecar
from kinephen.io.sources import listed, opened
from kinephen.io.table_files import read_text_table

PER_PHASE = (*STARTS, "FrameDuration")
"""Fields that may hold a list of one value for each phase."""
UNKNOWN = "order of the files"
"""Rule of times that are not known."""
HINT = 'times.json beside the files tells them, {"times_s": [-230, 177, ...]}: seconds after injection'


@dataclass(frozen=True)
class Sidecars:
    """Fields of all sidecars, for each phase or for the 4-D file; and where they contradict each other."""

    contents: tuple[dict[str, object], ...]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class PhaseTimes:
    """Middle of each phase, seconds after injection; None if nothing tells."""

    times_s: tuple[float, ...] | None
    rule: str
    issues: tuple[Issue, ...] = ()
    injection_assumed: bool = False


def read_exam_sidecars(found: PhaseSet) -> Sidecars:
    """Return the sidecars of an exam: ``times.json``, ``<exam>.json``, and that of each file.

    The more specific one counts; a difference in kinephen's own terms is said.
    """
    folder = found.files[0].parent
    listed(folder)
    exam = found.exam.rstrip("_")
    stems = [exam] if exam and len(found.files) > 1 else []
    shared = ["times", *[f"{s}{end}" for s in stems for end in ("", "_times")]]
    content: dict[str, object] = {}
    issues: list[Issue] = []
    for name in shared:
        issues += _merge(content, _read(folder / f"{name}.json"))
    contents = []
    for number, path in enumerate(found.files):
        own = _of_phase(content, number, len(found.files))
        for end in ("_times", ""):
            issues += _merge(own, _read(folder / f"{nifti_stem(path)}{end}.json"))
        contents.append(own)
    return Sidecars(tuple(contents), tuple(dict.fromkeys(issues)))


def phase_times(
    contents: Sequence[Mapping[str, object]],
    count: int,
    *,
    manifest: Manifest,
    nominal: tuple[float, ...] | None,
    found: PhaseSet | None = None,
) -> PhaseTimes:
    """Return the times of the phases: of the manifest, the sidecars, the collection's table, the study.

    Parameters
    ----------
    contents : sequence of mapping
        Fields of the sidecars: for the 4-D file, or for each phase.
    count : int
        Number of phases.
    manifest : Manifest
    nominal : tuple of float, optional
    found : PhaseSet, optional
        Its layout may know a table.

    Raises
    ------
    InputError
        ``nifti.times``, ``nifti.sidecar``, and as `kinephen.io.table_files.read_text_table`.
    """
    if manifest.times_s is not None:
        times = _fitting(manifest.times_s, count)
        differ = other_intervals("the manifest", times, contents)
        return PhaseTimes(times, "manifest", (*differ, *time_findings(times)))
    told = bids_timing(contents, count)
    if told is not None:
        issues = (*told.issues, *time_findings(told.times_s))
        return PhaseTimes(told.times_s, told.rule, issues, told.injection_assumed)
    starts = None if found is None or found.layout.times is None else _of_table(found, found.layout.times)
    if found is not None and starts is not None and len(starts) == count:
        counted = times_after_injection(starts)
        if counted is not None:
            rule = f"table of {found.layout.name}"
            return PhaseTimes(counted, rule, time_findings(counted), injection_assumed=True)
    if nominal is not None:
        return PhaseTimes(_fitting(nominal, count), "nominal", injection_assumed=True)
    return PhaseTimes(None, UNKNOWN, (no_times(count),))


def _fitting(times_s: tuple[float, ...], count: int) -> tuple[float, ...]:
    if len(times_s) != count:
        raise InputError(
            f"{len(times_s)} times are given for {count} phases",
            code="nifti.times",
            where="exam folder",
            hint="give one time for each phase, seconds after injection",
        )
    return times_s


def no_times(count: int) -> Issue:
    """Return what is said of an exam in NIfTI that does not tell its times."""
    text = f"NIfTI files do not tell when their {count} phases were acquired: only their order counts; {HINT}"
    return Issue("nifti.times", text, "times", level="warning")


def named_early_and_late(
    times_s: tuple[float, ...] | None, count: int, manifest: Manifest, stated: Manifest
) -> tuple[int, int | None, tuple[Issue, ...]]:
    """Return the early and late phase, as named or by `early_and_late`, and a warning if they are guessed."""
    early, late, _ = early_and_late(times_s, count)
    named_early, named_late = manifest.early or stated.early, manifest.late or stated.late
    early = named_early or early
    if late is None:
        return early, named_late, ()
    guessed = times_s is None and count > 3 and not (named_early and named_late)
    late = named_late or max(late, early + 1)
    if not guessed:
        return early, late, ()
    text = (
        f"without times the early phase is taken to be number {early} and the late one number {late} after "
        "contrast: name both in a sidecar or manifest (early, late)"
    )
    return early, late, (Issue("nifti.early_late", text, "phases", level="warning"),)


def phases_named(manifest: Manifest, stated: Manifest) -> bool:
    """Tell whether a manifest or the sidecars name the early or the late phase."""
    return any(m.early or m.late for m in (manifest, stated))


def stated_terms(contents: Sequence[Mapping[str, object]]) -> Manifest:
    """Return what sidecars say in kinephen's own terms; one may be silent where another speaks.

    Raises
    ------
    InputError
        ``nifti.sidecar`` if they disagree.
    """
    terms = [own_terms(s) for s in contents]
    found = Manifest()
    for field in (f.name for f in fields(Manifest) if f.name != "times_s"):
        values = {v for t in terms if (v := getattr(t, field)) not in (None, ())}
        if len(values) > 1:
            raise InputError(
                f"the sidecars of the phases disagree on {field}",
                code="nifti.sidecar",
                where="sidecar",
                hint="mend them, or give it in a manifest",
            )
        found = replace(found, **dict.fromkeys([field], *values)) if values else found
    return found


def _of_phase(content: Mapping[str, object], number: int, count: int) -> dict[str, object]:
    """Return what a sidecar of all phases says of one: its entry of lists of times."""
    return {
        key: value[number]
        if key in PER_PHASE and isinstance(value, list) and len(value) == count > 1
        else value
        for key, value in content.items()
    }


def _read(path: Path) -> dict[str, object]:
    opened(path)
    return read_sidecar(path) if path.is_file() else {}


def _merge(content: dict[str, object], further: Mapping[str, object]) -> list[Issue]:
    terms = (*OWN_KEYS, "acquisition_times_s")
    differing = [k for k in terms if k in content and k in further and content[k] != further[k]]
    content |= further
    text = "sidecars of the exam disagree on {}; the one whose name is nearer to the file's counts"
    return [Issue("nifti.sidecars_differ", text.format(k), "sidecar", level="warning") for k in differing]


def _of_table(found: PhaseSet, table: TimesTable) -> tuple[float, ...] | None:
    """Return the starts of the phases that a table of the collection tells; None if it does not."""
    folder = found.files[0].parent
    path = Path(folder, table.path)
    opened(path, "times")
    if not path.is_file():
        return None
    frame = read_text_table(path).frame
    if table.key not in frame or table.column not in frame:
        return None
    wanted = {found.exam.casefold(), folder.name.casefold()}
    cells = [c for k, c in zip(frame[table.key], frame[table.column], strict=True) if k.casefold() in wanted]
    if len(cells) != 1:
        return None
    try:
        starts = json.loads(cells[0])
    except ValueError:
        return None
    return own_terms({"times_s": starts}).times_s
