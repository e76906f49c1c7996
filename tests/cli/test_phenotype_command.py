"""``kinephen phenotypes`` from the outside."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from kinephen.cli import app, program
from kinephen.errors import ExitCode
from kinephen.radiomics.catalogue import TWO_DIMENSIONAL

FAST = [
    "--preset",
    "quick",
    *(
        f"--set={section}.{key}"
        for section in ("groups", "tumours")
        for key in ("resamples=40", "null_sets=20", "null_resamples=30", "k_max=4")
    ),
    "--set=sigclust.simulations=40",
]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program in this process; return exit code, standard output, standard error."""

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["kinephen", "phenotypes", *map(str, arguments)])
        monkeypatch.setattr(program, "app", _fresh())
        code = 0
        try:
            app.main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def _fresh():
    import typer

    from kinephen.cli.phenotypes import phenotypes_app

    app = typer.Typer()
    app.add_typer(phenotypes_app, name="phenotypes")
    return app


@pytest.fixture(autouse=True)
def _no_registration(monkeypatch):
    monkeypatch.setattr(program, "register", lambda: None)


def _visits(n=24, seed=0):
    rng = np.random.default_rng(seed)
    columns = [f"PE_GLCM_F{j}" for j in range(6)]
    first = pd.DataFrame(rng.uniform(2, 3, size=(n, 6)), columns=columns)
    grown = np.where(np.arange(n) % 3 == 0, 1.6, 0.8)[:, None]
    second = first * grown * rng.normal(1.0, 0.05, size=(n, 6))
    ids = [f"P-{i:03d}" for i in range(n)]
    return first.set_index(pd.Index(ids, name="patient_id")), second.set_index(
        pd.Index(ids, name="patient_id")
    )


@pytest.fixture
def long_table(tmp_path):
    first, second = _visits()
    table = pd.concat([first.assign(visit="T1"), second.assign(visit="T2")]).reset_index()
    path = tmp_path / "features.csv"
    table.to_csv(path, index=False)
    return path


def test_two_visits_become_deltas_and_a_model(run, long_table, tmp_path):
    model, labels = tmp_path / "model.json", tmp_path / "labels.csv"
    code, out, _ = run(
        "fit", long_table, "--out", model, "--labels", labels, "--json", *FAST, "--set=tumours.fixed_k=2"
    )
    summary = json.loads(out)
    assert code == 0
    assert summary["content"] == "delta"
    assert summary["features_are"] == "delta features, form symmetric"
    # With one component and 24 patients ambiguity alone cannot tell; the tree's split can.
    assert summary["rules"]["combined"]["k"] == 2
    assert summary["sizes"]["2"] == [16, 8]
    assert {"first_below", "last_gain", "first_below_shifted", "null_pac", "combined"} <= set(
        summary["rules"]
    )
    written = pd.read_csv(labels, index_col="patient_id")["phenotype"]
    assert (written == np.where(np.arange(24) % 3 == 0, 2, 1)).all()
    assert "P-003" not in model.read_text()
    code, out, _ = run("apply", model, long_table, "--k", "2", "--json")
    applied = json.loads(out)
    assert code == 0
    assert applied["sizes"] == {"1": 16, "2": 8}
    assert applied["rows"][0]["patient_id"] == "P-000"


def test_the_csv_of_apply_and_the_forced_two(run, long_table, tmp_path):
    model, out_file = tmp_path / "model.json", tmp_path / "assigned.csv"
    run("fit", long_table, "--out", model, "--json", *FAST, "--set=tumours.fixed_k=3")
    code, out, err = run("apply", model, long_table, "--out", out_file, "--k", "2")
    assert code == 0
    assert "24 patients" in out
    assert "not a diagnostic result" in err
    table = pd.read_csv(out_file)
    assert {"patient_id", "phenotype", "distance_1", "margin", "out_of_range"} <= set(table)
    assert sorted(table["phenotype"].unique()) == [1, 2]


@pytest.mark.parametrize("form", ["difference", "log_ratio", "literal"])
def test_patients_are_assigned_by_the_form_of_change_that_was_learned(run, long_table, tmp_path, form):
    model = tmp_path / "model.json"
    code, _, err = run("fit", long_table, "--out", model, "--json", *FAST, f"--set=delta.form={form}")
    assert code == 0, err
    out = tmp_path / "again.csv"
    code, _, err = run("apply", model, long_table, "--out", out)
    assert code == 0, err
    learned = json.loads(model.read_text())
    own = learned["solutions"][str(learned["k"])]
    table = pd.read_csv(out)
    assert table["phenotype"].tolist() == own["labels"]
    for number, radius in enumerate(own["radius"], start=1):
        members = table[table["phenotype"] == number]
        assert members[f"distance_{number}"].max() == pytest.approx(radius)


