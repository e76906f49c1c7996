"""Download: checked against the index, going on after a stop, whole or not at all."""

from __future__ import annotations

import csv
import sys
import types

import pytest
from tests.fetch_index import FakeArchive, dicom_bytes, exam_rows, index_table

from kinephen.config.load import load_study
from kinephen.errors import InputError, UsageError
from kinephen.io.idc_choice import choose
from kinephen.io.idc_download import fetch_exams, missing, network_downloader, require_space
from kinephen.io.idc_files import summary, write_fetch_files
from kinephen.io.idc_index import COLLECTIONS, index_file, read_series

ISPY1 = COLLECTIONS["ispy1"]


@pytest.fixture
def study(tmp_path):
    """Return the choice of two patients with two visits, and their index."""
    rows = []
    for n in (1, 2):
        for order, date in ((1, "1985-01-01"), (2, "1985-01-21")):
            rows += exam_rows(f"ISPY1_100{n}", f"1.2.{n}.{order}", date)
    frame = index_table(rows)
    frame.to_parquet(tmp_path / "index.parquet")
    return choose(read_series(tmp_path / "index.parquet", ISPY1), ISPY1, ("T1", "T2")), frame


def fetch(study, out, archive=None):
    choice, frame = study
    archive = FakeArchive(frame) if archive is None else archive
    return fetch_exams(choice.exams, out, archive, progress=lambda done, total: None), archive


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_all_series_arrive_under_names_without_identifiers(study, tmp_path):
    fetched, archive = fetch(study, tmp_path / "out")
    assert len(fetched.complete) == 4
    assert fetched.already == 0
    assert fetched.failures == {}
    assert len(archive.calls) == 4
    names = files(tmp_path / "out")
    assert len(names) == 4 * 22
    assert not any("1.2." in n or "100" in n.split("/")[-1].split(".")[0][:3] for n in names)
    first = study[0].exams[0].folder
    assert f"images/{first}/01-dce/0012.dcm" in names
    assert f"images/{first}/05-ser/0001.dcm" in names


def test_a_second_call_downloads_nothing(study, tmp_path):
    fetch(study, tmp_path)
    fetched, archive = fetch(study, tmp_path)
    assert archive.calls == []
    assert fetched.already == len(fetched.complete) == 4


def test_only_a_damaged_exam_is_downloaded_again(study, tmp_path):
    fetch(study, tmp_path)
    exam = study[0].exams[2]
    victim = tmp_path / "images" / exam.folder / "01-dce" / "0003.dcm"
    victim.write_bytes(victim.read_bytes()[:-1])
    assert missing(study[0].exams, tmp_path / "images") == (exam,)
    fetched, archive = fetch(study, tmp_path)
    assert archive.calls == [tuple(s.uid for s in exam.series)]
    assert fetched.already == 3
    assert missing(study[0].exams, tmp_path / "images") == ()


def test_a_stop_in_the_middle_leaves_whole_exams_only_and_the_next_call_goes_on(study, tmp_path):
    def stop(call, folder):
        if call == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(study, tmp_path, FakeArchive(study[1], damage=stop))
    assert len(list((tmp_path / "images").iterdir())) == 2
    fetched, archive = fetch(study, tmp_path)
    assert len(archive.calls) == 2
    assert fetched.already == 2
    assert len(fetched.complete) == 4
    assert not (tmp_path / ".partial").exists()


def _lose(call, folder):
    if call == 1:
        next(folder.glob("*.dcm")).unlink()


def _cut(call, folder):
    if call == 1:
        victim = next(folder.glob("*.dcm"))
        victim.write_bytes(victim.read_bytes()[:-10])


def _web_page(call, folder):
    if call == 1:
        next(folder.glob("*.dcm")).write_bytes(b"<html>sign in</html>")


def _foreign(call, folder):
    if call == 1:
        next(folder.glob("*.dcm")).write_bytes(dicom_bytes(folder, "1.9.9", "1.9.9.1"))


@pytest.mark.parametrize("damage", [_lose, _cut, _web_page, _foreign])
def test_an_exam_that_disagrees_with_the_index_is_tried_again(study, tmp_path, damage):
    fetched, archive = fetch(study, tmp_path, FakeArchive(study[1], damage=damage))
    assert len(archive.calls) == 5
    assert fetched.failures == {}
    assert missing(study[0].exams, tmp_path / "images") == ()


