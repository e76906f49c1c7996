"""Packages of a finished run: what is in them is what the run found, and no id of a patient."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil

import nibabel
import numpy as np
import pandas as pd
import pytest
from tests.command import runner

from kinephen.errors import KinephenError
from kinephen.io.nifti import read_nifti_mask, read_volume
from kinephen.report.exports import redcap as redcap_forms
from kinephen.report.exports.bids import exam_path, write_bids
from kinephen.report.exports.redcap import HEADER, make_fields, write_redcap
from kinephen.report.exports.rocrate import METADATA, Publication, write_rocrate
from kinephen.report.exports.source import RunSource, new_folder, read_run
from kinephen.report.schema import Column, Patient
from kinephen.study.exam_arrays import jobs_of
from kinephen.study.steps.tiles import read_tiles


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """Return a finished run with its run.json; read only."""
    copy = tmp_path_factory.mktemp("run") / "out"
    shutil.copytree(finished[2], copy)
    (copy / "run.json").write_text('{"started": "2024-05-06T07:08:09+00:00"}')
    return copy


@pytest.fixture(scope="module")
def source(folder):
    return read_run(folder)


@pytest.fixture(scope="module")
def ids(finished):
    """Return the study's own ids."""
    return [pid.encode() for pid in finished[0].plan.patient_ids.values()]


def assert_no_ids(root, ids):
    files = [p for p in root.rglob("*") if p.is_file()]
    assert files
    for path in files:
        assert not any(i in str(path.relative_to(root)).encode() or i in path.read_bytes() for i in ids), path


# REDCap


@pytest.fixture(scope="module")
def project(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("redcap")
    write_redcap(source, out)
    with (out / "data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        dictionary = list(csv.DictReader(file))
    with (out / "records.csv").open(encoding="utf-8", newline="") as file:
        return out, dictionary, list(csv.DictReader(file))


def test_the_dictionary_is_as_redcap_takes_it(project):
    _, dictionary, records = project
    assert list(dictionary[0]) == list(HEADER)
    assert len(HEADER) == 18
    names = [row["Variable / Field Name"] for row in dictionary]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,25}", n) for n in names)
    assert list(records[0]) == [*names, "kinephen_complete"]
    assert {row["Field Type"] for row in dictionary} <= {"text", "notes", "radio", "yesno"}
    assert all(not row["Identifier?"] for row in dictionary)


def test_records_decode_to_what_the_report_says(project, source):
    _, dictionary, records = project
    kinds = {row["Variable / Field Name"]: row for row in dictionary}
    choices = dict(
        c.split(", ", 1) for c in kinds["phenotype"]["Choices, Calculations, OR Slider Labels"].split(" | ")
    )
    assert len(records) == len(source.report.patients)
    for record, (case, patient) in zip(records, source.patients(), strict=True):
        assert record["record_id"] == case
        assert choices.get(record["phenotype"]) == patient.phenotype
        assert record["event"] == ("" if patient.event is None else str(int(patient.event)))
        assert (float(record["ftv2"]) if record["ftv2"] else None) == patient.ftv2
        scores = {c.name.lower(): c.score for c in source.detail(patient).components}
        assert {k: float(record[k]) for k in scores} == scores
    for row in dictionary:
        values = [r[row["Variable / Field Name"]] for r in records]
        if row["Text Validation Type OR Show Slider Number"] == "number":
            assert all(v == "" or np.isfinite(float(v)) for v in values)
        if row["Field Type"] in ("radio", "yesno"):
            allowed = {"0", "1"} if row["Field Type"] == "yesno" else {
                c.split(",")[0] for c in row["Choices, Calculations, OR Slider Labels"].split(" | ")
            }  # fmt: skip
            assert set(values) <= {*allowed, ""}


def test_hostile_words_and_long_names_stay_harmless(source):
    long = "A very long heading that REDCap would cut"
    columns = tuple(Column(key=f"x_{i}", label=long) for i in range(2))
    patients = tuple(
        Patient(id=f"case-{i:04d}", cohort="=cmd|' /C calc'!A0", extra={"x_0": "a | b", "x_1": "-2 then"})
        for i in range(2)
    )
    report = source.report.model_copy(update={"patients": patients, "patients_columns": columns})
    fields = {f.name: f for f in make_fields(RunSource(source.folder, report))}
    assert fields["x_0"].choices == "1, a / b"
    assert redcap_forms._safe("=1+1") == "'=1+1"
    assert redcap_forms._safe("-2.5") == "-2.5"
    taken = set()
    names = [redcap_forms._name(long, taken) for _ in range(12)] + [redcap_forms._name("5", taken)]
    assert len(set(names)) == 13
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,25}", n) for n in names)


def test_redcap_holds_no_id(project, ids):
    assert_no_ids(project[0], ids)


# RO-Crate


