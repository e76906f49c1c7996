"""The whole path of one patient, from the DICOM files of two visits to features and their change, side by
side.

    python bench/case.py [--rounds 3] [--exams T1_FOLDER T2_FOLDER] [--only kinephen] [--write]

Ours is the product's own path with the preset ``recommended``, store and records included. Beside it stands
the script that is written today: pydicom, numpy and scipy, SimpleITK's N4 and PyRadiomics 3.0.1, in an
environment of its own (bench/.envs/pyradiomics, made from the package registry; needs a C compiler). Without
``--exams`` a patient is simulated: two visits of 3 phases, 256 x 256 x 60. With a reference folder
(KINEPHEN_REFERENCE) one real exam stands for both visits in a second table. Times are CPU seconds of one
process with one thread, the median over rounds in which the tools take turns, after one round that is not
measured. ``--write`` writes docs/reference/speed-case.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from peers import ENVS, environment
from radiomics import HERE, ONE_THREAD, machine

PAGE = HERE.parent / "docs" / "reference" / "speed-case.md"
REAL_EXAM = "data/nact_pilot/UCSF-BR-06"
TARGET_S, TARGET_RATIO = 3.0, 15.0
STEPS = (
    "hashes of the inputs",
    "reading",
    "FTV and lesion",
    "bias field",
    "maps",
    "features",
    "writing",
    "deltas",
    "everything else",
)


class Worker:
    """A tool's process."""

    def __init__(self, family: str, python: Path) -> None:
        self.process = subprocess.Popen(
            # -P: this folder holds a radiomics.py, which is also the name of a peer's package.
            [python, "-P", HERE / "case_worker.py", family],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
            env={**os.environ, **ONE_THREAD},
        )
        self.family = family
        self._answer()

    def run(self, exams: list[Path], boxes: list[dict]) -> dict:
        request = {"exams": [str(e) for e in exams], "boxes": boxes}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict:
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"{self.family} ended")

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)


def peer() -> Path | None:
    """Return the interpreter of the other stack, with what it needs installed."""
    steps = [["numpy", "setuptools", "wheel", "versioneer"], ["--no-build-isolation", "pyradiomics==3.0.1"]]
    for check, packages in (("radiomics", steps), ("pydicom", [["pydicom"]]), ("scipy", [["scipy"]])):
        if environment("pyradiomics", sys.executable, packages, check) is None:
            return None
    return ENVS / "pyradiomics" / "bin" / "python"


def simulated(folder: Path) -> list[Path]:
    """Write a simulated patient and return the folders of her two visits."""
    from kinephen.simulate.settings import make_settings
    from kinephen.simulate.study import write_study

    settings = make_settings(
        {
            "patients": 2,
            "validation": 0,
            "image": {"matrix": 256, "slices": 60, "coverage_mm": 120.0, "field_of_view_mm": 180.0},
            "vendors": {"ge": 1, "siemens": 0, "philips": 0},
            "molecular": {"share": 0},
        }
    )
    write_study(folder, settings, seed=7)
    patient = sorted(p for p in (folder / "exams").iterdir() if p.is_dir())[0]
    return sorted(p for p in patient.iterdir() if p.is_dir())[:2]


def what_the_script_is_told(exam: Path) -> dict:
    """Return box, thresholds and times of an exam: our reader tells the other stack what it cannot read."""
    from kinephen.io.exam import read_exam

    series = read_exam(exam).series
    (box,) = [b for b in series.header.boxes if not b.omit]
    inside = np.argwhere(box.mask(series.geometry))
    corners = zip(inside.min(axis=0).tolist(), (inside.max(axis=0) + 1).tolist(), strict=True)
    header = series.header
    tissue = header.pre_contrast_threshold
    if tissue is None:
        background = header.background_percent or 60.0
        tissue = background / 100.0 * np.percentile(series.frames[0][box.mask(series.geometry)], 95.0)
    return {
        "corners": list(corners),
        "tissue": float(tissue),
        "pe": header.pe_threshold_percent or 70.0,
        "neighbours": header.minimum_neighbours or 4,
        "minutes": [t / 60.0 for t in series.times_s[1:3]],
    }


def measure(workers: list[Worker], exams: list[Path], rounds: int) -> dict[str, dict]:
    """Return the record of each tool, tools taking turns."""
    boxes = [what_the_script_is_told(e) for e in exams]
    answers: dict[str, list[dict]] = {w.family: [] for w in workers}
    for number in range(rounds + 1):
        for worker in workers:
            answer = worker.run(exams, boxes)
            print(worker.family, f"{answer['cpu']:.2f} s", "(warm-up)" * (not number), file=sys.stderr)
            if number:
                answers[worker.family].append(answer)
    return {family: _record(found) for family, found in answers.items()}


