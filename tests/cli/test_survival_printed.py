"""What ``kinephen survival`` prints and writes, reckoned again from the table by plain code."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from tests.printed import printed_tables, records

HORIZON = 4.0


@pytest.fixture(scope="module")
def frame():
    """Ninety patients in two unequal groups: the hazard of group B is three times that of A."""
    rng = np.random.default_rng(8)
    group = np.array(["A"] * 55 + ["B"] * 35)
    size = rng.normal(30, 6, 90).round(1)
    hazard = 0.12 * np.where(group == "B", 3.0, 1.0) * np.exp(0.05 * (size - 30))
    time, end = rng.exponential(1 / hazard), rng.uniform(2, 9, 90)
    return pd.DataFrame(
        {
            "years": np.minimum(time, end).round(3) + 0.001,
            "status": (time <= end).astype(int),
            "group": group,
            "size": size,
        }
    )


@pytest.fixture
def shown(call, frame, tmp_path):
    frame.to_csv(tmp_path / "patients.csv", index=False)
    code, out, err = call(
        "survival", tmp_path / "patients.csv", "--time", "years", "--event", "status", "--group", "group",
        "--covariates", "group,size", "--horizon", HORIZON, "--replicates", 0, "--out", tmp_path / "out",
    )  # fmt: skip
    assert code == 0, err
    return printed_tables(out), tmp_path / "out"


def kaplan_meier(part):
    """Times of events and survival after each, one patient after the other."""
    at_risk, survival, steps = len(part), 1.0, []
    for time in sorted(part["years"].unique()):
        now = part[part["years"] == time]
        deaths = int(now["status"].sum())
        if deaths:
            survival *= 1 - deaths / at_risk
            steps.append((time, survival))
        at_risk -= len(now)
    return steps


def restricted_mean(part):
    area, last, level = 0.0, 0.0, 1.0
    for time, survival in kaplan_meier(part):
        if time > HORIZON:
            break
        area, last, level = area + level * (time - last), time, survival
    return area + level * (HORIZON - last)


def partial_likelihood(frame, x, beta):
    """Cox's log partial likelihood, patient by patient (no ties in these data)."""
    score = x @ beta
    return sum(
        score[i] - math.log(np.exp(score[frame["years"] >= frame["years"][i]]).sum())
        for i in np.flatnonzero(frame["status"])
    )


def test_curves_are_those_of_their_group(shown, frame):
    tables, _ = shown
    rows = {r["group"]: r for r in records(tables["Kaplan-Meier"])}
    assert set(rows) == {"A", "B"}
    for name, part in frame.groupby("group"):
        row = rows[name]
        assert (int(row["n"]), int(row["events"])) == (len(part), part["status"].sum())
        median = next((t for t, s in kaplan_meier(part) if s <= 0.5), math.nan)
        assert row["median"] == ("not reached" if math.isnan(median) else f"{median:.4g}")
        mean = row["restricted mean (95 %)"]
        assert float(mean.split()[0]) == pytest.approx(restricted_mean(part), rel=1e-3)
        low, high = (float(v) for v in mean.partition("(")[2].rstrip(")").split(" to "))
        assert low < float(mean.split()[0]) < high
    parts = dict(list(frame.groupby("group")))
    (row,) = records(tables["difference of the restricted mean from group A"])
    expected = restricted_mean(parts["B"]) - restricted_mean(parts["A"])
    assert row["group"] == "B"
    assert float(row["difference"]) == pytest.approx(expected, rel=1e-3)
    assert float(row["difference"]) < 0


def test_hazard_ratios_are_of_the_higher_hazard(shown, frame):
    tables, out = shown
    (title,) = (t for t in tables if t.startswith("Cox model"))
    rows = {r["covariate"]: r for r in records(tables[title])}
    name = "group=B" if "group=B" in rows else "group=A"
    x = np.column_stack([frame["group"] == name[-1], frame["size"] - 30.0]).astype(float)
    coef = np.array([float(rows[k]["coefficient"]) for k in (name, "size")])
    best = partial_likelihood(frame, x, coef)
    for step in np.vstack([np.eye(2), -np.eye(2)]) * [0.02, 0.002]:
        assert partial_likelihood(frame, x, coef + step) < best
    for key, value in zip((name, "size"), coef, strict=True):
        row, se = rows[key], float(rows[key]["SE"])
        assert float(row["HR"]) == pytest.approx(math.exp(value), rel=1e-4)
        assert float(row["lower 95 %"]) == pytest.approx(math.exp(value - 1.959964 * se), rel=1e-4)
        assert float(row["upper 95 %"]) == pytest.approx(math.exp(value + 1.959964 * se), rel=1e-4)
    # Events a patient-year: planted three times as many in B.
    rates = frame.groupby("group")["status"].sum() / frame.groupby("group")["years"].sum()
    assert rates["B"] > 1.5 * rates["A"]
    assert (float(rows[name]["HR"]) > 1) == (name == "group=B")
    written = pd.read_csv(out / "cox.csv").set_index("covariate")
    for key, row in rows.items():
        for column, cell in (("hazard_ratio", "HR"), ("lower", "lower 95 %"), ("upper", "upper 95 %")):
            assert written.loc[key, column] == pytest.approx(float(row[cell]), rel=1e-4)


def test_written_curves_are_the_steps_of_each_group(shown, frame):
    _, out = shown
    curves = pd.read_csv(out / "curves.csv")
    for name, part in frame.groupby("group"):
        mine = curves[(curves["group"] == name) & (curves["events"] > 0)]
        steps = kaplan_meier(part)
        np.testing.assert_allclose(mine["time"], [t for t, _ in steps])
        np.testing.assert_allclose(mine["survival"], [s for _, s in steps], rtol=1e-9)
        assert (mine["lower"] <= mine["survival"]).all()
        assert (mine["survival"] <= mine["upper"]).all()
        assert mine["at_risk"].tolist() == [(part["years"] >= t).sum() for t, _ in steps]


def test_the_first_table_says_who_was_analysed(shown, frame):
    tables, _ = shown
    facts = {row[0]: row[1] for row in tables[""] if len(row) == 2}
    events = frame["status"].sum()
    assert f"rows {len(frame)}" in facts["rows"]
    assert f"analysed {len(frame)}, events {events}" in facts["rows"]
    # Reverse Kaplan-Meier: the end of follow-up is the event.
    reverse = kaplan_meier(frame.assign(status=1 - frame["status"]))
    median = next(t for t, s in reverse if s <= 0.5)
    assert facts["median follow-up"].startswith(f"{median:.4g} ")
