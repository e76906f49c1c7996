"""A very small simulated exam in two layouts, and a job that runs it in a second; for laws of the store."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tests.unit.test_simulate_read_back import exam_of

from kinephen.config.presets import preset_settings
from kinephen.config.schema import Settings
from kinephen.core.volume import Volume
from kinephen.io.nifti import write_volume
from kinephen.simulate.exam_files import write_exam
from kinephen.simulate.settings import ImageSettings
from kinephen.study.case import CaseJob, CaseOutcome, run_case
from kinephen.study.entry import open_entry

IMAGE = ImageSettings(matrix=24, slices=6)
# Phases are swapped to see that other images make other results: that they are swapped is accepted.
FAST = {"exam": {"accept": ("roles.swapped",)}, "bias": {"method": "none"}, "resample": {"matrix": 0}}


def fast_settings() -> Settings:
    """Return settings under which the exam takes little time."""
    base = preset_settings("quick")
    return base.model_copy(update={n: getattr(base, n).model_copy(update=v) for n, v in FAST.items()})


def simulated():
    """Return the exam as simulated, and whose it is."""
    return exam_of("ge", image=IMAGE)


def write_phases(root: Path, *, stem: str = "case", ending: str = ".nii", order=(0, 1, 2)) -> Path:
    """Write one file a phase, and their times and box."""
    exam, _ = simulated()
    values = (exam.stored * exam.protocol.slope).astype(np.float32)
    for number, phase in enumerate(order):
        write_volume(root / f"{stem}_{number:04d}{ending}", Volume(values[phase], exam.geometry, "1"))
        (root / f"{stem}_{number:04d}.json").unlink()
    write_times(root)
    return root


def write_times(root: Path, **changes) -> None:
    """Write ``times.json``."""
    exam, _ = simulated()
    box = exam.box
    content = {
        "times_s": list(exam.protocol.middles_s),
        "box": [
            {"centre_mm": list(box.centre_mm), "half_vectors_mm": [list(v) for v in box.half_vectors_mm]}
        ],
    }
    (root / "times.json").write_text(json.dumps({**content, **changes}))


def write_dicom(root: Path) -> Path:
    """Write the exam in DICOM."""
    write_exam(root, *simulated())
    return root


def job_of(path: Path, out: Path, settings: Settings | None = None, **changes) -> CaseJob:
    """Return the job of an exam."""
    fields = {"case": "case-0001", "visit": "T1", "mask": None, "manifest": None, **changes}
    return CaseJob(exam=path, out=out, settings={"own": settings or fast_settings()}, **fields)


def contents(outcome: CaseOutcome) -> dict[str, dict[str, str]]:
    """Return the checksum of each file of each result."""
    assert outcome.failure is None, outcome.failure
    folders = {"lesion": outcome.lesion, **outcome.features}
    return {name: open_entry(folder).files for name, folder in folders.items()}


def entries(out: Path) -> set[tuple[str, str]]:
    """Return step and name of all results in a store."""
    return {(p.parent.parent.name, p.parent.name) for p in (out / "store").glob("*/*/step.json")}


def ran(job: CaseJob) -> tuple[dict[str, dict[str, str]], set[str]]:
    """Run a job; return what it gave, and the steps that were computed for it."""
    before = entries(job.out)
    found = contents(run_case(job))
    return found, {step for step, _ in entries(job.out) - before}
