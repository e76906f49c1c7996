"""What ``kinephen fetch`` says before and after a download, and what it hands to the steps."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of

import pytest
from tests.printed import printed_tables

from kinephen.core.cohort import Issue
from kinephen.io.idc_files import Chosen, VisitChosen

VISITS = (VisitChosen(visit="T1", study_order=1, archive_visit="T0", exams=6, days_median=0.0, days_min=2,
                      days_max=5),
          VisitChosen(visit="T2", study_order=2, archive_visit="T1", exams=4, days_median=21.5, days_min=14,
                      days_max=40))  # fmt: skip
CHOSEN = {
    "collection": "ispy1",
    "doi": "10.1/x",
    "licences": ("CC BY 3.0", "CC BY 4.0"),
    "index_version": "25",
    "patients": 5,
    "patients_in_collection": 9,
    "left_out": {"no maps": 3, "one visit": 1},
    "exams": 10,
    "whole_studies": 2,
    "series": 40,
    "files": 1234,
    "bytes": 12_345_678_901,
    "visits": VISITS,
    "issues": (Issue("fetch.date", "a date is missing", "", 4),),
}
GB = {"size": 3_000_000_000, "free": 71_260_000_000}


class Archive:
    """Stand-ins for the index, the disk and the download."""

    def __init__(self, monkeypatch):
        self.seen, self.failures, self.complete, self.already = {}, {}, ["e"] * 10, 3
        exams = ["e"] * 10
        self.choice = Of(collection=Of(clinical_hint="ask there"), exams=exams)
        index, files, download = "kinephen.io.idc_index", "kinephen.io.idc_files", "kinephen.io.idc_download"
        for place, function in {
            f"{index}.collection_of": lambda name: ("collection", name),
            f"{index}.index_file": lambda: ("index", "25"),
            f"{index}.read_series": lambda path, collection: (path, collection),
            "kinephen.io.idc_choice.parse_visits": lambda text, collection: (text, collection),
            "kinephen.io.idc_choice.choose": self.choose,
            "kinephen.io.idc_choice.first_patients": self.first,
            f"{files}.summary": self.summary,
            f"{files}.write_fetch_files": lambda *words: self.seen.update(written=words),
            f"{download}.missing": self.missing,
            f"{download}.free_space": lambda out: GB["free"],
            f"{download}.require_space": lambda *words: self.seen.update(space=words),
            f"{download}.network_downloader": lambda: "network",
            f"{download}.fetch_exams": self.fetch,
        }.items():
            monkeypatch.setattr(place, function)

    def choose(self, series, collection, wanted):
        self.seen["chosen"] = (series, collection, wanted)
        return self.choice

    def first(self, choice, limit):
        self.seen["limit"] = limit
        return choice

    def summary(self, choice, version):
        assert (choice, version) == (self.choice, "25")
        return Chosen(**CHOSEN)

    def missing(self, exams, folder):
        self.seen["images"] = (len(exams), folder)
        return [Of(size=GB["size"])] * 2

    def fetch(self, exams, out, download, *, progress):
        progress(7, 10)
        self.seen["fetched"] = (len(exams), out, download)
        return Of(complete=self.complete, already=self.already, failures=self.failures)


@pytest.fixture
def archive(monkeypatch):
    return Archive(monkeypatch)


def test_what_is_chosen_is_shown_before(archive, call):
    code, out, err = call("fetch", "ispy1", "--dry-run")
    assert code == 0
    first, visits = printed_tables(out).values()
    assert first[1:] == [
        ["collection", "ispy1"],
        ["patients", "5 of 9 patients"],
        ["left out: no maps", "3"],
        ["left out: one visit", "1"],
        ["exams", "10"],
        ["of these whole studies, their phases stand in several series", "2"],
        ["series, files", "40, 1234"],
        ["size", "12.3 GB"],
        ["licence", "CC BY 3.0, CC BY 4.0; cite https://doi.org/10.1/x"],
        ["index", "idc-index-data 25"],
    ]
    assert first[0] == ["", "chosen"]
    assert visits == [
        ["visit", "study", "archive's code", "exams", "days from the first: median", "from", "to"],
        ["T1", "1", "T0", "6", "0", "2", "5"],
        ["T2", "2", "T1", "4", "21.5", "14", "40"],
    ]
    assert err == (
        "note [fetch.date]: a date is missing (4); see column note of exams.csv\n"
        "dry run: nothing was downloaded\n"
    )
    collection = ("collection", "ispy1")
    assert archive.seen == {"chosen": (("index", collection), collection, ("T1,T2", collection))}


def test_a_dry_run_with_a_folder_tells_the_space(archive, call):
    code, _, err = call("fetch", "ispy1", "--dry-run", "-o", "there", "--limit", 2, "--visits", "T1,T3")
    assert code == 0
    assert err.splitlines()[1:] == ["6.0 GB to download, 71.3 GB free", "dry run: nothing was downloaded"]
    assert archive.seen["images"] == (10, Path("there/images"))
    assert (archive.seen["limit"], archive.seen["chosen"][2][0]) == (2, "T1,T3")
    assert not {"written", "fetched", "space"} & set(archive.seen)


@pytest.mark.parametrize("quiet", [True, False])
def test_a_download_and_what_comes_next(archive, call, quiet):
    code, _, err = call("fetch", "ispy1", "--out", "there", *(["-q"] if quiet else []))
    assert code == 0
    assert archive.seen["space"] == (6_000_000_000, GB["free"])
    assert archive.seen["fetched"] == (10, Path("there"), "network")
    choice, complete, out, record = archive.seen["written"]
    assert (choice, len(complete), out) == (archive.choice, 10, Path("there"))
    assert (record.complete, record.already, record.failures) == (10, 3, {})
    assert (record.bytes_missing, record.bytes_free) == (6_000_000_000, GB["free"])
    assert ("7/10" in err) == (not quiet)
    assert err.endswith(
        "6.0 GB to download, 71.3 GB free\n"
        "10 exams complete (3 were there before), in there\n"
        "clinical table: ask there\n"
        "then: kinephen run there/study.toml --out there/results\n"
    )


def test_failed_exams_are_named(archive, call):
    archive.failures, archive.complete = {"case-1/T2": "3 files"}, ["e"]
    code, _, err = call("fetch", "ispy1", "--out", "there", "-q")
    assert code == 5
    assert "1 exam complete (3 were there before), in there\nfailed: case-1/T2: 3 files\n" in err
    archive.complete, archive.already = [], 0
    assert "0 exams complete (0 were there before)" in call("fetch", "ispy1", "-o", "there", "-q")[2]


def test_for_programs_one_document(archive, call):
    code, out, err = call("fetch", "ispy1", "--out", "there", "-q", "--json")
    found = json.loads(out)
    assert (code, err.strip()) == (0, "")
    assert {k: found[k] for k in ("complete", "already", "bytes_missing", "dry_run", "next", "files")} == {
        "complete": 10, "already": 3, "bytes_missing": 6_000_000_000, "dry_run": False, "next": "ask there",
        "files": 1234,
    }  # fmt: skip
    code, out, err = call("fetch", "ispy1", "--dry-run", "--json")
    found = json.loads(out)
    assert (found["dry_run"], "bytes_free" in found, "complete" in found, err) == (True, False, False, "")


def test_without_a_folder_nothing_is_chosen(archive, call):
    code, _, err = call("fetch", "ispy1")
    assert (code, archive.seen) == (2, {})
    assert err == "error [fetch.out]: --out is missing\nwhat to do: give a folder, or --dry-run\n"