def test_an_exam_that_fails_twice_is_named_and_not_published(study, tmp_path):
    folder_of = {e.series[0].uid: e.folder for e in study[0].exams}
    bad = study[0].exams[1]

    class Lossy(FakeArchive):
        def __call__(self, series, folder):
            super().__call__(series, folder)
            if folder_of[series[0]] == bad.folder:
                sorted(folder.glob("*.dcm"))[-1].unlink()

    fetched, _ = fetch(study, tmp_path, Lossy(study[1]))
    assert list(fetched.failures) == [bad.folder]
    assert "files, the index says" in fetched.failures[bad.folder]
    assert len(fetched.complete) == 3
    assert not (tmp_path / "images" / bad.folder).exists()


def test_no_network_stops_after_a_few_exams(study, tmp_path):
    calls = []

    def offline(series, folder):
        calls.append(series)
        raise ConnectionError(111, "Connection refused")

    with pytest.raises(InputError, match=r"3 exams failed one after the other.*Connection refused") as caught:
        fetch(study, tmp_path, offline)
    assert caught.value.code == "fetch.stopped"
    assert "run the same command again" in caught.value.hint
    assert len(calls) == 6


def test_too_little_space_is_said_before_anything_is_downloaded():
    require_space(10**9, 2 * 10**9)
    with pytest.raises(InputError, match=r"1\.1 GB are needed, 1\.0 GB are free") as caught:
        require_space(10**9, 10**9)
    assert caught.value.code == "fetch.space"


def test_tables_and_study_file(study, tmp_path):
    choice, _ = study
    write_fetch_files(choice, choice.exams[:3], tmp_path, summary(choice, "25"))
    with (tmp_path / "exams.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [(r["patient_id"], r["visit"], r["archive_visit"], r["days_from_first"]) for r in rows] == [
        ("1001", "T1", "T0", "0"),
        ("1001", "T2", "T1", "20"),
        ("1002", "T1", "T0", "0"),
    ]
    assert rows[0]["path"] == f"images/{choice.exams[0].folder}"
    link = (tmp_path / "private" / "link.csv").read_text()
    assert f"{choice.exams[0].folder},T1,ISPY1_1001,1001,1.2.1.1" in link
    assert (tmp_path / "private").stat().st_mode & 0o077 == 0
    loaded = load_study(tmp_path / "study.toml")
    assert loaded.study.visits == ("T1", "T2")
    assert loaded.study.layout == "ispy1"
    assert loaded.study.clinical == "clinical.xlsx"


def test_an_edited_study_file_is_kept(study, tmp_path):
    (tmp_path / "study.toml").write_text("mine")
    write_fetch_files(study[0], study[0].exams, tmp_path, {})
    assert (tmp_path / "study.toml").read_text() == "mine"


def test_the_client_is_asked_for_flat_files_and_its_errors_are_ours(monkeypatch, tmp_path):
    asked = []

    class Client:
        def download_from_selection(self, **options):
            asked.append(options)
            if len(asked) == 2:
                raise RuntimeError("s3://bucket/secret")

    monkeypatch.setitem(sys.modules, "idc_index", types.SimpleNamespace(IDCClient=Client))
    download = network_downloader()
    download(("1.2", "1.3"), tmp_path)
    assert asked[0]["seriesInstanceUID"] == ["1.2", "1.3"]
    assert asked[0]["downloadDir"] == str(tmp_path)
    assert asked[0]["dirTemplate"] is None
    assert asked[0]["use_s5cmd_sync"] is True
    with pytest.raises(InputError, match=r"the download client failed \(RuntimeError\)"):
        download(("1.2",), tmp_path)


@pytest.mark.parametrize(
    ("package", "call"), [("idc_index", network_downloader), ("idc_index_data", index_file)]
)
def test_a_missing_package_names_the_extra(monkeypatch, package, call):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match="is not installed") as caught:
        call()
    assert caught.value.code == "fetch.extra"
    assert "kinephen[idc]" in caught.value.hint
