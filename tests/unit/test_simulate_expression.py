"""Simulated arrays: planted classes come back through the project's own reader and scores."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from kinephen.io.geo import read_platform, read_series_matrix
from kinephen.io.signatures import load_signature
from kinephen.molecular.score import score_cohort
from kinephen.simulate.array_design import CONTROLS
from kinephen.simulate.genes import OWNERS, gene_set, planted_profiles
from kinephen.simulate.series_matrix import RFS_KEY, link_table, series_matrix, write_expression
from kinephen.simulate.settings import TrialSettings, make_settings
from kinephen.simulate.trial import simulate_trial


@pytest.fixture(scope="module")
def trial():
    return simulate_trial(TrialSettings(), seed=1)


@pytest.fixture(scope="module")
def arrays(trial):
    return trial.expression()


@pytest.fixture(scope="module")
def signatures():
    return {name: load_signature(name) for name in OWNERS}


def tables(folder, arrays):
    found = []
    for data in arrays:
        matrix, platform = write_expression(folder, data)
        found.append(read_series_matrix(folder / matrix, platform=folder / platform))
    return found


def test_planted_classes_come_back_through_reader_and_scores(tmp_path, trial, arrays, signatures):
    result = score_cohort(tables(tmp_path, arrays), signatures, centring="platform-median")
    planted = {s: w.molecular for data in arrays for s, w in data.patients.items()}
    scores = result.table
    truth = pd.DataFrame({s: vars(m) for s, m in planted.items()}).T.loc[scores.index]
    assert len(scores) == len(trial.patients)
    assert (scores["pam50_call"] == truth["subtype"]).mean() >= 0.9
    assert (scores["p53_class"] == truth["p53"]).mean() >= 0.9
    assert (scores["gene70_class"] == truth["risk70"]).mean() >= 0.9
    assert np.corrcoef(scores["ror_s"].astype(float), truth["ror_s"].astype(float))[0, 1] > 0.9


def test_without_centring_the_offsets_spoil_the_calls(tmp_path, arrays, signatures):
    result = score_cohort(tables(tmp_path, arrays), signatures, centring="none")
    planted = pd.Series({s: w.molecular.subtype for data in arrays for s, w in data.patients.items()})
    assert (result.table["pam50_call"] == planted.loc[result.table.index]).mean() < 0.85


def test_both_platforms_have_an_ordinary_mix(arrays):
    assert [data.design.platform for data in arrays] == ["GPL1708", "GPL4133"]
    for data in arrays:
        subtypes = {w.molecular.subtype for w in data.patients.values()}
        assert {"Basal", "LumA"} <= subtypes


def test_the_reader_drops_the_reference_array_and_keeps_keys_apart(tmp_path, arrays):
    table = tables(tmp_path, arrays)[0]
    data = arrays[0]
    assert list(table.values.index) == list(data.patients)
    assert data.values.columns[-1] not in table.values.index
    column = next(c for c in table.samples.columns if c.startswith("relapse-free survival time"))
    assert column == RFS_KEY.lower()
    seen = table.samples[column].astype(float)
    assert seen.tolist() == [w.outcome.rfs_days for w in data.patients.values()]


def test_characteristics_are_not_aligned(arrays):
    lines = [t for t in series_matrix(arrays[0]).splitlines() if t.startswith("!Sample_characteristics_ch2")]
    keys = [{cell.strip('"').rpartition(":")[0] for cell in t.split("\t")[1:] if cell != '""'} for t in lines]
    assert max(len(k) for k in keys) > 1


def test_missing_values_are_blank_or_null(arrays):
    text = series_matrix(arrays[0])
    body = text.split("!series_matrix_table_begin\n")[1].split("!series_matrix_table_end")[0]
    cells = [c for line in body.splitlines()[1:] for c in line.split("\t")[1:]]
    assert cells.count("null") > 0
    assert cells.count("") > 0
    missing = (cells.count("") + cells.count("null")) / len(cells)
    assert missing == pytest.approx(0.003, abs=0.001)


def test_features_of_a_probe_agree_and_controls_have_no_gene(arrays, tmp_path):
    data = arrays[0]
    _, platform = write_expression(tmp_path, data)
    annotation = read_platform(tmp_path / platform)
    assert len(annotation) == len(data.values)
    controls = data.design.annotation["SPOT_ID"].isin(CONTROLS)
    assert controls.sum() == 12
    assert (data.design.annotation.loc[controls, "GENE"] == "").all()
    probes = data.design.annotation["SPOT_ID"]
    values = data.values.set_axis(probes.to_numpy())
    spread = values[~values.index.isin(CONTROLS)].groupby(level=0).std().stack()
    assert np.sqrt((spread**2).mean()) == pytest.approx(0.10, rel=0.1)


def test_genes_are_once_each_and_signatures_own_them_in_order(signatures):
    genes = gene_set(signatures, background=7)
    known = genes.table[genes.table["entrez"] != ""]
    assert known["entrez"].is_unique
    assert (genes.table["entrez"] == "").sum() == 7
    assert len(genes.places["pam50"]) == 50
    assert "4605" in set(known["entrez"])  # MYBL2 belongs to PAM50 and to the p53 signature
    assert len(genes.places["p53"]) < 48


def test_planted_profile_is_the_centroid(trial, signatures):
    genes = gene_set(signatures, background=3)
    patient = trial.patients[0].molecular
    profile = planted_profiles([patient], genes)[0]
    pam50 = signatures["pam50"].profiles
    position = list(pam50.index).index("ESR1")
    place = genes.places["pam50"][list(genes.positions["pam50"]).index(position)]
    own, other = (
        patient.subtype,
        {"LumA": "LumB", "LumB": "LumA", "Basal": "Her2", "Her2": "LumB"}[patient.subtype],
    )
    expected = (1 - patient.lean) * pam50.loc["ESR1", own] + patient.lean * pam50.loc["ESR1", other]
    assert profile[place] == pytest.approx(expected)
    assert (profile[-3:] == 0).all()


def test_link_names_each_patient_with_an_array_once(trial, arrays):
    link = link_table(arrays)
    assert link["patient_id"].tolist() == sorted(w.patient_id for w in trial.patients)
    assert link["sample_id"].is_unique


def test_share_of_patients_with_arrays():
    settings = make_settings({"patients": 60, "validation": 0, "molecular": {"share": 0.5}})
    arrays = simulate_trial(settings, seed=1).expression()
    assert 15 < sum(len(a.patients) for a in arrays) < 45
    none = make_settings({"patients": 5, "validation": 0, "molecular": {"share": 0.0}})
    assert simulate_trial(none, seed=1).expression() == ()


def test_compressed_files_hold_no_clock(tmp_path, arrays):
    matrix, platform = write_expression(tmp_path, arrays[0])
    for name in (matrix, platform):
        raw = (tmp_path / name).read_bytes()
        assert raw[4:8] == b"\x00\x00\x00\x00"  # modification time of the gzip header
        assert gzip.decompress(raw).decode("utf-8")
