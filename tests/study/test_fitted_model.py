"""A model fitted on discovery, written as JSON, and applied to the validation cohort from that alone."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pandas as pd
import pytest

from kinephen.core.plain import json_text
from kinephen.errors import InputError, UsageError
from kinephen.model.apply import apply_model
from kinephen.model.build import build_model
from kinephen.model.external import validate_model
from kinephen.model.source import Source
from kinephen.report.model_card import write_card
from kinephen.report.numbers.external import external_report
from kinephen.report.predictions import write_predictions
from kinephen.report.render import render_report
from kinephen.study import steps as study_steps


@pytest.fixture(scope="session")
def assignment(finished):
    return finished[0].cohort.main.phenotypes.assignment


def distances(row):
    """Return the distances of a row of the run's assignment; none where there is no phenotype."""
    return () if row.phenotype is None else row.distances


def test_the_validation_cohort_is_assigned_as_in_the_run_byte_for_byte(predict, study_folder, assignment):
    _, found = predict(Source(path=study_folder / "study.toml", cohort="validation"))
    assert [p.case for p in found.patients] == sorted(assignment["validation"])
    for patient in found.patients:
        row = assignment["validation"][patient.case]
        expected = (row.phenotype, row.margin, distances(row), row.features_outside)
        assert (patient.phenotype, patient.margin, patient.distances, patient.features_outside) == expected


def test_who_else_is_in_the_table_changes_no_digit(everyone, predict, study_folder):
    alone = {p.case: p for p in everyone[1].patients}
    for patient in predict(Source(path=study_folder / "study.toml", cohort="validation"))[1].patients:
        assert alone[patient.case] == patient


