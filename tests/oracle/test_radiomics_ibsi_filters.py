"""IBSI-2: response maps of the digital phantoms, then the values of the filtered CT phantom."""

import importlib
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.ibsi
BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
bench = importlib.import_module("radiomics_ibsi2")
sys.path.remove(str(BENCH))

LONG = {"5.B", "6.B", "7.B"}
NO_CONSENSUS = {("8.B", "stat_qcod")}


@pytest.fixture(scope="session")
def folder(reference):
    return reference("data/ibsi2/reference_values.csv").parent


@pytest.fixture(scope="session")
def prepared(folder):
    return {letter: bench.prepared(letter, folder) for letter in "AB"}


@pytest.mark.parametrize("test", bench.MAPS)
def test_response_map(folder, test):
    assert bench.map_row(test, folder).error <= bench.SHARE


def test_every_response_map_is_compared(folder):
    there = {path.name.removesuffix(".nii.gz") for path in (folder / "response_maps").iterdir()}
    assert there == set(bench.MAPS)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in bench.CONFIGURATIONS]
)
def test_values(folder, prepared, name):
    rows = bench.value_rows(name, prepared[name[-1]], folder)
    assert len(rows) == 18 - sum(name == owner for owner, _ in NO_CONSENSUS)
    assert [row for row in rows if row.share > 1] == []


@pytest.mark.slow
def test_page_is_current(folder, prepared):
    maps = [bench.map_row(test, folder) for test in bench.MAPS]
    values = [
        row for name in bench.CONFIGURATIONS for row in bench.value_rows(name, prepared[name[-1]], folder)
    ]
    assert bench.PAGE.read_text(encoding="utf-8") == bench.page(maps, values), (
        "run python bench/radiomics_ibsi2.py"
    )
