"""Other patients from tables of features: however these are given, the same rows under the same numbers."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.fitted_model import sample_model

from kinephen.config.schema import Expression
from kinephen.core.files import file_name
from kinephen.errors import InputError, UsageError
from kinephen.io.tables import read_clinical
from kinephen.model.from_tables import holds_features, patients_of_tables
from kinephen.model.load import parse_fitted
from kinephen.model.source import Source
from kinephen.model.sources import read_patients

NAMES = ["PE_GLCM_Energy", "PE_Intensity_Mean"]
NO_EXAMS = ("predict.no_exams", "features from a table: scanner, protocol and mask cannot be compared")


@cache
def model():
    data = sample_model()
    return parse_fitted(data, json.dumps(data))


def features(ids, start):
    rows = np.arange(2.0 * len(ids)).reshape(-1, 2) + start
    return pd.DataFrame(rows, index=pd.Index(ids, name="patient_id"), columns=NAMES)


FIRST, SECOND = features(["W3", "W1", "W2"], 10.0), features(["W4", "W2", "W3"], 50.0)


def pair_of(folder, first=FIRST, second=SECOND, names=("features_T1.csv", "features_T2.csv")):
    folder.mkdir(exist_ok=True)
    for name, frame in zip(names, (first, second), strict=True):
        if name.endswith(".parquet"):
            frame.to_parquet(folder / name)
        else:
            frame.to_csv(folder / name)
    return folder


def long_table(path, visits=("T1", "T2")):
    parts = [f.assign(visit=v) for v, f in zip(visits, (FIRST, SECOND), strict=False)]
    pd.concat(parts).to_csv(path)
    return path


def codes(found):
    return [i.code for i in found.issues]


def check_pair(found):
    assert found.ids == {f"case-000{i}": f"W{i}" for i in (1, 2, 3, 4)}
    first, second = found.visits
    assert first[NAMES[0]].to_dict() == {"case-0001": 12.0, "case-0002": 14.0, "case-0003": 10.0}
    assert second[NAMES[1]].to_dict() == {"case-0002": 53.0, "case-0003": 55.0, "case-0004": 51.0}
    assert [list(f.index) for f in found.visits] == [sorted(first.index), sorted(second.index)]
    assert found.delta is None
    assert {c: (g.case, g.step, g.reason) for c, g in found.gaps.items()} == {
        "case-0001": ("case-0001", "visits", "no features at T2"),
        "case-0004": ("case-0004", "visits", "no features at T1"),
    }
    assert found.frame.index.name == first.index.name == "case"
    assert list(found.frame.index) == list(found.ids)
    assert (found.issues[-1].code, found.issues[-1].message) == NO_EXAMS
    assert found.end_point == ""


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_folder_as_a_run_writes_it(tmp_path, ending):
    folder = pair_of(tmp_path / "data", names=(f"features_T1.{ending}", f"features_T2.{ending}"))
    source = Source(path=folder)
    assert holds_features(source, model())
    check_pair(patients_of_tables(source, model()))


def test_of_both_kinds_the_text_tables_are_read(tmp_path):
    folder = pair_of(tmp_path / "data")
    pair_of(folder, FIRST + 1.0, SECOND + 1.0, ("features_T1.parquet", "features_T2.parquet"))
    check_pair(patients_of_tables(Source(path=folder), model()))


def test_a_folder_with_other_visits_and_named_files(tmp_path):
    names = tuple(f"features_{file_name(v)}.csv" for v in ("first visit", "U"))
    folder = pair_of(tmp_path / "data", names=names)
    assert not holds_features(Source(path=folder), model())
    source = Source(path=folder, visits={"first visit": "", "U": ""})
    assert holds_features(source, model())
    found = patients_of_tables(source, model())
    assert found.gaps["case-0001"].reason == "no features at U"
    assert found.gaps["case-0004"].reason == "no features at first visit"
    pair_of(tmp_path / "data", names=("b.csv", "a.csv"))
    named = Source(path=folder, visits={"T1": "b.csv", "T2": "a.csv"})
    assert holds_features(named, model())
    check_pair(patients_of_tables(named, model()))


def test_a_folder_without_both_tables_holds_no_features(tmp_path):
    folder = pair_of(tmp_path / "data")
    assert not holds_features(Source(path=folder, visits={"T1": "features_T1.csv", "T2": "x.csv"}), model())
    assert not holds_features(Source(path=folder, visits={"T1": "features_T1.csv", "T2": ""}), model())
    (folder / "features_T2.csv").unlink()
    assert not holds_features(Source(path=folder), model())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.parquet", "", True),
        ("a.PARQUET", "", True),
        ("a.csv.gz", "", True),
        ("a.csv", "patient_id,visit,PE_GLCM_Energy\nA,T1,1\n", True),
        ("a.csv", "patient_id,visit,path\nA,T1,x\n", False),
        ("a.csv", "patient_id,visit,path,mask\nA,T1,x,\n", False),
        ("a.csv", "visit,path\nT1,x\n", True),
    ],
)
def test_tables_of_features_and_lists_of_exams_are_told_apart(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text)
    assert holds_features(Source(path=tmp_path / name), model()) is expected


def test_what_is_neither_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file or folder") as caught:
        holds_features(Source(path=tmp_path / "none.csv"), model())
    assert (caught.value.code, caught.value.where) == ("path.missing", "none.csv")
    (tmp_path / "a.docx").write_text("")
    with pytest.raises(InputError, match="neither a study file nor a table") as caught:
        holds_features(Source(path=tmp_path / "a.docx"), model())
    assert (caught.value.code, caught.value.where) == ("predict.source", "a.docx")


def test_one_table_of_both_visits(tmp_path):
    check_pair(patients_of_tables(Source(path=long_table(tmp_path / "t.csv")), model()))
    source = Source(path=long_table(tmp_path / "t.csv", ("B", "A")), visits={"B": "", "A": ""})
    found = read_patients(source, model(), tmp_path, engine=None, progress=None)
    assert found.visits[0][NAMES[0]].to_dict() == {"case-0001": 12.0, "case-0002": 14.0, "case-0003": 10.0}
    assert found.gaps["case-0001"].reason == "no features at A"


def test_a_table_of_one_visit_is_refused(tmp_path):
    FIRST.add_prefix("T1_").to_csv(tmp_path / "t.csv")
    with pytest.raises(InputError) as caught:
        patients_of_tables(Source(path=tmp_path / "t.csv", visits={"T1": "", "T1 ": ""}), model())
    assert caught.value.code in ("predict.one_visit", "features.visits")


def test_a_table_of_changes(tmp_path):
    FIRST.to_csv(tmp_path / "delta.csv")
    found = patients_of_tables(Source(path=tmp_path / "delta.csv"), model())
    assert found.ids == {"case-0001": "W1", "case-0002": "W2", "case-0003": "W3"}
    assert found.delta[NAMES[0]].to_dict() == {"case-0001": 12.0, "case-0002": 14.0, "case-0003": 10.0}
    assert (found.visits, found.gaps) == (None, {})


def test_numbers_of_a_run_are_kept_where_all_are_such(tmp_path):
    known = FIRST.set_axis(pd.Index(["case-0007", "case-12345", "case-0002"], name="patient_id"))
    known.to_csv(tmp_path / "d.csv")
    kept = patients_of_tables(Source(path=tmp_path / "d.csv"), model())
    assert kept.ids == {c: c for c in ("case-0002", "case-0007", "case-12345")}
    for other in ("case-007", "xcase-0007", "case-0007x"):
        known.rename(index={"case-0007": other}).to_csv(tmp_path / "d.csv")
        found = patients_of_tables(Source(path=tmp_path / "d.csv"), model())
        assert set(found.ids) == {"case-0001", "case-0002", "case-0003"}
        assert other in found.ids.values()


def clinical(folder, **columns):
    rows = {
        "patient_id": ["W2", "W9", "W3"],
        "age": [42.0, 49.0, 43.0],
        "rfs_days": [730.5, 1.0, 365.25],
        "rfs_event": [1, 0, 0],
        "cohort": ["a", "a", "b"],
        **columns,
    }
    pd.DataFrame(rows).to_csv(folder / "clinical.csv", index=False)
    return folder / "clinical.csv"


def test_covariates_and_times_in_years(tmp_path):
    source = Source(path=pair_of(tmp_path / "data"), clinical=clinical(tmp_path))
    found = patients_of_tables(source, model())
    np.testing.assert_array_equal(found.frame["age"], [np.nan, 42.0, 43.0, np.nan])
    np.testing.assert_array_equal(found.frame["time"], [np.nan, 2.0, 1.0, np.nan])
    assert found.end_point == read_clinical(source.clinical).end_point != ""
    without = Source(path=source.path, clinical=tmp_path / "ages.csv")
    pd.DataFrame({"patient_id": ["W2"], "age": [42.0]}).to_csv(without.clinical, index=False)
    assert "time" not in patients_of_tables(without, model()).frame


def test_a_cohort_keeps_the_numbers_of_all(tmp_path):
    source = Source(path=pair_of(tmp_path / "data"), clinical=clinical(tmp_path), cohort="b")
    found = patients_of_tables(source, model())
    assert found.ids == {"case-0003": "W3"}
    assert [list(v.index) for v in found.visits] == [["case-0003"], ["case-0003"]]
    assert found.frame["age"].to_dict() == {"case-0003": 43.0}
    assert found.gaps == {}
    given = Source(path=source.path, clinical=source.clinical, cohort="b", given={"hr": "1"})
    assert patients_of_tables(given, model()).frame["hr"].tolist() == [1.0]
    with pytest.raises(UsageError, match="there are 4"):
        patients_of_tables(Source(path=source.path, given={"hr": "1"}), model())


def test_expression_is_not_read_beside_tables(tmp_path):
    source = Source(path=pair_of(tmp_path / "data"), expression=Expression(files=("e.csv",)))
    assert codes(patients_of_tables(source, model())) == ["predict.signatures", "predict.no_exams"]
    assert codes(patients_of_tables(Source(path=source.path), model())) == ["predict.no_exams"]
    three = long_table(tmp_path / "t.csv")
    three.write_text(three.read_text() + "W1,1.0,2.0,T3\n")
    assert codes(patients_of_tables(Source(path=three, expression=source.expression), model())) == [
        "features.other_visits",
        "predict.signatures",
        "predict.no_exams",
    ]


def volumes(folder, columns=("case", "visit", "ftv_pe_cc")):
    rows = [
        ("W3", "T1", "9"),
        ("W3", "T2", "3.5"),
        ("W3", "T2", "8"),
        ("W1", "T2", "none"),
        ("W4", "T2", "4.5"),
    ]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "exams.csv", index=False)


def test_the_volume_of_the_second_visit_comes_from_the_exams_of_a_run(tmp_path):
    folder = pair_of(tmp_path / "data")
    volumes(folder)
    found = patients_of_tables(Source(path=folder, clinical=clinical(tmp_path)), model())
    np.testing.assert_array_equal(found.frame["ftv2"], [np.nan, np.nan, 3.5, 4.5])
    np.testing.assert_array_equal(found.frame["age"], [np.nan, 42.0, 43.0, np.nan])
    alone = patients_of_tables(Source(path=folder), model())
    np.testing.assert_array_equal(alone.frame["ftv2"], [np.nan, np.nan, 3.5, 4.5])
    own = clinical(tmp_path, ftv2=[1.0, 2.0, 3.0])
    given = patients_of_tables(Source(path=folder, clinical=own), model())
    np.testing.assert_array_equal(given.frame["ftv2"], [np.nan, 1.0, 3.0, np.nan])


def test_a_list_of_exams_without_volumes_or_beside_a_table_gives_none(tmp_path):
    folder = pair_of(tmp_path / "data")
    volumes(folder, ("case", "visit", "other"))
    assert "ftv2" not in patients_of_tables(Source(path=folder), model()).frame
    volumes(folder)
    FIRST.to_csv(folder / "delta.csv")
    assert "ftv2" not in patients_of_tables(Source(path=folder / "delta.csv"), model()).frame