@pytest.fixture(scope="module")
def crate(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("crate") / "crate"
    with new_folder(out) as partial:
        write_rocrate(source, partial)
    graph = json.loads((out / METADATA).read_text("utf-8"))["@graph"]
    return out, {entity["@id"]: entity for entity in graph}


def test_the_crate_is_whole(crate):
    out, entities = crate
    assert entities[METADATA]["about"] == {"@id": "./"}
    assert entities[METADATA]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = entities["./"]
    assert root["datePublished"] == "2024-05-06"
    assert {"name", "description", "license", "hasPart"} <= set(root)
    assert "author" not in root
    described = {i for i, e in entities.items() if e["@type"] == "File"}
    there = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} - {METADATA}
    assert described == there
    for name in described:
        data = (out / name).read_bytes()
        assert entities[name]["sha256"] == hashlib.sha256(data).hexdigest()
        assert entities[name]["contentSize"] == str(len(data))

    def references(value):
        if isinstance(value, dict):
            yield from [value["@id"]] if set(value) == {"@id"} else []
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    outside = {"https://w3id.org/ro/crate/1.1"}
    assert {r for e in entities.values() for r in references(e)} <= {*entities, *outside}


def test_what_is_private_is_left_out(crate, ids):
    out, entities = crate
    assert not any(name.startswith(("private", "store", "run.json")) for name in entities)
    assert_no_ids(out, ids)
    assert (out / "patients" / "case-0001.html").exists()


def test_settings_software_and_authors_are_named(source, tmp_path):
    write_rocrate(
        source, tmp_path, Publication(("Ada L", "https://orcid.org/0000-0002-1825-0097"), "https://x.org/l")
    )
    graph = {e["@id"]: e for e in json.loads((tmp_path / METADATA).read_text("utf-8"))["@graph"]}
    assert [a["@id"] for a in graph["./"]["author"]] == [
        "#author-Ada-L",
        "https://orcid.org/0000-0002-1825-0097",
    ]
    assert graph["./"]["license"] == {"@id": "https://x.org/l"}
    values = {e["name"]: e["value"] for e in graph.values() if e["@type"] == "PropertyValue"}
    for setting in source.report.settings:
        plain = isinstance(setting.value, (str, int, float, bool))
        assert (values[setting.key] if plain else json.loads(values[setting.key])) == setting.value
    assert graph["#kinephen"]["version"] == source.report.provenance.versions["kinephen"]


def test_a_run_that_shows_ids_is_not_published(source, tmp_path):
    first, *others = source.report.patients
    patients = (first.model_copy(update={"id": "ISPY1_1001"}), *others)
    shown = RunSource(source.folder, source.report.model_copy(update={"patients": patients}))
    with pytest.raises(KinephenError, match="own ids") as caught:
        write_rocrate(shown, tmp_path)
    assert caught.value.code == "package.ids"
    write_redcap(shown, tmp_path)
    assert_no_ids(tmp_path, [b"ISPY1_1001"])


@pytest.mark.peers
def test_the_crate_is_read_by_the_reference_library(crate):
    rocrate = pytest.importorskip("rocrate.rocrate")
    found = rocrate.ROCrate(crate[0])
    assert found.name == crate[1]["./"]["name"]
    assert {e.id for e in found.get_entities()} >= {"report.json", "data/", "#run"}


# AnnData


@pytest.fixture(scope="module")
def h5ad(source, tmp_path_factory):
    pytest.importorskip("h5py")
    from kinephen.report.exports.anndata import write_anndata

    out = tmp_path_factory.mktemp("anndata")
    write_anndata(source, out)
    return out / "features.h5ad"


def test_the_file_has_the_published_layout(h5ad, folder, ids):
    h5py = pytest.importorskip("h5py")
    delta = pd.read_csv(folder / "data" / "delta_features.csv").set_index("case")
    with h5py.File(h5ad) as file:
        assert dict(file.attrs) == {"encoding-type": "anndata", "encoding-version": "0.1.0"}
        cases = [c.decode() for c in file["obs/_index"]]
        features = [c.decode() for c in file["var/_index"]]
        for name, table in (
            ("delta", delta),
            ("T1", pd.read_csv(folder / "data/features_T1.csv", index_col=0)),
        ):
            wanted = table.reindex(index=cases, columns=features).to_numpy()
            np.testing.assert_allclose(file[f"layers/{name}"][()], wanted, rtol=1e-12)
        np.testing.assert_array_equal(file["X"][()], file["layers/delta"][()])

        def untagged(name, element):
            assert {"encoding-type", "encoding-version"} <= set(element.attrs), name

        file.visititems(untagged)
    assert not any(i in h5ad.read_bytes() for i in ids)


def test_the_same_run_gives_the_same_file(h5ad, source, tmp_path):
    from kinephen.report.exports.anndata import write_anndata

    write_anndata(source, tmp_path)
    assert (tmp_path / "features.h5ad").read_bytes() == h5ad.read_bytes()


