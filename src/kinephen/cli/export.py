"""``kinephen export``: one exam's masks, maps and numbers in the forms that other tools open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kinephen.report.exports.exam_forms import Written


def export(
    exam: Annotated[Path, typer.Argument(help="Folder of one exam (DICOM or NIfTI), or a 4-D NIfTI file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for everything that is written.")],
    mask: Annotated[Path | None, typer.Option(help="Reader's lesion mask (DICOM SEG or NIfTI).")] = None,
    mask_label: Annotated[
        int | None, typer.Option("--mask-label", help="Label or segment of --mask that is the lesion.", min=1)
    ] = None,
    seg: Annotated[bool, typer.Option("--seg", help="DICOM segmentation of FTV and lesion.")] = False,
    sr: Annotated[
        bool,
        typer.Option("--sr", help="DICOM structured report (TID 1500) of the volumes; writes --seg too."),
    ] = False,
    nifti: Annotated[
        bool, typer.Option("--nifti", help="NIfTI phases, masks, maps; lists for others.")
    ] = False,
    slicer: Annotated[
        bool, typer.Option("--slicer", help="Scene (.mrml) that opens in 3D Slicer; writes --nifti too.")
    ] = False,
    qc: Annotated[bool, typer.Option("--qc", help="Quality page of the exam, one HTML file.")] = False,
    manifest: Annotated[
        Path | None, typer.Option(help="File that names the phases and overrules the exam.")
    ] = None,
    pe_threshold: Annotated[
        float | None, typer.Option(help="Early enhancement, percent (the exam's own value, else 70).")
    ] = None,
    bias: Annotated[
        str, typer.Option(help="Bias field correction of the maps: none, n3 or n4. The volume is raw.")
    ] = "none",
    motion: Annotated[
        bool, typer.Option("--motion", help="Move frames back by a shift, where that helps.")
    ] = False,
    review: Annotated[
        Path | None,
        typer.Option(help="Review folder of a study: its mask of this exam, and what SEG and SR say of it."),
    ] = None,
    reader_name: Annotated[
        bool,
        typer.Option("--reader-name", help="Give the reader's name of the review log, not the role alone."),
    ] = False,
    reviewer: Annotated[
        str, typer.Option(help="Who reviewed the masks; stands in SEG and SR as creator and observer.")
    ] = "",
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Code of a finding that would stop the exam and that you accept; repeatable."),
    ] = None,
    subject: Annotated[str, typer.Option(help="Label in the names of the files.")] = "case",
    session: Annotated[str, typer.Option(help="Visit label in the names of the files.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Write what other tools open: DICOM SEG and SR, NIfTI, a 3D Slicer scene, and a quality page.

    Without a choice of forms all are written. PRIVACY: SEG and SR carry the patient's name, number and birth
    date of the source images, since an archive files them by these; treat them as the exam itself. No other
    file holds them, and no file is named after them.

    With --review the mask is the one that stands after the readers' decisions, and SEG and SR say by whom (in
    the role of editor or confirmer), when, and by which line of the log; SR is VERIFIED if it was confirmed.
    """
    from kinephen.cli.output import emit_json
    from kinephen.report.exports.exam_dicom import Reader
    from kinephen.report.exports.exam_forms import Forms, write_forms
    from kinephen.report.exports.exam_names import Names
    from kinephen.study.exported_mask import mask_to_export
    from kinephen.study.one_exam import Request, exam_settings, measure
    from kinephen.study.review_gate import given_mask

    names = Names(out, subject, session)
    chosen = mask_to_export(
        exam, given_mask(mask, mask_label), review, manifest=manifest, with_name=reader_name
    )
    request = Request(
        exam=exam,
        settings=exam_settings(
            ftv={} if pe_threshold is None else {"pe_threshold": pe_threshold},
            bias={"method": bias},
            motion="shift" if motion else "none",
            accept=accept or (),
        ),
        mask=chosen.choice,
        manifest=manifest,
    )
    forms = Forms.chosen(seg=seg, sr=sr, nifti=nifti, slicer=slicer, qc=qc)
    result = chosen.recorded(measure(request))
    written = write_forms(result, names, forms, request, Reader(reviewer, chosen.note))
    if as_json:
        emit_json(written)
    else:
        _print(written)


def _print(written: Written) -> None:
    from kinephen.cli.output import emit_table, say_issues

    rows = [(form, name) for form, files in written.files.items() for name in files]
    emit_table("", ("form", "file"), rows)
    say_issues(written.issues)
