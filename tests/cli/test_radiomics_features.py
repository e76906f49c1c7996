"""``kinephen features``: one mask, several labels, a table of cases, formats, resume and failures."""

import json
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import typer

from kinephen.cli import app
from kinephen.cli import program as commands
from kinephen.core.volume import Geometry, Volume
from kinephen.io.nifti import write_volume
from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.catalogue import NAMES

SHAPE, SPACING = (5, 11, 12), (2.0, 0.5, 0.75)
GEOMETRY = Geometry(SHAPE, np.diag([*SPACING, 1.0])[[2, 1, 0, 3]])


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.zeros(SHAPE, dtype=np.float32)
    labels[1:4, 2:7, 2:6] = 1
    labels[1:4, 3:9, 7:11] = 2
    for name in ("pe", "ser"):
        write_volume(tmp_path / f"{name}.nii.gz", Volume(rng.random(SHAPE, dtype=np.float32), GEOMETRY))
    write_volume(tmp_path / "two.nii.gz", Volume(labels, GEOMETRY))
    write_volume(tmp_path / "one.nii.gz", Volume((labels == 1).astype(np.float32), GEOMETRY))
    write_volume(tmp_path / "soft.nii.gz", Volume(labels / 4, GEOMETRY))
    moved = Geometry(SHAPE, GEOMETRY.affine + np.array([[0, 0, 0, 5.0]] + [[0] * 4] * 3))
    write_volume(tmp_path / "moved.nii.gz", Volume(labels, moved))
    return tmp_path


