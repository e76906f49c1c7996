"""The page of published claims is what the code gives from the public tables (written by bench/claims.py)."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bench():
    return runpy.run_path(str(ROOT / "bench" / "claims.py"))


@pytest.fixture(scope="module")
def cohort(bench, reference):
    return bench["discovery_cohort"](reference("data/ispy1/visits_idc.csv").parents[2])


def test_the_rule_rebuilds_the_candidate_cohort(cohort, reference):
    import pandas as pd

    listed = pd.read_csv(reference("data/ispy1/ispy1_discovery_candidate_n100.csv"))
    assert set(cohort.index) == set(listed["SUBJECTID"].astype(str))
    assert len(cohort) == 100
    assert cohort["event"].sum() == 28


def test_the_page_is_the_one_that_the_code_writes(bench, cohort):
    text = bench["page"](cohort, bench["ladder"](cohort))
    assert (ROOT / "docs" / "claims.md").read_text(encoding="utf-8") == text


def test_every_verdict_that_is_not_plain_has_a_reason(bench, cohort):
    found = bench["claims"](cohort, bench["ladder"](cohort))
    assert {c.verdict for c in found} == {"reproduced", "contradicted", "not checkable"}
    assert all(c.reason for c in found if c.verdict != "reproduced")
