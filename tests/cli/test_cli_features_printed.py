"""What ``kinephen features`` hands to the cases, and what it prints and writes of their results."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from kinephen.cli.features import _compile
from kinephen.cli.features_output import FORMATS, feature_frame, notes_frame, output_kind
from kinephen.errors import UsageError
from kinephen.radiomics.captk.presets import EXECUTED
from kinephen.records.base import IssueRecord
from kinephen.study import kernels
from kinephen.study.registries import FEATURE_NAMES
from kinephen.study.tables import features as library
from kinephen.study.tables import features_run
from kinephen.study.tables.features import Case, CaseError, CaseResult, FeatureRow

ISSUE = IssueRecord(code="captk.unknown", message="is not read", where="Bins")
ROW = FeatureRow(
    columns={"mask": "1", "label": 1, "map": "SER"},
    features={name: float(i) for i, name in enumerate(FEATURE_NAMES)},
    reasons={FEATURE_NAMES[0]: "one voxel"},
    diagnostics={"voxels": 9.0},
    issues=(IssueRecord(code="small", message="few voxels", where=""),),
)
GOOD = CaseResult(columns={"mask": "1"}, rows=(ROW,))
BAD = CaseResult(columns={"mask": "2"}, error=CaseError(code="nifti.odd", message="odd", hint="look"))
LINE = CaseResult(columns={"line": "7", "mask": "m"}, error=CaseError(code="nifti.none", message="none"))


@pytest.fixture
def run(monkeypatch, call):
    """Return a function that runs the command on given results, and what the cases were."""

    def command(*words, results=(GOOD,)):
        seen = {}

        def run_cases(cases, settings, *, workers, store, progress):
            progress(1)
            seen.update(cases=cases, settings=settings, workers=workers, store=store)
            return list(results)

        monkeypatch.setattr(features_run, "run_cases", run_cases)
        monkeypatch.setattr(library, "captk_preset", lambda *w: seen.update(preset=w) or (EXECUTED, (ISSUE,)))
        monkeypatch.setattr(
            library,
            "read_cases",
            lambda *w, **m: seen.update(read=(w, m)) or [Case({}, Path("m"), "", {})] * 2,
        )
        monkeypatch.setattr(kernels, "prepare_numba_cache", lambda: seen.update(cache=True))
        monkeypatch.setattr(kernels, "kernels_are_cached", lambda: True)
        monkeypatch.setattr(kernels, "compile_kernels", lambda: ())
        return *call("features", *words), seen

    return command


def test_one_image_and_its_masks(run):
    code, out, err, seen = run(
        "i.nii", "a.nii", "b.nii", "--name", "SER", "--maps", "PE=p.nii", "--label", "3"
    )
    maps = {"SER": Path("i.nii"), "PE": Path("p.nii")}
    assert seen["cases"] == [
        Case(maps, Path("a.nii"), "3", {"mask": "1"}), Case(maps, Path("b.nii"), "3", {"mask": "2"})
    ]  # fmt: skip
    assert (seen["settings"], seen["workers"], seen["store"]) == (library.Settings(), 1, None)
    assert (code, seen["cache"], "1/2" in err) == (0, True, True)
    (row,) = csv.DictReader(io.StringIO(out))
    assert list(row) == ["mask", "label", "map", *FEATURE_NAMES]
    assert (row["map"], row[FEATURE_NAMES[5]]) == ("SER", "5.0")


def test_one_case_shows_no_bar_and_is_kept_nowhere(run, tmp_path):
    _, _, err, seen = run("i.nii", "a.nii", "-o", tmp_path / "t.csv")
    assert seen["store"] is None
    assert err == "wrote t.csv, t.diagnostics.csv, t.notes.csv, t.settings.json\nSER: few voxels\n"
    assert list(seen["cases"][0].maps) == ["map"]


def test_settings_of_both_modes(run):
    seen = run("i.nii", "a.nii", "--bins", 16, "--bin-width", "2.5", "--merge", "--lbp", "--workers", 2)[3]
    assert seen["settings"] == library.Settings(bins=16, bin_width=2.5, aggregation="merge", lbp=True)
    assert (seen["workers"], "preset" in seen) == (2, False)
    _, _, err, seen = run("i.nii", "a.nii", "--mode", "captk", "--parameters", "p.csv", "--preset", "x")
    assert seen["preset"] == ("x", Path("p.csv"))
    assert (seen["settings"].mode, seen["settings"].preset) == ("captk", EXECUTED)
    assert err == "not supported: Bins is not read\nSER: few voxels\n"


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        (("--mode", "captk", "--bins", 16), "--mode captk does not read --bins", "leave it out"),
        (("--mode", "captk", "--bin-width", 1), "--mode captk does not read --bin-width", "leave it out"),
        (
            ("--mode", "captk", "--merge", "--lbp"),
            "--mode captk does not read --merge, --lbp",
            "leave them out",
        ),
        (("--preset", "x"), "--mode ibsi does not read --preset", "leave it out"),
        (("--parameters", "x"), "--mode ibsi does not read --parameters", "leave it out"),
        (("--csv", "--json"), "--csv, --json and --parquet exclude each other", "give one of them"),
        (("--parquet",), "a Parquet table needs a file", "add --out FILE.parquet"),
        *(
            (("--maps", text), f"expected NAME=FILE, found {text!r}", "for example --maps")
            for text in ("PE", "PE=", "=p")
        ),
    ],
)
def test_words_that_do_not_go_together(run, words, says, hint):
    code, _, err, seen = run("i.nii", "a.nii", *words)
    assert (code, "cases" in seen) == (2, False)
    assert says in err.splitlines()[0]
    assert err.splitlines()[1].startswith(f"what to do: {hint}")


def test_a_table_of_cases(run, tmp_path):
    out = tmp_path / "t.csv"
    _, _, _, seen = run("c.CSV", "--label", "all", "--name", "PE", "-o", out)
    assert seen["read"] == ((Path("c.CSV"),), {"label": "all", "name": "PE"})
    assert seen["store"] == tmp_path / "t.cases"
    assert run("c.csv")[3]["store"] is None
    assert "an image needs a mask" in run("i.nii")[2]
    assert "--maps goes with one image" in run("c.csv", "--maps", "PE=p")[2]


def test_failed_cases_are_named_and_the_others_kept(run, tmp_path):
    out = tmp_path / "t.csv"
    code, _, err, _ = run("c.csv", "-o", out, results=(GOOD, BAD, LINE))
    assert code == 5
    assert err.splitlines()[-2:] == [
        "case 2 failed [nifti.odd]: odd (look)", "case 7 failed [nifti.none]: none"
    ]  # fmt: skip
    table = pd.read_csv(out, keep_default_na=True)
    assert table["mask"].tolist() == ["1", "2", "m"]
    assert table[FEATURE_NAMES[3]].tolist()[0] == 3.0
    assert table[FEATURE_NAMES[3]].isna().tolist() == [False, True, True]
    notes = pd.read_csv(tmp_path / "t.notes.csv")
    assert notes[["feature", "note"]].to_numpy().tolist() == [
        [FEATURE_NAMES[0], "one voxel"], ["small", "few voxels"], ["nifti.odd", "odd"], ["nifti.none", "none"]
    ]  # fmt: skip
    assert pd.read_csv(tmp_path / "t.diagnostics.csv")["voxels"].tolist() == [9.0]
    settings = json.loads((tmp_path / "t.settings.json").read_text())
    assert (settings["mode"], settings["notes"]) == ("ibsi", [])
    code, _, err, _ = run("i.nii", "a.nii", results=(BAD,))
    assert (code, err) == (4, "error [nifti.odd]: odd\nwhat to do: look\n")


def test_one_document(run, tmp_path):
    code, out, _, _ = run("c.csv", "--json", results=(GOOD, BAD))
    found = json.loads(out)
    assert (code, set(found)) == (5, {"settings", "notes", "rows", "failed"})
    assert found["rows"][0]["columns"] == {"mask": "1", "label": 1, "map": "SER"}
    assert [(f["columns"], f["error"]["code"]) for f in found["failed"]] == [({"mask": "2"}, "nifti.odd")]
    out = tmp_path / "t.json"
    assert run("i.nii", "a.nii", "-o", out, "--mode", "captk")[1] == ""
    found = json.loads(out.read_text())
    assert (found["notes"][0]["code"], found["failed"], len(found["rows"])) == ("captk.unknown", [], 1)


def test_the_kind_of_a_file():
    kinds = {"t.csv": "csv", "t.JSON": "json", "t.Parquet": "parquet", "t.txt": "csv", "t": "csv"}
    for name, kind in kinds.items():
        assert output_kind(Path(name), as_json=False, parquet=False) == kind
    assert output_kind(None, as_json=False, parquet=False) == "csv"
    assert output_kind(None, as_json=True, parquet=False) == "json"
    assert output_kind(Path("t.csv"), as_json=True, parquet=False) == "json"
    assert output_kind(Path("t.csv"), as_json=False, parquet=True) == "parquet"
    assert set(FORMATS.values()) == {"csv", "json", "parquet"}
    with pytest.raises(UsageError):
        output_kind(None, as_json=False, parquet=True)


def test_parquet_is_written_as_such(run, tmp_path):
    run("i.nii", "a.nii", "-o", tmp_path / "t.parquet")
    assert pd.read_parquet(tmp_path / "t.parquet")["map"].tolist() == ["SER"]


def test_tables_of_nothing():
    assert list(feature_frame([]).columns) == ["label", "map", *FEATURE_NAMES]
    assert len(notes_frame([])) == 0
    undefined = ROW.model_copy(update={"features": dict.fromkeys(FEATURE_NAMES)})
    frame = feature_frame([CaseResult(columns={}, rows=(undefined,))])
    assert all(math.isnan(v) for v in frame.loc[0, list(FEATURE_NAMES)])


@pytest.mark.parametrize(("cached", "lost"), [(True, ()), (False, ()), (False, ("x",))])
def test_kernels_are_compiled_once(monkeypatch, capsys, cached, lost):
    monkeypatch.setattr(kernels, "prepare_numba_cache", lambda: "")
    monkeypatch.setattr(kernels, "kernels_are_cached", lambda: cached)
    monkeypatch.setattr(kernels, "compile_kernels", lambda: lost)
    _compile()
    said = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
    assert said == ([] if cached else ["the"]) + (["compiled"] if lost else [])
