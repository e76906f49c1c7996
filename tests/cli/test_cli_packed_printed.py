"""What ``kinephen package`` and ``render`` hand on, and what they say at the end."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from types import SimpleNamespace as Of

import pytest

from kinephen.report import render as rendering
from kinephen.report.exports import source
from kinephen.study import exam_arrays, lock


@contextmanager
def noted(seen, what, given):
    seen.append((what, str(given)))
    yield Path("new")
    seen.append(("end", what))


@pytest.fixture
def pack(monkeypatch, call):
    """Return a function that packs a run of given patients, and the steps it took."""
    seen = []

    def run(form, *words, patients=3):
        seen.clear()
        found = Of(report=Of(patients=["p"] * patients))
        monkeypatch.setattr(source, "read_run", lambda run: found)
        return *call("package", "run", "-o", "there", "-f", form, *words), seen

    def writes(name, files):
        def write(found, folder, *more):
            if name == "bids":
                jobs, progress = more
                progress(1)
                more = (jobs,)
            seen.append((name, str(folder), *more))
            return ["f"] * files

        return write

    monkeypatch.setattr(lock, "read_lock", lambda folder: noted(seen, "read", folder))
    monkeypatch.setattr(source, "new_folder", lambda folder: noted(seen, "new", folder))
    for name, files in (("bids", 4), ("redcap", 2), ("anndata", 1)):
        module = Of(**{f"write_{name}": writes(name, files)})
        monkeypatch.setitem(sys.modules, f"kinephen.report.exports.{name}", module)
    crate = Of(write_rocrate=writes("rocrate", 5), Publication=lambda *words: words)
    monkeypatch.setitem(sys.modules, "kinephen.report.exports.rocrate", crate)
    monkeypatch.setattr("kinephen.config.load.load_study", lambda path, **more: (path, more))
    monkeypatch.setattr(exam_arrays, "jobs_of", lambda *words: seen.append(words) or ["job", "job"])
    return run


@pytest.mark.parametrize(
    ("form", "words", "step", "files"),
    [
        ("ro-crate", (), ("rocrate", "new", ((), "")), "5 files"),
        ("ro-crate", ("--author", "A", "--author", "B", "--license", "x"),
         ("rocrate", "new", (("A", "B"), "x")), "5 files"),
        ("anndata", (), ("anndata", "new"), "1 file"),
        ("redcap", ("--study", "a/study.toml"), ("redcap", "new"), "2 files"),
    ],
)  # fmt: skip
def test_a_run_is_packed(pack, form, words, step, files):
    code, out, err, seen = pack(form, *words)
    assert (code, out, err) == (0, "there\n", f"{files} of 3 patients written\n")
    assert seen == [("read", "run"), ("new", "there"), step, ("end", "new"), ("end", "read")]


def test_bids_with_and_without_exams(pack):
    code, out, err, seen = pack("bids", patients=1)
    assert (code, out) == (0, "there\n")
    assert err == "tables only: give --study for masks and maps\n4 files of 1 patient written\n"
    assert seen[2] == ("bids", "new", [])
    code, _, err, seen = pack("bids", "--study", "a/study.toml", "-p", "quick", "--set", "a.b=1")
    study = (Path("a/study.toml"), {"preset": "quick", "changes": ["a.b=1"]})
    assert seen[1] == (study, Path("a"), Path("run"))
    assert seen[3] == ("bids", "new", ["job", "job"])
    assert "1/2" in err
    assert "tables only" not in err
    seen = pack("bids", "--study", "a/study.toml")[3]
    assert seen[1][0][1] == {"preset": None, "changes": []}
    _, out, err, _ = pack("bids", "--study", "a/study.toml", "--json", "-q")
    assert json.loads(out) == {"format": "bids", "out": "there", "files": 4, "patients": 3}
    assert err == ""


def test_anndata_needs_its_library(pack, monkeypatch):
    monkeypatch.setitem(sys.modules, "kinephen.report.exports.anndata", ModuleType("without"))
    code, _, err, _ = pack("anndata")
    assert (code, err.splitlines()[0]) == (
        2, "error [package.h5py]: --format anndata: AnnData files need h5py"
    )  # fmt: skip


@pytest.fixture
def rendered(monkeypatch, call, tmp_path):
    seen = []

    def run(*words, figures=2, flow=(), tables=1, there=True):
        seen.clear()
        report = tmp_path / "run" / "report.json"
        report.parent.mkdir(exist_ok=True)
        if there:
            report.write_text("{}")
        document = Of(figures=dict.fromkeys(range(figures)), flow=flow, tables=dict.fromkeys(range(tables)))
        monkeypatch.setattr(rendering, "load_report", lambda path: seen.append(path.name) or document)

        def render_report(found, folder, *, images, formats):
            seen.append((folder.name, images.name, formats))
            return folder

        monkeypatch.setattr(rendering, "render_report", render_report)
        for name in ("read_lock", "run_lock"):
            monkeypatch.setattr(lock, name, lambda folder, name=name: noted(seen, name, folder.name))
        return *call("render", report, *words), seen

    return run


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({}, "2 figures and 1 table written\n"),
        ({"figures": 0, "flow": ("x", "y"), "tables": 3}, "1 figure and 3 tables written\n"),
    ],
)
def test_pages_are_counted_and_folders_held(rendered, tmp_path, counts, says):
    code, out, err, seen = rendered(**counts)
    assert (code, out, err) == (0, f"{tmp_path / 'run'}\n", says)
    assert seen == [
        *(("run_lock", "run"), "report.json", ("run", "run", ("svg", "pdf", "png")), ("end", "run_lock"))
    ]
    seen = rendered("-o", tmp_path / "new", "--formats", "png")[3]
    assert seen == [
        ("read_lock", "run"), ("run_lock", "new"), "report.json", ("new", "run", ("svg", "png")),
        ("end", "run_lock"), ("end", "read_lock"),
    ]  # fmt: skip
    out = rendered("--json", flow=("x",))[1]
    assert json.loads(out) == {"page": str(tmp_path / "run"), "figures": 3, "tables": 1}


def test_no_folder_is_held_for_a_report_that_is_not_there(rendered, tmp_path):
    seen = rendered("-o", tmp_path / "new", there=False)[3]
    assert seen[:2] == [("read_lock", "run"), "report.json"]