def _with_two_dimensional(folder):
    """Write a table of one visit of 60 patients, one of whose three features reading B drops."""
    rng = np.random.default_rng(3)
    name = f"PE_{TWO_DIMENSIONAL[0]}"
    table = pd.DataFrame(rng.normal(size=(60, 3)), columns=[name, "PE_GLCM_F1", "PE_GLCM_F2"])
    path = folder / "visit.csv"
    table.rename_axis("patient_id").to_csv(path)
    return path


def test_the_second_reading_of_two_dimensional_features_drops_them(run, tmp_path):
    table = _with_two_dimensional(tmp_path)
    for reading, dropped in (("A", 0), ("B", 1)):
        code, out, err = run(
            "fit", table, "-o", tmp_path / "m.json", "--json", "--content", "visit", *FAST,
            f"--set=features.two_d_reading={reading}",
        )  # fmt: skip
        assert code == 0, err
        assert json.loads(out)["dropped"].get("two_d", 0) == dropped


@pytest.mark.parametrize("change", ["cox.firth=never", "features.lbp=true", "filters.icc_limit=0.8"])
def test_a_setting_that_is_not_read_is_refused(run, long_table, tmp_path, change):
    code, _, err = run("fit", long_table, "-o", tmp_path / "m.json", *FAST, "--set", change)
    assert code == ExitCode.USAGE
    assert f"--set {change.partition('=')[0]}: learning phenotypes from a table does not read it" in err
    assert not (tmp_path / "m.json").exists()


def test_a_setting_without_effect_on_this_table_is_told(run, long_table, tmp_path):
    told = {}
    for content, table in (("visits", long_table), ("visit", _with_two_dimensional(tmp_path))):
        code, out, err = run(
            "fit", table, "-o", tmp_path / "m.json", "--json", "--content", content, *FAST,
            "--set=delta.form=log_ratio",
        )  # fmt: skip
        assert code == 0, err
        issues = json.loads(out)["issues"]
        told[content] = [i["message"].partition(":")[0] for i in issues if i["code"] == "settings.no_effect"]
    assert told == {"visits": [], "visit": ["delta.form"]}


@pytest.mark.parametrize("ending", ["csv.gz", "parquet", "xlsx", "csv"])
def test_every_kind_of_file_and_wide_deltas(run, tmp_path, ending):
    first, second = _visits()
    delta = (2 * (second - first) / (first + second)).reset_index()
    path = tmp_path / f"delta.{ending}"
    if ending == "csv.gz":
        with gzip.open(path, "wt") as handle:
            handle.write(delta.to_csv(index=False))
    elif ending == "parquet":
        delta.to_parquet(path)
    elif ending == "xlsx":
        delta.to_excel(path, index=False)
    else:
        delta.to_csv(path, index=False, sep=";")
    code, out, _ = run("fit", path, "--out", tmp_path / "model.json", "--json", *FAST)
    summary = json.loads(out)
    assert code == 0
    assert summary["features_are"] == "delta features as given"
    assert summary["sizes"]["2"] == [16, 8]


def test_visits_in_columns(run, tmp_path):
    first, second = _visits()
    table = first.add_prefix("T1_").join(second.add_prefix("T2_"))
    table.to_csv(tmp_path / "wide.csv")
    code, out, _ = run("fit", tmp_path / "wide.csv", "--out", tmp_path / "m.json", "--json", *FAST)
    assert code == 0
    assert json.loads(out)["features_are"] == "delta features, form symmetric"


def test_one_visit_is_called_what_it_is(run, tmp_path):
    first, _ = _visits()
    first.add_prefix("T1_E_").assign(Target=1).to_csv(tmp_path / "one.csv")
    code, out, err = run("fit", tmp_path / "one.csv", "--out", tmp_path / "m.json", *FAST)
    assert code == 0
    assert "features of one visit (not deltas)" in out
    assert "these are not deltas" in err
    code, out, _ = run("fit", tmp_path / "one.csv", "--out", tmp_path / "m.json", "--json", *FAST)
    summary = json.loads(out)
    assert summary["content"] == "visit"
    assert any("not deltas" in n for n in summary["notices"])
    assert [i["code"] for i in summary["issues"]] == ["features.other_columns"]


def test_a_model_of_deltas_refuses_features_of_one_visit(run, long_table, tmp_path):
    model = tmp_path / "model.json"
    run("fit", long_table, "--out", model, "--json", *FAST)
    first, _ = _visits()
    first.add_prefix("T1_").to_csv(tmp_path / "one.csv")
    code, _, err = run("apply", model, tmp_path / "one.csv")
    assert code == ExitCode.INPUT
    assert "the table holds features of one visit" in err


