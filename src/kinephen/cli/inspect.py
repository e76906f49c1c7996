"""``kinephen inspect``: what lies in a folder or table, and how it would be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kinephen.core.counted import counted

if TYPE_CHECKING:
    from kinephen.io.inspection_document import BoxFacts, ExamFacts, HeaderFacts, IssueFacts, TableFacts
    from kinephen.records.plausibility import Plausibility


def inspect(
    path: Path = typer.Argument(..., help="A folder of one or many exams, a NIfTI file or a clinical table."),
    manifest: Path | None = typer.Option(
        None, help="TOML or JSON file that names the phases and overrules every rule (one exam)."
    ),
    verbatim: bool = typer.Option(
        False, "--verbatim", help="Show series descriptions as they stand; they may name a patient."
    ),
    headers_only: bool = typer.Option(
        False, "--headers-only", help="Read no images: faster, and nothing is checked."
    ),
    json_output: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """Show what is there, and whether it can be believed.

    Phases and how they were found, times, grid, thresholds, boxes, what is missing; of one exam also what the
    checks of its images found: order of the phases, motion, derived images, times, signal. A finding is a
    note, a warning, or a stop: an exam with a stop gives no numbers until its code is accepted (the exit
    code stays 0: `kinephen ftv` is the one that refuses).
    """
    from kinephen.cli.output import emit_json, say
    from kinephen.study.inspection import inspect_checked

    found, checks = inspect_checked(path, manifest=manifest, verbatim=verbatim, pixels=not headers_only)
    if json_output:
        emit_json(found if checks is None else {**found, "plausibility": checks.model_dump(mode="json")})
    elif found["kind"] == "clinical table":
        _show_table(found)
    else:
        for exam in found["exams"]:
            _show_exam(exam, checks)
        if len(found["exams"]) > 1 and not headers_only:
            say("give the folder of one exam to have its images checked")
    _show_issues(found["issues"])


def _show_exam(exam: ExamFacts, checks: Plausibility | None) -> None:
    from kinephen.cli.output import emit_table, say, say_issues
    from kinephen.report.plausibility_rows import plausibility_rows

    known = {"subject": exam.get("subject"), "visit": exam.get("visit")}
    name = f"Exam {exam['exam']}" + "".join(f", {what} {text}" for what, text in known.items() if text)
    if exam.get("series"):
        emit_table(
            f"{name}: series",
            ("number", "modality", "description", "instances", "images"),
            [
                (
                    s["number"],
                    s["modality"],
                    s["description"],
                    s["instances"],
                    _kinds(s["images"]) or s["kind"],
                )
                for s in exam["series"]
            ],
        )
    if not exam["readable"]:
        error = exam["error"]
        say(f"{name} cannot be read [{error['code']}]: {error['message']}")
        say(f"what to do: {error['hint']}" if error["hint"] else "")
        return
    emit_table(
        f"{name}: phases ({exam['phase_rule']}; times: {exam['timing_rule']})",
        tuple(exam["phases"][0]),
        [tuple(p.values()) for p in exam["phases"]],
    )
    emit_table(f"{name}: grid, thresholds, boxes, protocol", ("what", "value", "source"), _facts(exam))
    if exam.get("missing"):
        say(f"exam {exam['exam']} has no " + ", no ".join(exam["missing"]))
    if checks is None:
        _show_issues(exam["issues"])
        return
    rows = plausibility_rows(checks)
    if rows:
        emit_table(f"{name}: checks of the images", ("check", "found", "remark"), rows)
    say_issues(checks.findings)
    if not checks.findings:
        say("the checks found nothing to look at")


def _facts(exam: ExamFacts) -> list[tuple[str, str, str]]:
    grid, header = exam["geometry"], exam["header"]
    sources = header["sources"]
    rows = [
        ("slices x rows x columns", " x ".join(map(str, grid["slices_rows_columns"])), ""),
        ("spacing, mm", " x ".join(f"{v:g}" for v in grid["spacing_mm"]), ""),
        ("voxel, mm3", f"{grid['voxel_mm3']:g}", ""),
    ]
    rows += [
        (name.replace("_", " "), f"{value:g}", sources.get(name, ""))
        for name, value in _thresholds(header).items()
        if value is not None
    ]
    rows += [_box(box) for box in header["boxes"]]
    rows += [
        ("stated volume, cc", f"{v['cc']:g} ({v['voxels']} voxels)", "") for v in header["stated_volumes"]
    ]
    if exam.get("field_strength_t"):
        rows.append(("field strength, T", f"{exam['field_strength_t']:g}", ""))
    rows += [(what, how, "times") for what, how in exam.get("times_in_words", [])]
    rows += [(name.replace("_", " "), _shown(value), "") for name, value in exam.get("protocol", {}).items()]
    if exam.get("segmentations"):
        rows.append(("segmentations", ", ".join(s["kind"] for s in exam["segmentations"]), ""))
    if exam.get("maps"):
        rows.append(("maps", ", ".join(exam["maps"]), ""))
    return rows


def _thresholds(header: HeaderFacts) -> dict[str, float | None]:
    return {
        "pe_threshold_percent": header["pe_threshold_percent"],
        "background_percent": header["background_percent"],
        "pre_contrast_threshold": header["pre_contrast_threshold"],
        "minimum_neighbours": header["minimum_neighbours"],
    }


def _shown(value: str | float | list[str]) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return value if isinstance(value, str) else f"{value:g}"


def _box(box: BoxFacts) -> tuple[str, str, str]:
    ranges = f"slices {box['slices']}, rows {box['rows']}, columns {box['columns']}"
    return ("region left out" if box["omit"] else "region of interest", ranges, box["source"])


def _show_table(found: TableFacts) -> None:
    from kinephen.cli.output import emit_table

    events = counted(found["events"] or 0, "event")
    title = (
        f"{counted(found['rows'], 'row')}; end point: {found['end_point']}; {events}, "
        f"times in {found['time_unit']}"
    )
    emit_table(title, ("column", "known", "meaning"), [tuple(c.values()) for c in found["columns"]])


def _show_issues(issues: list[IssueFacts]) -> None:
    from kinephen.cli.output import say

    for issue in issues:
        say(
            f"{issue['level']} [{issue['code']}]: {issue['message']}"
            + (f" ({issue['count']})" if issue["count"] > 1 else "")
        )


def _kinds(images: dict[str, int]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in images.items())
