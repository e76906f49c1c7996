"""``kinephen signatures`` from the outside: numbers, files, page, messages."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from tests.command import runner
from tests.expression_sample import SUBTYPES, planted, signatures
from tests.geo_files import write

from kinephen.molecular.score import score_cohort

FILES = {
    *("scores.csv", "reasons.csv", "coverage.csv", "coverage_genes.csv", "distribution.csv", "issues.csv"),
    *("settings.json", "centring.json", "index.html"),
}


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run the command line; return exit code, standard output and standard error."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    return runner(monkeypatch, capsys, "signatures")


@pytest.fixture(scope="module")
def cohort():
    return planted(20, platform="arrays", missing=0.01)


def matrix(table, folder, name="arrays.txt"):
    text = table.values.T.rename_axis("symbol").to_csv(sep="\t", float_format="%.17g")
    return write(folder, text, name)


def test_scores_are_those_of_the_library(call, cohort, tmp_path):
    out = tmp_path / "out"
    code, stdout, _ = call("score", matrix(cohort, tmp_path), "--out", out, "--json")
    assert code == 0
    summary = json.loads(stdout)
    assert summary["samples"] == 20
    assert {p.name for p in out.iterdir()} == FILES
    written = pd.read_csv(out / "scores.csv", index_col="sample_id")
    expected = score_cohort(cohort, signatures()).table
    numbers = expected.select_dtypes("number").columns
    pd.testing.assert_frame_equal(written[numbers], expected[numbers], rtol=0, atol=1e-12, check_dtype=False)
    assert written["pam50_call"].tolist() == expected["pam50_call"].tolist()
    counts = {(r["signature"], r["class"]): r["n"] for r in summary["distribution"]}
    assert counts["PAM50 ROR-S", "high"] == int((expected["ror_s_group"] == "high").sum())
    assert json.loads((out / "settings.json").read_text())["centring"] == "platform-median"


def test_text_output_says_what_the_scores_are(call, cohort, tmp_path):
    code, stdout, stderr = call("score", matrix(cohort, tmp_path), "--out", tmp_path / "out")
    assert code == 0
    assert "Classes (research re-creations)" in stdout
    assert "symbol 50" in stdout
    assert "MammaPrint is a commercial test" in stderr


def test_a_new_patient_by_the_saved_centring(call, cohort, tmp_path):
    call("score", matrix(cohort, tmp_path), "--out", tmp_path / "cohort")
    one = cohort.values.iloc[[7]].T.rename_axis("symbol").to_csv(sep="\t", float_format="%.17g")
    new = write(tmp_path, one, "arrays.new.txt")
    centre = tmp_path / "cohort" / "centring.json"
    code, _, stderr = call("score", new, "--out", tmp_path / "new", "--centre", centre)
    assert code == 0, stderr
    before = pd.read_csv(tmp_path / "cohort" / "scores.csv").iloc[[7]].reset_index(drop=True)
    after = pd.read_csv(tmp_path / "new" / "scores.csv")
    pd.testing.assert_frame_equal(after, before, rtol=0, atol=1e-12)


def test_a_new_patient_without_it_is_refused(call, cohort, tmp_path):
    one = cohort.values.iloc[[7]].T.rename_axis("symbol").to_csv(sep="\t")
    code, stdout, stderr = call("score", write(tmp_path, one, "a.txt"), "--out", tmp_path / "new", "--json")
    assert code == 6
    assert json.loads(stdout)["error"]["code"] == "centring.too_few"
    assert "apply a centring that was learned" in stderr
    assert not (tmp_path / "new").exists()


def test_link_and_genefu(call, cohort, tmp_path):
    patients = "patient_id,sample_id\nP1,S001\nP2,S004\nP3,\nP9,GONE\n"
    link = write(tmp_path, patients, "link.csv")
    out = tmp_path / "out"
    arguments = ("--link", link, "--genefu", "scale", "--json")
    code, stdout, stderr = call("score", matrix(cohort, tmp_path), "--out", out, *arguments)
    assert code == 0, stderr
    summary = json.loads(stdout)
    assert summary["link"]["linked"] == 2
    assert len(summary["link"]["unmatched_samples"]) == 18
    assert summary["link"]["patients_without_sample"] == 2
    assert pd.read_csv(out / "scores_by_patient.csv")["patient_id"].tolist() == ["P1", "P2"]
    assert sum(r["n"] for r in summary["distribution"] if r["signature"] == "p53 signature") == 2
    assert "genefu_ror_s" in pd.read_csv(out / "scores_genefu.csv")


def test_link_by_study_number(call, tmp_path):
    table = planted(6, platform="arrays")
    lines = ['!Series_platform_id\t"GPL7"', "!Sample_geo_accession\t" + "\t".join(table.values.index)]
    cells = "\t".join(f'"i-spy id: {1001 + i}"' for i in range(6))
    lines += [f"!Sample_characteristics_ch2\t{cells}", "!series_matrix_table_begin"]
    numbered = table.values.set_axis([str(i) for i in range(table.values.shape[1])], axis=1)
    lines += [numbered.T.rename_axis("ID_REF").to_csv(sep="\t").strip(), "!series_matrix_table_end"]
    series = write(tmp_path, "\n".join(lines), "GSE1-GPL7_series_matrix.txt.gz")
    symbols = "\n".join(f"{i}\t{s}" for i, s in enumerate(table.values.columns))
    platform = write(tmp_path, f"ID\tGENE_SYMBOL\n{symbols}\n", "GPL7_annotation.txt.gz")
    patients = write(tmp_path, "patient_id\nISPY1_1001\nISPY1_1005\nISPY1_1200\n", "patients.csv")
    arguments = ("--platform", platform, "--link", patients, "--json")
    code, stdout, stderr = call("score", series, "--out", tmp_path / "out", *arguments)
    assert code == 0, stderr
    assert json.loads(stdout)["link"]["linked"] == 2
    linked = pd.read_csv(tmp_path / "out" / "scores_by_patient.csv")
    assert linked["patient_id"].tolist() == ["ISPY1_1001", "ISPY1_1005"]
    expected = score_cohort(table, signatures()).table
    assert linked["pam50_call"].tolist() == expected["pam50_call"].iloc[[0, 4]].tolist()


def test_missing_platform_table_is_explained(call, cohort, tmp_path):
    bare = cohort.values.set_axis([f"A_99_P{i}" for i in range(cohort.values.shape[1])], axis=1)
    path = write(tmp_path, bare.T.rename_axis("id").to_csv(sep="\t"), "probes.txt")
    code, _, stderr = call("score", path, "--out", tmp_path / "out")
    assert code == 4
    assert "gene70: 0 of 70 genes found" in stderr
    assert "give the platform's annotation table" in stderr
    code, _, stderr = call("score", path, "--out", tmp_path / "out", "--platform", tmp_path / "GPL1.txt")
    assert code == 4
    assert "GPL1.txt: no such file" in stderr


def test_clinical_columns(call, cohort, tmp_path):
    rows = "\n".join(f"{s},{i % 2},{(i + 1) % 2}" for i, s in enumerate(cohort.values.index))
    clinical = write(tmp_path, f"sample_id,er,tumour_gt_2cm\n{rows}\n", "clinical.csv")
    arguments = ("--clinical", clinical, "--centre", "balanced", "--signature", "pam50")
    code, _, stderr = call("score", matrix(cohort, tmp_path), "--out", tmp_path / "out", *arguments)
    assert code == 0, stderr
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert scores["ror_c"].notna().all()
    assert "p53_score" not in scores
    bad = write(tmp_path, "name\nx\n", "bad.csv")
    code, _, stderr = call("score", matrix(cohort, tmp_path), "--out", tmp_path / "o", "--clinical", bad)
    assert code == 4
    assert "bad.csv: without the column sample_id; found name" in stderr


def test_reference_medians(call, cohort, tmp_path):
    arguments = ("--centre", "reference:agilent-4x44k", "--signature", "pam50", "--json")
    code, stdout, stderr = call("score", matrix(cohort, tmp_path), "--out", tmp_path / "out", *arguments)
    assert code == 0, stderr
    assert json.loads(stdout)["settings"]["centring"] == "reference"


def test_number_of_platform_tables(call, cohort, tmp_path):
    path = matrix(cohort, tmp_path)
    tables = [a for n in ("x.txt", "y.txt") for a in ("--platform", tmp_path / n)]
    code, _, stderr = call("score", path, path, path, "--out", tmp_path / "out", *tables)
    assert code == 2
    assert "2 platform tables for 3 matrices" in stderr


def test_combat_joins_two_platforms(call, tmp_path):
    one = planted(30, platform="one", prefix="A", missing=0.01)
    two = planted(30, seed=8, platform="two", prefix="B", offset=4, missing=0.01)
    files = [matrix(one, tmp_path, "one.txt"), matrix(two, tmp_path, "two.txt")]
    arguments = ("--centre", "cohort-median", "--signature", "pam50", "--json")
    cors = [f"pam50_cor_{s}" for s in SUBTYPES]
    nearest = {}
    for name, extra in (("plain", ()), ("combat", ("--combat",))):
        code, stdout, stderr = call("score", *files, "--out", tmp_path / name, *arguments, *extra)
        assert code == 0, stderr
        assert json.loads(stdout)["settings"]["harmonised"] == ("yes" if extra else "no")
        nearest[name] = pd.read_csv(tmp_path / name / "scores.csv")[cors].max(axis=1).mean()
    assert nearest["combat"] > nearest["plain"] + 0.1
    code, _, stderr = call("score", files[0], "--out", tmp_path / "o", "--combat")
    assert code == 6
    assert "nothing to harmonise" in stderr


def test_template_can_be_added(call, tmp_path):
    code, stdout, _ = call("template")
    assert code == 0
    code, _, stderr = call("add", write(tmp_path, stdout, "t.toml"))
    assert code == 0, stderr
    assert "my_signature" in call("list")[1]


def test_page(call, cohort, tmp_path):
    samples = [f"<b>{s}</b>" for s in cohort.values.index]
    hostile = cohort.values.set_axis(samples, axis=0)
    path = write(tmp_path, hostile.T.rename_axis("symbol").to_csv(sep="\t"), "<i>&.txt")
    call("score", path, "--out", tmp_path / "one")
    page = (tmp_path / "one" / "index.html").read_text()
    assert page.count("<svg") == 3
    assert "research re-creation" in page
    assert "<b>S0" not in page
    assert "<i>&" not in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#|data:image/png;base64,)', page)
    call("score", path, "--out", tmp_path / "two")
    assert (tmp_path / "two" / "index.html").read_text() == page


def test_add_and_list(call, tmp_path):
    genes = ", ".join(
        f'{{ id = "{g}", symbols = ["{g}"], good = 1.0 }}' for g in ("ESR1", "PGR", "BCL2", "MYC")
    )
    head = 'format = 1\nname = "mine"\ntitle = "My cosine"\nkind = "cosine"\nprofiles = ["good"]\n'
    path = write(tmp_path, head + f"genes = [{genes}]\n", "s.toml")
    code, stdout, _ = call("add", path, "--json")
    assert code == 0
    assert json.loads(stdout) == {"name": "mine", "kind": "cosine", "genes": 4, "title": "My cosine"}
    code, _, stderr = call("add", path)
    assert code == 2
    assert "there is a signature 'mine' already" in stderr
    code, stdout, _ = call("list", "--json")
    assert [e["name"] for e in json.loads(stdout)] == ["gene70", "pam50", "p53", "mine"]
    assert "My cosine" in call("list")[1]


def test_added_signature_is_scored(call, cohort, tmp_path):
    genes = ", ".join(
        f'{{ id = "{g}", symbols = ["{g}"], good = 1.0 }}' for g in ("ESR1", "PGR", "BCL2", "MYC")
    )
    head = 'format = 1\nname = "mine"\ntitle = "My cosine"\nkind = "cosine"\nprofiles = ["good"]\n'
    path = write(tmp_path, head + f"genes = [{genes}]\n", "s.toml")
    code, _, stderr = call("score", matrix(cohort, tmp_path), "--out", tmp_path / "o", "--signature", path)
    assert code == 0, stderr
    score = pd.read_csv(tmp_path / "o" / "scores.csv")["mine_score"].dropna()
    assert len(score) >= 15
    assert score.between(-1, 1).all()
    code, _, stderr = call("score", matrix(cohort, tmp_path), "--out", tmp_path / "o", "--signature", "other")
    assert code == 4
    assert "no signature 'other'" in stderr


def test_centring_file_of_another_kind(call, cohort, tmp_path):
    other = write(tmp_path, '["x"]', "c.json")
    code, _, stderr = call("score", matrix(cohort, tmp_path), "--out", tmp_path / "o", "--centre", other)
    assert code == 4
    assert "not a saved centring" in stderr
