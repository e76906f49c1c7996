"""The contract of report.json: what it takes, what it refuses, and in what words."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from kinephen.report import schema as s
from kinephen.report.schema import figures as f

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
STUDY = s.Study(name="x", end_point="RFS", time_unit="years", seed=1)
COLUMN = s.Column(key="c", label="C", format="f2")


def report(**parts):
    return s.Report(study=STUDY, preset="recommended", **parts)


def refused(**parts):
    with pytest.raises(ValidationError) as caught:
        report(**parts)
    return str(caught.value)


@pytest.mark.parametrize("n", [1, 40])
def test_a_report_survives_the_way_through_json(n):
    made = SAMPLE["sample_report"](n)
    assert s.Report.model_validate_json(made.model_dump_json()) == made


def test_reports_of_earlier_versions_with_an_empty_list_of_thumbnails_are_read():
    one = {"id": "A1", "cohort": "discovery"}
    assert s.Patient.model_validate({**one, "thumbnails": []}) == s.Patient.model_validate(one)


def test_the_json_schema_describes_a_report():
    document = s.report_json_schema()
    assert document["additionalProperties"] is False
    assert set(document["required"]) == {"study", "preset"}
    assert json.loads(json.dumps(document)) == document
    kinds = document["$defs"]["FigureEntry"]["properties"]["data"]["discriminator"]["mapping"]
    assert set(kinds) >= {"km", "heatmap", "confusion", "forest", "consensus_cdf", "tumours", "truth"}


def test_unknown_keys_are_refused_and_values_stay_out_of_the_message():
    with pytest.raises(ValidationError) as caught:
        s.Patient(id="w1", cohort="d", birth_date="DOE 1970-01-01")
    assert "birth_date" in str(caught.value)
    assert "DOE" not in str(caught.value)


@pytest.mark.parametrize("name", ["DOE^JANE", "Jane Doe", "", "-x", "x" * 65, "w1\n"])
def test_names_are_no_pseudonyms(name):
    with pytest.raises(ValidationError) as caught:
        s.Patient(id=name, cohort="d")
    assert "id" in str(caught.value)
    assert name.strip() == "" or name.strip() not in str(caught.value) or name in ("-x", "w1\n")


def test_numpy_values_become_plain_ones():
    row = {"c": np.float32(1.5)}
    table = s.Table(title="t", columns=[COLUMN], rows=[row, {"c": np.int64(3)}, {"c": np.bool_(True)}])
    assert [type(r["c"]) for r in table.rows] == [float, int, bool]
    curve = f.CDFCurve(k=np.int64(2), cdf=np.array([0.5, np.nan]), area=np.float64(0.3))
    assert curve.cdf == (0.5, None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "not defined; no reason was recorded"),
        (float("inf"), "infinite"),
        (-np.inf, "minus infinite"),
    ],
)
def test_a_cell_that_is_no_number_is_missing_with_a_reason(value, reason):
    table = s.Table(title="t", columns=[COLUMN], rows=[{"c": value}])
    assert table.rows[0]["c"] == s.Missing(missing=reason)


def test_characters_that_xml_cannot_hold_are_replaced():
    patient = s.Patient(id="w1", cohort="a\x00b\u202ec\ud800d\ue000")
    assert patient.cohort == "a\ufffdb\ufffdc\ufffdd\ue000"


def test_rows_with_unknown_columns_are_refused():
    with pytest.raises(ValidationError, match="row 0 has no column 'd'; columns are c"):
        s.Table(title="t", columns=[COLUMN], rows=[{"d": 1}])
    with pytest.raises(ValidationError, match="two columns have the same key"):
        s.Table(title="t", columns=[COLUMN, COLUMN])


def test_placeholders_and_references_must_match():
    ref = {"p": s.StatementRef(pointer="/study/seed")}
    with pytest.raises(ValidationError, match="'p'"):
        s.Statement(text="no placeholder", refs=ref)
    with pytest.raises(ValidationError, match="'q'"):
        s.Statement(text="p {p} q {q}", refs=ref)
    with pytest.raises(ValidationError, match="encountered in format string"):
        s.Statement(text="a } brace")
    assert s.Statement(text="{{p}} {p}", refs=ref).pieces() == [("{", None), ("p}", None), (" ", "p")]


def test_pointers_must_name_something():
    ref = s.StatementRef(pointer="/tables/cox/rows/0/c")
    statement = s.Statement(text="{c}", refs={"c": ref})
    assert "no number at /tables/cox/rows/0/c" in refused(summary=[statement])
    table = s.Table(title="t", columns=[COLUMN], rows=[{"c": 0.7}])
    assert report(summary=[statement], tables={"cox": table}).summary == (statement,)
    assert "no number at /numbers/x" in refused(headlines=[s.Headline(label="x", pointer="/numbers/x")])


def test_a_figure_of_a_table_needs_the_table_and_its_columns():
    data = f.ForestData(
        table="cox",
        label_column="model",
        intervals=[f.ForestInterval(column="c", name="95%")],
        axis_label="C",
    )
    entry = s.FigureEntry(title="forest", data=data)
    assert "shows table 'cox', which is not in the report" in refused(figures={"forest": entry})
    table = s.Table(title="t", columns=[COLUMN])
    assert "needs column 'model' of table 'cox'" in refused(figures={"forest": entry}, tables={"cox": table})


def test_flow_steps_follow_their_parents():
    orphan = s.FlowStep(key="b", label="B", n=1, parent="a")
    assert "flow step 'b' must come once, after its parent" in refused(flow=[orphan])
    assert report(flow=[s.FlowStep(key="a", label="A", n=2), orphan]).flow[1].parent == "a"


def test_patients_stand_once_and_their_cells_are_described():
    patient = s.Patient(id="w1", cohort="d")
    assert "1 patient twice in the report" in refused(patients=[patient, patient])
    assert "patients_columns does not describe" in refused(
        patients=[s.Patient(id="w2", cohort="d", extra={"x": 1})]
    )


def test_own_names_cannot_be_taken():
    assert "report's own" in refused(tables={"patients": s.Table(title="t", columns=[COLUMN])})


def test_shapes_of_figures_are_checked():
    with pytest.raises(ValidationError, match="2 rows of 3 numbers"):
        f.HeatmapData(row_labels=["a", "b"], column_labels=["x", "y", "z"], values=[[1, 2, 3], [1, 2]])
    with pytest.raises(ValidationError, match="a tree of 3 leaves needs 2 merges"):
        f.HeatmapData(
            row_labels=["a"],
            column_labels=["x", "y", "z"],
            values=[[1, 2, 3]],
            column_tree=f.Dendrogram(merges=[(0, 1, 0.5)]),
            column_leaves=[0, 1, 2],
        )
    curve = {"label": "a", "n": 1, "events": 0, "time": [1.0], "survival": [1.0]}
    with pytest.raises(ValidationError, match="one number at risk for each"):
        f.KMPanel(curves=[f.KMCurve(**curve, at_risk=[1])], risk_times=[0, 1])
    with pytest.raises(ValidationError, match="each time needs one survival"):
        f.KMCurve(**{**curve, "survival": []}, at_risk=[1])
    with pytest.raises(ValidationError, match="a low and a high for each time"):
        f.KMCurve(**curve, low=[0.1], at_risk=[1])
    with pytest.raises(ValidationError, match="2 groups need 2 rows of counts"):
        f.AssociationPanel(variable="v", groups=["a", "b"], categories=["c"], counts=[[1]])


def test_settings_say_from_which_presets_they_depart():
    setting = s.Setting(key="k", value=[2, 10], presets={"a": [2, 10], "b": [2, 8]})
    assert [setting.departs_from(p) for p in ("a", "b", "absent")] == [False, True, False]
