"""What `predict` says of a patient of the study is what the patient's page shows, digit for digit."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from kinephen.report.predictions import write_predictions


@pytest.fixture(scope="module")
def pages(finished):
    """Return the document of each patient's page by case."""
    _, _, out = finished
    report = json.loads((out / "report.json").read_text())
    return {
        p["page"]: (p, json.loads((out / "assets" / f"{p['detail']}.json").read_text()))
        for p in report["patients"]
    }


def test_everybody_has_a_page_and_a_prediction(pages, everyone):
    assert set(pages) == {p.case for p in everyone[1].patients}
    assert len(pages) == 24


def test_phenotype_distances_and_margin_are_the_same(pages, everyone):
    for patient in everyone[1].patients:
        row, page = pages[patient.case]
        if patient.phenotype is None:
            assert row["phenotype"] is None
            continue
        name = f"{patient.phenotype} {patient.phenotype_name}"
        assert page["nearest"] == name
        assert tuple(page["distances"]) == patient.distances
        assert page["margin"] == row["margin"] == patient.margin
        if row["cohort"] == "validation":
            assert row["phenotype"] == name


def test_risks_and_limits_are_the_same(pages, everyone, fitted):
    seen = set()
    for patient in everyone[1].patients:
        _, page = pages[patient.case]
        assert page["risk_model"] == (fitted.cox[patient.model].title if patient.model else "")
        shown = [(r["horizon"], *(r["risk"][k] for k in ("value", "low", "high"))) for r in page["risks"]]
        assert shown == [(r.horizon, r.value, r.low, r.high) for r in patient.risk]
        if shown:
            assert page["risk_limits"] == patient.risk[0].kind
            seen |= {h for h, *_ in shown}
    assert seen == set(fitted.file.horizons)
    assert 3.0 in seen


def test_delta_features_are_the_same(pages, everyone):
    delta = everyone[1].delta
    assert len(delta) >= 20
    for case, row in delta.iterrows():
        features = pages[case][1]["features"]
        change = dict(zip(features["names"], features["change"], strict=True))
        for name, value in row.items():
            assert change[name] == (None if pd.isna(value) else value)


def test_the_page_tells_of_a_label_that_is_not_the_nearest_centroid(finished, pages):
    _, _, out = finished
    for case, (row, page) in pages.items():
        html = (out / "patients" / f"{case}.html").read_text()
        differs = bool(page["nearest"]) and page["nearest"] != row["phenotype"]
        assert ("Nearest centroid" in html) == differs


def test_the_files_of_predict_hold_the_same_numbers(everyone, fitted, tmp_path):
    record = write_predictions(fitted, everyone[1], tmp_path, str)
    written = json.loads((tmp_path / "predictions.json").read_text())
    for patient, there in zip(record.patients, written["patients"], strict=True):
        assert [r["value"] for r in there["risk"]] == [r.value for r in patient.risk]
        assert all(r["kind"] == "log(-log)" for r in there["risk"])
    table = pd.read_csv(tmp_path / "delta_features.csv", index_col="case", float_precision="round_trip")
    pd.testing.assert_frame_equal(table, everyone[1].delta, check_names=False, check_exact=True)
