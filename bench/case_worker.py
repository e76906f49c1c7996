"""One way from the DICOM files of one patient's two visits to features and deltas, timed step by step.

Run by ``case.py`` as a persistent process with the interpreter of the tool's own environment. ``kinephen`` is
the product's own path (the steps of one exam, with its store); ``stack`` is the script that is written today
around pydicom, scipy, SimpleITK and PyRadiomics. Steps are measured in CPU seconds of this process.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

MAPS = ("PE", "SER", "WIS", "WOS")


class Clock:
    """CPU seconds by step; a step inside another counts for itself alone."""

    def __init__(self):
        self.spent = defaultdict(float)
        self._open = []

    @contextmanager
    def step(self, name):
        start, inner = time.process_time(), [0.0]
        self._open.append(inner)
        yield
        self._open.pop()
        whole = time.process_time() - start
        self.spent[name] += whole - inner[0]
        if self._open:
            self._open[-1][0] += whole

    def timed(self, module, function, name):
        """Put a clock around a function of a module."""
        original = getattr(module, function)

        def wrapped(*arguments, **named):
            with self.step(name):
                return original(*arguments, **named)

        setattr(module, function, wrapped)


def kinephen_path():
    from kinephen.config.presets import preset_settings
    from kinephen.phenotype.delta import delta_features
    from kinephen.study import case, fingerprint
    from kinephen.study.case import CaseJob, run_case
    from kinephen.study.steps import bias as bias_step
    from kinephen.study.steps import features as feature_step
    from kinephen.study.steps import lesion as lesion_step

    clock = Clock()
    clock.timed(case, "read_exam", "reading")
    clock.timed(fingerprint, "exam_identity", "hashes of the inputs")
    clock.timed(lesion_step, "functional_tumour_volume", "FTV and lesion")
    clock.timed(lesion_step, "primary_lesion", "FTV and lesion")
    clock.timed(bias_step, "correct_bias_field", "bias field")
    clock.timed(feature_step, "kinetic_maps", "maps")
    clock.timed(feature_step, "on_grid", "maps")
    clock.timed(feature_step, "extract", "features")
    clock.timed(case.Store, "run", "writing")
    settings = {"recommended": preset_settings("recommended")}

    def run(exams, boxes):
        import pandas as pd

        clock.spent.clear()
        with tempfile.TemporaryDirectory() as folder, clock.step("everything else"):
            frames, voxels = [], []
            for visit, exam in enumerate(exams, start=1):
                # One store a visit: an exam that stands for both would be found there the second time.
                out = Path(folder, f"T{visit}")
                job = CaseJob(
                    case="case-0001",
                    visit=f"T{visit}",
                    exam=Path(exam),
                    mask=None,
                    manifest=None,
                    out=out,
                    settings=settings,
                )
                outcome = run_case(job)
                if outcome.failure:
                    raise RuntimeError(outcome.failure)
                record = json.loads((outcome.features["recommended"] / "features.json").read_text())
                lesion = json.loads((outcome.lesion / "lesion.json").read_text())
                voxels.append([lesion["ftv_pe_voxels"], lesion["lesion_voxels"]])
                values = {f"{m}/{f}": v for m, row in record["features"].items() for f, v in row.items()}
                frames.append(pd.DataFrame([values], index=["case-0001"], dtype=float))
            with clock.step("deltas"):
                delta = delta_features(*frames).delta
        return {
            "voxels": voxels,
            "features": [int(f.shape[1]) for f in frames],
            "deltas": int(delta.shape[1]),
            "method": record["bias"]["method"],
        }

    return run, clock


def stack_path(shrink=(4, 4, 1)):
    import logging

    import pydicom
    import SimpleITK as sitk  # noqa: N813
    from scipy import ndimage

    from radiomics import featureextractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    extractor = featureextractor.RadiomicsFeatureExtractor(binCount=32)
    extractor.enableAllFeatures()
    clock = Clock()

    def read(folder):
        sets = [pydicom.dcmread(f) for f in sorted(Path(folder).rglob("*.dcm"))]
        sets = [d for d in sets if d.Modality == "MR" and d.ImageType[0] == "ORIGINAL"]
        times = sorted({phase_key(d) for d in sets})
        phases = [[d for d in sets if phase_key(d) == t] for t in times]
        for phase in phases:
            phase.sort(key=lambda d: int(d.InstanceNumber))
        frames = np.stack([[d.pixel_array for d in phase] for phase in phases]).astype(np.float32)
        first, second = phases[0][:2]
        step = np.subtract(second.ImagePositionPatient, first.ImagePositionPatient)
        rows, columns = (float(v) for v in first.PixelSpacing)
        return frames, (columns, rows, float(np.linalg.norm(step)))

    def phase_key(data):
        return str(data.get("ContentTime", "")), int(data.get("TemporalPositionIdentifier", 0) or 0)

    def volume(frames, box):
        pre, early, late = frames
        inside = np.zeros(pre.shape, dtype=bool)
        inside[tuple(slice(a, b) for a, b in box["corners"])] = True
        tissue = pre >= box["tissue"]
        with np.errstate(divide="ignore", invalid="ignore"):
            passed = tissue & (100 * (early - pre) / pre >= box["pe"]) & (late > pre)
        kernel = np.ones((3, 3, 3), dtype=np.int16)
        kernel[1, 1, 1] = 0
        near = ndimage.convolve(passed.astype(np.int16), kernel, mode="nearest")
        ftv = passed & (near >= box["neighbours"]) & inside
        labels, _ = ndimage.label(ftv, structure=np.ones((3, 3, 3)))
        return ftv, labels == np.bincount(labels.ravel())[1:].argmax() + 1

    def corrected(frames, spacing):
        image = sitk.GetImageFromArray(frames[0])
        image.SetSpacing(spacing)
        mask = sitk.OtsuThreshold(image, 0, 1)
        small = sitk.Shrink(image, shrink), sitk.Shrink(mask, shrink)
        filter_ = sitk.N4BiasFieldCorrectionImageFilter()
        filter_.SetNumberOfThreads(1)
        filter_.SetMaximumNumberOfIterations([50, 50, 50, 50])
        filter_.Execute(*small)
        field = np.exp(sitk.GetArrayFromImage(filter_.GetLogBiasFieldAsImage(image)))
        return frames / field.astype(np.float32)

    def kinetic(frames, minutes):
        with np.errstate(divide="ignore", invalid="ignore"):
            pre, early, late = frames.astype(np.float64)
            peak = np.maximum(early, late)
            at = np.where(early >= late, minutes[0], minutes[1])
            maps = {
                "PE": (peak - pre) / pre,
                "SER": (early - pre) / (late - pre),
                "WIS": (peak - pre) / pre / at,
                "WOS": np.where(early >= late, (late - early) / pre / (minutes[1] - minutes[0]), 0.0),
            }
        return {name: np.nan_to_num(m, posinf=0.0, neginf=0.0).astype(np.float32) for name, m in maps.items()}

    def features(maps, lesion, spacing):
        label = sitk.GetImageFromArray(lesion.astype(np.uint8))
        label.SetSpacing(spacing)
        found = {}
        for name, array in maps.items():
            image = sitk.GetImageFromArray(array)
            image.SetSpacing(spacing)
            row = extractor.execute(image, label)
            found |= {f"{name}/{k}": float(v) for k, v in row.items() if k.startswith("original_")}
        return found

    def run(exams, boxes):
        clock.spent.clear()
        with tempfile.TemporaryDirectory() as folder, clock.step("everything else"):
            rows, voxels = [], []
            for visit, (exam, box) in enumerate(zip(exams, boxes, strict=True), start=1):
                with clock.step("reading"):
                    frames, spacing = read(exam)
                with clock.step("FTV and lesion"):
                    ftv, lesion = volume(frames, box)
                with clock.step("bias field"):
                    better = corrected(frames, spacing)
                with clock.step("maps"):
                    maps = kinetic(better, box["minutes"])
                with clock.step("features"):
                    rows.append(features(maps, lesion, spacing))
                with clock.step("writing"):
                    np.savez_compressed(Path(folder, f"T{visit}.npz"), mask=np.packbits(lesion))
                    Path(folder, f"T{visit}.json").write_text(json.dumps(rows[-1]))
                voxels.append([int(ftv.sum()), int(lesion.sum())])
            with clock.step("deltas"):
                first, second = (np.array(list(row.values())) for row in rows)
                size = np.abs(first) + np.abs(second)
                delta = np.divide(2 * (second - first), size, out=np.zeros_like(size), where=size > 0)
        return {
            "voxels": voxels,
            "features": [len(row) for row in rows],
            "deltas": int(delta.size),
            "method": "n4",
        }

    return run, clock


PATHS = {
    "kinephen": kinephen_path,
    "stack": stack_path,
    "stack-coarse": partial(stack_path, (4, 4, 4)),
}


def serve(family):
    run, clock = PATHS[family]()
    print(json.dumps({"ready": family}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        cpu, wall = time.process_time(), time.perf_counter()
        found = run(request["exams"], request["boxes"])
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"cpu": cpu, "wall": wall, "steps": dict(clock.spent), **found}), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
