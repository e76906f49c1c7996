"""``kinephen simulate``: a neoadjuvant trial with known truth, written as a study folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kinephen.core.counted import counted
from kinephen.errors import UsageError

if TYPE_CHECKING:
    from kinephen.simulate.study import StudyFolder

PROCESSES = 2
SMALL = 8
"""Up to so many patients one process is faster than starting two."""


def simulate(
    out: Path = typer.Option(..., "--out", help="Study folder to write; must not exist."),
    patients: int = typer.Option(40, "--patients", "--women", help="Patients of the discovery cohort."),
    validation: int = typer.Option(20, help="Patients of the validation cohort."),
    matrix: int = typer.Option(96, help="Rows and columns of an image."),
    slices: int = typer.Option(24, help="Slices of an image."),
    seed: int = typer.Option(1, min=0, help="The same seed and options write the same bytes."),
    set_: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Any other setting, for example phenotype.separation=0.5."
    ),
    preset: str = typer.Option("recommended", help="Preset named in the study file."),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """Write a simulated trial whose truth is known: exams at T1 and T2, tables, expression, truth.json.

    Sections of --set: image, phenotype, outcome, molecular, vendors, validation_vendors. The "settings" of
    any truth.json list every key with its value.
    """
    from kinephen.cli.output import emit_json, progress, say
    from kinephen.config.presets import PRESET_NAMES
    from kinephen.simulate.settings import make_settings
    from kinephen.simulate.study import write_study
    from kinephen.simulate.study_file import add_study_file

    if preset not in PRESET_NAMES:
        raise UsageError(
            f"unknown preset {preset!r}",
            code="simulate.preset",
            where="--preset",
            hint=f"one of {', '.join(PRESET_NAMES)}",
        )
    values = _values(set_)
    image = values.setdefault("image", {})
    image.setdefault("matrix", matrix)
    image.setdefault("slices", slices)
    settings = make_settings({"patients": patients, "validation": validation, **values})
    total = settings.patients + settings.validation
    with progress(quiet=as_json) as bar:
        task = bar.add_task("patients", total=total)
        folder = write_study(
            out,
            settings,
            seed=seed,
            processes=1 if total <= SMALL else PROCESSES,
            progress=lambda done, _: bar.update(task, completed=done),
        )
    add_study_file(folder, seed=seed, preset=preset)
    if as_json:
        emit_json(_summary(folder, seed))
    else:
        say(
            f"{counted(folder.patients, 'patient')}, {counted(folder.exam_count, 'exam')} "
            f"written to {folder.root}; "
            f"the truth is in {folder.truth}"
        )


def _values(pairs: list[str]) -> dict[str, dict[str, object]]:
    """Return nested values of ``section.key=value``; numbers as numbers, lists as JSON."""
    import json

    values: dict[str, dict[str, object]] = {}
    for pair in pairs:
        key, found, text = pair.partition("=")
        section, dot, name = key.strip().partition(".")
        if not (found and dot and name):
            raise UsageError(
                f"expected SECTION.KEY=VALUE, found {pair!r}",
                code="simulate.set",
                where="--set",
                hint="for example --set outcome.log_hr_increasing=1.1",
            )
        try:
            values.setdefault(section, {})[name] = json.loads(text)
        except (ValueError, RecursionError):
            values.setdefault(section, {})[name] = text
    return values


def _summary(folder: StudyFolder, seed: int) -> dict[str, object]:
    return {
        "study": str(folder.root / "study.toml"),
        "seed": seed,
        "patients": folder.patients,
        "exams": folder.exam_count,
        "clinical": folder.clinical,
        "exam_table": folder.exams,
        "expression": [list(pair) for pair in folder.expression],
        "expression_link": folder.expression_link,
        "truth": folder.truth,
    }