def _record(answers: list[dict]) -> dict:
    steps = {s: median(a["steps"].get(s, 0.0) for a in answers) for s in STEPS}
    return {
        "cpu": median(a["cpu"] for a in answers),
        "best": min(a["cpu"] for a in answers),
        "wall": median(a["wall"] for a in answers),
        "steps": steps,
        **{k: answers[-1][k] for k in ("voxels", "features", "deltas", "method")},
    }


def table(title: str, records: dict[str, dict]) -> list[str]:
    """Return the section of one patient."""
    ours, names = records["kinephen"], list(records)
    voxels = " and ".join(f"{lesion:,}" for _, lesion in ours["voxels"])
    lines = [f"## {title}", "", f"Lesions of {voxels} voxels; bias field by {ours['method'].upper()}.", ""]
    lines += ["| step | " + " | ".join(names) + " |", "|---" * (1 + len(names)) + "|"]
    for step in STEPS:
        cells = [f"{records[n]['steps'][step]:.2f}" for n in names]
        lines.append(f"| {step} | " + " | ".join(cells) + " |")
    lines.append(
        "| **all, CPU s a patient** | " + " | ".join(f"**{records[n]['cpu']:.2f}**" for n in names) + " |"
    )
    lines.append("| fastest round | " + " | ".join(f"{records[n]['best']:.2f}" for n in names) + " |")
    lines.append("| wall clock | " + " | ".join(f"{records[n]['wall']:.2f}" for n in names) + " |")
    for what, key in (("features at each visit", "features"), ("deltas", "deltas")):
        cells = [str(records[n][key][0] if key == "features" else records[n][key]) for n in names]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return [*lines, "", *_verdict(records), ""]


def _verdict(records: dict[str, dict]) -> list[str]:
    ours = records["kinephen"]
    met = "met" if ours["cpu"] <= TARGET_S else "missed"
    lines = [f"- Target of {TARGET_S:g} s CPU a patient: {met} ({ours['cpu']:.2f} s)."]
    for name, theirs in records.items():
        if name != "kinephen":
            ratio = theirs["cpu"] / ours["cpu"]
            met = "met" if ratio >= TARGET_RATIO else "missed"
            same = "the same" if ours["voxels"] == theirs["voxels"] else f"not the same: {theirs['voxels']}"
            lines.append(
                f"- `{name}` takes {ratio:.1f} times as long (target of {TARGET_RATIO:g} times: {met}); "
                f"its voxels of FTV and lesion are {same}."
            )
    return lines


def page(sections: list[list[str]], rounds: int) -> str:
    """Return the page."""
    lines = [
        "# Speed of a whole case",
        "",
        f"Written by `python bench/case.py --write` on {time.strftime('%Y-%m-%d')}; {machine()};",
        f"Python {platform.python_version()}. From the DICOM files of one patient's two visits (3 phases,",
        "256 x 256 x 60) to the features of four maps at each visit and their change. CPU seconds of one",
        f"process with one thread, median of {rounds} rounds in which the tools took turns, so that other",
        "load on the machine hit both alike; a round of warm-up before them is not counted.",
        "",
        "`kinephen` is the product's own path with the preset `recommended`: hashes of all inputs, reading",
        "by rules, FTV, N3 with its check, maps, 104 features a map, records and store. `stack` is the",
        "script that is written today: pydicom, scipy, SimpleITK's N4 (Otsu's mask, in-plane shrink 4, 4",
        "levels of 50 rounds, one field for all phases), numpy, PyRadiomics 3.0.1 with all feature classes,",
        "32 bins. The script is told box, thresholds and times, which it cannot read. Its N4 has no check,",
        "as in most scripts; N3 is run twice to have one. `stack-coarse` is the same script with a shrink of",
        "4 across the slices too, which is faster and leaves N4 a quarter of the slices.",
        "",
    ]
    return "\n".join([*lines, *(line for section in sections for line in section)]).rstrip() + "\n"


def cases(options: argparse.Namespace, folder: Path) -> dict[str, list[Path]]:
    """Return the exams of each table."""
    if options.exams:
        return {"The exams given": options.exams}
    found = {"A simulated patient": simulated(folder / "trial")}
    real = Path(os.environ.get("KINEPHEN_REFERENCE", HERE.parent.parent / "shared")) / REAL_EXAM
    if real.is_dir():
        found["A real exam, taken for both visits"] = [real, real]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--exams", type=Path, nargs=2)
    parser.add_argument("--only", choices=["kinephen"], help="leave the other stack out")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    workers = [Worker("kinephen", Path(sys.executable))]
    other = None if options.only else peer()
    workers += [Worker(name, other) for name in ("stack", "stack-coarse")] if other else []
    with tempfile.TemporaryDirectory() as folder:
        sections = [
            table(title, measure(workers, exams, options.rounds))
            for title, exams in cases(options, Path(folder)).items()
        ]
    for worker in workers:
        worker.stop()
    text = page(sections, options.rounds)
    print(text)
    if options.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
