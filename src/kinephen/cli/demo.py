"""``kinephen demo``: a simulated trial, the whole analysis, and the report to open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinephen.core.counted import counted

if TYPE_CHECKING:
    from rich.progress import Progress


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder; run again to go on.")] = Path(
        "demo-output"
    ),
    patients: Annotated[
        int, typer.Option("--patients", "--women", help="Patients of the discovery cohort.", min=12)
    ] = 40,
    validation: Annotated[int, typer.Option(help="Patients of the validation cohort.", min=0)] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the trial and of the analysis.", min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable summary.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Simulate a trial with known truth, analyse it with preset quick, and show truth against found.

    The conclusions of preset chitalia2023 stand beside, from the same exams.
    """
    from kinephen.cli.analysis import analyse, print_summary
    from kinephen.cli.output import emit_json, progress, say
    from kinephen.config.load import load_study

    trial = out / "trial"
    if not (trial / "study.toml").is_file():
        say(
            f"simulating a trial of {counted(patients, 'patient')} and {validation} for validation, "
            "two visits each, as DICOM ..."
        )
        with progress(quiet=quiet) as bars:
            _simulate(trial, patients, validation, seed, bars)
    result = analyse(load_study(trial / "study.toml"), trial, out / "run", quiet=quiet)
    if as_json:
        emit_json(result.to_dict())
    else:
        print_summary(result)


def _simulate(trial: Path, patients: int, validation: int, seed: int, bars: Progress) -> None:
    import shutil

    from kinephen.simulate.settings import make_settings
    from kinephen.simulate.study import write_study
    from kinephen.simulate.study_file import add_study_file

    # A trial without its study file was left by a run that was killed between the two.
    shutil.rmtree(trial, ignore_errors=True)
    task = bars.add_task("patients", total=patients + validation)
    folder = write_study(
        trial,
        make_settings({"patients": patients, "validation": validation}),
        seed=seed,
        processes=2,
        progress=lambda done, _: bars.update(task, completed=done),
    )
    add_study_file(folder, seed=seed, preset="quick")
