"""A model held against other patients: each count, share and mean again by plain code, and each refusal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.fitted_model import model, with_file, with_training
from tests.model_elsewhere import CASES, patients, predictions, record, rows

from kinephen.model.apply import apply_model
from kinephen.model.external import validate_model
from kinephen.records.covariate import Covariate
from kinephen.records.flag import Flag


def test_patients_events_and_outside_of_each_phenotype():
    beyond = {CASES[1], *CASES[8:21:3]}
    given = tuple(p.model_copy(update={"out_of_range": p.case in beyond}) for p in predictions().patients)
    counts = validate_model(model(), patients(), replace(predictions(), patients=given), horizon=3.0)
    training = model().file.training.cohort.phenotypes
    assert record().flow.n("features") == len(rows()) == 28
    assert record().flow.events("features") == int(rows()["event"].sum()) > 0
    for number, found in enumerate(counts.phenotypes, start=1):
        own = rows()[rows()["phenotype"] == number]
        name = ("decreasing", "increasing")[number - 1]
        assert found.label == f"{number} {name}"
        assert (found.n, found.events) == (len(own), int(own["event"].sum()))
        assert found.out_of_range == len(beyond & set(own.index))
        assert found.training == training[str(number)]
        assert 0 < found.events < found.n
    assert sum(p.out_of_range for p in counts.phenotypes) == 5
    small = with_training(cohort=model().file.training.cohort.model_copy(update={"phenotypes": {"1": None}}))
    found = validate_model(small, patients(), predictions(), horizon=3.0)
    assert [p.training for p in found.phenotypes] == [None, None]


def test_the_case_mix_by_plain_code():
    known, mix = model().file.training.covariates, {m.label: m for m in record().case_mix}
    assert list(mix) == [
        "age, years",
        "hormone receptor positive, 1 or 0",
        "HER2 positive, 1 or 0",
        "phenotype of change: 1",
        "phenotype of change: 2",
    ]
    age, ages = mix["age, years"], rows()["age"].tolist()
    mean = sum(ages) / 28
    assert (age.kind, age.of, age.n) == ("number", 28, None)
    assert (age.training, age.training_sd) == (known["age"].mean, known["age"].sd)
    assert age.mean == pytest.approx(mean)
    assert age.sd == pytest.approx((sum((a - mean) ** 2 for a in ages) / 27) ** 0.5)
    below, above = (sum(a < known["age"].low for a in ages), sum(a > known["age"].high for a in ages))
    assert age.outside == below + above
    assert below > 0 < above
    for name, of in (("hr", 28), ("her2", 25)):
        share = mix[known[name].meaning]
        assert (share.kind, share.training) == ("share", known[name].mean)
        assert (share.n, share.of) == (int(rows()[name].sum()), of)
    for number in (1, 2):
        share = mix[f"phenotype of change: {number}"]
        assert (share.n, share.of) == (int((rows()["phenotype"] == number).sum()), 28)
        assert (share.kind, share.training) == ("share", known["phenotype"].levels[str(number)])


def test_values_at_the_ends_of_training_are_inside_and_one_value_has_no_spread():
    ages = model().file.training.covariates["age"]
    frame = patients().frame.assign(age=np.nan)
    frame.loc[CASES[3:6], "age"] = [ages.low, ages.high, ages.high]

    def age(frame):
        other = replace(patients(), frame=frame)
        return validate_model(model(), other, apply_model(model(), other), horizon=3.0).case_mix[0]

    found = age(frame)
    assert (found.of, found.outside) == (3, 0)
    assert found.sd is not None
    frame.loc[CASES[4:6], "age"] = np.nan
    assert (age(frame).of, age(frame).mean, age(frame).sd) == (1, ages.low, None)
    nobody = age(frame.assign(age=np.nan))
    assert (nobody.of, nobody.mean, nobody.sd, nobody.outside) == (0, None, None, 0)
    frame.loc[CASES[4], "age"] = ages.high
    assert age(frame).sd == pytest.approx((ages.high - ages.low) / 2**0.5)


def test_flags_then_notes_by_how_many_patients_carry_them():
    flagged = {
        "case-0002": [("b.x", "of nobody analysed")],
        "case-0004": [("b.x", "first"), ("b.x", "again"), ("a.y", "y")],
        "case-0005": [("b.x", "second"), ("c.z", "z")],
        "case-0006": [("c.w", "w")],
    }
    noted = {"case-0004": [("exam.n", "n1")], "case-0005": [("exam.n", "n2"), ("exam.m", "m")]}

    def as_flags(given, case):
        return tuple(Flag(code=c, text=t) for c, t in given.get(case, ()))

    changed = tuple(
        p.model_copy(update={"flags": as_flags(flagged, p.case), "notes": as_flags(noted, p.case)})
        for p in predictions().patients
    )
    found = validate_model(model(), patients(), replace(predictions(), patients=changed), horizon=3.0)
    assert [(f.code, f.n, f.example) for f in found.flags] == [
        ("b.x", 2, "first"),
        ("a.y", 1, "y"),
        ("c.w", 1, "w"),
        ("c.z", 1, "z"),
        ("exam.n", 2, "n1"),
        ("exam.m", 1, "m"),
    ]


def test_models_curves_and_concordance_of_training():
    found = record()
    assert [m.model for m in found.models] == list(model().cox)
    assert [(m.n, m.events) for m in found.models] == [(25, int(rows().dropna()["event"].sum()))] * 2
    assert {m.horizon for m in found.models} == {3.0}
    assert {n: (c.value, c.low, c.high) for n, c in found.training_c.items()} == dict.fromkeys(
        ("m1", "m4"), (0.6, 0.4, 0.8)
    )
    assert found.panel.title == "other patients"
    assert [(c.label, c.n, c.events) for c in found.panel.curves] == [
        (p.label, p.n, p.events) for p in found.phenotypes
    ]


def test_the_horizon_is_the_latest_that_five_patients_are_followed_to():
    def latest(wanted):
        return validate_model(with_file(horizons=wanted), patients(), predictions()).horizon

    times = sorted(rows()["time"])
    assert latest((1.0, times[-5], times[-4])) == times[-5]
    first = rows().loc[rows()["event"] == 1, "time"].min()
    assert latest((first * 0.9, first)) == first
    assert latest((first * 0.9,)) is None
    assert validate_model(with_file(horizons=(99.0,)), patients(), predictions()).decision is None
    assert record(2.5).horizon == 2.5


def test_decision_curves_are_of_those_who_are_complete_for_all_models():
    found, complete = record().decision, rows().dropna()
    assert (found.n, found.events) == (25, int(complete["event"].sum()))
    assert [x.model for x in found.lines if x.model in {m.title for m in model().cox.values()}]
    last = model().cox["m1"].frozen.last_time
    assert record(last).decision is not None
    assert record(last * 1.01).decision is None


@pytest.mark.parametrize(("complete", "there"), [(5, True), (4, False), (0, False)])
def test_decision_curves_need_five_patients(complete, there):
    frame = patients().frame.copy()
    known = frame.index.isin(rows().index) & frame["her2"].notna()
    late = frame.index[known & (frame["time"] > 3.0)][:2]
    soon = frame.index[known & (frame["time"] < 3.0) & (frame["event"] == 1)][:3]
    kept = [*soon, *late][:complete]
    frame.loc[~frame.index.isin(kept), "her2"] = np.nan
    other = replace(patients(), frame=frame)
    found = validate_model(model(), other, apply_model(model(), other), horizon=3.0).decision
    assert (found is not None) == there
    if found:
        assert (found.n, found.events) == (5, int(frame.loc[kept, "event"].sum()))


def test_a_model_that_nobody_is_complete_for_does_not_stop_the_others():
    one = model().cox["m4"]
    known = {
        **model().file.training.covariates,
        "size": Covariate(meaning="size", kind="number", n=9, low=1.0, high=2.0),
    }
    fitted = with_training(covariates=known)
    terms = tuple(replace(t, column="size") if t.column == "her2" else t for t in one.terms)
    fitted = replace(fitted, cox={"m1": model().cox["m1"], "m4": replace(one, terms=terms)})
    found = validate_model(fitted, patients(), apply_model(fitted, patients()), horizon=3.0)
    assert found.decision.n == 25
    assert [m.n for m in found.models] == [25, 0]
