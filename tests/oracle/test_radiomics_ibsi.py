"""IBSI-1: checkpoints of the image processing, then all reference values."""

import csv
import importlib.util
import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.command import runner

from kinephen.radiomics.measured import column

pytestmark = pytest.mark.ibsi
BENCH = Path(__file__).resolve().parents[2] / "bench" / "radiomics_ibsi.py"


@pytest.fixture(scope="session")
def ibsi():
    spec = importlib.util.spec_from_file_location("radiomics_ibsi", BENCH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def folder(reference):
    return reference("data/ibsi/ibsi1_reference_values.csv").parent


@pytest.fixture(scope="session")
def prepared(ibsi, folder):
    return {name: ibsi.prepared(name, folder) for name in ibsi.PROTOCOLS}


@pytest.fixture(scope="session")
def rows(ibsi, folder, prepared):
    return [
        row
        for name, protocol in ibsi.PROTOCOLS.items()
        for row in ibsi.compare(name, ibsi.ibsi_features(prepared[name], protocol), folder)
    ]


def test_axes_of_the_phantoms(ibsi, folder):
    image, mask, spacing = ibsi.load_phantom(folder / "digital_phantom")
    assert image.shape == (4, 4, 5)
    assert spacing == (2.0, 2.0, 2.0)
    assert image[0, 1, 2] == 6
    assert mask[0, 1, 2]
    assert image[2, 2, 2] == 9
    assert not mask[2, 2, 2]
    assert np.argwhere(~mask).tolist() == [[1, 2, 0], [2, 0, 3], [2, 0, 4], [2, 2, 2], [3, 0, 3], [3, 0, 4]]


EXACT_VOXELS = {
    "config_A": 114596,
    "config_B": 27359,
    "config_C": 45981,
    "config_D": 44465,
    "config_E": 44484,
}


@pytest.mark.parametrize("name", EXACT_VOXELS)
def test_voxels_after_resegmentation(prepared, name):
    assert prepared[name].roi.region.size == EXACT_VOXELS[name]


def _measured(ibsi, folder, prepared, name):
    """Return the checkpoints of one configuration by tag."""
    image, mask, spacing = ibsi.load_phantom(folder / "ct_phantom")
    ready = prepared[name]
    found = {}
    for step, pixels, size in (("init", image, spacing), ("interp", ready.image, ready.context.spacing)):
        for axis, letter in ((2, "x"), (1, "y"), (0, "z")):
            found[f"img_dim_{letter}_{step}_img"] = pixels.shape[axis]
            found[f"vox_dim_{letter}_{step}_img"] = size[axis]
        found[f"mean_int_{step}_img"] = pixels.mean()
        found[f"min_int_{step}_img"] = pixels.min()
        found[f"max_int_{step}_img"] = pixels.max()
    steps = (
        ("init", image, mask, mask),
        ("interp", ready.image, ready.context.mask, ready.context.mask),
        ("reseg", ready.image, ready.keep, ready.context.mask),
    )
    for step, pixels, intensity, lesion in steps:
        for kind, inside in (("int_mask", intensity), ("morph_mask", lesion)):
            where = np.argwhere(inside)
            extent = where.max(axis=0) - where.min(axis=0) + 1
            for axis, letter in ((2, "x"), (1, "y"), (0, "z")):
                found[f"{kind}_dim_{letter}_{step}_roi"] = inside.shape[axis]
                found[f"{kind}_bb_dim_{letter}_{step}_roi"] = extent[axis]
            found[f"{kind}_vox_count_{step}_roi"] = inside.sum()
        values = pixels[intensity]
        found[f"int_mask_mean_int_{step}_roi"] = values.mean()
        found[f"int_mask_min_int_{step}_roi"] = values.min()
        found[f"int_mask_max_int_{step}_roi"] = values.max()
    return found


def _close(ours, expected, tolerance):
    """Counts and extremes without tolerance are exact, means are printed with three digits."""
    if float(tolerance) == 0.0:
        return float(ours) == float(expected) or float(f"{ours:.3g}") == float(expected)
    return abs(ours - float(expected)) <= float(tolerance)


@pytest.mark.parametrize("name", EXACT_VOXELS)
def test_checkpoints_of_the_processing(ibsi, folder, prepared, name):
    with (folder / "ibsi1_reference_diagnostics.csv").open(newline="", encoding="utf-8") as file:
        wanted = [r for r in csv.DictReader(file) if r["dataset"] == name and r["sheet_value"].strip()]
    assert len(wanted) == (46 if name == "config_E" else 60)
    found = _measured(ibsi, folder, prepared, name)
    wrong = [
        (r["tag"], r["sheet_value"], found[r["tag"]])
        for r in wanted
        if not _close(found[r["tag"]], r["sheet_value"], r["sheet_tol"])
    ]
    assert wrong == []


GATED = {
    "digital_phantom": 462,
    "config_A": 325,
    "config_B": 322,
    "config_C": 199,
    "config_D": 203,
    "config_E": 165,
}


@pytest.mark.parametrize("name", GATED)
def test_reference_values(rows, name):
    gated = [row for row in rows if row.dataset == name and row.gated]
    assert len(gated) == GATED[name]
    wrong = [(r.tag, r.reference, r.tolerance, r.ours, r.reason) for r in gated if not r.passes]
    assert wrong == []


AGGREGATIONS = ("", "2D_avg", "2D_smrg", "2.5D_dmrg", "2.5D_mrg", "3D_avg", "3D_mrg", "2D", "2.5D", "3D")


@pytest.mark.parametrize("name", GATED)
def test_reference_values_through_the_command(ibsi, folder, name, monkeypatch, capsys):
    phantom = folder / ("digital_phantom" if name == "digital_phantom" else "ct_phantom") / "nifti"
    images = (phantom / "image" / "phantom.nii.gz", phantom / "mask" / "mask.nii.gz")
    call = runner(monkeypatch, capsys)
    code, out, err = call("features", *map(str, images), "--protocol", str(ibsi.FILES[name]), "--json")
    assert code == 0, err
    (row,) = json.loads(out)["rows"]
    keys = [
        (family, feature, how)
        for family, names in ibsi.IBSI_CODES.items()
        for feature, how in itertools.product(names, AGGREGATIONS)
    ]
    found = {key: row["features"].get(column(key)) for key in keys}
    known = {key: value for key, value in found.items() if value is not None}
    gated = [r for r in ibsi.compare(name, known, folder) if r.gated]
    assert len(gated) == GATED[name]
    assert [(r.tag, r.reference, r.ours) for r in gated if not r.passes] == []


def test_table_by_family(ibsi, rows, capsys):
    table = ibsi.family_table(rows)
    with capsys.disabled():
        print(f"\n{'family':<22}{'rows':>6}{'in tolerance':>14}{'out':>5}")
        for family, n, good, out in table:
            print(f"{family:<22}{n:>6}{good:>14}{out:>5}")
    assert sum(n for _, n, _, _ in table) == sum(GATED.values())


def test_page_is_current(ibsi, rows):
    assert ibsi.PAGE.read_text(encoding="utf-8") == ibsi.page(rows), "run python bench/radiomics_ibsi.py"


def test_codes_cover_every_reference_row(ibsi, rows):
    assert {(r.family, r.code) for r in rows} == {
        (family, code) for family, names in ibsi.IBSI_CODES.items() for code in names.values()
    }
    assert sum(len(names) for names in ibsi.IBSI_CODES.values()) == 169
