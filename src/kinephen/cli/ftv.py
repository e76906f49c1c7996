"""``kinephen ftv``: functional tumour volume, lesion and kinetic maps of one exam."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.counted import counted

if TYPE_CHECKING:
    from kinephen.records.one_exam import OneExam


def ftv(
    exam: Annotated[Path, typer.Argument(help="Folder of one exam (DICOM or NIfTI), or a 4-D NIfTI file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for masks, maps and records.")],
    pe_threshold: Annotated[
        float | None, typer.Option(help="Early enhancement, percent (the exam's own value, else 70).")
    ] = None,
    background: Annotated[
        float | None,
        typer.Option(help="Tissue threshold, percent of the 95th percentile in the box (60)."),
    ] = None,
    tissue_threshold: Annotated[
        float | None, typer.Option(help="Tissue threshold, scanner units; stands over --background.")
    ] = None,
    neighbours: Annotated[
        int | None, typer.Option(help="Neighbours (of 26) that must pass too (4).", min=0, max=26)
    ] = None,
    ser_min: Annotated[float, typer.Option(help="Lower limit of the volume by SER.")] = 0.9,
    omitted_as_zero: Annotated[
        bool, typer.Option(help="Set omitted voxels to 0 before the percentile, as UCSF's extension does.")
    ] = False,
    connectivity: Annotated[int, typer.Option(help="Neighbours that join a lesion: 6, 18 or 26.")] = 26,
    mask: Annotated[
        Path | None,
        typer.Option(help="Reader's lesion mask (DICOM SEG or NIfTI); also the region if no box is stated."),
    ] = None,
    mask_label: Annotated[
        int | None, typer.Option("--mask-label", help="Label or segment of --mask that is the lesion.", min=1)
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="File that names the phases and overrules the exam.")
    ] = None,
    variant: Annotated[str, typer.Option(help="Formulas of the maps: paper or lab.")] = "paper",
    zero_otherwise: Annotated[
        bool, typer.Option(help="Write 0 where the printed equations say so, instead of NaN.")
    ] = False,
    normalise_wos: Annotated[bool, typer.Option(help="Divide the wash-out slope by I0.")] = True,
    bias: Annotated[
        str, typer.Option(help="Bias field correction of the maps: none, n3 or n4. The volume is raw.")
    ] = "none",
    bias_scope: Annotated[str, typer.Option(help="One field for all (shared) or per_frame.")] = "shared",
    bias_mask: Annotated[
        Path | None, typer.Option(help="Mask of the breast in which the field is estimated (SEG or NIfTI).")
    ] = None,
    motion: Annotated[
        bool, typer.Option("--motion", help="Move frames back by a shift, where that helps.")
    ] = False,
    rigid: Annotated[
        bool,
        typer.Option(
            "--rigid",
            help="Register the frames rigidly to the first instead, for turns (needs the extra itk).",
        ),
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Code of a finding that would stop the exam and that you accept; repeatable."),
    ] = None,
    subject: Annotated[str, typer.Option(help="Label in the names of the files.")] = "case",
    session: Annotated[str, typer.Option(help="Visit label in the names of the files.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Measure the functional tumour volume of one exam and write masks and kinetic maps.

    Thresholds, box and phase times are the exam's own where it states them; an option stands over them. The
    record names the source of each. Names of files hold no patient identifier unless you give one.
    """
    from kinephen.cli.output import emit_json
    from kinephen.report.exports.exam_files import write_results
    from kinephen.report.exports.exam_names import Names
    from kinephen.study.one_exam import Request, exam_settings, measure
    from kinephen.study.review_gate import given_mask

    names = Names(out, subject, session)
    request = Request(
        exam=exam,
        settings=exam_settings(
            ftv=_given(
                pe_threshold=pe_threshold,
                background_percent=background,
                min_neighbours=neighbours,
                ser_min=ser_min,
                connectivity=connectivity,
            ),
            maps={"variant": variant, "zero_otherwise": zero_otherwise, "normalise_wos": normalise_wos},
            bias={"method": bias, "scope": bias_scope},
            motion="rigid" if rigid else "shift" if motion else "none",
            accept=accept or (),
        ),
        mask=given_mask(mask, mask_label),
        manifest=manifest,
        tissue_threshold=tissue_threshold,
        omitted_as_zero=omitted_as_zero,
        bias_mask=bias_mask,
    )
    result = measure(request)
    files = write_results(result, names)
    if as_json:
        emit_json({**result.record.model_dump(mode="json"), "files": files})
    else:
        _print(result.record, len(files), out)


def _given(**values: float | None) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _by_ser(record: OneExam) -> tuple[str, str]:
    if record.ftv_ser_cc is None or record.ftv_ser_voxels is None:
        return "undefined", "no late phase"
    return f"{record.ftv_ser_cc:.3f} cm3", counted(record.ftv_ser_voxels, "voxel")


def _times(times_s: tuple[float, ...] | None) -> str:
    return "not known" if times_s is None else ", ".join(f"{t:g}" for t in times_s) + " s"


def _print(record: OneExam, files: int, out: Path) -> None:
    from kinephen.cli.output import emit_table, say, say_issues

    limits = record.thresholds
    rows = [
        ("FTV by enhancement", f"{record.ftv_pe_cc:.3f} cm3", counted(record.ftv_pe_voxels, "voxel")),
        ("FTV by SER", *_by_ser(record)),
        ("lesion", f"{record.lesion_cc:.3f} cm3", record.lesion_source),
        ("PE threshold", f"{limits.pe_threshold:g} %", limits.sources["pe_threshold_percent"]),
        ("tissue threshold", f"{limits.tissue_threshold:g}", limits.tissue_origin),
        ("region", record.region, ""),
        ("phase times", _times(record.phase_times_s), record.timing_rule),
    ]
    emit_table("", ("", "value", "source"), rows)
    say_issues(record.noticed)
    say(f"{counted(files, 'file')} in {out}")
