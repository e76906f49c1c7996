"""Masks and maps of one exam under BIDS-like names, each with a JSON sidecar."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinephen import __version__
from kinephen.core.plain import write_json
from kinephen.core.volume import Mask, Volume
from kinephen.io.nifti import write_mask, write_volume
from kinephen.report.exports.exam_names import Names
from kinephen.study.one_exam import Measured


def write_results(result: Measured, names: Names) -> list[str]:
    """Write masks, maps, fields and records; return their paths below the output folder.

    No file is left half written.
    """
    common = _common(result)
    written = [*_masks(result, names, common), *_maps(result, names, common), *_fields(result, names)]
    write_json(names.path("desc-ftv_record.json"), result.record)
    write_json(names.out / "dataset_description.json", description("kinephen functional tumour volume"))
    written += [names.path("desc-ftv_record.json"), names.out / "dataset_description.json"]
    return sorted(str(path.relative_to(names.out)) for path in written)


def _masks(result: Measured, names: Names, common: dict[str, object]) -> list[Path]:
    geometry = result.exam.series.geometry
    masks = {
        "label-voi_mask": Mask(result.voi, geometry, result.record.region),
        "label-ftv_mask": Mask(result.ftv.by_pe, geometry, "functional tumour volume by enhancement"),
        "label-lesion_mask": Mask(result.lesion, geometry, result.record.lesion_source),
    }
    if result.ftv.by_ser is not None:
        by_ser = Mask(result.ftv.by_ser, geometry, "functional tumour volume by SER")
        masks["label-ftvser_mask"] = by_ser
    paths = []
    for ending, mask in masks.items():
        paths.append(names.path(f"{ending}.nii.gz"))
        facts = {**common, "thresholds": result.record.thresholds.model_dump()}
        if ending == "label-lesion_mask":
            decision = result.record.decision
            facts["review"] = {"state": "unreviewed"} if decision is None else decision.model_dump()
        write_mask(paths[-1], mask, sidecar=facts)
    return paths


def _maps(result: Measured, names: Names, common: dict[str, object]) -> list[Path]:
    paths = []
    for name, array in result.maps.arrays.items():
        volume = Volume(array.astype(np.float32), result.exam.series.geometry, result.maps.units[name])
        facts = {
            **common,
            "map": name,
            "rule": result.maps.rule.to_dict(),
            "time_unit": "min",
            "undefined_voxels": result.maps.undefined[name],
            "bias_corrected": result.record.bias.corrected,
        }
        paths.append(names.path(f"desc-{name.lower()}_map.nii.gz"))
        write_volume(paths[-1], volume, sidecar=facts)
    return paths


def _fields(result: Measured, names: Names) -> list[Path]:
    paths = []
    for field, record in zip(result.bias.fields, result.record.bias.fields, strict=True):
        volume = Volume(field, result.exam.series.geometry, "1")
        paths.append(names.path(f"phase-{record.frame}_desc-{record.method}_field.nii.gz"))
        write_volume(paths[-1], volume, sidecar=record.model_dump())
    return paths


def _common(result: Measured) -> dict[str, object]:
    series = result.exam.series
    return {
        "phase_times_s": series.times_s,
        "timing_rule": series.timing_rule,
        "phase_rule": series.phase_rule,
        "source_sha256": series.source_hash,
        "kinephen_version": __version__,
    }


def description(name: str) -> dict[str, object]:
    """Return the description of a folder of derivatives."""
    return {
        "Name": name,
        "BIDSVersion": "1.9.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "kinephen", "Version": __version__}],
        "Note": "BIDS-like names; BIDS has no datatype for dynamic contrast MRI of the breast",
    }
