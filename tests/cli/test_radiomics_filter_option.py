"""``kinephen features --filter`` and ``kinephen info filters``."""

import csv
import io
import json

import numpy as np
import pytest
from tests.command import runner

from kinephen.core.volume import Geometry, Volume
from kinephen.io.nifti import write_volume
from kinephen.radiomics.filters import BY_KIND


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    geometry = Geometry((7, 8, 9), np.diag([0.8, 1.25, 3.0, 1.0])[[0, 1, 2, 3]][:, [2, 1, 0, 3]])
    write_volume(
        tmp_path / "pe.nii.gz", Volume(np.random.default_rng(2).gamma(4.0, size=(7, 8, 9)), geometry)
    )
    mask = np.zeros((7, 8, 9), dtype=np.uint8)
    mask[2:6, 2:7, 2:7] = 1
    write_volume(tmp_path / "mask.nii.gz", Volume(mask, geometry))
    (tmp_path / "p.toml").write_text('[filtering]\nfilters = ["mean:support=3"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


def row(text):
    (found,) = csv.DictReader(io.StringIO(text))
    return found


def test_columns_begin_with_the_name_of_the_response(run):
    words = ("features", "pe.nii.gz", "mask.nii.gz")
    plain = row(run(*words)[1])
    code, out, _ = run(*words, "--filter", "log:sigma=2mm", "--filter", "mean:support=3")
    found = row(out)
    assert code == 0
    assert {k: found[k] for k in plain} == plain
    assert len(found) == len(plain) + 2 * 83
    assert float(found["mean-3_Intensity_Variance"]) < float(found["Intensity_Variance"])
    assert "log-2mm_Morphologic_Volume" not in found


def test_a_protocol_names_its_filters(run):
    found = row(run("features", "pe.nii.gz", "mask.nii.gz", "--protocol", "p.toml")[1])
    assert float(found["mean-3_statistics_variance"]) < float(found["statistics_variance"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--filter", "log:sigma=2"), 3, "radiomics.filter"),
        (("--filter", "log:sigma=2mm", "--mode", "captk"), 2, "features.option"),
        (("--filter", "log:sigma=2mm", "--protocol", "p.toml"), 2, "features.option"),
        (("--filter", "simoncelli:level=5"), 4, "radiomics.filter_image"),
        (("--filter", "log:sigma=900mm"), 4, "radiomics.filter_reach"),
    ],
)
def test_what_cannot_be_filtered_is_said(run, words, code, said):
    found, _, err = run("features", "pe.nii.gz", "mask.nii.gz", *words)
    assert found == code
    assert said in err


def test_the_catalogue_is_printed(run):
    assert [r["name"] for r in json.loads(run("info", "filters", "--json")[1])["filters"]] == list(BY_KIND)
    assert "log:sigma=3mm" in run("info", "filters")[1]
