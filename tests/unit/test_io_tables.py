"""Clinical tables: layouts, coding, derived columns, end points, and what is refused."""

from __future__ import annotations

import datetime as dt
import zipfile
from functools import partial

import numpy as np
import openpyxl
import pytest

from kinephen.errors import InputError, UsageError
from kinephen.io.tables import either, read_clinical

OWN = """patient_id,cohort,site,age,er,pgr,her2,pcr,arm,drug,radiation,rfs_days,rfs_event,os_days,os_event
P1,discovery,A,48.5,1,0,0,1,X,0,1,2000,0,2000,0
P2,discovery,A,51,0,0,0,0,X,0,1,700,1,900,1
P3,validation,B,39,0,0,1,,Y,1,0,400,1,400,1
P4,validation,B,60,,1,,0,Y,,0,1500,0,1500,0
P5,validation,B,,0,,2,0,Y,1,0,1200,1,2500,0
"""


def table(tmp_path, text, name="clinical.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def same(found, expected):
    return np.array_equal(np.asarray(found, float), np.asarray(expected, float), equal_nan=True)


def test_own_layout(tmp_path):
    clinical = read_clinical(table(tmp_path, OWN))
    frame = clinical.frame
    assert list(frame.index) == ["P1", "P2", "P3", "P4", "P5"]
    assert same(frame["hr"], [1, 0, 0, 1, np.nan])
    assert same(frame["her2"], [0, 0, 1, np.nan, np.nan])
    assert same(frame["tn"], [0, 1, 0, 0, np.nan])
    assert same(frame["time"], [2000, 700, 400, 1500, 1200])
    assert same(frame["event"], [0, 1, 1, 0, 1])
    assert same(frame["event_type"], [0, 1, 2, 0, 1])
    assert same(frame["pcr"], [1, 0, np.nan, 0, 0])
    assert list(frame["cohort"]) == ["discovery"] * 2 + ["validation"] * 3
    assert clinical.time_unit == "days"
    assert clinical.end_point == "not stated"


def test_end_points(tmp_path):
    path = table(tmp_path, OWN)
    censored = read_clinical(path, end_point="rfs_death_censored")
    assert same(censored.frame["event"], [0, 1, 0, 0, 1])
    assert "death censored" in censored.end_point
    survival = read_clinical(path, end_point="os")
    assert same(survival.frame["time"], [2000, 900, 400, 1500, 2500])
    assert same(survival.frame["event"], [0, 1, 1, 0, 0])
    assert survival.end_point == "overall survival (event: death)"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(1, 0, 1), (0, 0, 0), (np.nan, 1, 1), (1, np.nan, 1), (0, np.nan, np.nan), (np.nan, np.nan, np.nan)],
)
def test_one_known_receptor_decides_only_if_positive(first, second, expected):
    import pandas as pd

    assert same(either(pd.Series([first]), pd.Series([second])), [expected])


def test_semicolons_decimal_commas_and_windows_text(tmp_path):
    text = "patient_id;age;rfs_days;rfs_event;name of clinic\nA;48,5;100;1;Zürich\nB;50;200;0;Zürich\n"
    clinical = read_clinical(table(tmp_path, text, encoding="cp1252"))
    assert same(clinical.frame["age"], [48.5, 50])
    assert clinical.frame["name of clinic"].iloc[0] == "Zürich"
    assert clinical.issues[0].code == "table.encoding"


def test_mapping_takes_any_names(tmp_path):
    text = "Fall,Alter,ER status,PR status,months,ereignis\n1,50,pos,neg,12.5,yes\n2,60,negative,NA,30,no\n"
    mapping = {"patient_id": "Fall", "age": "Alter", "er": "ER status", "pgr": "PR status"}
    mapping |= {"time": "months", "event": "ereignis"}
    clinical = read_clinical(table(tmp_path, text), mapping=mapping)
    assert clinical.time_unit == "months"
    assert same(clinical.frame["hr"], [1, np.nan])
    assert same(clinical.frame["event"], [1, 0])
    assert "from column 'ER status'" in clinical.dictionary["er"]


