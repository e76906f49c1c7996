"""Which number stands in which column of what ``kinephen survival`` prints; no analysis is run."""

from __future__ import annotations

import math
from types import SimpleNamespace as Of

import pandas as pd
import pytest
from tests.printed import printed_tables

from kinephen.cli.survival_ladder import parse_models, show_ladder
from kinephen.cli.survival_page import show
from kinephen.core.cohort import Issue
from kinephen.errors import UsageError
from kinephen.survival.results import Interval

NAN = math.nan


def a_test(name, statistic, df, p, against="", **more):
    return Of(name=name, statistic=statistic, df=df, p=p, against=against, **more)


def curve(label, n, events, median, lower, upper):
    return Of(label=label, n=n, events=events, median=Interval(median, lower, upper, "log"), band="log-log")


MODEL = Of(
    fit=Of(
        names=["age", "marker"],
        coef=[0.11, 0.22],
        se=[0.33, 0.44],
        hr=[1.5, 2.5],
        hr_lower=[1.25, 2.25],
        hr_upper=[1.75, 2.75],
        p=[0.031, 0.00002],
        method="exact",
        ties="Efron",
        interval="profile",
        lrt=a_test("ratio", 7.5, 2, 0.02, "null"),
        wald=a_test("Wald", 6.5, 2, 0.03, "null"),
        score=a_test("score", 5.5, 2, 0.04, "null"),
    ),
    proportional_hazards=Of(
        tests=[a_test("hazards", 1.5, 1, 0.21), a_test("hazards", 2.5, 1, 0.12)],
        overall=a_test("hazards", 3.5, 2, 0.18),
        names=["age", "marker"],
    ),
    harrell="Harrell's C 0.7",
    uno="Uno's C 0.6",
    cross_validated="cross-validated C 0.65",
    auc=None,
    prediction="Brier 0.2",
    size="14 events",
)
CAUSES = Of(
    incidence=pd.DataFrame({"group": ["A"], "cause": [1], "incidence": [0.25]}),
    gray=a_test("Gray", 4.5, 1, 0.035, "equal incidence"),
    model=Of(names=["age"], hr=[1.1], hr_lower=[0.9], hr_upper=[1.3], p=[0.4], cause=2),
)


def found(**more):
    fields = dict.fromkeys(("pairs", "model", "ladder", "causes", "logrank"))
    fields |= {
        "end_point": "recurrence",
        "time_unit": "years",
        "flow": {"rows": 90, "left_out": 4, "events": 30},
        "follow_up": Interval(5.678912, 5, 6, "reverse"),
        "curves": (curve("A", 50, 12, 3.25, 2.5, NAN), curve("B", 40, 18, NAN, 1.5, 4.5)),
        "restricted_means": {"B": Interval(3.5, 3.125, 3.875, "rmst")},
        "restricted_differences": {},
        "issues": (),
    }
    return Of(**(fields | more))


def shown(capsys, **more):
    show(found(**more))
    out, err = capsys.readouterr()
    return printed_tables(out), err


def test_the_plainest_result(capsys):
    tables, err = shown(capsys)
    assert (tables["Kaplan-Meier"], err) == (
        [
            ["group", "n", "events", "median", "95 % (log-log)", "restricted mean (95 %)"],
            ["A", "50", "12", "3.25", "2.5 to not reached", ""],
            ["B", "40", "18", "not reached", "1.5 to 4.5", "3.5 (3.125 to 3.875)"],
        ],
        "",
    )
    assert tables[""][1:] == [
        ["end point", "recurrence"],
        ["time unit", "years"],
        ["rows", "rows 90, left out 4, events 30"],
        ["median follow-up", "5.679 (reverse Kaplan-Meier)"],
    ]
    assert tables["tests"] == [["test", "against", "chi-square", "df", "p"]]
    assert set(tables) == {"", "Kaplan-Meier", "tests"}


def test_differences_are_named_by_the_first_group(capsys):
    tables, _ = shown(capsys, restricted_differences={"B": Interval(-0.5, -0.75, -0.25, "rmst")})
    assert tables["difference of the restricted mean from group A"] == [
        ["group", "difference", "lower 95 %", "upper 95 %"],
        ["B", "-0.5", "-0.75", "-0.25"],
    ]


def test_the_model_and_its_tests(capsys):
    tables, _ = shown(capsys, model=MODEL, causes=CAUSES)
    assert tables["Cox model (exact, Efron ties, profile intervals)"] == [
        ["covariate", "coefficient", "SE", "HR", "lower 95 %", "upper 95 %", "p"],
        ["age", "0.11", "0.33", "1.5", "1.25", "1.75", "0.031"],
        ["marker", "0.22", "0.44", "2.5", "2.25", "2.75", "< 0.0001"],
    ]
    assert tables["tests"][1:] == [
        ["ratio", "null", "7.5", "2", "0.02"],
        ["Wald", "null", "6.5", "2", "0.03"],
        ["score", "null", "5.5", "2", "0.04"],
        ["hazards, age", "", "1.5", "1", "0.21"],
        ["hazards, marker", "", "2.5", "1", "0.12"],
        ["hazards, all", "", "3.5", "2", "0.18"],
        ["Gray", "equal incidence", "4.5", "1", "0.035"],
    ]
    assert tables["cumulative incidence"] == [["group", "cause", "incidence"], ["A", "1", "0.25"]]
    assert tables["Fine-Gray model, cause 2"] == [
        ["covariate", "subdistribution HR", "lower 95 %", "upper 95 %", "p"],
        ["age", "1.1", "0.9", "1.3", "0.4"],
    ]