def test_a_fresh_process_with_the_json_alone_agrees(model_file, study_folder, assignment, tmp_path):
    alone = shutil.copy(model_file, tmp_path / "m.json")
    study, out = str(study_folder / "study.toml"), str(tmp_path / "out")
    command = [sys.executable, "-m", "kinephen.cli.app", "predict", study, "-m", str(alone), "-o", out]
    done = subprocess.run(
        [*command, "--cohort", "validation", "--json"],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert json.loads(done.stdout)["patients"] == len(assignment["validation"])
    written = json.loads((tmp_path / "out" / "predictions.json").read_text())["patients"]
    assert [w["case"] for w in written] == sorted(assignment["validation"])
    for patient in written:
        row = assignment["validation"][patient["case"]]
        assert (patient["phenotype"], tuple(patient["distances"])) == (row.phenotype, distances(row))


def test_cox_models_are_those_of_the_run(fitted, finished):
    models = finished[0].cohort.main.survival.ladder.models
    assert [m.name for m in fitted.file.cox] == list(models)
    for record in fitted.file.cox:
        expected = [c.coef for c in models[record.name].coefficients]
        np.testing.assert_allclose(record.coef, expected, rtol=1e-7, atol=1e-10)
        se = [c.se for c in models[record.name].coefficients]
        np.testing.assert_allclose(np.sqrt(np.diag(record.vcov)), se, rtol=1e-6)


def test_the_file_names_the_version_of_every_step_that_is_stored(fitted):
    steps = [import_module(f"kinephen.study.steps.{m.name}") for m in iter_modules(study_steps.__path__)]
    versions = {m.__name__.rpartition(".")[2]: m.VERSION for m in steps if hasattr(m, "VERSION")}
    versions["molecular"] = versions.pop("signatures")  # as the store calls it
    assert "recipes" in versions  # the price of the choice, of which nothing is in the model
    assert fitted.file.made_by.steps == {n: v for n, v in versions.items() if n != "recipes"}


def test_no_patient_has_a_row_unless_asked(finished, model_file):
    results, _, _ = finished
    text = model_file.read_text()
    assert not any(i in text for i in results.plan.patient_ids.values())
    data = json.loads(text)
    assert data["phenotypes"]["discovery"] == {"patients": 20, "scores": None, "ids": None}
    assert data["phenotypes"]["evidence"] is None
    assert all(s["labels"] is None for s in data["phenotypes"]["solutions"].values())
    with_rows = build_model(results, individuals=True)
    assert len(with_rows["phenotypes"]["discovery"]["scores"]) == 20
    assert "running numbers" in with_rows["card"]["privacy"]
    assert "No patient has a row" in data["card"]["privacy"]


def test_the_same_results_give_the_same_bytes(finished, model_file):
    assert json_text(build_model(finished[0])) + "\n" == model_file.read_text()


def test_a_patient_of_training_is_inside_its_ranges(everyone, assignment):
    for patient in everyone[1].patients:
        if patient.case in assignment["discovery"]:
            codes = {f.code for f in patient.flags}
            assert not {
                c for c in codes if c.startswith(("phenotype.f", "phenotype.c", "protocol", "covariate.r"))
            }


def test_the_richest_model_is_used_and_the_lack_is_named(fitted, everyone, predict, study_folder):
    richest = max(fitted.file.cox, key=lambda m: len(m.terms)).name
    assert richest in {p.model for p in everyone[1].patients}
    for patient in everyone[1].patients:
        lacking = any(f.code == "covariate.missing" for f in patient.flags)
        assert lacking == (patient.model != richest)
    exams = pd.read_csv(study_folder / "exams.csv")
    one = exams[exams["patient_id"] == exams["patient_id"][0]]
    folder = study_folder / str(one["path"].iloc[0]).rsplit("/", 1)[0]
    _, found = predict(Source(path=folder, given={"age": "50", "hr": "1", "her2": "0"}))
    (patient,) = found.patients
    assert patient.model == "m4"
    assert any(f.code == "covariate.missing" and "gene70_cosine" in f.text for f in patient.flags)
    assert [r.horizon for r in patient.risk] == list(fitted.file.horizons)
    for risk in patient.risk:
        assert 0.0 <= risk.low <= risk.value <= risk.high <= 1.0
    (bare,) = predict(Source(path=folder))[1].patients
    assert bare.phenotype == patient.phenotype
    assert bare.distances == patient.distances
    assert bare.model == ""
    assert any("no risk is given" in f.text for f in bare.flags)


def test_feature_tables_of_a_run_give_the_same_phenotypes(finished, predict, everyone):
    out = finished[2]
    expected = {p.case: (p.phenotype, p.distances) for p in everyone[1].patients}
    for source in (Source(path=out / "data"), Source(path=out / "data" / "delta_features.csv")):
        patients, found = predict(source)
        # CSV keeps the shortest text of a number; Parquet and CSV hold the same values.
        for patient in found.patients:
            assert patient.phenotype == expected[patient.case][0]
            np.testing.assert_allclose(patient.distances, expected[patient.case][1], rtol=1e-9)
        assert any(i.code == "predict.no_exams" for i in patients.issues)


def test_a_run_folder_gives_ftv2_and_a_clinical_table_the_rest(finished, predict, everyone, tmp_path):
    results, _, out = finished
    frame = results.cohort.main.frame[["age", "hr", "her2"]].reset_index(names="patient_id")
    frame.assign(rfs_days=100, rfs_event=0).to_csv(tmp_path / "c.csv", index=False)
    _, found = predict(Source(path=out / "data", clinical=tmp_path / "c.csv"), model="m4")
    whole = {p.case: p for p in everyone[1].patients}
    for patient in found.patients:
        if patient.risk:
            there = whole[patient.case]
            expected = {there.model: there.risk, **there.others}["m4"]
            np.testing.assert_allclose(
                [r.value for r in patient.risk], [r.value for r in expected], rtol=1e-9
            )


def test_horizons_beyond_the_follow_up_have_a_reason(fitted, everyone):
    patients, _ = everyone
    found = apply_model(fitted, patients, horizons=(1.0, 99.0))
    first = next(p for p in found.patients if p.risk)
    assert first.risk[0].value is not None
    assert first.risk[1].value is None
    assert "followed for" in first.risk[1].reason
    with pytest.raises(UsageError, match="above 0"):
        apply_model(fitted, patients, horizons=(-1.0,))
    with pytest.raises(UsageError, match="no Cox model 'm9'"):
        apply_model(fitted, patients, model="m9")


def test_predictions_are_written_once_in_three_forms(fitted, everyone, tmp_path):
    patients, found = everyone
    record = write_predictions(fitted, found, tmp_path, str)
    written = json.loads((tmp_path / "predictions.json").read_text())
    assert written == record.model_dump(mode="json", by_alias=True)
    assert (written["schema"], written["limits"]) == (1, "log(-log)")
    with (tmp_path / "predictions.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [r["case"] for r in rows] == [p.case for p in record.patients]
    for row, patient in zip(rows, record.patients, strict=True):
        assert (float(row["margin"]) if row["margin"] else None) == patient.margin
        for risk in patient.risk:
            cells = [row[f"risk_{risk.horizon:g}y{part}"] for part in ("", "_low", "_high")]
            assert [float(c) for c in cells] == [risk.value, risk.low, risk.high]
    page = (tmp_path / "predictions.html").read_text()
    assert "Research only" in page
    assert not any(i in page for i in patients.ids.values())
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_the_card_says_what_it_is_for_and_what_not(fitted, model_file, tmp_path):
    copy = shutil.copy(model_file, tmp_path / "m.json")
    markdown, page = write_card(fitted.file, copy)
    for path in (markdown, page):
        text = path.read_text()
        assert "Not a medical device" in text
        assert fitted.file.checksum in text
    assert "20 patients with exams at T1 and T2" in markdown.read_text()
    assert "repetition time" in markdown.read_text()
    seen = fitted.file.training.exams
    assert seen.repetition_ms is not None
    assert seen.repetition_ms[0] <= seen.repetition_ms[1]
    assert (seen.acquisition_types, seen.fat_suppression) == (("3D",), ("fat suppressed",))


@pytest.fixture(scope="session")
def validated(fitted, everyone):
    patients, found = everyone
    return patients, validate_model(fitted, patients, found)


def test_validation_numbers_are_those_of_the_survival_room(fitted, validated, everyone):
    from kinephen.survival.calibration import calibration_slope
    from kinephen.survival.concordance import concordance

    patients, record = validated
    model = next(m for m in record.models if m.model == "m2")
    known = [p.case for p in everyone[1].patients if p.phenotype is not None]
    kept = patients.frame.loc[known].dropna(subset=["time", "event", "age", "hr", "her2", "ftv2"])
    score = fitted.cox["m2"].frozen.linear_predictor(kept[["age", "hr", "her2", "ftv2"]].to_numpy(float))
    assert (model.n, model.events) == (len(kept), int(kept["event"].sum()))
    assert model.c.value == pytest.approx(concordance(score, kept["time"], kept["event"]).c, abs=1e-12)
    slope = calibration_slope(score, kept["time"], kept["event"])
    assert model.slope.value == pytest.approx(slope.estimate, rel=1e-6)


def test_in_its_own_patients_a_model_is_calibrated(finished, fitted, everyone):
    """The score equations of the partial likelihood: slope 1, and as many events as expected."""
    patients = everyone[0].only(list(finished[0].cohort.main.ladder.rows.index))
    record = validate_model(fitted, patients, apply_model(fitted, patients))
    looked = 0
    for model in record.models:
        own = fitted.record(model.model)
        few = own.events < len(own.terms)  # as many coefficients as events separate them: there is no maximum
        if model.reason or own.method != "partial likelihood" or few:
            continue
        if not any(t.column == "phenotype" for t in own.terms):
            assert model.slope.value == pytest.approx(1.0, abs=1e-5)
            assert model.in_the_large.value == pytest.approx(1.0, abs=0.15)
            looked += 1
    assert looked > 0


def test_the_validation_page_holds_every_number_once(fitted, validated, tmp_path):
    patients, record = validated
    page = render_report(external_report(fitted, patients, record, name="Elsewhere"), tmp_path)
    again = tmp_path / "again"
    render_report(external_report(fitted, patients, record, name="Elsewhere"), again)
    assert (tmp_path / "report.json").read_bytes() == (again / "report.json").read_bytes()
    names = {"validation_models", "case_mix", "flags", "phenotype_counts"}
    assert names <= set(json.loads((tmp_path / "report.json").read_text())["tables"])
    assert "discrimination" in page.read_text()
    assert not any(i in page.read_text() for i in patients.ids.values())


def test_without_outcomes_there_is_no_validation(fitted, everyone):
    from dataclasses import replace

    from kinephen.errors import CohortError

    patients, found = everyone
    blank = replace(patients, frame=patients.frame.assign(event=np.nan))
    with pytest.raises(CohortError, match="known outcome"):
        validate_model(fitted, blank, found)
    none = replace(patients, frame=patients.frame.assign(event=0.0))
    with pytest.raises(CohortError, match="has the event"):
        validate_model(fitted, none, found)


def test_sources_that_cannot_be_used_say_why(predict, study_folder, tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        predict(Source(path=tmp_path / "nothing.csv"))
    with pytest.raises(InputError, match="no patient of cohort 'moon'"):
        predict(Source(path=study_folder / "study.toml", cohort="moon"))
    with pytest.raises(UsageError, match="names its own"):
        predict(Source(path=study_folder / "study.toml", clinical=study_folder / "clinical.csv"))
    with pytest.raises(InputError, match="no folder of visit T1"):
        predict(Source(path=study_folder / "exams"))
    with pytest.raises(UsageError, match="names 1 visit"):
        predict(Source(path=study_folder / "exams.csv", visits={"T1": ""}))
    with pytest.raises(InputError, match="no exam at A or B"):
        predict(Source(path=study_folder / "exams.csv", visits={"A": "", "B": ""}))
    with pytest.raises(UsageError, match="covariates of one patient"):
        predict(Source(path=study_folder / "exams.csv", given={"age": "5"}))


def test_the_command_says_who_was_left_out_and_counts_the_same_rows(
    finished, model_file, tmp_path, monkeypatch
):
    from kinephen.cli.fitted_run import validate_patients
    from kinephen.report.render import render_report
    from kinephen.study.lock import run_lock

    results, _, out = finished
    frame = results.cohort.main.frame
    table = frame[["age", "hr", "her2"]].assign(rfs_days=frame["time"] * 365.25, rfs_event=frame["event"])
    first, second = table.index[:2]
    table.loc[first, ["rfs_days", "rfs_event"]] = np.nan
    table.loc[second, "her2"] = np.nan
    table.reset_index(names="patient_id").to_csv(tmp_path / "c.csv", index=False)
    held = []

    def rendered(report, folder):
        with pytest.raises(UsageError, match="another run is at work"), run_lock(folder):
            pass
        held.append(folder)
        return render_report(report, folder)

    monkeypatch.setattr("kinephen.report.render.render_report", rendered)
    found = validate_patients(
        Source(path=out / "data", clinical=tmp_path / "c.csv"),
        model_file,
        tmp_path / "v",
        horizon=None,
        name="Elsewhere",
        workers=1,
        quiet=True,
    )
    assert held == [tmp_path / "v"]
    assert found.given == len(frame)
    assert (str(first), "outcome", "outcome unknown") in found.left_out
    assert found.analysed == found.given - len(found.left_out)
    kept = table.drop([case for case, _, _ in found.left_out])
    assert found.events == int(kept["rfs_event"].sum())
    known = kept.drop(second)
    by_title = {title: (n, events) for title, n, events, *_ in found.models}
    assert by_title["Model 2: baseline, FTV2"] == (len(known), int(known["rfs_event"].sum()))
    printed = json.loads(json_text(found.to_dict()))
    assert (printed["analysed"], printed["given"], printed["limits"]) == (
        found.analysed,
        found.given,
        "log(-log)",
    )
    assert "patients" not in printed
    assert sum(printed["phenotypes"].values()) == printed["given"]
