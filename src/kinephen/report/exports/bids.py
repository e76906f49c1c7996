"""BIDS-like derivatives: participants, phenotypes, features, and masks and maps as NIfTI with sidecars.

BIDS has no datatype for dynamic contrast MRI of the breast, so the folder of an exam is ``dce`` as in
``kinephen export``; entities, sidecars and tables follow BIDS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from kinephen import __version__
from kinephen.core.files import file_name, write_whole
from kinephen.core.plain import write_json
from kinephen.core.volume import Mask, Volume
from kinephen.io.nifti import write_mask, write_volume
from kinephen.report.exports.source import RunSource
from kinephen.report.schema import Column, Missing
from kinephen.report.schema.change import ChangeSigns
from kinephen.report.words.change import feature_change
from kinephen.study.case import CaseJob
from kinephen.study.exam_arrays import ExamArrays, exam_arrays

DERIVATIVE = Path("derivatives") / "kinephen"
NOTE = "BIDS-like names; BIDS has no datatype for dynamic contrast MRI of the breast"
VERSION = "1.9.0"


def write_bids(
    run: RunSource, out: Path, jobs: Sequence[CaseJob] = (), tell: Callable[[int], None] = lambda done: None
) -> list[str]:
    """Write the data set into `out`; return the files' names.

    Parameters
    ----------
    run : RunSource
    out : Path
    jobs : sequence of CaseJob
        Exams whose masks and maps are written; without any, the tables alone.
    tell : callable
        Called with the number of exams done.
    """
    _describe(run, out)
    _participants(run, out)
    home = out / DERIVATIVE
    _features(run, home)
    known = {case for case, _ in run.patients()}
    for done, job in enumerate((j for j in jobs if j.case in known), start=1):
        write_exam(exam_arrays(job), home)
        tell(done)
    return sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())


def label(text: str) -> str:
    """Return a label as BIDS takes it: letters and digits."""
    return re.sub(r"[^A-Za-z0-9]", "", text)


def exam_path(home: Path, case: str, visit: str, ending: str) -> Path:
    """Return the path of a file of one exam."""
    parts = [f"sub-{label(case)}", f"ses-{label(visit)}"]
    return home.joinpath(*parts, "dce", "_".join([*parts, ending]))


def write_exam(exam: ExamArrays, home: Path) -> None:
    """Write the lesion and the maps of one exam."""
    facts = {
        "kinephen_version": __version__,
        "phase_times_s": exam.record.phase_times_s,
        "timing_rule": exam.record.timing_rule,
        "phase_rule": exam.record.phase_rule,
    }
    lesion = Mask(exam.lesion, exam.geometry, exam.record.lesion_source)
    write_mask(
        exam_path(home, exam.case, exam.visit, "label-lesion_mask.nii.gz"),
        lesion,
        sidecar={
            **facts,
            "Type": "Lesion",
            "volume_cc": exam.record.lesion_cc,
            "ftv_pe_cc": exam.record.ftv_pe_cc,
            "review": exam.record.review.state,
        },
    )
    for name, array in exam.maps.arrays.items():
        sidecar = {
            **facts,
            "map": name,
            "rule": exam.maps.rule.to_dict(),
            "time_unit": "min",
            "undefined_voxels": exam.maps.undefined[name],
        }
        path = exam_path(home, exam.case, exam.visit, f"desc-{name.lower()}_map.nii.gz")
        write_volume(path, Volume(array, exam.geometry, exam.maps.units[name]), sidecar=sidecar)


def _describe(run: RunSource, out: Path) -> None:
    made_by = [{"Name": "kinephen", "Version": __version__}]
    common: dict[str, object] = {"BIDSVersion": VERSION, "Note": NOTE, "GeneratedBy": made_by}
    study = run.report.study.name
    write_json(out / "dataset_description.json", {"Name": study, "DatasetType": "derivative", **common})
    content = {"Name": f"kinephen: {study}", "DatasetType": "derivative", **common}
    write_json(out / DERIVATIVE / "dataset_description.json", content)
    text = (
        f"{study}\n\nPatients are named by case number; which number is which patient stays with the study.\n"
        f"{NOTE}.\nParticipants stand in participants.tsv, features and phenotypes in {DERIVATIVE}.\n"
    )
    write_whole(out / "README", text.encode("utf-8"))


def _participants(run: RunSource, out: Path) -> None:
    columns = run.report.all_patients_columns()
    columns = tuple(c for c in columns if c.key != "id")
    rows = [
        {
            "participant_id": f"sub-{label(case)}",
            **{c.key: _cell(w.extra.get(c.key, getattr(w, c.key, None))) for c in columns},
        }
        for case, w in run.patients()
    ]
    write_whole(
        out / "participants.tsv",
        _tsv(pd.DataFrame(rows, columns=["participant_id", *(c.key for c in columns)])),
    )
    described = {c.key: _column(c) for c in columns}
    write_json(out / "participants.json", {"participant_id": {"Description": "Case number"}, **described})


def _column(column: Column) -> dict[str, str]:
    found = {"LongName": column.label, "Description": column.description or column.label}
    return found | ({"Units": column.unit} if column.unit else {})


def _features(run: RunSource, home: Path) -> None:
    names = {v: f"features_{file_name(v)}" for v in run.visits} | {"change": "delta_features"}
    for visit, name in names.items():
        table = run.table(name).reset_index(names="participant_id")
        table = table.assign(participant_id=[f"sub-{label(c)}" for c in table["participant_id"]])
        stem = f"desc-{label(visit)}_features"
        write_whole(home / f"{stem}.tsv", _tsv(table))
        write_json(home / f"{stem}.json", _described(table.columns[1:], visit, run.report.change))


def _described(features: Sequence[str], visit: str, signs: ChangeSigns | None) -> Mapping[str, object]:
    if visit != "change":
        return {f: {"Description": f"At {visit}: {f.replace('_', ' ')}"} for f in features}
    if signs is None:
        return {f: {"Description": f"Change between the visits of {f.replace('_', ' ')}"} for f in features}
    turned = set(signs.reversed)
    return {
        f: {
            "Description": feature_change(
                f.replace("_", " "), adjusted=signs.adjusted, reversed_=f in turned
            ),
            "SignAdjusted": signs.adjusted,
            "MultipliedBy": -1 if f in turned else 1,
        }
        for f in features
    }


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return None if isinstance(value, Missing) else value


def _tsv(frame: pd.DataFrame) -> bytes:
    """Return a table with tabs between the cells and n/a for what is undefined, as BIDS wants it."""
    clean = frame.map(lambda v: " ".join(v.split()) if isinstance(v, str) else v)
    text: str = clean.to_csv(sep="\t", index=False, na_rep="n/a", lineterminator="\n")
    return text.encode("utf-8")
