"""A study from DICOM to its report: complete, resumable, the same on any engine, without identifiers."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kinephen.core.volume import Mask
from kinephen.errors import CohortError, InputError
from kinephen.io.exam import read_exam
from kinephen.io.nifti import write_mask
from kinephen.study.case import feature_keys, lesion_key, run_case
from kinephen.study.cases import make_jobs, run_cases, status_rows
from kinephen.study.engine import LocalEngine, SerialEngine
from kinephen.study.plan import make_plan
from kinephen.study.steps.lesion import load_lesion, read_lesion
from kinephen.study.steps.stability import measure_stability
from kinephen.study.store import Store


def test_every_exam_gives_416_features_and_each_gap_has_a_reason(finished):
    results, _, _ = finished
    assert results.cases.failures == {}
    for visit in ("T1", "T2"):
        table = results.cases.table("quick", visit)
        assert table.shape == (24, 416)
        reasons = {
            (case, f"{r.map}_{r.feature}")
            for (case, v), record in results.cases.features["quick"].items()
            if v == visit
            for r in record.reasons
        }
        gaps = {(case, str(column)) for case, row in table.iterrows() for column in row.index[row.isna()]}
        assert gaps == reasons


def test_the_report_folder_holds_what_it_promises(finished):
    _, written, out = finished
    assert written.page == out / "report.html"
    for name in (
        "report.json",
        "model.json",
        "figures/km_phenotype.svg",
        "tables/table4.csv",
        "tables/table4.parquet",
    ):
        assert (out / name).is_file(), name
    features = pd.read_parquet(out / "data" / "features_T1.parquet")
    assert features.shape == (24, 417)
    pd.testing.assert_frame_equal(features, pd.read_csv(out / "data" / "features_T1.csv"))


def test_the_planted_phenotype_is_found(finished):
    results, _, _ = finished
    assert results.cohort.truth["quick"].phenotypes["discovery"].ari >= 0.6
    volumes = results.cohort.truth["quick"].volumes
    assert volumes.correlation > 0.95
    for entry in results.cohort.truth["quick"].classes:
        assert entry.agreement >= 0.8, entry.title


def test_a_second_run_computes_nothing_and_writes_the_same_bytes(finished, study_folder, run, tmp_path):
    _, _, first = finished
    out = shutil.copytree(first, tmp_path / "again")
    before = {p: p.stat().st_mtime_ns for p in (out / "store").rglob("step.json")}
    run(study_folder, out)
    assert {p: p.stat().st_mtime_ns for p in (out / "store").rglob("step.json")} == before
    assert (out / "report.json").read_bytes() == (first / "report.json").read_bytes()
    assert (out / "report.html").read_bytes() == (first / "report.html").read_bytes()


def test_a_cohort_setting_repeats_no_exam_and_an_image_setting_all(finished, study_folder, load):
    store = Store(finished[2] / "store")

    def keys(*changes):
        plan = make_plan(load(study_folder, *changes), study_folder)
        jobs = make_jobs(plan, finished[2])
        found = [(job, lesion_key(job)) for job in jobs]
        lesions = {k.key.digest for _, k in found}
        done = [(job, k.exam, store.folder(k.key)) for job, k in found if store.done(k.key)]
        return lesions, {f.digest for entry in done for f in feature_keys(*entry).values()}

    lesions, features = keys()
    assert len(lesions) == len(features) == 48
    for change in ("filters.skewness_limit=3", "cross_validation.folds=4", "features.two_d_reading=B"):
        assert keys(change) == (lesions, features), change
    assert keys("features.bins=16")[0] == lesions
    assert not keys("features.bins=16")[1] & features
    assert not keys("ftv.pe_threshold=80")[0] & lesions


@pytest.mark.slow
def test_a_half_finished_store_ends_with_the_same_report(finished, study_folder, run, tmp_path):
    _, _, first = finished
    out = tmp_path / "resumed"
    for step in ("lesion", "features"):
        for folder in sorted((first / "store" / step).iterdir())[7:]:
            shutil.copytree(folder, out / "store" / step / folder.name)
    broken = out / "store" / "partial" / f"{0:032x}-{1:032x}"
    broken.mkdir(parents=True)
    run(study_folder, out)
    assert (out / "report.json").read_bytes() == (first / "report.json").read_bytes()
    assert not (out / "store" / "partial").exists()


def test_a_pool_of_processes_gives_the_same_bytes(finished, study_folder, run, tmp_path):
    _, _, first = finished
    run(study_folder, tmp_path / "pool", engine=LocalEngine(2))
    assert (tmp_path / "pool" / "report.json").read_bytes() == (first / "report.json").read_bytes()


def test_a_failing_exam_is_recorded_and_passed_over(finished, study_copy, run, load, tmp_path):
    exam = study_copy / pd.read_csv(study_copy / "exams.csv")["path"][0]
    for file in exam.rglob("*.dcm"):
        file.unlink()
    (exam / "notes.dcm").write_text("not a DICOM file")
    out = tmp_path / "out"
    # The other exams are as in the finished run and need not be measured again.
    shutil.copytree(finished[2] / "store", out / "store")
    results, written = run(study_copy, out)
    assert list(results.cases.failures) == [("case-0001", "T1")]
    failure = json.loads((out / "cases" / "case-0001" / "T1" / "failure.json").read_text())
    assert failure["code"].startswith("dicom.")
    assert failure["traceback"].startswith("Traceback")
    assert f"[{failure['code']}]" in failure["traceback"]
    assert written.report.issues[0].severity == "error"
    assert written.report.issues[0].where == "case-0001 T1"
    lost = [(e.reason, e.n) for s in written.report.flow for e in s.excluded]
    assert ("the exam at T1 failed", 1) in lost
    page = next(p for p in written.report.patients if p.page == "case-0001")
    assert page.reasons["phenotype"] == "the exam at T1 failed"
    rows = status_rows(make_jobs(make_plan(load(study_copy), study_copy), out))
    assert rows[0]["lesion"] == f"failed: {failure['code']}"
    assert rows[1]["lesion"] == "done"


@pytest.mark.slow
def test_after_a_landmark_tables_and_flow_count_the_same_patients(finished, study_copy, run, tmp_path):
    clinical = pd.read_csv(study_copy / "clinical.csv")
    years = finished[0].cohort.main.frame["time"].dropna().sort_values()
    shutil.copytree(finished[2] / "store", tmp_path / "store")
    day = float(years.iloc[2]) * 365.25 + 0.01
    results, written = run(
        study_copy, tmp_path, "landmark.use=true", "landmark.column=nowhere", f"landmark.days={day}"
    )
    flow, report = results.cohort.main.flow, written.report
    gone = flow.reasons("landmark")["event or end of follow-up by the second visit"]
    assert gone == 3
    own = results.cohort.description
    assert (own.characteristics.n, own.characteristics.event) == (
        flow.n(cohort="discovery"),
        flow.events(cohort="discovery"),
    )
    assert own.left_out.analysed == flow.n(cohort="discovery") == report.study.cohorts[0].n
    assert own.left_out.n + own.left_out.analysed == 20
    assert own.left_out.n == sum(own.left_out.reasons.values())
    patients = report.tables["table1"].rows[0]
    assert patients["no_event"].n + patients["event"].n == report.study.cohorts[0].n
    assert len(clinical) == len(flow.patients) == flow.n() + gone


def test_patients_without_images_or_clinical_row_are_counted(study_copy, load):
    exams = pd.read_csv(study_copy / "exams.csv")
    ids = exams["patient_id"].unique()
    keep = exams[
        (exams["patient_id"] != ids[0]) & ~((exams["patient_id"] == ids[1]) & (exams["visit"] == "T2"))
    ]
    keep.to_csv(study_copy / "exams.csv", index=False)
    clinical = pd.read_csv(study_copy / "clinical.csv")
    clinical[clinical["patient_id"] != ids[2]].to_csv(study_copy / "clinical.csv", index=False)
    plan = make_plan(load(study_copy), study_copy)
    assert plan.excluded == {
        "case-0001": "no images",
        "case-0002": "no images at T2",
        "case-0003": "no clinical row",
    }
    assert {i.message for i in plan.issues} >= {"left out: no images", "left out: no clinical row"}


def test_no_events_stop_the_cohort_step_with_the_remedy(study_copy, run, tmp_path):
    clinical = pd.read_csv(study_copy / "clinical.csv")
    clinical = clinical.drop(columns="event_type").assign(rfs_event=0)
    clinical.to_csv(study_copy / "clinical.csv", index=False)
    with pytest.raises(CohortError, match="none of 20 patients has the event") as caught:
        run(study_copy, tmp_path / "out")
    assert caught.value.exit_code == 6
    assert "check the event column" in caught.value.hint


def test_a_study_without_usable_patients_says_why(study_copy, load):
    exams = pd.read_csv(study_copy / "exams.csv")
    exams = exams.assign(visit=exams["visit"].map({"T1": "T8", "T2": "T9"}))
    exams.to_csv(study_copy / "exams.csv", index=False)
    with pytest.raises(CohortError, match=r"none of 24 patients can be used: no images \(24\)"):
        make_plan(load(study_copy), study_copy)


def test_an_exam_list_with_a_missing_column_or_a_repeated_exam_is_refused(study_copy, load):
    exams = pd.read_csv(study_copy / "exams.csv")
    exams.drop(columns="path").to_csv(study_copy / "exams.csv", index=False)
    with pytest.raises(InputError, match="path missing; found patient_id, visit"):
        make_plan(load(study_copy), study_copy)
    pd.concat([exams, exams.head(1)]).to_csv(study_copy / "exams.csv", index=False)
    with pytest.raises(InputError, match="1 exam with the patient and visit of an earlier row"):
        make_plan(load(study_copy), study_copy)


def test_identifiers_stay_in_the_private_folder(finished):
    results, _, out = finished
    ids = [i.encode() for i in results.plan.patient_ids.values()]
    for path in out.rglob("*"):
        assert not any(i in str(path.relative_to(out)).encode() for i in ids)
        if path.is_file() and "private" not in path.parts:
            data = path.read_bytes()
            assert not any(i in data for i in ids), path.name
    assert (out / "private").stat().st_mode & 0o077 == 0


def test_a_mask_from_a_file_replaces_the_automatic_lesion(study_copy, load, tmp_path):
    exams = pd.read_csv(study_copy / "exams.csv")
    first = make_jobs(make_plan(load(study_copy), study_copy), tmp_path)[0]
    automatic = run_case(first)
    record = read_lesion(automatic.lesion)
    smaller = load_lesion(automatic.lesion)
    smaller[int(smaller.any(axis=(1, 2)).argmax())] = False
    geometry = read_exam(study_copy / exams["path"][0]).series.geometry
    write_mask(study_copy / "lesion.nii.gz", Mask(smaller, geometry))
    exams.assign(mask=["lesion.nii.gz", *[""] * (len(exams) - 1)]).to_csv(
        study_copy / "exams.csv", index=False
    )
    changed = run_case(make_jobs(make_plan(load(study_copy), study_copy), tmp_path)[0])
    found = read_lesion(changed.lesion)
    assert found.lesion_source == "file"
    assert found.lesion_voxels == int(smaller.sum()) < record.lesion_voxels
    assert found.ftv_pe_voxels == record.ftv_pe_voxels


def test_a_mask_on_another_grid_fails_the_exam_and_names_the_difference(study_copy, load, tmp_path):
    exams = pd.read_csv(study_copy / "exams.csv")
    geometry = read_exam(study_copy / exams["path"][0]).series.geometry
    other = geometry.crop((1, 0, 0), geometry.shape)
    write_mask(study_copy / "lesion.nii.gz", Mask(np.ones(other.shape, dtype=bool), other))
    exams.assign(mask=["lesion.nii.gz", *[""] * (len(exams) - 1)]).to_csv(
        study_copy / "exams.csv", index=False
    )
    outcome = run_case(make_jobs(make_plan(load(study_copy), study_copy), tmp_path)[0])
    assert outcome.failure.code == "geometry.mismatch"
    assert "mask and exam lie on different grids" in outcome.failure.message
    assert f"shape {other.shape} against {geometry.shape}" in outcome.failure.message


def test_perturbed_repeats_give_the_icc_of_every_feature(study_folder, load, tmp_path):
    settings = ("features.perturbations=2", "filters.icc_limit=0.5")
    jobs = make_jobs(make_plan(load(study_folder, *settings), study_folder), tmp_path)[:4]
    results = run_cases(jobs, SerialEngine(), lambda *_: None)
    first, second = results.repeats("quick")
    assert first.shape == second.shape == (4, 416)
    assert not first.equals(second)
    icc = measure_stability(results.repeats("quick")).limits()
    assert set(icc) == set(first.columns)
    assert icc["PE_Volumetric_Volume"] > 0.9
    assert icc["PE_LBP_LBP"] == 0.0
    again = run_cases([replace(j, out=tmp_path / "again") for j in jobs], SerialEngine(), lambda *_: None)
    pd.testing.assert_frame_equal(again.repeats("quick")[0], first)
