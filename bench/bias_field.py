"""Bias field correction side by side: our N3, SimpleITK's N4, ANTs' N3 and N4, on a phantom of known field.

    python bench/bias_field.py [--quick] [--json FILE] [--write]

Every tool gets the same image and the same mask; runs are interleaved, one tool after the other for each
image. The residual is the coefficient of variation of (estimated / true field) in the breast: 0 is perfect,
and the true field's own variation is what no correction leaves. Wall and processor seconds of one thread
where allowed. ANTs is installed into its own environment (bench/.envs/ants) from the package registry,
and left out with a word if that is not possible. Two more parts have no peers in time: fields that are too
strong for N3, and muscle of about the brightness of gland, which N3 and N4 may take for bias. ``--write``
writes the figures to docs/reference/speed-bias-field.md.
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
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "1")

import numpy as np

import breast_phantom
from breast_phantom import SPACING, make_phantom
from kinephen.imaging.field import estimate_field
from kinephen.imaging.n3 import N3Settings, variation
from kinephen.imaging.n4 import N4Settings
from kinephen.imaging.otsu import otsu_threshold
from machine import machine
from peers import ENVS, environment

HERE = Path(__file__).resolve().parent
ANTS = ENVS / "ants" / "bin" / "python"
ANTS_PACKAGE = "antspyx==0.6.3"
STRENGTHS = (0.10, 0.20, 0.28)
TOO_STRONG = (-0.6, -1.0)
BRIGHT_MUSCLE = ((400.0, 0.20), (420.0, 0.05), (450.0, -0.28))
"""Signal of muscle (gland has 320) and strength of the field."""
PAGE = HERE.parent / "docs" / "reference" / "speed-bias-field.md"
REPEATS = 5


@dataclass(frozen=True)
class Row:
    """One run."""

    mask: str
    strength: float
    true_variation: float
    tool: str
    residual: float
    wall: float
    cpu: float
    note: str = ""


def run_ours(image, mask, settings, *, checks=(), repeats=1):
    """Return the field, the record, and the shortest of `repeats` times (wall, processor)."""
    times = []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        found = estimate_field(image, SPACING, frame=0, settings=settings, mask=mask, checks=checks)
        times.append((time.perf_counter() - start, time.process_time() - used))
    return found.field, found.record, tuple(np.min(times, axis=0).tolist())


def run_ants(image, mask, method):
    """Return the field and the times that the worker measured for the correction alone."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("image.npy", "mask.npy", "field.npy")]
        np.save(files[0], image)
        np.save(files[1], mask)
        command = [ANTS, HERE / "ants_worker.py", *files, method, *map(str, SPACING)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        wall, cpu = map(float, done.stdout.split()[-2:])
        return np.load(files[2]), (wall, cpu)


def compare(phantom, strength, mask_name, *, ants):
    """Run all tools on one image."""
    truth = phantom.field(strength)
    image = phantom.frames(truth, np.random.default_rng(7))[0]
    mask = phantom.breast if mask_name == "breast" else image > otsu_threshold(image)
    left = variation(truth[phantom.breast])

    def row(tool, field, seconds, note=""):
        residual = variation((field / truth)[phantom.breast])
        return Row(mask_name, strength, left, tool, residual, *seconds, note)

    field, _, seconds = run_ours(image, mask, N3Settings(), repeats=REPEATS)
    _, record, checked = run_ours(image, mask, N3Settings(), checks=("rerun",), repeats=REPEATS)
    _, _, every = run_ours(image, mask, N3Settings(), checks=("rerun", "ramps", "knots"))
    extra, full = checked[1] - seconds[1], every[1] - seconds[1]
    note = f"{record.status}, checks +{max(extra, 0.0):.3f} s (all +{max(full, 0.0):.3f} s)"
    rows = [row("kinephen N3", field, seconds, note)]
    field, _, seconds = run_ours(image, mask, N4Settings())
    rows.append(row("SimpleITK N4", field, seconds))
    if ants:
        rows += [row(f"ANTs {method.upper()}", *run_ants(image, mask, method)) for method in ("n4", "n3")]
    return rows


def too_strong(phantom, strength):
    """Run N3 alone where it fails: it must say so."""
    truth = phantom.field(strength)
    image = phantom.frames(truth, np.random.default_rng(7))[0]
    field, record, seconds = run_ours(image, None, N3Settings(), checks=("rerun",))
    residual = variation((field / truth)[phantom.breast])
    left = variation(truth[phantom.breast])
    return Row("otsu", strength, left, "kinephen N3", residual, *seconds, record.reason or record.status)


def bright_muscle(signal, strength):
    """Run N3 and N4 where muscle lies near gland in brightness; what is used is what counts."""
    own = breast_phantom.TISSUES["muscle"]
    breast_phantom.TISSUES["muscle"] = (signal, *own[1:])
    phantom = make_phantom()
    breast_phantom.TISSUES["muscle"] = own
    truth = phantom.field(strength)
    image = phantom.frames(truth, np.random.default_rng(7))[0]
    left = variation(truth[phantom.breast])
    rows = []
    for tool, settings in (("kinephen N3", N3Settings()), ("SimpleITK N4", N4Settings())):
        field, record, seconds = run_ours(image, None, settings, checks=("rerun",))
        residual = variation((field / truth)[phantom.breast])
        note = f"muscle {signal:g}: {record.reason or record.status}"
        if record.fwhm < N3Settings().fwhm and record.status == "corrected":
            note += f" after a try with a blur of {record.fwhm:.2f}"
        rows.append(Row("otsu", strength, left, tool, residual, *seconds, note))
    return rows


def report(row):
    print(
        f"{row.mask:7s} {row.strength:6.2f} {row.true_variation:8.4f}  {row.tool:13s} {row.residual:9.4f} "
        f"{row.wall:8.3f} {row.cpu:8.3f}  {row.note}",
        flush=True,
    )


def table(rows):
    """Return rows as a table of the page."""
    head = "| mask | field | true variation | tool | left | wall s | CPU s | |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for r in rows:
        numbers = f"{r.residual:.4f} | {r.wall:.2f} | {r.cpu:.2f}"
        lines.append(
            f"| {r.mask} | {r.strength:g} | {r.true_variation:.4f} | {r.tool} | {numbers} | {r.note} |"
        )
    return lines


def page(compared, strong, muscle, began):
    """Return the page."""
    return "\n".join(
        [
            "# Bias field: quality and time",
            "",
            f"Written by `python bench/bias_field.py --write` on {time.strftime('%Y-%m-%d')};",
            f"{machine()} at the end,",
            f"{began:.1f} at the start; Python {platform.python_version()}, {ANTS_PACKAGE}.",
            "Breast phantom of 256 x 256 x 60 voxels with a known field. *left* is the coefficient of",
            "variation of estimated over true field in the breast: 0 is perfect, *true variation* is what",
            "no correction leaves. One thread each, tools in turn on the same image and mask; other load",
            "on the machine lengthens wall time, so compare CPU seconds. The time of our N3 is the",
            "shortest of five and without checks, which the last column adds.",
            "",
            *table(compared),
            "",
            *(f"- {line}" for line in verdict(compared)),
            "",
            "## Fields that are too strong",
            "",
            "N3 says so, and the image is left as it was.",
            "",
            *table(strong),
            "",
            "## Muscle about as bright as gland",
            "",
            "Two tissues that lie apart pass for one under a field; no mask, so Otsu's takes them both and",
            "little fat. Where the check is in doubt N3 tries again with a sharper histogram; where that",
            "does not help the image is left. N4 has no check.",
            "",
            *table(muscle),
            "",
        ]
    )


def verdict(rows):
    """Return sentences: where our N3 is at least as good as N4 and how much faster."""
    lines = []
    for mask in ("breast", "otsu"):
        for strength in sorted({r.strength for r in rows if r.mask == mask and r.tool == "SimpleITK N4"}):
            pair = {r.tool: r for r in rows if (r.mask, r.strength) == (mask, strength)}
            ours, n4 = pair["kinephen N3"], pair["SimpleITK N4"]
            word = "at least as good as" if ours.residual <= n4.residual else "WORSE than"
            lines.append(
                f"{mask}, {strength:.2f}: N3 {word} SimpleITK N4 ({ours.residual:.4f} against "
                f"{n4.residual:.4f}), {n4.cpu / ours.cpu:.0f} times faster (processor time)"
            )
    return lines


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one strength, no ANTs")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--write", action="store_true", help="write the page of the documentation")
    options = parser.parse_args()
    began = os.getloadavg()[0]
    ants = not options.quick and environment("ants", sys.executable, [[ANTS_PACKAGE]], "ants") is not None
    phantom = make_phantom()
    print(
        f"{'mask':7s} {'a':>6s} {'true CV':>8s}  {'tool':13s} {'residual':>9s} {'wall s':>8s} {'cpu s':>8s}"
    )
    rows = []
    for strength in STRENGTHS[1:2] if options.quick else STRENGTHS:
        for mask in ("breast", "otsu"):
            for row in compare(phantom, strength, mask, ants=ants):
                rows.append(row)
                report(row)
    strong, muscle = [], []
    for strength in TOO_STRONG:
        strong.append(too_strong(phantom, strength))
        report(strong[-1])
    for signal, strength in BRIGHT_MUSCLE[:1] if options.quick else BRIGHT_MUSCLE:
        for row in bright_muscle(signal, strength):
            muscle.append(row)
            report(row)
    print("", *verdict(rows), sep="\n")
    if options.json:
        found = [asdict(r) for r in (*rows, *strong, *muscle)]
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    if options.write:
        PAGE.write_text(page(rows, strong, muscle, began), encoding="utf-8")


if __name__ == "__main__":
    main()
