"""What ``kinephen simulate`` and ``ftv`` print of what they made, and which options they hand on."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of

import pytest
from tests.printed import printed_tables

from kinephen.core.cohort import Issue


@pytest.mark.parametrize("say", [True, False])
def test_simulate_hands_its_options_on(monkeypatch, call, tmp_path, say):
    made = []

    def write_study(out, settings, *, seed, processes, progress):
        progress(2, 9)
        made.append((out, settings, seed, processes))
        return Of(root=out, patients=3, exam_count=6, truth="truth.json", clinical="c.csv", exams="e.csv",
                  expression=[("x", "p")], expression_link="l.csv")  # fmt: skip

    monkeypatch.setattr("kinephen.simulate.study.write_study", write_study)
    monkeypatch.setattr(
        "kinephen.simulate.study_file.add_study_file", lambda folder, **more: made.append((folder.root, more))
    )
    sets = ("--set", "image.slices=12", "--set", "outcome.log_hr_increasing=1.5")
    words = ("--patients", 5, "--validation", 3, "--matrix", 48, "--seed", 4, "--preset", "quick", *sets)
    code, out, err = call("simulate", "--out", tmp_path, *words, *([] if say else ["--json"]))
    (root, settings, seed, processes), study = made
    assert (code, root, seed, processes) == (0, tmp_path, 4, 1)
    assert study == (tmp_path, {"seed": 4, "preset": "quick"})
    assert (settings.patients, settings.validation) == (5, 3)
    assert (settings.image.matrix, settings.image.slices) == (48, 12)
    assert settings.outcome.log_hr_increasing == 1.5
    if say:
        assert "2/8" in err
        assert err.endswith(f"3 patients, 6 exams written to {tmp_path}; the truth is in truth.json\n")
    else:
        assert err.strip() == ""
        assert json.loads(out) == {
            "study": str(tmp_path / "study.toml"), "seed": 4, "patients": 3, "exams": 6, "clinical": "c.csv",
            "exam_table": "e.csv", "expression": [["x", "p"]], "expression_link": "l.csv",
            "truth": "truth.json",
        }  # fmt: skip
    made.clear()
    call("simulate", "--out", tmp_path, "--patients", 9, "--validation", 0)
    assert (made[0][3], made[0][1].image.slices, made[1][1]) == (2, 24, {"seed": 1, "preset": "recommended"})


@pytest.mark.parametrize("pair", ["slices=3", "image.=3", "image.slices"])
def test_a_setting_of_a_trial_has_section_and_key(call, tmp_path, pair):
    code, _, err = call("simulate", "--out", tmp_path / "x", "--set", pair)
    assert (code, err.splitlines()[0]) == (
        2, f"error [simulate.set]: --set: expected SECTION.KEY=VALUE, found {pair!r}"
    )  # fmt: skip


@pytest.mark.parametrize(("files", "says"), [(1, "1 file in there"), (4, "4 files in there")])
def test_one_exam(capsys, files, says):
    from kinephen.cli.ftv import _print

    limits = Of(
        pe_threshold=70.5, tissue_threshold=120.25, tissue_origin="95th percentile",
        sources={"pe_threshold_percent": "the exam"},
    )  # fmt: skip
    _print(
        Of(
            thresholds=limits, ftv_pe_cc=1.5, ftv_pe_voxels=1, ftv_ser_cc=1.25, ftv_ser_voxels=100,
            lesion_cc=1.125, lesion_source="ours", region="a box", phase_times_s=(0.0, 150.5),
            timing_rule="stated", noticed=(Issue("a.b", "odd", "", 2),),
        ), files, Path("there"),
    )  # fmt: skip
    out, err = capsys.readouterr()
    assert printed_tables(out)[""] == [
        ["", "value", "source"],
        ["FTV by enhancement", "1.500 cm3", "1 voxel"],
        ["FTV by SER", "1.250 cm3", "100 voxels"],
        ["lesion", "1.125 cm3", "ours"],
        ["PE threshold", "70.5 %", "the exam"],
        ["tissue threshold", "120.25", "95th percentile"],
        ["region", "a box", ""],
        ["phase times", "0, 150.5 s", "stated"],
    ]
    assert err == f"note [a.b]: odd (2)\n{says}\n"
