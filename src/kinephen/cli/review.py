"""``kinephen review``: masks out to a reader, edited masks in, decisions signed and kept in a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from kinephen.core.counted import counted

if TYPE_CHECKING:
    from kinephen.cli.review_run import DecisionRow, ExamLine, Session
    from kinephen.config.schema import Ftv
    from kinephen.io.review_decision import Decision
    from kinephen.review.decide import Signature
    from kinephen.study.plan import ExamRow
    from kinephen.study.review_place import ReviewPlace

    class Sign(Protocol):
        """Signs a decision on the mask that stands."""

        def __call__(
            self, place: ReviewPlace, signature: Signature, *, settings: Ftv, revision: int | None = None
        ) -> Decision:
            """Return the decision, which stands in the log."""
            ...


review_app = typer.Typer(
    no_args_is_help=True,
    help="Reader's decisions on lesion masks, through files. The log supports an audit trail in the "
    "manner of 21 CFR 11; identity is the operating-system user and the typed name, without a password.",
)

StudyPath = Annotated[Path, typer.Argument(help="Study file (study.toml).")]
Case = Annotated[str, typer.Option("--case", help="Case as the report numbers it, for example case-0001.")]
Visit = Annotated[str, typer.Option("--visit", help="Visit, for example T1.")]
AnyCase = Annotated[str | None, typer.Option("--case", help="Only this case.")]
AnyVisit = Annotated[str | None, typer.Option("--visit", help="Only this visit.")]
Name = Annotated[str, typer.Option("--name", help="Reader's name; it stands in the log beside the user.")]
Meaning = Annotated[str, typer.Option("--meaning", help="What the signature stands for (usual if empty).")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
Seen = Annotated[
    int | None, typer.Option("--revision", help="The revision you looked at; fails if another stands.", min=0)
]
Preset = Annotated[str | None, typer.Option("--preset", "-p", help="As given to run.")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="As given to run.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@review_app.command("export")
def export(
    study: StudyPath,
    case: AnyCase = None,
    visit: AnyVisit = None,
    preset: Preset = None,
    changes: Changes = None,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Write frames, subtraction, PE, SER and mask of exams as NIfTI, for 3D Slicer or ITK-SNAP.

    They go to review/exams beside the study file. Edit mask.nii.gz there, save it, and import it.
    """
    from kinephen.cli.output import progress, say
    from kinephen.cli.review_run import ExportRow
    from kinephen.review.export import export_exam

    session = _session(study, preset, changes)
    chosen = session.exams(case, visit)
    rows = []
    with progress(quiet=quiet) as bar:
        task = bar.add_task("exams", total=len(chosen))
        for exam in chosen:
            done = export_exam(
                exam, session.place(exam), session.settings.ftv, motion=session.settings.motion
            )
            rows.append(
                ExportRow(
                    case=exam.case,
                    visit=exam.visit,
                    folder=str(done.folder.relative_to(session.root)),
                    revision=done.revision,
                    notes="; ".join(i.message for i in done.issues),
                )
            )
            bar.advance(task)
    _emit_exams(rows, {"exams": rows}, as_json)
    say("edit mask.nii.gz, then: kinephen review import, kinephen review confirm")


@review_app.command("import")
def import_(
    study: StudyPath,
    case: Case,
    visit: Visit,
    name: Name,
    mask: Annotated[
        Path | None, typer.Option("--mask", help="NIfTI or DICOM SEG; by default the exported mask.nii.gz.")
    ] = None,
    reason: Reason = "",
    meaning: Meaning = "",
    segment: Annotated[int | None, typer.Option(help="Label or segment that is the lesion.")] = None,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="No lesion is left.")] = False,
    preset: Preset = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Take an edited mask as a new revision; it waits for a confirmation."""
    from kinephen.review.decide import Signature, import_mask
    from kinephen.review.export import MASK

    session = _session(study, preset, changes)
    place = session.place(session.exam(case, visit))
    decision = import_mask(
        place,
        place.exam / MASK if mask is None else mask,
        Signature(name, meaning, reason),
        settings=session.settings.ftv,
        segment=segment,
        allow_empty=allow_empty,
    )
    _emit_decision(session.row(decision), as_json)


@review_app.command("confirm")
def confirm(
    study: StudyPath,
    case: Case,
    visit: Visit,
    name: Name,
    revision: Seen = None,
    reason: Reason = "",
    meaning: Meaning = "",
    preset: Preset = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Sign that the mask which stands is the lesion."""
    from kinephen.cli.output import say
    from kinephen.review.decide import Signature
    from kinephen.review.decide import confirm as sign

    session = _session(study, preset, changes)
    signature = Signature(name, meaning, reason)
    decision = _signed(session, session.exam(case, visit), sign, signature, revision, as_json)
    if decision.same_person:
        say("note: this person also edited the mask; the log and every output say so")


@review_app.command("reject")
def reject(
    study: StudyPath,
    case: Case,
    visit: Visit,
    name: Name,
    reason: Reason,
    revision: Seen = None,
    meaning: Meaning = "",
    preset: Preset = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Sign that the mask which stands is not the lesion: the exam gives no features until that is mended."""
    from kinephen.review.decide import Signature
    from kinephen.review.decide import reject as sign

    session = _session(study, preset, changes)
    signature = Signature(name, meaning, reason)
    _signed(session, session.exam(case, visit), sign, signature, revision, as_json)


@review_app.command("status")
def status(study: StudyPath, preset: Preset = None, changes: Changes = None, as_json: Json = False) -> None:
    """Show where each exam stands, who decided and when."""
    from kinephen.cli.output import say

    session = _session(study, preset, changes)
    rows, strangers = session.status()
    _emit_exams(rows, {"exams": rows, "decisions_on_other_exams": strangers}, as_json)
    if strangers:
        say(f"{counted(len(strangers), 'reviewed exam')} not in this study, or whose images have changed")


@review_app.command("verify-log")
def verify_log(
    study: StudyPath,
    head: Annotated[str, typer.Option(help="Hash that an earlier check showed and you kept.")] = "",
    as_json: Json = False,
) -> None:
    """Check every line of the decision log, and every mask against it; exit code 4 if something differs."""
    from kinephen.cli.log_check import show_check
    from kinephen.cli.review_run import verify

    show_check(verify(study, head), "decision", as_json=as_json)


def _session(study: Path, preset: str | None, changes: list[str] | None) -> Session:
    from kinephen.cli.review_run import open_session

    return open_session(study, preset, changes)


def _signed(
    session: Session,
    exam: ExamRow,
    sign: Sign,
    signature: Signature,
    revision: int | None,
    as_json: bool,
) -> Decision:
    """Sign a decision on the mask of an exam that stands, and show it."""
    decision = sign(session.place(exam), signature, settings=session.settings.ftv, revision=revision)
    _emit_decision(session.row(decision), as_json)
    return decision


def _emit_decision(row: DecisionRow, as_json: bool) -> None:
    from kinephen.cli.output import emit_json, emit_table

    if as_json:
        emit_json({"decision": row})
    else:
        emit_table("", ("", "decision"), [(f.name, getattr(row, f.name)) for f in fields(row)])


def _emit_exams(rows: Sequence[ExamLine], everything: object, as_json: bool) -> None:
    from kinephen.cli.output import emit_json, emit_table

    if as_json:
        emit_json(everything)
    elif rows:
        names = [f.name for f in fields(rows[0])]
        emit_table("", names, [[getattr(r, n) for n in names] for r in rows])
