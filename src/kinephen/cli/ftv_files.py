"""Files of ``kinephen ftv``: masks and maps under BIDS-like names, each with a JSON sidecar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinephen import __version__
from kinephen.cli.ftv_run import Measured
from kinephen.core.plain import write_json
from kinephen.core.volume import Mask, Volume
from kinephen.errors import UsageError
from kinephen.io.nifti import write_mask, write_volume


@dataclass(frozen=True)
class Names:
    """Where the files of one exam go.

    Parameters
    ----------
    out : Path
    subject, session : str
        Letters and digits; `session` may be empty.

    Raises
    ------
    UsageError
        ``ftv.label``, ``ftv.out``.
    """

    out: Path
    subject: str
    session: str = ""

    def __post_init__(self) -> None:
        for option, text in (("--subject", self.subject), ("--session", self.session)):
            if not re.fullmatch(r"[A-Za-z0-9]*", text) or (option == "--subject" and not text):
                raise UsageError(
                    f"{option} takes letters and digits only", code="ftv.label", hint="for example T1"
                )
        if self.out.exists() and not self.out.is_dir():
            raise UsageError("--out is a file, expected a folder", code="ftv.out", where=self.out.name)

    def path(self, ending: str) -> Path:
        """Return the path of a file, for example of ``desc-pe_map.nii.gz``."""
        parts = [f"sub-{self.subject}"] + ([f"ses-{self.session}"] if self.session else [])
        return self.out.joinpath(*parts, "dce", "_".join([*parts, ending]))


def write_results(result: Measured, names: Names) -> list[str]:
    """Write masks, maps, fields and records; return their paths below the output folder.

    No file is left half written.
    """
    common = _common(result)
    written = [*_masks(result, names, common), *_maps(result, names, common), *_fields(result, names)]
    write_json(names.path("desc-ftv_record.json"), result.record)
    write_json(names.out / "dataset_description.json", _description())
    written += [names.path("desc-ftv_record.json"), names.out / "dataset_description.json"]
    return sorted(str(path.relative_to(names.out)) for path in written)


def _masks(result: Measured, names: Names, common: dict[str, Any]) -> list[Path]:
    geometry = result.exam.series.geometry
    masks = {
        "label-voi_mask": Mask(result.voi, geometry, result.record["region"]),
        "label-ftv_mask": Mask(result.ftv.by_pe, geometry, "functional tumour volume by enhancement"),
        "label-ftvser_mask": Mask(result.ftv.by_ser, geometry, "functional tumour volume by SER"),
        "label-lesion_mask": Mask(result.lesion, geometry, result.lesion_source),
    }
    paths = []
    for ending, mask in masks.items():
        paths.append(names.path(f"{ending}.nii.gz"))
        facts = {**common, "thresholds": result.record["thresholds"]}
        if ending == "label-lesion_mask":
            facts["review"] = result.record.get("review", {"state": "unreviewed"})
        write_mask(paths[-1], mask, sidecar=facts)
    return paths


def _maps(result: Measured, names: Names, common: dict[str, Any]) -> list[Path]:
    paths = []
    for name, array in result.maps.arrays.items():
        volume = Volume(array.astype(np.float32), result.exam.series.geometry, result.maps.units[name])
        facts = {
            **common,
            "map": name,
            "rule": result.maps.rule.to_dict(),
            "time_unit": "min",
            "undefined_voxels": result.maps.undefined[name],
            "bias_corrected": result.bias.corrected,
        }
        paths.append(names.path(f"desc-{name.lower()}_map.nii.gz"))
        write_volume(paths[-1], volume, sidecar=facts)
    return paths


def _fields(result: Measured, names: Names) -> list[Path]:
    paths = []
    for field, record in zip(result.bias.fields, result.bias.records, strict=True):
        volume = Volume(field, result.exam.series.geometry, "1")
        paths.append(names.path(f"phase-{record.frame}_desc-{record.method}_field.nii.gz"))
        write_volume(paths[-1], volume, sidecar=record.to_dict())
    return paths


def _common(result: Measured) -> dict[str, Any]:
    series = result.exam.series
    return {
        "phase_times_s": list(series.times_s),
        "timing_rule": series.timing_rule,
        "phase_rule": series.phase_rule,
        "source_sha256": series.source_hash,
        "kinephen_version": __version__,
    }


def _description() -> dict[str, Any]:
    return {
        "Name": "kinephen functional tumour volume",
        "BIDSVersion": "1.9.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "kinephen", "Version": __version__}],
        "Note": "BIDS-like names; BIDS has no datatype for dynamic contrast MRI of the breast",
    }