@pytest.fixture
def run(folder, monkeypatch, capsys):
    def call(*words):
        monkeypatch.chdir(folder)
        # A fresh program with this one command: each call of main registers all commands once more.
        program = typer.Typer(pretty_exceptions_enable=False)
        program.callback()(commands._root)
        monkeypatch.setattr(commands, "app", program)
        monkeypatch.setattr(commands, "COMMANDS", {"features": commands.COMMANDS["features"]})
        monkeypatch.setattr(commands, "GROUPS", {})
        monkeypatch.setattr(sys, "argv", ["kinephen", "features", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            app.main()
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err

    return call


def expected(folder, name="pe", label=1, **options):
    from kinephen.io.nifti import read_volume

    labels = read_volume(folder / "two.nii.gz").array
    image = read_volume(folder / f"{name}.nii.gz").array
    return extract(MaskContext.from_labels(labels, label, SPACING), {"m": image}, **options).features["m"]


def test_csv_to_standard_output(run, folder):
    code, out, _ = run("pe.nii.gz", "one.nii.gz")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split(",") == ["mask", "label", "map", *NAMES]
    found = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert float(found["GLCM_Entropy"]) == pytest.approx(expected(folder)["GLCM_Entropy"])
    assert found["LBP_LBP"] == ""


def test_every_label_and_several_maps(run, folder):
    code, out, _ = run(
        "pe.nii.gz", "two.nii.gz", "--label", "all", "--name", "PE", "--maps", "SER=ser.nii.gz", "--json"
    )
    assert code == 0
    document = json.loads(out)
    assert [(r["columns"]["label"], r["columns"]["map"]) for r in document["rows"]] == [
        (1, "PE"), (1, "SER"), (2, "PE"), (2, "SER"),
    ]  # fmt: skip
    last = document["rows"][-1]
    assert last["features"]["NGTDM_Busyness"] == pytest.approx(expected(folder, "ser", 2)["NGTDM_Busyness"])
    assert last["features"]["LBP_LBP"] is None
    assert "not reproducible" in last["reasons"]["LBP_LBP"]
    assert last["diagnostics"]["voxels"] == 72
    assert document["settings"]["versions"]["kinephen"]


def test_captk_mode_with_a_preset(run, folder):
    code, out, _ = run("pe.nii.gz", "two.nii.gz", "--label", 2, "--mode", "captk", "--json")
    assert code == 0
    document = json.loads(out)
    values = document["rows"][0]["features"]
    assert values["Histogram_Mean"] == pytest.approx(
        expected(folder, label=2, mode="captk")["Histogram_Mean"]
    )
    assert document["settings"]["preset"]["glrlm_bins"] == 256


def test_captk_parameter_file_lists_what_it_cannot_have(run, folder):
    (folder / "params.csv").write_text(
        "FeatureName,ParamName,Type,Range,Default,Comments\nHistogram,Bins,Int,,16,\nGeneric,Resampling,mm,,3.0,\n"
    )
    code, out, err = run("pe.nii.gz", "one.nii.gz", "--mode", "captk", "--parameters", "params.csv", "--json")
    assert code == 0
    assert "not supported: Generic asks for Resampling 3.0" in err
    document = json.loads(out)
    assert document["settings"]["preset"]["histogram_bins"] == 16
    assert document["notes"][0]["code"] == "captk.unsupported"


def test_bin_width_and_merged_matrices(run, folder):
    code, out, _ = run("pe.nii.gz", "one.nii.gz", "--bin-width", 0.05, "--merge", "--json")
    assert code == 0
    wanted = expected(folder, bin_width=0.05, aggregation="merge")
    assert json.loads(out)["rows"][0]["features"]["GLCM_Contrast"] == pytest.approx(wanted["GLCM_Contrast"])


def write_cases(folder, lines):
    (folder / "cases.csv").write_text("ID,Image,Mask,Label\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("workers", [1, 2])
def test_table_of_cases(run, folder, ending, workers):
    write_cases(
        folder, ["a,pe.nii.gz,two.nii.gz,1", "b,ser.nii.gz,two.nii.gz,all", "c,pe.nii.gz,one.nii.gz,"]
    )
    code, out, _ = run("cases.csv", "--out", f"f.{ending}", "--workers", workers)
    assert (code, out) == (0, "")
    read = pd.read_csv if ending == "csv" else pd.read_parquet
    table = read(folder / f"f.{ending}")
    assert list(table["ID"]) == ["a", "b", "b", "c"]
    assert list(table.columns[-104:]) == list(NAMES)
    assert list(table["label"]) == [1, 1, 2, 1]
    assert table["GLSZM_ZonePercentage"][2] == pytest.approx(
        expected(folder, "ser", 2)["GLSZM_ZonePercentage"]
    )
    assert set(read(folder / f"f.diagnostics.{ending}")["voxels"]) == {60, 72}
    assert "LBP_LBP" in set(read(folder / f"f.notes.{ending}")["feature"])
    settings = json.loads((folder / "f.settings.json").read_text())
    assert settings["bins"] == 32


def test_a_second_run_goes_on_where_the_first_stopped(run, folder, monkeypatch):
    write_cases(folder, ["a,pe.nii.gz,one.nii.gz,1", "b,missing.nii.gz,one.nii.gz,1"])
    code, _, err = run("cases.csv", "--out", "f.csv")
    assert code == 5
    assert "case 3 failed [path.missing]: no such file" in err
    first = pd.read_csv(folder / "f.csv")
    assert first["GLCM_Entropy"].notna().tolist() == [True, False]
    shutil.copy(folder / "pe.nii.gz", folder / "missing.nii.gz")
    calls = []
    import kinephen.study.tables.features_run as features_run

    compute = features_run.compute_case
    monkeypatch.setattr(features_run, "compute_case", lambda c, s: calls.append(c) or compute(c, s))
    code, _, _ = run("cases.csv", "--out", "f.csv")
    assert code == 0
    assert [call.columns["ID"] for call in calls] == ["b"]
    second = pd.read_csv(folder / "f.csv")
    assert second["GLCM_Entropy"][0] == first["GLCM_Entropy"][0] == second["GLCM_Entropy"][1]


def test_other_settings_are_computed_again(run, folder):
    write_cases(folder, ["a,pe.nii.gz,one.nii.gz,1", "b,ser.nii.gz,one.nii.gz,1"])
    run("cases.csv", "--out", "f.csv")
    run("cases.csv", "--out", "f.csv", "--bins", 16)
    assert len(list((folder / "f.cases").glob("*.json"))) == 4
    assert pd.read_csv(folder / "f.csv")["Histogram_Maximum"].tolist() == [16, 16]


def test_damaged_record_of_a_case_is_computed_again(run, folder):
    write_cases(folder, ["a,pe.nii.gz,one.nii.gz,1", "b,ser.nii.gz,one.nii.gz,1"])
    run("cases.csv", "--out", "f.csv")
    before = (folder / "f.csv").read_text()
    for record in (folder / "f.cases").glob("*.json"):
        record.write_text("{")
    code, _, _ = run("cases.csv", "--out", "f.csv")
    assert code == 0
    assert (folder / "f.csv").read_text() == before


FAULTS = {
    "several labels": (["pe.nii.gz", "two.nii.gz"], 4, "the mask holds several labels (1, 2)", "--label all"),
    "absent label": (
        ["pe.nii.gz", "two.nii.gz", "--label", "7"],
        4,
        "does not hold label 7; it holds 1, 2",
        "",
    ),
    "label in words": (["pe.nii.gz", "two.nii.gz", "--label", "left"], 2, "or all; found 'left'", ""),
    "soft mask": (["pe.nii.gz", "soft.nii.gz"], 4, "a mask must hold whole numbers", "cut at 0.5"),
    "other grid": (["pe.nii.gz", "moved.nii.gz", "--label", "1"], 4, "different grids: origin", "resample"),
    "no mask": (["pe.nii.gz"], 2, "an image needs a mask", "or a CSV"),
    "no file": (["none.nii.gz", "one.nii.gz"], 4, "no such file", ""),
    "no columns": (["bare.csv"], 4, "the columns Image and Mask; missing: image, mask", ""),
    "no mask in the table": (["gap.csv"], 4, "line 2: an image or mask is missing", ""),
    "odd preset": (
        ["pe.nii.gz", "one.nii.gz", "--mode", "captk", "--preset", "2.0"],
        2,
        "unknown preset '2.0'",
        "1.7.1",
    ),
    "odd mode": (["pe.nii.gz", "one.nii.gz", "--mode", "new"], 2, "unknown mode 'new'", "captk"),
    "odd map": (["pe.nii.gz", "one.nii.gz", "--maps", "ser"], 2, "expected NAME=FILE, found 'ser'", ""),
    "two formats": (["pe.nii.gz", "one.nii.gz", "--csv", "--json"], 2, "exclude each other", ""),
    "parquet on a pipe": (["pe.nii.gz", "one.nii.gz", "--parquet"], 2, "needs a file", "--out"),
    "no parameter file": (
        ["pe.nii.gz", "one.nii.gz", "--mode", "captk", "--parameters", "p.csv"],
        3,
        "no such file",
        "",
    ),
    "bins that captk does not read": (
        ["pe.nii.gz", "one.nii.gz", "--mode", "captk", "--bins", "16", "--merge"],
        2,
        "--mode captk does not read --bins, --merge",
        "leave them out",
    ),
    "parameters without captk": (
        ["pe.nii.gz", "one.nii.gz", "--parameters", "p.csv"],
        2,
        "--mode ibsi does not read --parameters",
        "leave it out",
    ),
    "bins": (["pe.nii.gz", "one.nii.gz", "--bins", "0"], 4, "expected 1 to 4096 bins, found 0", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_say_what_to_do(run, folder, fault):
    (folder / "bare.csv").write_text("a,b\n1,2\n")
    (folder / "gap.csv").write_text("Image,Mask\npe.nii.gz,\n")
    words, code, message, hint = FAULTS[fault]
    found, _, err = run(*words)
    assert found == code
    assert message in err
    assert hint in err


def test_paths_with_names_do_not_reach_the_messages(run, folder):
    secret = folder / "Jane_Roe"
    secret.mkdir()
    code, out, err = run(secret / "pe.nii.gz", "one.nii.gz")
    assert code == 4
    assert "Jane" not in out + err


def test_a_renamed_image_is_read_anew(run, folder):
    """Its ending names its format, so a result of the same bytes under another one does not stand."""
    write_cases(folder, ["a,pe.nii.gz,one.nii.gz,1", "b,ser.nii.gz,one.nii.gz,1"])
    run("cases.csv", "--out", "f.csv")
    (folder / "pe.nii.gz").rename(folder / "pe.mgz")
    (folder / "cases.csv").write_text((folder / "cases.csv").read_text().replace("pe.nii.gz", "pe.mgz"))
    code, _, err = run("cases.csv", "--out", "f.csv")
    assert code == 5
    assert "FreeSurfer's MGZ is not read" in err


@pytest.mark.parametrize("workers", [1, 2])
def test_one_bad_case_never_ends_a_table_and_rows_stay_in_order(run, folder, workers):
    (folder / "words.nii.gz").write_text("these are words")
    write_volume(folder / "none.nii.gz", Volume(np.zeros(SHAPE, dtype=np.float32), GEOMETRY))
    lines = {
        "good": "pe.nii.gz,one.nii.gz,",
        "missing": "absent.nii.gz,one.nii.gz,",
        "words": "words.nii.gz,one.nii.gz,",
        "empty": "pe.nii.gz,none.nii.gz,",
        "moved": "pe.nii.gz,moved.nii.gz,1",
        "label": "pe.nii.gz,two.nii.gz,left",
        "other": "pe.nii.gz,two.nii.gz,9",
        "soft": "pe.nii.gz,soft.nii.gz,",
        "twin": "pe.nii.gz,one.nii.gz,",
    }
    write_cases(folder, [f"{'good' if name == 'twin' else name},{line}" for name, line in lines.items()])
    code, _, err = run("cases.csv", "--out", "f.csv", "--workers", workers)
    assert code == 5
    table = pd.read_csv(folder / "f.csv")
    assert list(table["ID"]) == ["good", *list(lines)[1:-1], "good"]
    assert list(table["line"]) == list(range(2, 11))
    done = table["Intensity_Mean"].notna()
    assert list(table["ID"][done]) == ["good", "good"]
    assert table["GLCM_Entropy"][0] == table["GLCM_Entropy"][8]
    assert table["Volumetric_Pixels"].isna()[3]  # an empty mask is no failure, its features have reasons
    for line, text in {
        3: "path.missing",
        4: "nifti.unreadable",
        6: "geometry.mismatch",
        7: "a label is a whole number from 1 on",
        8: "does not hold label 9",
        9: "a mask must hold whole numbers",
    }.items():
        assert any(f"case {line} failed" in row and text in row for row in err.splitlines()), (line, err)
    assert "case 5" not in err


def test_what_was_not_foreseen_fails_its_case_alone(run, folder, monkeypatch):
    import kinephen.study.tables.features as library

    read = library.read_maps

    def broken(paths):
        if any("ser" in path.name for path in paths.values()):
            raise KeyError("qform_code")
        return read(paths)

    monkeypatch.setattr(library, "read_maps", broken)
    write_cases(folder, ["a,pe.nii.gz,one.nii.gz,", "b,ser.nii.gz,one.nii.gz,", "c,pe.nii.gz,one.nii.gz,"])
    code, _, err = run("cases.csv", "--out", "f.csv")
    assert code == 5
    assert "case 3 failed [features.unexpected]" in err
    assert "(KeyError)" in err
    assert pd.read_csv(folder / "f.csv")["GLCM_Entropy"].notna().tolist() == [True, False, True]