def test_the_same_seed_writes_the_same_bytes(run, long_table, tmp_path):
    for name in ("a.json", "b.json"):
        run("fit", long_table, "--out", tmp_path / name, "--json", "--seed", 5, *FAST)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_differences_keep_the_scale_of_discovery(run, long_table, tmp_path):
    model = tmp_path / "model.json"
    run("fit", long_table, "--out", model, "--json", "--set=delta.form=difference", *FAST)
    table = pd.read_csv(long_table)
    table[table["patient_id"].isin(["P-000", "P-001", "P-002"])].to_csv(tmp_path / "three.csv", index=False)
    _, whole, _ = run("apply", model, long_table, "--json")
    code, part, _ = run("apply", model, tmp_path / "three.csv", "--json")
    assert code == 0
    for ours, theirs in zip(json.loads(part)["rows"], json.loads(whole)["rows"], strict=False):
        assert ours["distance_1"] == pytest.approx(theirs["distance_1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table"),
        ("a,b\n1,2\n", "no column with identifiers"),
        ("patient_id,arm\nx,left\ny,right\n", "no numeric feature column"),
        ("patient_id,visit,f\nx,T1,1\nx,T2,2\nx,T3,3\n", "found 3 visit(s) T1, T2, T3"),
        ("patient_id,f\nx,1\nx,2\n", "1 row(s) repeat"),
    ],
)
def test_unusable_tables(run, tmp_path, text, message):
    path = tmp_path / "table.csv"
    path.write_text(text)
    code, _, err = run("fit", path, "--out", tmp_path / "m.json", *FAST)
    assert code == ExitCode.INPUT
    assert message in err
    assert not (tmp_path / "m.json").exists()


@pytest.mark.parametrize("ending", ["parquet", "xlsx", "csv.gz", "csv"])
def test_damaged_files_are_told_without_a_traceback(run, tmp_path, ending):
    path = tmp_path / f"table.{ending}"
    path.write_bytes(b"\x1f\x8b" + bytes(range(256)) * 3 if ending == "csv.gz" else b"PAR1\x00\x01broken")
    code, _, err = run("fit", path, "--out", tmp_path / "m.json", *FAST)
    assert code == ExitCode.INPUT
    assert "\nerror [" in err
    assert "Traceback" not in err


def test_cells_that_are_not_numbers_are_counted(run, tmp_path):
    first, second = _visits()
    delta = (second / first).astype(object)
    delta.iloc[0, 0] = "high"
    delta.assign(reader="left").to_csv(tmp_path / "delta.csv")
    words = ("fit", tmp_path / "delta.csv", "--out", tmp_path / "m.json", "--json", *FAST)
    code, out, _ = run(*words, "--set=filters.gaps=features")
    summary = json.loads(out)
    assert code == 0
    assert (summary["dropped"], summary["patients"]) == ({"undefined": 1}, 24)
    # By default the patient gives way, not a feature of everybody.
    code, out, _ = run(*words)
    summary = json.loads(out)
    assert code == 0
    assert (summary["dropped"], summary["patients"]) == ({}, 23)
    assert {i["code"] for i in summary["issues"]} >= {"phenotype.gaps_patients"}
    codes = {i["code"]: i["count"] for i in summary["issues"]}
    assert codes["features.text_cells"] == 1
    assert codes["features.other_columns"] == 1


def test_unknown_settings_files_and_models(run, long_table, tmp_path):
    code, _, err = run("fit", long_table, "--out", tmp_path / "m.json", "--set", "tumours.kmax=3")
    assert code == ExitCode.CONFIGURATION
    assert "kmax" in err
    code, _, err = run("fit", long_table, "--out", tmp_path / "m.json", "--content", "change")
    assert code == ExitCode.USAGE
    assert "delta, visit or visits" in err
    code, _, err = run("fit", tmp_path / "none.csv", "--out", tmp_path / "m.json")
    assert code == ExitCode.INPUT
    assert "no such file" in err
    for content, message in [
        ("{}", "not a phenotype model"),
        ("[NaN]", "defined numbers"),
        ("{", "not a JSON"),
    ]:
        (tmp_path / "bad.json").write_text(content)
        code, _, err = run("apply", tmp_path / "bad.json", long_table)
        assert code == ExitCode.INPUT
        assert message in err


def test_the_real_baseline_table(run, reference, tmp_path):
    table = reference("data/ispy1/captk_baseline_features.csv.gz")
    code, out, _ = run("fit", table, "--out", tmp_path / "m.json", "--json", *FAST)
    summary = json.loads(out)
    assert code == 0
    assert (summary["patients"], summary["features_seen"]) == (161, 370)
    assert summary["content"] == "visit"
    assert sum(summary["sizes"]["2"]) == 161
    features = {f["name"] for f in json.loads((tmp_path / "m.json").read_text())["features"]}
    assert "Morphologic_Flatness" in features
    assert not any("Bins-" in f or f.startswith("T1_") for f in features)
