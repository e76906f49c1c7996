"""The choice against the real index of the Imaging Data Commons, and against roles worked out before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pydicom
import pytest

from kinephen.io.exam import read_exam
from kinephen.io.idc_choice import choose, series_roles
from kinephen.io.idc_download import fetch_exams
from kinephen.io.idc_index import COLLECTIONS, index_file, read_series

pytest.importorskip("idc_index_data", reason="needs the extra idc (package idc-index-data)")

EXPECTED = {"ispy1": (161, 222), "breast-mri-nact-pilot": (64, 64)}


@pytest.fixture(scope="module", params=list(COLLECTIONS))
def index(request):
    collection = COLLECTIONS[request.param]
    return collection, read_series(index_file()[0], collection)


def test_patients_with_maps_at_both_visits(index):
    collection, series = index
    choice = choose(series, collection, ("T1", "T2"))
    assert (choice.patients, choice.patients_in_collection) == EXPECTED[collection.name]
    assert len(choice.exams) == 2 * choice.patients
    assert choice.licences == ("CC BY 3.0",)
    assert all({"ser"} < {s.role for s in e.series} for e in choice.exams)


def test_roles_agree_with_the_reference_table(index, reference):
    collection, series = index
    table = pd.read_csv(reference("data/idc/series.csv.gz"))
    table = table[(table["collection"] == collection.index_id) & (table["Modality"] != "SR")]
    wanted = table["role"].replace({"dce_source": "dce", "dce_candidate": "other"})
    expected = dict(zip(table["SeriesInstanceUID"], wanted, strict=True))
    found: dict[str, str] = {}
    split = 0
    for _, study in series[series["modality"] != "SR"].groupby("study"):
        roles, lacks = series_roles(study)
        found |= roles
        split += lacks and "ser" in roles.values()
    assert {uid: found[uid] for uid in expected} == expected
    assert split == (130 if collection.name == "ispy1" else 0)


def test_sizes_are_those_of_the_files(reference):
    folder = reference("data/nact_pilot/UCSF-BR-06/image_dce_3dfgre_orig")
    series = read_series(index_file()[0], COLLECTIONS["breast-mri-nact-pilot"])
    own = series[(series["patient"] == "UCSF-BR-06") & (series["instances"] == 180)]
    sizes = [p.stat().st_size for p in folder.iterdir()]
    assert len(sizes) == 180
    assert sum(sizes) in set(own["bytes"])


def test_dry_run_answers_without_a_network(tmp_path):
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('the network was touched')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "sys.argv = ['kinephen', 'fetch', 'ispy1', '--dry-run', '--json', '--out', sys.argv[1]]\n"
        "from kinephen.cli.app import main\n"
        "main()\n"
    )
    out = tmp_path / "none"
    done = subprocess.run([sys.executable, "-c", code, str(out)], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["patients"], record["exams"], record["whole_studies"]) == (161, 322, 51)
    assert record["bytes"] == record["bytes_missing"]
    assert [v["archive_visit"] for v in record["visits"]] == ["T0", "T1"]
    assert "ISPY1_" not in done.stdout
    assert not out.exists()


def test_real_files_pass_the_check_against_the_index_and_read_as_an_exam(reference, tmp_path):
    source = reference("data/nact_pilot/UCSF-BR-06")
    collection = COLLECTIONS["breast-mri-nact-pilot"]
    choice = choose(read_series(index_file()[0], collection), collection, ("T1", "T2"))
    there: dict[str, list] = {}
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"])
        uid = str(header.SeriesInstanceUID)
        there.setdefault(uid, []).append(path)
    exam = next(e for e in choice.exams if {s.uid for s in e.series} >= set(there))
    assert exam.visit == "T1"
    exam = replace(exam, series=tuple(s for s in exam.series if s.uid in there))
    assert [s.role for s in exam.series] == ["dce", "pe1", "seg_voi_tissue", "ser"]

    def copy(series, folder):
        for uid in series:
            for n, path in enumerate(there[uid]):
                shutil.copy(path, folder / f"{uid[-12:]}-{n}.dcm")

    fetched = fetch_exams((exam,), tmp_path, copy, progress=lambda done, total: None)
    assert fetched.failures == {}
    found = read_exam(tmp_path / "images" / exam.folder)
    assert found.series.n_phases == 3
    assert found.series.times_s == (-230.0, 177.0, 531.0)
