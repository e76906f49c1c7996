"""NIfTI files of ``kinephen export``, lists for other tools, and the scene for 3D Slicer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinephen.core.dynamic import DynamicSeries
from kinephen.core.files import atomic_path
from kinephen.core.plain import write_json
from kinephen.core.volume import Volume
from kinephen.io.bids_protocol import Acquired, acquired_fields
from kinephen.io.manifest import THRESHOLDS
from kinephen.io.nifti import write_volume
from kinephen.io.slicer import HEAT, SceneMask, SceneVolume, write_scene
from kinephen.report.exports.exam_files import description, write_results
from kinephen.report.exports.exam_names import Names, exam_file
from kinephen.study.one_exam import Measured
from kinephen.types import FloatVolume

LESION = "label-lesion_mask.nii.gz"


def write_nifti_form(result: Measured, names: Names, *, source_doi: str = "") -> list[Path]:
    """Write phases, masks and maps with sidecars, the data set's description and lists for other tools."""
    written = [names.out / name for name in write_results(result, names)]
    written += _write_phases(result, names)
    _describe(names, source_doi)
    written += [_pyradiomics_list(result, names), _captk_list(result, names)]
    return sorted(written)


def write_slicer_form(result: Measured, names: Names) -> list[Path]:
    """Write a scene of the NIfTI files: early phase, maps over it, masks as outlines."""
    series = result.exam.series
    volumes = [
        SceneVolume(_phase_name(result, n), _phase_path(names, n), _grey_window(series.frames[n]))
        for n in sorted(range(series.n_phases), key=lambda n: n != series.early)
    ]
    maps = [
        SceneVolume(name, _map_path(names, name), _map_window(array, result), HEAT)
        for name, array in result.maps.arrays.items()
    ]
    masks = [
        SceneMask("primary lesion", names.path(LESION)),
        SceneMask("FTV", names.path("label-ftv_mask.nii.gz")),
        SceneMask("box", names.path("label-voi_mask.nii.gz")),
    ]
    path = exam_file(names, "scene.mrml")
    # The second image is the one over the first, which should be a map.
    write_scene(path, [volumes[0], *maps, *volumes[1:]], masks)
    return [path]


def _write_phases(result: Measured, names: Names) -> list[Path]:
    exam, series = result.exam, result.exam.series
    acquired = Acquired(exam.manufacturer, exam.scanner_model, exam.field_strength_t, exam.protocol)
    paths = []
    for n, frame in enumerate(series.frames):
        facts = {
            "phase": n,
            "role": _phase_name(result, n),
            "time_s_after_injection": None if series.times_s is None else series.times_s[n],
            "timing_rule": series.timing_rule,
            "phase_rule": series.phase_rule,
            "bias_corrected": False,
            **_moved(result, n),
            "source_sha256": series.source_hash,
            **acquired_fields(acquired),
            **_exam_terms(series),
        }
        paths.append(_phase_path(names, n))
        write_volume(paths[-1], Volume(frame, series.geometry), sidecar=facts)
        if result.record.bias.corrected:
            method = result.record.bias.fields[0].method
            paths.append(names.path(f"phase-{n}_desc-{method}_T1w.nii.gz"))
            corrected = Volume(result.frames[n], series.geometry)
            write_volume(paths[-1], corrected, sidecar={**facts, "bias_corrected": True})
    return paths


def _moved(result: Measured, n: int) -> dict[str, object]:
    """Return how far a frame was moved back, mm along (slice, row, column), if it was."""
    moved = [m for m in result.record.motion or () if m.frame == n and m.applied]
    return {"moved_back_mm": moved[0].shift_mm} if moved else {}


def _exam_terms(series: DynamicSeries) -> dict[str, object]:
    """Return what the exam states of its analysis, in the terms in which a sidecar is read."""
    header = series.header
    stated = {name: getattr(header, name) for name in THRESHOLDS}
    boxes = [
        {"centre_mm": b.centre_mm, "half_vectors_mm": b.half_vectors_mm, "omit": b.omit} for b in header.boxes
    ]
    found = {"early": series.early, "late": series.late, **stated, "box": boxes}
    return {name: value for name, value in found.items() if value not in (None, [])}


def _phase_name(result: Measured, n: int) -> str:
    series = result.exam.series
    roles = {0: "before contrast", series.early: "early after contrast"}
    if series.late is not None:
        roles[series.late] = "late after contrast"
    return roles.get(n, f"phase {n} after contrast")


def _phase_path(names: Names, n: int) -> Path:
    return names.path(f"phase-{n}_T1w.nii.gz")


def _map_path(names: Names, name: str) -> Path:
    return names.path(f"desc-{name.lower()}_map.nii.gz")


def _describe(names: Names, source_doi: str) -> None:
    content = description("kinephen export")
    if source_doi:
        content["SourceDatasets"] = [{"DOI": source_doi.removeprefix("https://doi.org/"), "URL": source_doi}]
    write_json(names.out / "dataset_description.json", content)


def _pyradiomics_list(result: Measured, names: Names) -> Path:
    rows = [f"{_map_path(names, name).name},{names.path(LESION).name}" for name in result.maps.arrays]
    return _write_lines(names.path("desc-pyradiomics_list.csv"), ["Image,Mask", *rows])


def _captk_list(result: Measured, names: Names) -> Path:
    images = "|".join(_map_path(names, name).name for name in result.maps.arrays)
    modalities = "|".join(result.maps.arrays)
    row = f"{names.subject}{names.session},{images},{modalities},{names.path(LESION).name},1,lesion"
    head = "PATIENT_ID,Images,Modalities,ROIFile,SELECTED_ROI,ROI_LABEL"
    return _write_lines(names.path("desc-captk_list.csv"), [head, row])


def _write_lines(path: Path, lines: list[str]) -> Path:
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _grey_window(frame: FloatVolume) -> tuple[float, float]:
    low, high = np.percentile(frame, [1.0, 99.5])
    return float(low), float(high)


def _map_window(array: FloatVolume, result: Measured) -> tuple[float, float]:
    values = array[result.lesion & np.isfinite(array)]
    if not values.size:
        return 0.0, 0.0
    low, high = np.percentile(values, [2.0, 98.0])
    return float(low), float(high)
