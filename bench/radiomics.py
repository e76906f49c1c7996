"""Feature extraction side by side: ours, PyRadiomics and pictologics, interleaved, one thread.

    python bench/radiomics.py [--rounds 7] [--sizes 2000 20000 150000] [--python312 PATH] [--write]

Peers are installed from the package registry into bench/.envs, each in its own environment: PyRadiomics 3.0.1
with this Python (needs a C compiler), pictologics 0.9.0 with Python 3.12 or later (``--python312``, else the
first of python3.12, python3.13, python3.14 that is found). Its first import compiles for minutes.
A peer that cannot be installed is left out with a word. Times are CPU seconds of one process, the median over
rounds in which the tools take turns; input is in memory before the clock starts. ``--write`` writes
docs/reference/speed-radiomics.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from machine import machine
from peers import environment

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "reference" / "speed-radiomics.md"
SHAPE = (60, 256, 256)
TARGETS_MS = {2000: 3.0, 20000: 8.0, 150000: 30.0}
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
        "PICTOLOGICS_NUM_THREADS",
    ),
    "1",
)
# PyRadiomics is asked for one map: it shares nothing between maps.
MAPS = {"kinephen": 4, "kinephen-104": 4, "pictologics": 4, "pyradiomics": 1}


@dataclass
class Worker:
    """A tool's process."""

    family: str
    python: Path
    process: subprocess.Popen[str]
    tools: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, family: str, python: Path) -> Worker:
        process = subprocess.Popen(
            # -P: this folder holds a radiomics.py, which is also the name of a peer's package.
            [python, "-P", HERE / "radiomics_worker.py", family],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **ONE_THREAD},
        )
        worker = cls(family, python, process)
        worker.tools = worker._answer()["ready"]
        return worker

    def run(self, tool: str, case: Path, extent: str, *, trace: bool = False) -> dict:
        request = {"tool": tool, "case": str(case), "extent": extent, "maps": MAPS[tool], "trace": trace}
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


def peers(python312: str | None) -> dict[str, Path | None]:
    newer = next((p for p in map(shutil.which, ("python3.12", "python3.13", "python3.14")) if p), None)
    return {
        "pyradiomics": environment(
            "pyradiomics",
            sys.executable,
            [["numpy", "setuptools", "wheel", "versioneer"], ["--no-build-isolation", "pyradiomics==3.0.1"]],
            "radiomics",
        ),
        "pictologics": environment(
            "pictologics", python312 or newer, [["pictologics==0.9.0"]], "pictologics"
        ),
    }


def make_case(voxels: int, folder: Path) -> Path:
    """Write an irregular lesion of about `voxels` voxels in a smooth, noisy image."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(voxels)
    z, y, x = np.ogrid[tuple(slice(-(n // 2), n - n // 2) for n in SHAPE)]
    radius = np.sqrt((z * 1.3) ** 2 + y**2 + x**2)
    bumps = gaussian_filter(rng.normal(size=SHAPE), 4.0)
    score = radius * (1.0 + 4.0 * bumps)
    limit = np.partition(score.ravel(), voxels)[voxels]
    image = gaussian_filter(rng.normal(size=SHAPE), 1.0) * 300.0 + 200.0
    path = folder / f"{voxels}.npz"
    np.savez(path, image=image.astype(np.float32), mask=score < limit)
    return path


def measure(workers: list[Worker], cases: dict[int, Path], rounds: int) -> list[dict]:
    """Return one record for each tool, size and extent, tools taking turns."""
    records = []
    for size, case in cases.items():
        for extent in ("full", "cropped"):
            pairs = [(worker, tool) for worker in workers for tool in worker.tools]
            times: dict[str, list[dict]] = {tool: [] for _, tool in pairs}
            for number in range(rounds + 1):
                for worker, tool in pairs:
                    answer = worker.run(tool, case, extent)
                    if number:  # the first call is not measured
                        times[tool].append(answer)
            added = {tool: w.run(tool, case, extent, trace=True)["added"] for w, tool in pairs}
            records += [_record(t, size, extent, answers, added[t]) for t, answers in times.items()]
            print(
                *(f"{r['tool']} {r['cpu_ms']:.2f}" for r in records[-len(pairs) :]),
                size,
                extent,
                file=sys.stderr,
            )
    return records


def _record(tool: str, size: int, extent: str, answers: list[dict], added: float) -> dict:
    return {
        "tool": tool,
        "size": size,
        "extent": extent,
        "cpu_ms": median(a["cpu"] for a in answers) * 1000 / MAPS[tool],
        "best_ms": min(a["cpu"] for a in answers) * 1000 / MAPS[tool],
        "wall_ms": median(a["wall"] for a in answers) * 1000 / MAPS[tool],
        "features": len(answers[-1]["values"]),
        "mb": answers[-1]["mb"],
        "added_mb": added,
        "values": answers[-1]["values"],
    }


COLD = """
import time
start = time.perf_counter(); cpu = time.process_time()
import numpy as np
from kinephen.radiomics import MaskContext, extract
mask = np.ones((9, 20, 21), dtype=bool)
image = np.random.default_rng(0).normal(size=mask.shape)
for mode in ("ibsi", "captk"):
    extract(MaskContext(mask, (1, 1, 1)), {"m": image}, mode=mode)
