"""Every option of ``kinephen export``, ``ftv`` and ``survival`` reaches the step that reads it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of

from tests.printed import printed_tables

from kinephen.core.cohort import Issue
from kinephen.report.exports import exam_files, exam_forms
from kinephen.report.exports.exam_names import Names
from kinephen.study import exported_mask, one_exam
from kinephen.study.review_gate import READER, MaskChoice
from kinephen.study.tables import outcome_table, survival_result
from kinephen.study.tables import survival as analyses


def test_an_exam_is_exported(monkeypatch, call):
    seen = {}
    chosen = Of(choice="choice", note="note", recorded=lambda result: ("recorded", result))
    monkeypatch.setattr(exported_mask, "mask_to_export", lambda *w, **m: seen.update(mask=(w, m)) or chosen)
    monkeypatch.setattr(one_exam, "measure", lambda request: seen.update(request=request) or "measured")
    monkeypatch.setattr(one_exam, "exam_settings", lambda **more: more)
    written = Of(
        files={"SEG": ["a.dcm", "b.dcm"], "QC": ["q.html"]},
        issues=(Issue("a.b", "odd"),),
        to_dict=lambda: {"a": 1},
    )
    monkeypatch.setattr(exam_forms, "write_forms", lambda *words: seen.update(written=words) or written)
    code, out, err = call("export", "exam", "-o", "there")
    assert printed_tables(out)[""] == [["form", "file"], ["SEG", "a.dcm"], ["SEG", "b.dcm"], ["QC", "q.html"]]
    assert (code, err) == (0, "note [a.b]: odd\n")
    assert seen["mask"] == ((Path("exam"), MaskChoice(), None), {"manifest": None, "with_name": False})
    assert seen["request"].settings == {"ftv": {}, "bias": {"method": "none"}, "motion": "none", "accept": ()}
    assert (seen["request"].exam, seen["request"].mask) == (Path("exam"), "choice")
    result, names, forms, request, reader = seen["written"]
    assert (result, request) == (("recorded", "measured"), seen["request"])
    assert forms == exam_forms.Forms.chosen(seg=False, sr=False, nifti=False, slicer=False, qc=False)
    assert (names.out, names.subject, names.session) == (Path("there"), "case", "")
    assert tuple(vars(reader).values()) == ("", "note")
    code, out, _ = call(
        "export", "exam", "-o", "there", "--mask", "m", "--mask-label", 3, "--review", "r",
        "--reader-name", "--reviewer", "Ada",
        "--pe-threshold", 80, "--bias", "n4", "--sr", "--qc", "--subject", "s", "--session", "t1",
        "--manifest", "f", "--json", "--accept", "roles.swapped", "--motion",
    )  # fmt: skip
    assert json.loads(out) == {"a": 1}
    more = {"manifest": Path("f"), "with_name": True}
    assert seen["mask"] == (
        (Path("exam"), MaskChoice(path=Path("m"), source=READER, label=3), Path("r")),
        more,
    )
    assert seen["request"].settings == {
        "ftv": {"pe_threshold": 80.0}, "bias": {"method": "n4"}, "motion": "shift",
        "accept": ["roles.swapped"],
    }  # fmt: skip
    assert seen["written"][2] == exam_forms.Forms.chosen(
        seg=False, sr=True, nifti=False, slicer=False, qc=True
    )
    assert tuple(vars(seen["written"][4]).values()) == ("Ada", "note")


def test_one_exam_is_measured(monkeypatch, call):
    seen = {}
    record = Of(model_dump=lambda mode: {"mode": mode})
    found = Of(record=record)
    monkeypatch.setattr(one_exam, "measure", lambda request: seen.update(request=request) or found)
    monkeypatch.setattr(one_exam, "exam_settings", lambda **more: more)
    monkeypatch.setattr(exam_files, "write_results", lambda *words: seen.update(written=words) or ["a", "b"])
    printed = []
    monkeypatch.setattr("kinephen.cli.ftv._print", lambda *words: printed.append(words))
    assert call("ftv", "exam", "-o", "there") == (0, "", "")
    assert printed == [(record, 2, Path("there"))]
    assert seen["written"] == (found, Names(Path("there"), "case", ""))
    maps = {"variant": "paper", "zero_otherwise": False, "normalise_wos": True}
    assert seen["request"] == one_exam.Request(
        exam=Path("exam"),
        settings={
            "ftv": {"ser_min": 0.9, "connectivity": 26}, "maps": maps,
            "bias": {"method": "none", "scope": "shared"}, "motion": "none", "accept": (),
        },
    )  # fmt: skip
    code, out, _ = call(
        "ftv", "exam", "-o", "there", "--pe-threshold", 80, "--background", 50, "--tissue-threshold", 9,
        "--neighbours", 0, "--ser-min", 1, "--omitted-as-zero", "--connectivity", 6, "--mask", "m",
        "--mask-label", 2,
        "--manifest", "f", "--variant", "lab", "--zero-otherwise", "--no-normalise-wos", "--bias", "n4",
        "--bias-scope", "per_frame", "--bias-mask", "b", "--motion", "--subject", "s", "--session", "t1",
        "--json",
    )  # fmt: skip
    assert (code, json.loads(out)) == (0, {"mode": "json", "files": ["a", "b"]})
    assert seen["written"][1] == Names(Path("there"), "s", "t1")
    ftv = {
        "pe_threshold": 80.0, "background_percent": 50.0, "min_neighbours": 0, "ser_min": 1.0,
        "connectivity": 6,
    }  # fmt: skip
    assert seen["request"] == one_exam.Request(
        exam=Path("exam"),
        settings={
            "ftv": ftv, "maps": {"variant": "lab", "zero_otherwise": True, "normalise_wos": False},
            "bias": {"method": "n4", "scope": "per_frame"}, "motion": "shift", "accept": (),
        },
        mask=MaskChoice(path=Path("m"), source=READER, label=2), manifest=Path("f"),
        tissue_threshold=9.0,
        omitted_as_zero=True, bias_mask=Path("b"),
    )  # fmt: skip
    assert call("ftv", "exam", "-o", "there", "--rigid", "--motion")[0] == 0
    assert seen["request"].settings["motion"] == "rigid"


def test_survival_hands_its_options_on(monkeypatch, call):
    seen, found = {}, Of(end_point="rfs", ladder="ladder", to_dict=lambda: {"a": 1})
    monkeypatch.setattr(outcome_table, "load", lambda source: seen.update(source=source) or "loaded")
    monkeypatch.setattr(
        analyses, "analyse", lambda table, asked: seen.update(table=table, asked=asked) or found
    )
    monkeypatch.setattr(survival_result, "write_analysis", lambda *words: seen.update(written=words))
    monkeypatch.setattr(
        "kinephen.study.recipe_entries.count_ladder", lambda *words: seen.update(counted=words)
    )
    code, out, _ = call("survival", "t.csv", "--json")
    assert (code, json.loads(out)) == (0, {"a": 1})
    assert (seen["source"], seen["asked"]) == (outcome_table.Source(table=Path("t.csv")), analyses.Request())
    assert not {"written", "counted"} & set(seen)
    call(
        "survival", "t.csv", "--json", "--time", "t", "--event", "e", "--group", "g", "--covariates", "a, b,",
        "--model", "m=a", "--strata", "s", "--weights", "w", "--rho", 1, "--causes", "c", "--join", "j",
        "--id", "i", "--sheet", "h", "--time-unit", "days", "--end-point", "os", "--horizon", 3,
        "--landmark", 1, "--replicates", 7, "--study", "s.toml", "--seed", 4, "--out", "there",
    )  # fmt: skip
    assert seen["source"] == outcome_table.Source(
        table=Path("t.csv"), time="t", event="e", join=Path("j"), id_column="i", sheet="h", time_unit="days",
        end_point="os",
    )  # fmt: skip
    assert seen["asked"] == analyses.Request(
        group="g", covariates=("a", "b"), strata="s", weights="w", rho=1.0, causes="c", horizon=3.0,
        landmark=1.0, replicates=7, seed=4, models={"m": ("a",)},
    )  # fmt: skip
    assert (seen["table"], seen["written"]) == ("loaded", (found, Path("there")))
    assert seen["counted"] == (Path("s.toml"), Path("t.csv"), "rfs", "ladder")
    seen.clear()
    found.ladder = None
    call("survival", "t.csv", "--json", "--study", "s.toml")
    assert "counted" not in seen
    shown = []
    monkeypatch.setattr("kinephen.cli.survival_page.show", shown.append)
    assert call("survival", "t.csv")[1] == ""
    assert shown == [found]