def test_time_unit_must_be_known(tmp_path):
    path = table(tmp_path, "patient_id,FU,ev\nA,10,1\nB,20,0\n")
    mapping = {"time": "FU", "event": "ev"}
    with pytest.raises(InputError, match="unit of the times in column 'FU'") as error:
        read_clinical(path, mapping=mapping)
    assert "time_unit" in error.value.hint
    assert read_clinical(path, mapping=mapping, time_unit="years").time_unit == "years"


def test_dates_become_days(tmp_path):
    text = "id,start,rec,last,died\nA,2001-01-01,2001-01-31,2002-01-01,\n"
    text += "B,2001-02-01,,2001-03-01,2001-03-01\nC,2001-01-01,,2001-02-01,\n"
    mapping = {"patient_id": "id", "start_date": "start", "recurrence_date": "rec", "last_date": "last"}
    clinical = read_clinical(table(tmp_path, text), mapping=mapping | {"death_date": "died"})
    assert same(clinical.frame["time"], [30, 28, 31])
    assert same(clinical.frame["event"], [1, 1, 0])
    assert same(clinical.frame["event_type"], [1, 2, 0])
    assert same(clinical.frame["os_time"], [365, 28, 31])


def test_workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "patients"
    sheet.append(["patient_id", "age", "seen on", "rfs_days", "rfs_event"])
    sheet.append([1001, 48.5, dt.datetime(2001, 2, 3), 100, True])
    sheet.append([1002, 50.0, None, 200.0, False])
    book.create_sheet("other").append(["x"])
    book.save(tmp_path / "t.xlsx")
    clinical = read_clinical(tmp_path / "t.xlsx", sheet="patients")
    assert list(clinical.frame.index) == ["1001", "1002"]
    assert same(clinical.frame["event"], [1, 0])
    assert clinical.frame["seen on"].iloc[0] == "2001-02-03"
    with pytest.raises(InputError, match="no sheet 'men'; sheets: patients, other"):
        read_clinical(tmp_path / "t.xlsx", sheet="men")


def test_data_dictionary_beside_the_table(tmp_path):
    (tmp_path / "data_dictionary.csv").write_text(
        "column,meaning,unit,codes\nradiation,radiotherapy given,,1 yes\n", encoding="utf-8"
    )
    text = OWN.replace("radiation", "radiation", 1)
    assert "radiation" in read_clinical(table(tmp_path, text)).dictionary


def test_ispy1_workbook(reference):
    clinical = read_clinical(
        reference("data/ispy1/I-SPY_1_All_Patient_Clinical_and_Outcome_Data.xlsx"), mapping="ispy1"
    )
    frame = clinical.frame
    assert frame.shape[0] == 221
    assert (frame["event"].sum(), int((frame["event"] == 0).sum())) == (63, 158)
    assert (frame["time"].min(), frame["time"].median(), frame["time"].max()) == (179, 1349, 2520)
    assert [int(frame[c].isna().sum()) for c in ("hr", "her2", "pcr")] == [2, 5, 6]
    assert int(frame["tn"].sum()) == 53
    assert int((frame["event_type"] == 2).sum()) == 6
    assert "death" in clinical.end_point
    assert clinical.time_unit == "days"
    assert int((frame["os_event"] == 1).sum()) == 40


def test_ispy1_is_recognised_without_a_mapping(reference):
    clinical = read_clinical(reference("data/ispy1/I-SPY_1_All_Patient_Clinical_and_Outcome_Data.xlsx"))
    assert clinical.frame.index[0] == "1001"
    assert clinical.frame.loc["1028", "time"] == 273


def test_mama_mia_table(reference):
    path = reference("data/nact_pilot/clinical_from_mamamia.csv")
    clinical = read_clinical(path)
    assert clinical.frame["event"].sum() == 25
    assert int((clinical.frame["hr"].notna() & clinical.frame["her2"].notna()).sum()) == 47
    assert clinical.frame.loc["NACT_06", "time"] == 2490
    assert clinical.end_point == "recurrence-free survival (event: recurrence or metastasis)"


