"""A quantity has one home: what else reads it names the record."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import kinephen
from kinephen.config.schema import Features
from kinephen.core.options import TwoDimensionalReading
from kinephen.model import external
from kinephen.records.evidence import Evidence, Loading
from kinephen.records.lesion import VoxelsAfterStep
from kinephen.records.one_exam import MapsRecord
from kinephen.records.split_tests import SamRecord, SamRow
from kinephen.study.steps import performance, risk_records
from kinephen.study.steps.phenotypes import PhenotypeStepSettings

ROOT = Path(kinephen.__file__).parent
SIGNS = {"study/steps/delta.py", "study/tables/phenotypes.py", "reproduce/baseline_phenotypes.py"}
"""The record of the change, and what reads tables of others, which have no such record."""


def imported(path):
    """Yield module and name of everything that a file imports from another."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, n.name) for n in node.names)


def test_signs_come_from_the_record_of_the_change():
    signs = {("kinephen.radiomics.catalogue", n) for n in ("sign", "directions", "BY_KEY")}
    rooms = ("study", "model", "report", "reproduce", "review", "cli")
    files = [p for room in rooms for p in (ROOT / room).rglob("*.py")]
    found = {p.relative_to(ROOT).as_posix() for p in files if signs & set(imported(p))}
    assert found == SIGNS


def test_shares_and_sums_of_voxels_are_those_of_the_record():
    steps = VoxelsAfterStep(box=800, tissue=400, enhancing=100, positive_ser=75, neighbours=60, ser=0)
    assert list(steps.shares().values()) == [1.0, 0.5, 0.25, 0.75, 0.8, 0.0]
    empty = VoxelsAfterStep(box=5, tissue=0, enhancing=0, positive_ser=0, neighbours=0, ser=0)
    assert list(empty.shares().values()) == [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    maps = MapsRecord.model_construct(undefined={"PE": {"zero": 3, "late": 4}, "SER": {}})
    assert maps.undefined_voxels == {"PE": 7, "SER": 0}


def test_largest_loadings_and_differences_keep_their_sign_and_the_first_of_equals():
    rows = [("a", "A1", -0.8), ("a", "A2", 0.8), ("b", "A1", 0.3), ("b", "A2", -0.4), ("c", "A1", 0.9)]
    loadings = tuple(Loading(group=1, component=c, feature=f, loading=v, explained=0.5) for f, c, v in rows)
    table = tuple(
        SamRow(component=c, d=d, r=None, s_plus_s0=None, q_percent=None, p=None)
        for c, d in (("A1", 0.2), ("A2", -3.0), ("A3", None), ("A4", 1.0))
    )
    sam = SamRecord(k=2, s0=None, pi0=None, permutations=0, table=table)
    evidence = Evidence.model_construct(loadings=loadings, sam=sam, components=())
    most = {f: (r.component, r.loading) for f, r in evidence.largest_loadings.items()}
    assert most == {"a": ("A1", -0.8), "b": ("A2", -0.4), "c": ("A1", 0.9)}
    assert [r.feature for r in evidence.loading_most("A1", 2)] == ["c", "a"]
    assert evidence.differing_most(3) == ("A2", "A4", "A1")


@pytest.mark.parametrize("module", [performance, external])
def test_decision_curves_of_a_run_and_of_a_validation_have_the_same_thresholds(module):
    assert module.DECISION_THRESHOLDS is risk_records.DECISION_THRESHOLDS
    assert risk_records.DECISION_THRESHOLDS[::10] == (0.02, 0.22, 0.42)


def test_the_reading_of_two_dimensional_features_is_one_type():
    assert get_args(TwoDimensionalReading) == ("A", "B")
    for model in (Features, PhenotypeStepSettings):
        assert get_type_hints(model)["two_d_reading"] == TwoDimensionalReading
