"""A run removes its own files and no others, and its report and table of case numbers belong together."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import pytest
from tests.command import runner

from kinephen.core.files import write_whole
from kinephen.core.written import FILE, Written, owned, read_written, remove_written, write_written
from kinephen.errors import InputError, UsageError
from kinephen.report.exports.rocrate import write_rocrate
from kinephen.report.exports.source import read_run
from kinephen.report.render import render_report
from kinephen.study.lock import run_lock
from kinephen.study.place import refuse_inputs, study_inputs, unrecorded_files
from kinephen.study.private import keep_private, require_key, seal_report

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
OTHERS = (
    "tables/clinical.csv",
    "figures/photo.png",
    "patients/letter.html",
    "checklists/shopping.md",
    "data/notes.csv",
    "notes.md",
)


def small(**changes):
    report = SAMPLE["sample_report"](3)
    figures = {"km_phenotype": report.figures["km_phenotype"]}
    return report.model_copy(update={"figures": figures, **changes})


def files(root):
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


@pytest.fixture
def call(monkeypatch, capsys):
    return runner(monkeypatch, capsys)


def test_files_of_others_stay_whatever_they_are_called(tmp_path):
    for name in (*OTHERS, "methods.md"):
        write_whole(tmp_path / name, b"of the user")
    for _ in range(2):
        render_report(small(methods=()), tmp_path)
        assert {(tmp_path / n).read_bytes() for n in (*OTHERS, "methods.md")} == {b"of the user"}
    remove_written(tmp_path)
    assert files(tmp_path) == {*OTHERS, "methods.md", FILE}


def test_the_record_names_what_was_written_and_no_more(tmp_path):
    render_report(small(), tmp_path)
    assert read_written(tmp_path).names == files(tmp_path) - {FILE}


def test_what_a_stopped_writer_left_is_known_and_goes(tmp_path):
    write_whole(tmp_path / "mine", b"")
    stopped = owned(tmp_path, "a", ["first", "second", "mine"])
    stopped.__enter__()
    write_whole(tmp_path / "first", b"")
    assert not stopped.__exit__(RuntimeError, RuntimeError(), None)
    with owned(tmp_path, "a", ["second"]):
        write_whole(tmp_path / "second", b"")
    assert files(tmp_path) == {"mine", "second", FILE}


def test_a_forged_record_removes_nothing_outside(tmp_path):
    out, outside = tmp_path / "out", tmp_path / "outside"
    for folder in (out, outside):
        folder.mkdir()
    write_whole(outside / "x", b"")
    (out / "link").symlink_to(outside)
    write_written(out, Written({"a": ("../outside/x", str(outside / "x"), "link/x")}))
    remove_written(out)
    assert (outside / "x").exists()


def test_a_record_that_cannot_be_read_is_an_empty_one(tmp_path):
    for text in ("", "[]", "{}", '{"parts": 3, "key": ""}', '{"parts": {"a": 3}, "key": ""}'):
        (tmp_path / FILE).write_text(text)
        assert read_written(tmp_path) == Written()


@pytest.mark.parametrize("name", ["tables/clinical.csv", "data/clinical.csv", "report.json"])
def test_an_input_where_the_run_writes_is_refused_before_anything_is_written(study_copy, call, name):
    write_whole(study_copy / name, (study_copy / "clinical.csv").read_bytes())
    text = (study_copy / "study.toml").read_text()
    (study_copy / "study.toml").write_text(text.replace("clinical.csv", name))
    before = files(study_copy)
    code, _, err = call("run", study_copy / "study.toml", "--out", study_copy, "-q")
    assert code == 2
    assert "error [run.inputs]" in err
    assert files(study_copy) == before


def test_an_exam_or_a_link_to_it_is_an_input_too(study_copy, load):
    refuse_inputs(study_copy, study_inputs(load(study_copy), study_copy))
    refuse_inputs(study_copy / "out", study_inputs(load(study_copy), study_copy))
    (study_copy / "store").symlink_to(study_copy / "exams")
    with pytest.raises(UsageError):
        refuse_inputs(study_copy, [study_copy / "store" / "a"])
    with pytest.raises(UsageError):
        refuse_inputs(study_copy, [study_copy / "private"])


# The key


@pytest.fixture
def keyed(tmp_path):
    """Return a folder with a report and its table of case numbers."""
    keep_private({"case-0001": "A", "case-0002": "B"}, tmp_path)
    render_report(small(), tmp_path)
    seal_report(tmp_path)
    require_key(tmp_path)
    return tmp_path


def test_a_report_of_other_numbers_goes_before_the_table_changes(keyed):
    write_whole(keyed / "tables" / "mine.csv", b"")
    keep_private({"case-0001": "B", "case-0002": "C"}, keyed)
    assert files(keyed) == {"private/cases.json", "private/salt", "tables/mine.csv", FILE}
    require_key(keyed)


def test_the_same_numbers_leave_the_report(keyed):
    before = files(keyed)
    keep_private({"case-0001": "A", "case-0002": "B"}, keyed)
    assert files(keyed) == before
    require_key(keyed)


def test_a_report_that_no_record_names_stays_and_is_refused(keyed):
    (keyed / FILE).unlink()
    keep_private({"case-0001": "B", "case-0002": "C"}, keyed)
    assert (keyed / "report.json").exists()
    with pytest.raises(InputError, match="other patients") as caught:
        read_run(keyed)
    assert caught.value.code == "package.key"


def test_another_table_beside_the_report_is_refused(keyed, call):
    (keyed / "private" / "cases.json").write_text(json.dumps({"case-0001": "B", "case-0002": "A"}))
    code, _, err = call("package", keyed, "--out", keyed / "new", "--format", "redcap")
    assert (code, "error [package.key]" in err) == (4, True)
    (keyed / "store").mkdir()
    code, _, err = call("status", "study.toml", "--out", keyed)
    assert (code, "error [package.key]" in err) == (4, True)


def test_the_record_tells_nothing_of_the_ids(keyed):
    again = keyed / "again"
    keep_private({"case-0001": "A", "case-0002": "B"}, again)
    seal_report(again)
    assert read_written(again).key != read_written(keyed).key


# Commands that read a run


def test_a_run_at_work_is_not_packaged(keyed, call):
    with run_lock(keyed):
        code, _, err = call("package", keyed, "--out", keyed / "new", "--format", "redcap")
    assert (code, "error [run.locked]" in err) == (2, True)
    assert not (keyed / "new").exists()


def test_status_of_no_run_says_so_and_writes_nothing(study_folder, tmp_path, call):
    code, _, err = call("status", study_folder / "study.toml", "--out", tmp_path / "mistyped")
    assert code == 4
    assert "no run in" in err
    assert list(tmp_path.iterdir()) == []


def test_a_crate_holds_the_runs_files_alone(finished, tmp_path):
    run = shutil.copytree(finished[2], tmp_path / "run")
    (run / "run.json").write_text('{"started": "2024-05-06T07:08:09+00:00"}')
    for name in OTHERS:
        write_whole(run / name, b"of the user")
    names = write_rocrate(read_run(run), tmp_path / "crate")
    assert not set(names) & set(OTHERS)
    assert {"report.json", "data/exams.csv", "data/loadings.csv", "model.json"} <= set(names)
    (run / FILE).unlink()
    with pytest.raises(InputError) as caught:
        write_rocrate(read_run(run), tmp_path / "other")
    assert caught.value.code == "package.record"


def test_files_of_a_report_that_no_record_names_are_said_to_stay(tmp_path):
    assert unrecorded_files(tmp_path / "none") == ()
    render_report(small(), tmp_path)
    assert unrecorded_files(tmp_path) == ()
    write_whole(tmp_path / "tables" / "old.csv", b"of an earlier version")
    (found,) = unrecorded_files(tmp_path)
    assert (found.code, found.count) == ("run.unrecorded", 1)
    (tmp_path / FILE).unlink()
    before = files(tmp_path)
    (found,) = unrecorded_files(tmp_path)
    assert found.count > 5
    assert "stay" in found.message
    assert files(tmp_path) == before


@pytest.mark.slow
def test_a_run_in_a_folder_of_an_earlier_version_says_so(study_folder, run, tmp_path):
    write_whole(tmp_path / "out" / "tables" / "old.csv", b"of an earlier version")
    write_whole(tmp_path / "out" / "report.html", b"of an earlier version")
    _, written = run(study_folder, tmp_path / "out")
    (issue,) = [i for i in written.report.issues if i.code == "run.unrecorded"]
    assert issue.count == 2
    assert (tmp_path / "out" / "tables" / "old.csv").read_bytes() == b"of an earlier version"
