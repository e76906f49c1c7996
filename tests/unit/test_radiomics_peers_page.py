"""The comparison with MIRP and PyRadiomics: a difference has a reason of its own features, or none."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "radiomics-peers.md"
KURTOSIS = ("statistics", "excess_kurtosis", "")
MESH = ("morphology", "surface_area", "")
MEAN = ("statistics", "mean", "")


@pytest.fixture(scope="module")
def rules():
    path = ROOT / "bench" / "radiomics_peers_rules.py"
    spec = importlib.util.spec_from_file_location("radiomics_peers_rules", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def case(rules):
    ours = {KURTOSIS: -0.5, MESH: 100.0, MEAN: 7.0}
    return rules.Case(
        image=np.zeros((3, 4, 5)),
        mask=np.ones((3, 4, 5), dtype=bool),
        spacing=(2.0, 0.7, 0.9),
        ours=ours,
        joined={**ours, MESH: 103.0},
        theirs={KURTOSIS: 2.5, MESH: 103.0, MEAN: 7.1},
    )


def test_a_reason_holds_for_its_peer_and_features_only(rules, case):
    assert rules.rule_for("pyradiomics", case, KURTOSIS).name == "kurtosis"
    assert rules.rule_for("mirp", case, KURTOSIS) is None
    assert rules.rule_for("mirp", case, MESH).name == "joined voxels"
    assert rules.rule_for("mirp", case, MEAN) is None
    assert rules.rule_for("pyradiomics", case, MEAN) is None


def test_a_reason_that_does_not_give_the_peers_value_is_none(rules, case):
    case.theirs[KURTOSIS] = 2.6
    case.theirs[MESH] = 104.0
    assert rules.rule_for("pyradiomics", case, KURTOSIS) is None
    assert rules.rule_for("mirp", case, MESH) is None


def test_the_page_leaves_no_difference_without_a_reason(rules):
    text = PAGE.read_text(encoding="utf-8")
    counts = re.findall(r"^\| .* \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert len(counts) == 6
    for values, agree, explained, none in (map(int, row) for row in counts):
        assert values == agree + explained
        assert none == 0
    named = re.findall(r"^### \S+ \S+: (.+)$", text, re.MULTILINE)
    assert set(named) <= {rule.name for rule in rules.RULES}
    rows = re.findall(r"^\| \S+ \| \D.* \| \S+ \| \S+ \| \S+e\S+ \|$", text, re.MULTILINE)
    assert len(rows) == sum(int(explained) for _, _, explained, _ in counts)