print(time.perf_counter() - start, time.process_time() - cpu)
"""


def cold_start() -> list[tuple[float, float]]:
    """Return wall and CPU seconds to the first features with an empty and with a filled cache."""
    with tempfile.TemporaryDirectory() as cache:
        found = []
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", COLD],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, **ONE_THREAD, "NUMBA_CACHE_DIR": cache},
            )
            wall, cpu = done.stdout.split()
            found.append((float(wall), float(cpu)))
        return found


AGREEMENT = {
    "original_firstorder_Entropy": "intensity_histogram/entropy",
    "original_glszm_ZoneEntropy": "glszm/entropy",
    "original_glszm_SmallAreaEmphasis": "glszm/small_emphasis",
    "original_ngtdm_Busyness": "ngtdm/busyness",
    "original_gldm_DependenceEntropy": "ngldm/entropy",
    "original_shape_MeshVolume": "morphology/volume_mesh",
    "original_shape_SurfaceArea": "morphology/surface_area",
}


def agreement(records: list[dict]) -> list[str]:
    """Return how far the peers' values lie from ours, largest relative difference over sizes."""
    ours = {r["size"]: r["values"] for r in records if r["tool"] == "kinephen" and r["extent"] == "full"}
    lines = []
    for tool in ("pyradiomics", "pictologics"):
        theirs = {r["size"]: r["values"] for r in records if r["tool"] == tool and r["extent"] == "full"}
        if not theirs:
            continue
        names = AGREEMENT if tool == "pyradiomics" else _by_code(next(iter(theirs.values())))
        for name, mine in names.items():
            pairs = [(theirs[s].get(name), ours[s].get(mine)) for s in theirs]
            gaps = [abs(a - b) / max(abs(b), 1e-12) for a, b in pairs if a is not None and b is not None]
            if gaps and tool == "pyradiomics":
                lines.append(f"| {tool} | {name} | {max(gaps):.1e} |")
        if tool == "pictologics":
            lines.append(_summary(tool, names, theirs, ours))
    return lines


def _by_code(values: dict[str, float]) -> dict[str, str]:
    """Match names that end in the IBSI code with ours, where the last map and the first are alike."""
    from kinephen.radiomics.ibsi_codes import IBSI_CODES

    codes = {
        code: f"{family}/{name}"
        for family, names in IBSI_CODES.items()
        for name, code in names.items()
        if code not in ("BC2M", "GBPN")
    }
    return {name: codes[name.rsplit("_", 1)[-1]] for name in values if name.rsplit("_", 1)[-1] in codes}


def _summary(tool: str, names: dict[str, str], theirs: dict, ours: dict) -> str:
    textures = [
        (n, m)
        for n, m in names.items()
        if m.split("/")[0] in ("glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm")
    ]
    gaps = [
        abs(theirs[s][n] - ours[s][m]) / max(abs(ours[s][m]), 1e-12)
        for s in theirs
        for n, m in textures
        if n in theirs[s] and m in ours[s]
    ]
    close = sum(g < 1e-6 for g in gaps)
    return (
        f"| {tool} | {len(gaps)} texture values | {close} within 1e-6, largest {max(gaps, default=0):.1e} |"
    )


