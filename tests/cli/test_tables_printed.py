"""What ``phenotypes`` and ``signatures`` print, counted again from the tables that they read and wrote."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import planted
from tests.geo_files import write
from tests.printed import printed_tables, records

FAST = [
    "--preset=quick",
    *(
        f"--set={section}.{key}"
        for section in ("groups", "tumours")
        for key in ("resamples=30", "null_sets=10", "null_resamples=20", "k_max=3")
    ),
    "--set=sigclust.simulations=20",
]


@pytest.fixture(scope="module")
def visits():
    """Thirty-one patients; eleven tumours become more uneven, twenty less. Returns the table and who."""
    rng = np.random.default_rng(12)
    columns = [f"PE_GLCM_F{j}" for j in range(5)]
    first = pd.DataFrame(rng.uniform(2, 3, (31, 5)), columns=columns)
    rising = np.arange(31) < 11
    second = first * np.where(rising, 1.7, 0.7)[:, None] * rng.normal(1, 0.03, (31, 5))
    ids = [f"P-{i:02d}" for i in range(31)]
    table = pd.concat([f.assign(patient_id=ids, visit=v) for f, v in ((first, "T1"), (second, "T2"))])
    return table, dict(zip(ids, rising, strict=True))


@pytest.fixture
def fitted(call, visits, tmp_path):
    table, _ = visits
    table.to_csv(tmp_path / "features.csv", index=False)
    words = ("--out", tmp_path / "model.json", "--labels", tmp_path / "labels.csv", "--set=tumours.fixed_k=2")
    code, out, err = call("phenotypes", "fit", tmp_path / "features.csv", *words, *FAST)
    assert code == 0, err
    return printed_tables(out)


def test_sizes_are_those_of_the_labels(fitted, visits, tmp_path):
    _, rising = visits
    labels = pd.read_csv(tmp_path / "labels.csv", index_col="patient_id")["phenotype"]
    facts = {row[0]: row[1] for row in fitted[""]}
    assert facts["patients"] == "31"
    sizes = [int((labels == k).sum()) for k in (1, 2)]
    assert facts["patients in 2 phenotypes"] == ", ".join(map(str, sizes))
    assert sorted(sizes) == [11, 20]
    # Swapped visits would swap them: the last phenotype is the one that rises.
    assert {patient for patient, label in labels.items() if label == 2} == {p for p, r in rising.items() if r}


def test_the_rules_are_those_of_the_model_file(fitted, tmp_path):
    evidence = json.loads((tmp_path / "model.json").read_text())["evidence"]
    rows = {
        r["rule"]: int(r["k"]) if r["k"] else None for r in records(fitted["Number of phenotypes by rule"])
    }
    readings = evidence["tumours"]["readings"]
    for name in ("first_below", "last_gain", "first_below_shifted"):
        assert rows[name] == readings[name]
    assert rows["null_pac"] == evidence["tumours"]["null_reference"]["k"]
    assert rows["pac_argmin"] == evidence["tumours"]["consensus"]["pac_argmin"]
    for row in records(fitted["SigClust, split into two (p)"]):
        test = evidence["sigclust"][row["null covariance"]]
        assert float(row["two-means"]) == pytest.approx(test["two_means"]["p_normal"], rel=1e-4)
        assert float(row["tree labels"]) == pytest.approx(test["given"]["p_normal"], rel=1e-4)


def test_applied_sizes_are_counted_from_the_rows(call, fitted, visits, tmp_path):
    _, rising = visits
    out_file = tmp_path / "assigned.csv"
    code, out, err = call(
        "phenotypes", "apply", tmp_path / "model.json", tmp_path / "features.csv", "--out", out_file
    )
    assert code == 0, err
    written = pd.read_csv(out_file, index_col="patient_id")
    shown = {r["phenotype"]: int(r["patients"]) for r in records(printed_tables(out)["31 patients"])}
    assert shown == {str(k): int((written["phenotype"] == k).sum()) for k in (1, 2)}
    assert ((written["phenotype"] == 2) == pd.Series(rising)[written.index]).all()
    distances = written[["distance_1", "distance_2"]]
    assert (distances.idxmin(axis=1).str[-1].astype(int) == written["phenotype"]).all()
    outside = int(written["out_of_range"].sum())
    assert (f"{outside} patients lie outside" in err) == (outside > 0)
    code, out, _ = call("phenotypes", "apply", tmp_path / "model.json", tmp_path / "features.csv", "--json")
    document = json.loads(out)
    assert set(document) == {
        *("patients", "k", "sizes", "out_of_range", "undefined", "features_are", "file", "rows"),
        *("issues", "notices"),
    }
    rows = pd.DataFrame(document["rows"]).set_index("patient_id")
    np.testing.assert_allclose(rows["margin"], written["margin"])


def test_classes_and_coverage_are_counted_from_the_scores(call, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    cohort = planted(23, platform="arrays", missing=0.0)
    text = cohort.values.T.rename_axis("symbol").to_csv(sep="\t", float_format="%.17g")
    out = tmp_path / "out"
    link = tmp_path / "link.csv"
    samples = list(cohort.values.index)[3:17]
    pd.DataFrame({"patient_id": [f"W{i}" for i in range(14)], "sample_id": samples}).to_csv(link, index=False)
    file = write(tmp_path, text, "arrays.txt")
    code, stdout, err = call("signatures", "score", file, "--out", out, "--link", link)
    assert code == 0, err
    tables = printed_tables(stdout)
    scores = pd.read_csv(out / "scores.csv", index_col="sample_id").loc[samples]
    columns = {
        "70-gene signature": "gene70_class",
        "p53 signature": "p53_class",
        "PAM50 ROR-S": "ror_s_group",
        "PAM50 subtype": "pam50_call",
    }
    rows = records(tables["Classes (research re-creations)"])
    assert set(columns) <= {r["signature"] for r in rows}
    for row in rows:
        if row["signature"] in columns and row["class"] != "undefined":
            found = scores[columns[row["signature"]]]
            assert int(row["n"]) == (found == row["class"]).sum()
            assert float(row["share"]) == pytest.approx((found == row["class"]).mean(), rel=1e-4)
    genes = pd.read_csv(out / "coverage_genes.csv")
    for row in records(tables["Coverage"]):
        found, total = map(int, row["genes"].split("/"))
        part = genes[genes["signature"] == row["signature"]]
        assert (found, total) == ((part["status"] == "found").sum(), len(part))
    # The page counts the same samples.
    page = (out / "index.html").read_text()
    distribution = pd.read_csv(out / "distribution.csv")
    assert distribution["n"].tolist() == [int(r["n"]) for r in rows]
    for row in distribution.itertuples():
        assert f"<td>{row.signature}</td><td>{row[2]}</td><td>{row.n}</td>" in page
