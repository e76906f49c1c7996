"""What the survival step says of cohorts that lack something: a reason, never a number made up."""

from __future__ import annotations

import pytest
from tests.patients_sample import LABELS, patients_frame
from tests.survival_sample import few

from kinephen.config.survival import SurvivalSettings
from kinephen.errors import CohortError
from kinephen.records.survival import SurvivalRecord
from kinephen.study.steps.survival import survival_record

FRAME = patients_frame()
SETTINGS = SurvivalSettings.of(few())
LEAN = SETTINGS.model_copy(
    update={
        "performance": SETTINGS.performance.model_copy(update={"bootstraps": 0}),
        "end_points": SETTINGS.end_points.model_copy(update={"pcr": False, "overall_survival": False}),
    }
)


def made(frame, labels=LABELS, end_point="rfs"):
    record = survival_record(
        frame, LEAN, learn=None, labels=labels, end_point=end_point, seed=1, name="quick"
    )
    assert SurvivalRecord.model_validate_json(record.model_dump_json()) == record
    return record


def test_one_phenotype_is_compared_with_nothing():
    record = made(FRAME.assign(phenotype="1"), {"1": "1 alone"})
    test = record.panels["phenotype"].test
    assert (test.p, test.hazard_ratio, test.reason) == (None, None, "one group only")
    assert "phenotype" in record.ladder.absent["m4"]
    assert "m4" not in record.ladder.models
    assert record.ladder.comparison("m2", "m4") is None
    assert all(t.p is None and t.reason for t in record.additions.tests)
    assert [m.marker for m in record.additions.markers][-1] != "phenotype, increasing"
    assert record.additions.competing.models == ()
    assert record.additions.response.reason == "switched off (end_points.pcr)"
    assert record.additions.performance.models["m1"].optimism.reason.startswith("switched off")


def test_a_bare_table_says_what_it_lacks():
    bare = FRAME[["cohort", "complete", "age", "ftv1", "ftv2", "phenotype", "time", "event"]].assign(ftv2=4.0)
    record = made(bare, end_point="os")
    assert set(record.ladder.models) == {"m1"}
    assert record.ladder.absent["m2"] == "no usable ftv2"
    assert record.risk.model == "m1"
    assert set(record.panels) & {"ftv2", "phenotype_her2_positive", "gene70_class"} == {"ftv2"}
    assert record.panels["ftv2"].test.reason == "one group only"
    assert record.proportional_hazards.model == "m1"
    assert "nothing competes" in record.additions.competing.reason
    assert len(record.additions.tests) == 2


def test_a_cohort_without_events_has_no_survival_model():
    with pytest.raises(CohortError, match="none of 90 patients has the event") as error:
        made(FRAME.assign(event=0.0))
    assert error.value.code == "survival.no_events"


def test_short_follow_up_has_no_horizon_and_says_so():
    record = made(FRAME.assign(time=FRAME["time"] / 12))
    performance = record.additions.performance
    assert performance.horizon.value is None
    assert performance.horizon.reason
    assert performance.horizon.years == 3.0
    assert performance.gains == performance.decision == performance.auc_over_time == ()
    assert all(m.scores is None and m.calibration is None for m in performance.models.values())
    assert record.additions.restricted_means == record.additions.markers == ()