def page(records: list[dict], cold: list[tuple[float, float]], versions: str, rounds: int) -> str:
    """Return the page."""
    by = {(r["tool"], r["size"], r["extent"]): r for r in records}
    tools = list(dict.fromkeys(r["tool"] for r in records))
    sizes = sorted({r["size"] for r in records})
    lines = [
        "# Speed of the feature extraction",
        "",
        f"Written by `python bench/radiomics.py --write` on {time.strftime('%Y-%m-%d')};",
        f"{machine()}; {versions}.",
        "CPU milliseconds per map of one process with one thread, median of",
        f"{rounds} rounds in which the tools took turns, so that other load on the machine hit all alike;",
        "volume 60 x 256 x 256, float32, 1 mm, 32 grey levels (fixed bin number); cropped is the box of",
        "the lesion plus 6 voxels. Ours and pictologics: four maps of one mask, divided by four;",
        "PyRadiomics: one map. `kinephen` is the complete three-dimensional IBSI set without Moran's I,",
        "Geary's C and the local peaks (as pictologics here); `kinephen-104` is the catalogue of 104.",
        "",
        "| tool | values | " + " | ".join(f"{e} {s:,}" for e in ("full", "cropped") for s in sizes) + " |",
        "|---" * (2 + 2 * len(sizes)) + "|",
    ]
    for tool in tools:
        cells = [f"{by[tool, s, e]['cpu_ms']:.2f}" for e in ("full", "cropped") for s in sizes]
        lines.append(f"| {tool} | {by[tool, sizes[0], 'full']['features']} | " + " | ".join(cells) + " |")
    lines += ["", "Times of the peers divided by ours (full volume, complete set):", ""]
    for tool in tools:
        if not tool.startswith("kinephen"):
            ratios = [
                f"{by[tool, s, 'full']['cpu_ms'] / by['kinephen', s, 'full']['cpu_ms']:.1f}" for s in sizes
            ]
            lines.append(
                f"- {tool}: " + ", ".join(f"{r} at {s:,}" for r, s in zip(ratios, sizes, strict=True))
            )
    bars = ", ".join(f"{TARGETS_MS[s]:g} ms at {s:,}" for s in sizes if s in TARGETS_MS)
    best = ", ".join(f"{by['kinephen', s, 'full']['best_ms']:.2f} at {s:,}" for s in sizes)
    memory = max(r["added_mb"] for r in records if r["tool"].startswith("kinephen"))
    lines += [
        "",
        f"Targets on a quiet core of 2.5 GHz: {bars}.",
        f"Best round of ours: {best}.",
        "",
        f"First use, empty kernel cache: {cold[0][0]:.1f} s (CPU {cold[0][1]:.1f} s) to the features of both",
        "modes;",
        f"later starts {cold[1][0]:.1f} s (CPU {cold[1][1]:.1f} s).",
        f"Peak of the memory that an extraction of four maps allocates: at most {memory:.0f} MB.",
        "",
        "| peer | values compared in this run | relative difference |",
        "|---|---|---|",
        *agreement(records),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(TARGETS_MS))
    parser.add_argument("--python312", help="Python 3.12 or later for pictologics")
    parser.add_argument("--without", nargs="*", default=[], help="peers to leave out")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = {
        name: python
        for name, python in peers(options.python312).items()
        if python and name not in options.without
    }
    workers = [Worker.start("kinephen", Path(sys.executable))]
    workers += [Worker.start(name, python) for name, python in found.items()]
    with tempfile.TemporaryDirectory() as folder:
        cases = {size: make_case(size, Path(folder)) for size in options.sizes}
        records = measure(workers, cases, options.rounds)
    for worker in workers:
        worker.stop()
    versions = f"Python {platform.python_version()}" + "".join(
        f", {name} on {subprocess.run([p, '--version'], capture_output=True, text=True).stdout.strip()}"
        for name, p in found.items()
    )
    text = page(records, cold_start(), versions, options.rounds)
    if options.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