@pytest.mark.peers
def test_anndata_reads_it(h5ad, source):
    anndata = pytest.importorskip("anndata")
    found = anndata.read_h5ad(h5ad)
    assert list(found.obs_names) == [case for case, _ in source.patients()]
    assert [None if p != p else p for p in found.obs["phenotype"]] == [
        w.phenotype for w in source.report.patients
    ]
    assert [None if pd.isna(e) else bool(e) for e in found.obs["event"]] == [
        w.event for w in source.report.patients
    ]
    assert json.loads(found.uns["settings"]) == {s.key: s.value for s in source.report.settings}
    assert found.obsm["components"].shape == (found.n_obs, len(found.uns["component_names"]))


# BIDS


@pytest.fixture(scope="module")
def dataset(folder, source, load, study_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("bids")
    jobs = jobs_of(load(study_folder), study_folder, folder)
    write_bids(source, out, jobs[:3])
    return out, jobs


def test_tables_follow_bids(dataset, source, folder):
    out, _ = dataset
    description = json.loads((out / "derivatives/kinephen/dataset_description.json").read_text("utf-8"))
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"][0]["Name"] == "kinephen"
    table = pd.read_csv(out / "participants.tsv", sep="\t", na_values="n/a")
    assert table["participant_id"].tolist() == [f"sub-{c.replace('-', '')}" for c, _ in source.patients()]
    described = json.loads((out / "participants.json").read_text("utf-8"))
    assert list(table.columns) == sorted(described, key=list(table.columns).index)
    np.testing.assert_allclose(
        table["ftv2"], [w.ftv2 if w.ftv2 is not None else np.nan for w in source.report.patients]
    )
    change = pd.read_csv(
        out / "derivatives/kinephen/desc-change_features.tsv", sep="\t", na_values="n/a", index_col=0
    )
    wanted = pd.read_csv(folder / "data/delta_features.csv", index_col=0)
    np.testing.assert_allclose(change.to_numpy(), wanted.to_numpy(), rtol=1e-12)


def test_masks_and_maps_are_those_of_the_run(dataset, finished):
    out, jobs = dataset
    home = out / "derivatives" / "kinephen"
    for job in jobs[:3]:
        first = read_volume(exam_path(home, job.case, job.visit, "desc-pe_map.nii.gz"))
        lesion = read_nifti_mask(
            exam_path(home, job.case, job.visit, "label-lesion_mask.nii.gz"), first.geometry
        )
        record = finished[0].cases.lesions[(job.case, job.visit)]
        assert lesion.voxels == record.lesion_voxels
        assert lesion.volume_cc == pytest.approx(record.lesion_cc, rel=1e-6)
        tile = read_tiles(finished[0].cases.tiles[(job.case, job.visit)])
        k = tile.slice
        inside = first.array[k][lesion.array[k]]
        np.testing.assert_allclose(inside, tile.maps["PE"][tile.mask], rtol=1e-6)
        for name in ("pe", "ser", "wis", "wos"):
            path = exam_path(home, job.case, job.visit, f"desc-{name}_map.nii.gz")
            assert nibabel.load(path).shape == nibabel.load(path.with_name(path.name)).shape
            sidecar = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text("utf-8"))
            assert sidecar["map"] == name.upper()


def test_names_follow_bids_and_hold_no_id(dataset, ids):
    out, _ = dataset
    for path in (out / "derivatives/kinephen").rglob("*.nii.gz"):
        assert re.fullmatch(
            r"sub-[A-Za-z0-9]+_ses-[A-Za-z0-9]+_(label|desc)-[a-z]+_(mask|map)\.nii\.gz", path.name
        )
        assert path.parts[-3].startswith("ses-")
        assert path.parts[-4].startswith("sub-")
    assert_no_ids(out, ids)


def test_another_study_has_no_result_in_the_run(folder, load, study_folder):
    with pytest.raises(KinephenError) as caught:
        jobs_of(load(study_folder, "ftv.pe_threshold=20"), study_folder, folder)
    assert caught.value.code == "package.study"


# The command


@pytest.fixture
def call(monkeypatch, capsys):
    return runner(monkeypatch, capsys, "package")


@pytest.mark.parametrize("form", ["ro-crate", "bids", "redcap"])
def test_the_command_writes_a_package(call, folder, source, tmp_path, form):
    code, out, _ = call(folder, "--format", form, "--out", tmp_path / "new", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["format"] == form
    assert told["patients"] == len(source.report.patients)
    assert told["files"] == len([p for p in (tmp_path / "new").rglob("*") if p.is_file()])


def test_nothing_is_written_over_and_nothing_stays_half(call, folder, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    code, _, err = call(folder, "-f", "redcap", "-o", tmp_path / "kept")
    assert code == 2
    assert "error [package.out]" in err
    broken = shutil.copytree(folder, tmp_path / "broken", ignore=shutil.ignore_patterns("data"))
    code, _, err = call(broken, "-f", "bids", "-o", tmp_path / "new")
    assert code == 4
    assert "error [package.table]: data/features_T1.parquet" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["broken", "kept"]


def test_a_folder_that_is_no_run(call, tmp_path):
    code, _, err = call(tmp_path, "-f", "redcap", "-o", tmp_path / "new")
    assert code == 4
    assert "error [report.unreadable]" in err