def test_the_model_as_a_whole(capsys):
    show(found(model=MODEL))
    out = capsys.readouterr().out
    lines = out.partition("the model as a whole")[2].splitlines()[2:7]
    assert [line.strip("\u2502 ") for line in lines] == [
        *("Harrell's C 0.7", "Uno's C 0.6", "cross-validated C 0.65", "Brier 0.2", "14 events")
    ]


def test_causes_without_groups_and_without_model(capsys):
    causes = Of(incidence=CAUSES.incidence, gray=None, model=None)
    tables, _ = shown(capsys, causes=causes)
    assert len(tables["tests"]) == 1
    assert set(tables) == {"", "Kaplan-Meier", "cumulative incidence", "tests"}
    tables, _ = shown(capsys, causes=CAUSES)
    assert tables["tests"][1][0] == "Gray"


@pytest.mark.parametrize(
    ("permutations", "row"), [(0, None), (1, "log-rank, 1 permutation"), (99, "log-rank, 99 permutations")]
)
def test_log_rank_pairs_and_notes(capsys, permutations, row):
    logrank = a_test("log-rank", 8.5, 3, 0.0036, permutations=permutations, permutation_p=0.041)
    pairs = pd.DataFrame({"first": ["A"], "second": ["B"], "p": [0.5]})
    issues = (Issue("survival.ties", "tied times", "years", 3), Issue("survival.one", "one thing"))
    tables, err = shown(capsys, logrank=logrank, pairs=pairs, issues=issues)
    expected = [["log-rank", "equal survival of the groups", "8.5", "3", "0.0036"]]
    assert tables["tests"][1:] == expected + ([[row, "", "", "", "0.041"]] if row else [])
    assert tables["pairs of groups (Holm)"] == [["first", "second", "p"], ["A", "B", "0.5"]]
    assert err == "note [survival.ties]: years: tied times (3)\nnote [survival.one]: one thing\n"


def rung(name, columns, c, cv, lower, upper, sd, p, per):
    validated = Of(c=cv, interval=Of(lower=lower, upper=upper), fold_mean=Of(sd=sd))
    fit = Of(lrt=Of(p=p))
    return Of(
        name=name, columns=columns, apparent=Of(c=c), cross_validated=validated, fit=fit,
        events_per_coefficient=per,
    )  # fmt: skip


def test_the_ladder(capsys):
    models = (
        rung("base", ("age",), 0.61, 0.58, 0.51, 0.65, 0.012, 0.3, 30.0),
        rung("more", ("age", "her2"), 0.71, 0.68, 0.6, 0.76, 0.013, 0.004, 15.0),
    )
    step = Of(larger="more", smaller="base", test=Of(statistic=9.5, df=1, p=0.0021), gain="0.1 (0 to 0.2)")
    show_ladder(Of(ladder=Of(models=models, comparisons=(step,), n=80, events=1)))
    tables = printed_tables(capsys.readouterr().out)
    assert tables["Cox models on the same 80 rows with 1 event"] == [
        *[
            [
                "model",
                "covariates",
                "C",
                "C, cross-validated",
                "split noise",
                "p (null)",
                "events/coefficient",
            ]
        ],
        ["base", "age", "0.61", "0.580 (0.510 to 0.650)", "0.012", "0.3", "30"],
        ["more", "age + her2", "0.71", "0.680 (0.600 to 0.760)", "0.013", "0.004", "15"],
    ]
    assert tables["nested models"] == [
        ["model", "against", "chi-square", "df", "p", "gain in C"],
        ["more", "base", "9.5", "1", "0.0021", "0.1 (0 to 0.2)"],
    ]
    show_ladder(Of(ladder=Of(models=models, comparisons=(), n=1, events=30)))
    tables = printed_tables(capsys.readouterr().out)
    assert list(tables) == ["Cox models on the same 1 row with 30 events"]
    show_ladder(Of(ladder=None))
    assert capsys.readouterr().out == ""


def test_models_are_read_from_their_texts():
    assert parse_models(["base = age, hr,", "more=age,her2"]) == {
        "base": ("age", "hr"),
        "more": ("age", "her2"),
    }
    for texts in (["base"], ["=age"], ["base=,"], ["base=age", " base=hr"], ["a=b", "c"]):
        with pytest.raises(UsageError) as caught:
            parse_models(texts)
        assert (caught.value.code, caught.value.where) == ("survival.model", "--model")