def test_mama_mia_outcome_follows_from_its_day_columns(reference, tmp_path):
    path = reference("data/nact_pilot/clinical_from_mamamia.csv")
    rows = [line.split(",") for line in path.read_text().splitlines()]
    whole = read_clinical(path).frame
    import csv
    import io

    source = list(csv.DictReader(io.StringIO(path.read_text())))
    fields = [f for f in rows[0] if f not in ("rfs_event", "rfs_days")]
    with (tmp_path / "t.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(source)
    derived = read_clinical(tmp_path / "t.csv").frame
    assert same(derived["event"], whole["event"])
    assert same(derived["time"], whole["time"])


BAD = [
    ("patient_id,rfs_days,rfs_event\nA,1,0\nA,2,0\n", r"1 row\(s\) repeat the key", "table.duplicates"),
    ("patient_id,rfs_days,rfs_event\nA,1,0\n,2,0\n", r"1 row\(s\) have no patient id", "clinical.ids"),
    ("patient_id,age\nA,forty\nB,50\n", r"1 cell\(s\) are no number, in rows 2", "clinical.number"),
    ("patient_id,er\nA,1\nB,maybe\n", "neither 1 .yes. nor 0 .no. nor blank, in rows 3", "clinical.code"),
    (
        "patient_id,rfs_days,rfs_event\nA,3 years,0\nB,100,1\n",
        "carry a unit, in rows 2",
        "clinical.mixed_units",
    ),
    ("patient_id,rfs_days,rfs_event\nA,-5,0\n", r"1 time\(s\) are negative", "clinical.outcome"),
    ("patient_ID2,age\nA,1\n", "has no column 'patient_id'", "clinical.column"),
    ("patient_id,age,age\nA,1,2\n", "column names stand twice: age", "table.header"),
    ("patient_id,age\nA,1,2\n", r"1 row\(s\) have more cells", "table.header"),
    ("", "the table is empty", "table.header"),
    ("a\x00b", "not a text table", "table.format"),
]


@pytest.mark.parametrize(("text", "message", "code"), BAD)
def test_bad_tables_say_what_is_wrong(tmp_path, text, message, code):
    with pytest.raises(InputError, match=message) as error:
        read_clinical(table(tmp_path, text))
    assert error.value.code == code


def test_nearest_name_is_suggested(tmp_path):
    path = table(tmp_path, "patient_id,Rezidiv_Tage,evnt\nA,10,1\n")
    with pytest.raises(InputError, match="no column 'event_'") as error:
        read_clinical(path, mapping={"event": "event_"}, time_unit="days")
    assert error.value.hint == "did you mean 'evnt'?"
    with pytest.raises(InputError, match="no canonical column 'evemt'") as error:
        read_clinical(path, mapping={"evemt": "evnt"})
    assert error.value.hint == "did you mean 'event'?"


@pytest.mark.parametrize(
    "times",
    [
        [1200, 1500, 2100, 900, 3.5, 2.25, 1800, 700],
        [1200, 1500, 2100, 900, 3, 4, 1800, 2, 5, 1100],
    ],
)
def test_times_in_mixed_units(tmp_path, times):
    rows = "".join(f"P{i},{t},{i % 2}\n" for i, t in enumerate(times))
    with pytest.raises(InputError, match="as if in another unit") as error:
        read_clinical(table(tmp_path, "patient_id,rfs_days,rfs_event\n" + rows))
    assert error.value.code == "clinical.mixed_units"


def test_early_events_are_no_mixed_units(tmp_path):
    times = [1200, 1500, 2100, 900, 7, 1800, 700, 650, 1000, 30]
    rows = "".join(f"P{i},{t},{i % 2}\n" for i, t in enumerate(times))
    assert read_clinical(table(tmp_path, "patient_id,rfs_days,rfs_event\n" + rows)).frame.shape[0] == 10


def test_short_days_are_noted(tmp_path):
    rows = "".join(f"P{i},{t},{i % 2}\n" for i, t in enumerate([12, 30, 45, 60, 72]))
    clinical = read_clinical(table(tmp_path, "patient_id,rfs_days,rfs_event\n" + rows))
    assert "months or years" in clinical.issues[0].message


def test_missing_outcome_is_noted(tmp_path):
    clinical = read_clinical(table(tmp_path, "patient_id,age\nA,50\n"))
    assert clinical.issues[0].code == "clinical.no_outcome"
    with pytest.raises(InputError, match="needs the columns os_time and os_event"):
        read_clinical(table(tmp_path, "patient_id,rfs_days,rfs_event\nA,50,1\n"), end_point="os")


def test_unknown_choices(tmp_path):
    path = table(tmp_path, OWN)
    with pytest.raises(UsageError, match="unknown end point 'dfs'; known: rfs"):
        read_clinical(path, end_point="dfs")
    with pytest.raises(UsageError, match="unknown time unit 'weeks'"):
        read_clinical(path, time_unit="weeks")
    with pytest.raises(UsageError, match="unknown layout 'ispy2'"):
        read_clinical(path, mapping="ispy2")


def test_ambiguous_dates_are_refused(tmp_path):
    path = table(tmp_path, "id,start,last\nA,03/04/2001,2002-01-01\n")
    with pytest.raises(InputError, match=r"1 cell\(s\) are no date, in rows 2") as error:
        read_clinical(path, mapping={"patient_id": "id", "start_date": "start", "last_date": "last"})
    assert "YYYY-MM-DD" in error.value.hint


def test_hostile_workbooks(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(InputError, match="not a readable XLSX"):
        read_clinical(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>")
    with pytest.raises(InputError, match="declares a document type"):
        read_clinical(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/big.xml", b"\0" * 210_000_000)
    with pytest.raises(InputError, match="larger than 200 MB") as error:
        read_clinical(path)
    assert error.value.code == "table.too_large"


def test_geo_table_codes_freedom_of_the_event(reference):
    """GSE22226 says 1 for free of the event, in months; I-SPY 1 says 1 for the event, in days."""
    geo = read_clinical(reference("data/ispy1/GSE22226_curated_clinical.csv"))
    trial = read_clinical(reference("data/ispy1/I-SPY_1_All_Patient_Clinical_and_Outcome_Data.xlsx"))
    assert geo.time_unit == "months"
    geo_frame = geo.frame.rename(index=lambda name: name.removeprefix("ISPY-"))
    shared = geo_frame.index.intersection(trial.frame.index)
    both = geo_frame.loc[shared].assign(**trial.frame.loc[shared].add_suffix("_trial"))
    assert len(both) == 148
    assert int((both["event"] == both["event_trial"]).sum()) == 147
    longer = both["time"] - both["time_trial"] / 30.4375
    assert longer.between(0, 7.5).all()
    assert int((both["er"] == both["er_trial"]).sum()) == 140


def test_event_free_column_is_turned(tmp_path):
    path = table(tmp_path, "patient_id,months,free\nA,10,1\nB,20,0\nC,30,\n")
    frame = read_clinical(path, mapping={"time": "months", "event_free": "free"}).frame
    assert same(frame["event"], [0, 1, np.nan])
    assert "event_free" not in frame


def test_codes_one_and_two_without_zero_are_refused(tmp_path):
    path = tmp_path / "clinical.csv"
    path.write_text("patient_id,age,rfs_days,rfs_event\nA,50,100,1\nB,60,200,2\n")
    with pytest.raises(InputError, match=r"1 and 2 with no 0.*R's status has 1 censored, 2 event"):
        read_clinical(path, mapping={"patient_id": "patient_id", "time": "rfs_days", "event": "rfs_event"})


TYPES = "patient_id,rfs_days,rfs_event,event_type\nA,100,1,1\nB,200,0,2\nC,300,0,0\n"


def test_event_types_of_the_table_are_kept_and_name_the_end_point(tmp_path):
    path = tmp_path / "clinical.csv"
    path.write_text(TYPES)
    clinical = read_clinical(path)
    assert same(clinical.frame["event_type"], [1, 2, 0])
    assert clinical.end_point.endswith("death censored)")


@pytest.mark.parametrize(("row", "text"), [("C,300,0,1", "disagree"), ("C,300,0,7", "expected 0")])
def test_event_types_that_contradict_the_event_are_refused(tmp_path, row, text):
    path = tmp_path / "clinical.csv"
    path.write_text(TYPES.replace("C,300,0,0", row))
    with pytest.raises(InputError, match=text):
        read_clinical(path)


def test_what_an_event_is_comes_from_the_study_or_is_not_stated(reference):
    path = reference("cases/study/end_point_recurrence_only.xlsx")
    columns = {"patient_id": "Pat.-Nr.", "time": "Rezidivfreies Überleben (Monate)", "event": "Rezidiv"}
    read = partial(read_clinical, path, mapping=columns, time_unit="months")
    assert read().end_point == "not stated"
    named = read(definition="local or distant recurrence").end_point
    assert named == "recurrence-free survival (event: local or distant recurrence)"
