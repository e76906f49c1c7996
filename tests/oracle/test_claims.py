"""The cohort rules against the candidate list, and docs/claims.md against what the command writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kinephen.io.public_tables import read_public_tables
from kinephen.reproduce.claims import load_article
from kinephen.reproduce.evidence import Inputs, make_ledger, read_evidence
from kinephen.reproduce.ledger_files import ledger_markdown
from kinephen.study.public_cohorts import build_cohorts

ROOT = Path(__file__).resolve().parents[2]
ISPY1 = "data/ispy1/visits_idc.csv"
NACT = "data/nact_pilot/clinical_from_mamamia.csv"


@pytest.fixture(scope="module")
def cohorts(reference):
    return build_cohorts(
        read_public_tables(reference(ISPY1).parent), read_public_tables(reference(NACT).parent)
    )


@pytest.fixture(scope="module")
def ledger(reference):
    evidence = read_evidence(Inputs(ispy1=reference(ISPY1).parent), seed=1)
    return make_ledger(load_article("chitalia2023"), evidence, None, simulated=False, seed=1)


def test_the_rule_rebuilds_the_candidate_cohort_patient_by_patient(cohorts, reference):
    listed = pd.read_csv(reference("data/ispy1/ispy1_discovery_candidate_n100.csv")).astype(
        {"SUBJECTID": str}
    )
    patients = cohorts.discovery
    assert set(patients.index) == set(listed["SUBJECTID"])
    assert (len(patients), patients["event"].sum()) == (100, 28)
    paired = patients.loc[listed["SUBJECTID"]]
    assert paired["sample_id"].tolist() == listed["GSM"].tolist()
    assert paired["pam50"].tolist() == listed["pam50"].tolist()
    assert (paired["event"].to_numpy() == listed["rfs_ind"].to_numpy()).all()


def test_the_flow_counts_everyone_once(cohorts):
    boxes = {b.key: b for b in cohorts.flow}
    counts = {key: box.n for key, box in boxes.items()}
    assert counts["ispy1"] == 222
    assert counts["ispy1_maps"] == 161
    assert counts["ispy1_complete"] == 151
    assert counts["validation_ispy1"] == 46
    assert counts["nact_maps"] == 63
    for box in cohorts.flow:
        if box.parent and not box.key.startswith(("discovery", "validation_ispy1")):
            assert box.n + sum(n for _, n in box.left) == counts[box.parent]
    left = sum(n for _, n in boxes["validation_ispy1"].left)
    assert counts["discovery"] + counts["validation_ispy1"] + left == counts["ispy1_complete"]


def test_validation_patients_are_followed_for_three_years_or_had_the_event(cohorts):
    patients = cohorts.validation
    assert ((patients["event"] == 1) | (patients["time"] >= 3.0)).all()
    assert not set(patients.index) & set(cohorts.discovery.index)
    assert patients[["hr", "her2", "age"]].notna().all(axis=None)


def test_the_page_is_the_one_that_the_command_writes(ledger):
    assert (ROOT / "docs" / "claims.md").read_text(encoding="utf-8") == ledger_markdown(ledger)


def test_published_counts_of_the_rebuilt_cohort(ledger):
    rows = {r.id: r for r in ledger.rows}
    # What the collection's description gives for the rebuilt cohort.
    expected = {
        "table1.hr0": "39",
        "table1.hr1": "17",
        "table1.her2_0": "23",
        "table1.her2_1": "10",
        "table1.pcr0": "23",
        "table1.pcr1": "4",
        "fig2.hr": "41",
        "fig2.her2": "33",
        "fig2.tn": "26",
        "table1.age0": "48.09",
        "table1.age1": "45.85",
        "results.rfs_median": "3.60",
        "results.rfs_min": "0.49",
        "results.rfs_max": "6.67",
    }
    assert {k: rows[k].ours.split(" ")[0] for k in expected} == expected
    assert rows["table1.hr0"].verdict == "internally inconsistent"
    assert rows["fig2.hr"].verdict == "close"
    assert rows["fig2.tn"].verdict == "reproduced"


def test_verdicts_on_the_tables_alone(ledger):
    assert len(ledger.rows) >= 60
    assert ledger.counts["not checkable"] < len(ledger.rows)
    assert {"reproduced", "close", "contradicted", "internally inconsistent"} <= set(ledger.counts)
    assert all(r.reason for r in ledger.rows)
    stand_ins = [r for r in ledger.rows if r.basis == "stand-in"]
    assert len(stand_ins) >= 10
    assert {r.verdict for r in stand_ins} <= {"not checkable", "internally inconsistent"}
    assert all("stand-in" in r.reason for r in stand_ins if r.verdict == "not checkable")
