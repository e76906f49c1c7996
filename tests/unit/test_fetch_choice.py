"""Which series are chosen from the index, and for whom."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.fetch_index import exam_rows, index_table, series_row

from kinephen.errors import InputError, UsageError
from kinephen.io.idc_choice import choose, first_patients, parse_visits, series_roles
from kinephen.io.idc_files import summary
from kinephen.io.idc_index import COLLECTIONS, collection_of, read_series

ISPY1 = COLLECTIONS["ispy1"]


def read(tmp_path, rows):
    path = tmp_path / "index.parquet"
    index_table(rows).to_parquet(path)
    return read_series(path, ISPY1)


def patients(*days_of_second: int) -> list[dict]:
    """Return the series of patients with three analysed visits; the second after the given days."""
    rows = []
    for n, day in enumerate(days_of_second):
        start = pd.Timestamp("1985-01-01")
        for order, days in enumerate((0, day, 75)):
            date = str((start + pd.Timedelta(days=days)).date())
            rows += exam_rows(f"ISPY1_{1001 + n}", f"1.2.{n + 1}.{order + 1}", date)
    return rows


def test_dynamic_series_maps_and_segmentations_are_taken_and_nothing_else(tmp_path):
    choice = choose(read(tmp_path, patients(20)), ISPY1, ("T1", "T2"))
    assert [e.visit for e in choice.exams] == ["T1", "T2"]
    assert [e.day for e in choice.exams] == [0, 20]
    for exam in choice.exams:
        assert not exam.whole_study
        assert [s.role for s in exam.series] == ["dce", "pe1", "seg_voi_pe", "seg_voi_tissue", "ser"]
    assert choice.exams[0].size == 700 * (12 + 4 + 4 + 1 + 1)
    assert choice.size == 2 * choice.exams[0].size


@pytest.mark.parametrize(
    ("dynamic", "source", "whole"),
    [
        ((12,), "dyn", False),
        ((4, 4, 4), "dyn", False),
        ((4,), "dyn", True),
        ((4, 3), "dyn", True),
        ((3, 12), "dyn", False),
        ((12,), "", True),
        ((), "dyn", True),
    ],
    ids=[
        "one series",
        "one a phase",
        "posts elsewhere",
        "aborted and pre",
        "aborted first",
        "no name",
        "no source",
    ],
)
def test_a_split_exam_is_taken_whole_but_for_its_report(tmp_path, dynamic, source, whole):
    rows = exam_rows("ISPY1_1001", "1.2.3", "1985-01-01", source=source, dynamic=dynamic)
    rows += exam_rows("ISPY1_1001", "1.2.4", "1985-01-20")
    first = choose(read(tmp_path, rows), ISPY1, ("T1", "T2")).exams[0]
    assert first.whole_study is whole
    expected = {r["SeriesInstanceUID"] for r in rows if r["StudyInstanceUID"] == "1.2.3"}
    not_needed = {"1.2.3.9"} if whole else {"1.2.3.9", "1.2.3.1"}
    assert {s.uid for s in first.series} == expected - not_needed


def test_maps_without_ser_are_no_analysed_exam(tmp_path):
    rows = [r for r in exam_rows("A", "1.2", "1985-01-01") if not r["SeriesDescription"].endswith("SER")]
    study = read(tmp_path, rows)
    roles, split = series_roles(study[study["modality"] != "SR"])
    assert split
    assert set(roles.values()) == {"other"}


def test_patients_without_maps_or_study_are_left_out_with_the_reason(tmp_path):
    rows = patients(20)
    rows += exam_rows("ISPY1_1500", "1.5.1", "1985-01-01")
    rows += exam_rows("ISPY1_1600", "1.6.1", "1985-01-01")
    rows += [series_row("ISPY1_1600", "1.6.2", "1985-01-15", 3, "dyn", instanceCount=12)]
    choice = choose(read(tmp_path, rows), ISPY1, ("T1", "T2"))
    assert choice.patients == 1
    assert choice.patients_in_collection == 3
    assert choice.left_out == {"no SER and PE maps at T2": 1, "no study at T2": 1}


def test_order_of_studies_follows_days_and_a_late_second_visit_is_noted(tmp_path):
    choice = choose(read(tmp_path, patients(20, 21, 66)), ISPY1, ("T1", "T2"))
    notes = {e.day: e.note for e in choice.exams if e.visit == "T2"}
    assert notes[20] == notes[21] == ""
    assert notes[66] == "day 66 is nearer to the usual day of T3 (75)"
    assert [(i.code, i.count) for i in choice.issues] == [("fetch.day", 1)]
    assert first_patients(choice, 2).issues == ()
    assert first_patients(choice, 2).patients == 2


def test_folder_names_stay_and_do_not_hold_the_identifier(tmp_path):
    few, more = (
        choose(read(tmp_path, rows), ISPY1, ("T1", "T2")) for rows in (patients(20)[:], patients(20, 21))
    )
    assert {e.folder for e in few.exams} < {e.folder for e in more.exams}
    assert len({e.folder for e in more.exams}) == 4
    assert not any("1001" in e.folder or "ISPY" in e.folder for e in few.exams)


def test_summary_shows_the_archives_code_beside_the_articles(tmp_path):
    record = summary(choose(read(tmp_path, patients(20, 24)), ISPY1, ("T1", "T2")), "25")
    assert [(v.visit, v.archive_visit, v.days_median) for v in record.visits] == [
        ("T1", "T0", 0.0),
        ("T2", "T1", 22.0),
    ]
    assert record.licences == ("CC BY 3.0",)
    assert record.files == 4 * 22
    assert "ISPY1_1" not in str(record)


@pytest.mark.parametrize("text", ["T1", "T1,T1", "T0,T1", "T1,T9", "baseline,T2", ""])
def test_wrong_visits_are_refused(text):
    with pytest.raises(UsageError, match="expected two or more different visits of T1, T2, T3, T4") as caught:
        parse_visits(text, ISPY1)
    assert caught.value.code == "fetch.visits"


def test_visits_are_read_in_any_case_and_order():
    assert parse_visits("t3, T1", ISPY1) == ("T1", "T3")


def test_unknown_collection_names_the_known_ones():
    with pytest.raises(UsageError, match="unknown collection 'ispy2'") as caught:
        collection_of("ispy2")
    assert "breast-mri-nact-pilot" in caught.value.hint


def test_an_index_that_lacks_a_column_or_the_collection_is_refused(tmp_path):
    path = tmp_path / "index.parquet"
    frame = index_table(patients(20))
    frame.drop(columns=["instanceCount", "StudyDate"]).to_parquet(path)
    with pytest.raises(InputError, match=r"column\(s\) StudyDate, instanceCount missing"):
        read_series(path, ISPY1)
    frame.assign(collection_id="other").to_parquet(path)
    with pytest.raises(InputError, match="no series of ispy1"):
        read_series(path, ISPY1)
