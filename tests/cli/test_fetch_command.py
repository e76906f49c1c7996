"""``kinephen fetch`` from the command to a study folder, with a local stand-in for the archive."""

from __future__ import annotations

import json

import pytest
import typer
from tests.fetch_index import FakeArchive, exam_rows, index_table
from typer.testing import CliRunner

from kinephen.cli.fetch import fetch
from kinephen.errors import InputError, UsageError
from kinephen.io import idc_download, idc_index


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Put a small index and a local downloader in the place of the real ones."""
    rows = []
    for n in (1, 2):
        for order, date in ((1, "1985-01-01"), (2, "1985-01-21")):
            rows += exam_rows(f"ISPY1_100{n}", f"1.2.{n}.{order}", date)
    frame = index_table(rows)
    path = tmp_path / "index.parquet"
    frame.to_parquet(path)
    fake = FakeArchive(frame)
    monkeypatch.setattr(idc_index, "index_file", lambda: (path, "25"))
    monkeypatch.setattr(idc_download, "network_downloader", lambda: fake)
    return fake


def run(*args):
    app = typer.Typer()
    app.command()(fetch)
    return CliRunner().invoke(app, list(map(str, args)))


def test_fetch_makes_a_study_folder(archive, tmp_path):
    out = tmp_path / "study"
    result = run("ispy1", "--out", out, "--json", "--quiet")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert (record["complete"], record["already"], record["failures"]) == (4, 0, {})
    assert "clinical.xlsx" in record["next"]
    assert {p.name for p in out.iterdir()} == {"images", "exams.csv", "study.toml", "fetch.json", "private"}
    assert json.loads((out / "fetch.json").read_text())["doi"] == "10.7937/K9/TCIA.2016.HDHPGJLK"
    again = json.loads(run("ispy1", "--out", out, "--json", "--quiet").stdout)
    assert (again["complete"], again["already"], again["bytes_missing"]) == (4, 4, 0)
    assert len(archive.calls) == 4


def test_no_identifier_in_output_or_names(archive, tmp_path):
    out = tmp_path / "study"
    result = run("ispy1", "--out", out, "--quiet")
    assert "ISPY1_" not in result.output
    assert not [p for p in out.rglob("*") if "1001" in p.name or "1.2.1" in p.name]


def test_table_shows_visits_licence_and_what_comes_next(archive, tmp_path):
    result = run("ispy1", "--out", tmp_path / "study", "--quiet", "--limit", "1")
    assert "CC BY 3.0; cite https://doi.org/10.7937/K9/TCIA.2016.HDHPGJLK" in result.stdout
    assert "T1 is a patient's first study" in result.stdout
    assert "1 of 2 patients" in result.stdout
    assert "clinical table: download the workbook" in result.stderr
    assert "2 exams complete (0 were there before)" in result.stderr


def test_dry_run_writes_nothing(archive, tmp_path):
    out = tmp_path / "study"
    result = run("ispy1", "--out", out, "--dry-run")
    assert result.exit_code == 0
    assert "dry run: nothing was downloaded" in result.stderr
    assert not out.exists()
    assert archive.calls == []


def test_failed_exams_end_with_code_5_and_stay_out_of_the_table(archive, tmp_path):
    archive.counts["1.2.2.2.1000"] = 3
    out = tmp_path / "study"
    result = run("ispy1", "--out", out, "--quiet")
    assert result.exit_code == 5
    assert "3 files, the index says 4" in result.stderr
    assert len((out / "exams.csv").read_text().splitlines()) == 1 + 3


def test_too_little_space_stops_before_the_download(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(idc_download, "free_space", lambda out: 1000)
    result = run("ispy1", "--out", tmp_path / "study", "--quiet")
    assert isinstance(result.exception, InputError)
    assert result.exception.code == "fetch.space"
    assert archive.calls == []


def test_a_download_needs_a_folder(archive):
    result = run("ispy1")
    assert isinstance(result.exception, UsageError)
    assert result.exception.code == "fetch.out"
