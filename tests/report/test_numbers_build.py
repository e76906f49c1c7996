"""Settings, issues, end point and study of the report, from a run that is written by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests import exam_records
from tests.light_results import (
    delta,
    evidence,
    exams,
    phenotypes,
    preset,
    recipes,
    results,
    survival,
    with_settings,
)

from kinephen.config.presets import PRESET_NAMES, flatten, preset_settings
from kinephen.core.cohort import Issue
from kinephen.records.base import IssueRecord
from kinephen.records.exams import Noticed
from kinephen.records.failure import Failure
from kinephen.records.landmark import LandmarkRecord
from kinephen.records.phenotypes import PatientGaps
from kinephen.report.numbers.build import _issues, _risk_model, _settings, _study
from kinephen.report.numbers.end_points import _clock, end_point_words


def test_every_setting_stands_beside_that_of_each_preset():
    own = with_settings(preset(), "filters", skewness_limit=2.5)
    found = _settings(results(own))
    assert {s.key: s.value for s in found} == flatten(own.settings)
    for s in found:
        assert s.presets == {n: flatten(preset_settings(n))[s.key] for n in PRESET_NAMES}
    assert [s.key for s in found if s.departs_from("quick")] == ["filters.skewness_limit"]


def record(code):
    return IssueRecord(code=code, message=f"of {code}", where=f"at {code}", count=3)


def test_issues_stand_in_order_with_their_severity_place_and_count():
    failures = {
        ("case-02", "T1"): Failure(code="exam.bad", message="no late phase"),
        ("case-01", "T3"): Failure(code="exam.lost", message="no file"),
    }
    gaps = (PatientGaps(case="case-03", undefined=5, alone=1, left_out=True),)
    own = preset(
        survival=survival(issues=(record("cox.few"),)),
        delta=delta(issues=(record("delta.gap"),)),
        phenotypes=phenotypes(evidence(issues=(record("tree.tie"),)), gaps=gaps),
    )
    noticed = (Noticed(code="maps.zero", where="SER", level="warning", exams=4, example="2 voxels"),)
    run = results(
        own,
        cases=exam_records.cases(failures=failures),
        exams=exams(noticed=noticed),
        recipes=recipes(issues=(Issue("recipes.log", "no log", count=2),)),
        issues=(Issue("store.old", "old files", "store", 6),),
        cohort={"molecular": SimpleNamespace(issues=(record("genes.lacking"),))},
    )
    run = replace(run, plan=replace(run.plan, issues=(Issue("plan.excluded", "left out", "cohort", 7),)))
    gap = "delta features undefined; the model was learned without this patient, who is not assigned"
    note = [
        (c, f"of {c}", f"at {c}", 3, "note") for c in ("cox.few", "delta.gap", "tree.tie", "genes.lacking")
    ]
    assert [(i.code, i.message, i.where, i.count, i.severity) for i in _issues(run)] == [
        ("exam.lost", "no file", "P01 T3", 1, "error"),
        ("exam.bad", "no late phase", "P02 T1", 1, "error"),
        ("plan.excluded", "left out", "cohort", 7, "warning"),
        ("store.old", "old files", "store", 6, "warning"),
        ("maps.zero", "in 4 exams, for example: 2 voxels", "SER", 4, "warning"),
        ("recipes.log", "no log", "", 2, "warning"),
        *note[:3],
        ("phenotype.gaps", gap, "P03", 5, "note"),
        note[3],
    ]
    assert _issues(results()) == ()


def test_the_study_has_its_cohorts_visits_and_clock():
    found = _study(results())
    assert [(c.name, c.n, c.events) for c in found.cohorts] == [("discovery", 7, 3), ("validation", 2, 1)]
    assert (found.name, found.visits, found.seed) == ("a study", ("T1", "T3"), 9)
    assert (found.end_point, found.time_origin, found.simulated) == (
        "recurrence-free survival (event: recurrence)",
        "",
        False,
    )
    assert _study(results(cohort={"truth": {}})).simulated
    late = preset(landmark=LandmarkRecord(use=True, events=3, left=5))
    assert end_point_words(results(late)).origin == "the second visit"


def test_the_risk_model_is_named_by_its_title():
    assert _risk_model(preset()) == "Model 2: baseline, FTV2"
    none = survival().risk.model_copy(update={"model": None})
    assert _risk_model(preset(survival=survival(risk=none))) == ""


@pytest.mark.parametrize(
    ("changed", "origin", "words"),
    [
        (
            {"use": True},
            "surgery",
            "Time counts from the second visit; those who had left by then are not analysed (3 with the "
            "event and 5 without).",
        ),
        (
            {},
            "surgery",
            "Time counts from surgery; the phenotype is known from the second visit on: 3 with the event "
            "and 5 without had left follow-up by then (see landmark.use).",
        ),
        (
            {"events": 0, "left": 0},
            "",
            "When time begins to count is not stated; the phenotype is known from the second visit on; "
            "nobody had left follow-up by then.",
        ),
        (
            {"reason": "days unknown"},
            "surgery",
            "Time counts from surgery; the phenotype is known from the second visit on (days unknown; see "
            "landmark.use).",
        ),
    ],
)
def test_the_clock_tells_where_it_starts_and_whom_that_leaves_out(changed, origin, words):
    values = {"use": False, "events": 3, "left": 5}
    assert _clock(LandmarkRecord(**(values | changed)), origin) == words
