"""``kinephen survival`` from the outside: numbers, joins, warnings, messages."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.cox import cox_fit
from kinephen.survival.logrank import logrank


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(21)
    n = 80
    age, marker = rng.normal(50, 8, n).round(1), rng.integers(0, 2, n)
    time, censor = rng.exponential(6 / np.exp(0.9 * marker)), rng.uniform(1, 9, n)
    return pd.DataFrame(
        {
            "code": [f"K{i:03d}" for i in range(n)],
            "years": np.minimum(time, censor).round(3) + 0.01,
            "status": np.where(time <= censor, 2, 1),
            "age": age,
            "marker": marker,
            "grade": rng.choice(["low", "mid", "high"], n),
        }
    )


@pytest.fixture
def table(frame, tmp_path):
    path = tmp_path / "patients.csv"
    frame.to_csv(path, index=False)
    return path


def base(table):
    return ("survival", table, "--time", "years", "--event", "status=2", "--replicates", "3")


def test_numbers_are_those_of_the_library(call, table, frame):
    code, out, err = call(*base(table), "--group", "marker", "--covariates", "age,grade", "--json")
    assert code == 0, err
    got, event = json.loads(out), (frame["status"] == 2).astype(int)
    test = logrank(frame["years"], event, frame["marker"])
    assert got["logrank"]["statistic"] == pytest.approx(test.statistic)
    fit = cox_fit(frame[["age", "grade"]], frame["years"], event)
    assert got["model"]["fit"]["names"] == ["age", "grade=low", "grade=mid"]
    assert got["model"]["fit"]["coef"] == pytest.approx(fit.coef.tolist())
    assert got["model"]["cross_validated"]["fits"] == 15
    assert [c["label"] for c in got["curves"]] == ["0", "1"]
    assert got["flow"] == {"rows": 80, "left_out": 0, "analysed": 80, "events": int(event.sum())}
    assert "status=2" in got["end_point"]


def test_the_page_shows_curves_model_and_tests(call, table):
    code, out, _ = call(*base(table), "--group", "grade", "--covariates", "age,marker", "--horizon", "3")
    assert code == 0
    for text in (
        "Kaplan-Meier",
        "median",
        "log-rank",
        "pairs of groups (Holm)",
        "Harrell's C",
        "Uno's C up to 3",
    ):
        assert text in out
    for text in ("proportional hazards (km), all", "split noise", "AUC at 3", "expected shrinkage"):
        assert text in out


def test_a_second_table_joins_by_id(call, table, frame, tmp_path):
    other = tmp_path / "features.csv"
    part = frame.iloc[10:70]
    part.assign(volume=np.arange(60.0))[["code", "volume"]].sample(frac=1, random_state=1).to_csv(
        other, index=False
    )
    code, out, _ = call(*base(table), "--join", other, "--id", "code", "--covariates", "volume", "--json")
    got = json.loads(out)
    assert code == 0
    assert got["flow"]["joined"] == 60
    fit = cox_fit(np.arange(60.0), part["years"], (part["status"] == 2).astype(int))
    assert got["model"]["fit"]["coef"] == pytest.approx(fit.coef.tolist())
    assert "60 of 80 rows have a partner" in json.dumps(got["issues"])


def test_keys_written_as_decimals_join_and_rows_without_a_key_are_left_out(call, frame, tmp_path):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    whole = frame.assign(code=np.arange(1000, 1080))
    whole.to_csv(first, index=False)
    keys = [*(f"{k}.0" for k in whole["code"][:50]), ""]
    pd.DataFrame({"code": keys, "volume": np.arange(51.0)}).to_csv(second, index=False)
    arguments = (*base(first), "--join", second, "--id", "code", "--covariates", "volume")
    code, out, err = call(*arguments, "--json")
    assert code == 0, err
    assert json.loads(out)["flow"]["joined"] == 50


def test_a_repeated_key_is_refused(call, table, frame, tmp_path):
    other = tmp_path / "other.csv"
    pd.concat([frame, frame.iloc[:2]]).to_csv(other, index=False)
    arguments = (*base(table), "--join", other, "--id", "code", "--covariates", "age")
    code, _, err = call(*arguments)
    assert code == 4
    assert "2 row(s) repeat the key" in err
    frame.assign(age=0.0, size=1.0).to_csv(other, index=False)
    code, _, err = call(*arguments)
    assert code == 0
    assert "taken from the first: years, status, age, marker, grade" in err


def test_files_are_written(call, table, tmp_path):
    out = tmp_path / "result"
    code, _, _ = call(*base(table), "--group", "marker", "--covariates", "age", "--out", out)
    assert code == 0
    assert {p.name for p in out.iterdir()} == {"survival.json", "curves.csv", "cox.csv"}
    curves = pd.read_csv(out / "curves.csv")
    assert set(curves["group"]) == {0, 1}
    assert curves["survival"].between(0, 1).all()
    assert "p_proportional_hazards" in pd.read_csv(out / "cox.csv").columns


def test_the_same_seed_gives_the_same_bytes(call, table):
    arguments = (*base(table), "--covariates", "age,marker", "--json")
    first, second, other = call(*arguments), call(*arguments), call(*arguments, "--seed", "2")
    assert first[1] == second[1]
    assert first[1] != other[1]


def test_warnings_name_what_is_doubtful(call, frame, tmp_path):
    path = tmp_path / "odd.csv"
    odd = frame.assign(site=1, event=(frame["status"] == 2).astype(int))
    odd["twice"] = 2 * odd["age"]
    odd["never"] = np.where((odd["event"] == 0) & (np.arange(80) % 3 == 0), 1, 0)
    odd.loc[:25, "years"] *= 365.25
    odd.loc[30, "age"] = np.nan
    odd.to_csv(path, index=False)
    arguments = ("survival", path, "--time", "years", "--event", "event", "--replicates", "0")
    code, out, err = call(*arguments, "--covariates", "age,site,twice,never")
    assert code == 0
    for text in ("site, twice", "never is infinite", "Firth", "days beside years", "1 of 80 rows left out"):
        assert text in err
    assert "firth" in out


def test_few_events_bring_a_permutation_test(call, frame, tmp_path):
    path = tmp_path / "few.csv"
    frame.iloc[:24].to_csv(path, index=False)
    code, out, err = call(*base(path), "--group", "marker")
    assert code == 0
    assert "5000 permutations" in out
    assert "fewer than 10 events" in err


def test_a_landmark_and_competing_causes(call, frame, tmp_path):
    path = tmp_path / "causes.csv"
    causes = np.where(frame["status"] == 2, 1 + (np.arange(80) % 4 == 0), 0)
    frame.assign(causes=causes).to_csv(path, index=False)
    arguments = (
        *base(path),
        "--landmark",
        "0.5",
        "--causes",
        "causes",
        "--group",
        "marker",
        "--horizon",
        "2",
    )
    code, out, err = call(*arguments)
    assert code == 0
    flow = json.loads(call(*arguments, "--json")[1])["flow"]
    assert flow["before_landmark"] == (frame["years"] <= 0.5).sum() > 0
    assert flow["rows"] - flow["left_out"] - flow["before_landmark"] == flow["analysed"]
    assert "by the landmark 0.5" in err
    assert "cumulative incidence" in out
    assert "Gray, cause 1" in out


@pytest.mark.parametrize(
    ("extra", "parts"),
    [
        (("--time", "year"), ("no column 'year'", "years")),
        (("--group", "arm"), ("no column 'arm'",)),
        (("--event", "status"), ("event holds 1, 2", "status == 2")),
        (("--join", "x.csv"), ("--join needs --id",)),
        (("--event", "status=7"), ("none of the 80 patients has the event",)),
    ],
)
def test_mistakes_are_named(call, table, extra, parts):
    code, out, err = call(*base(table), *extra)
    assert code in (2, 4, 6)
    assert out == ""
    for part in parts:
        assert part in err


def test_tables_that_share_no_key_do_not_show_their_keys(call, table, frame, tmp_path):
    other = tmp_path / "other.csv"
    frame.assign(code=frame["code"] + "X", volume=1.0)[["code", "volume"]].to_csv(other, index=False)
    code, _, err = call(*base(table), "--join", other, "--id", "code", "--covariates", "volume")
    assert code == 4
    assert "share no key" in err
    assert "K001" not in err


def test_keys_that_differ_by_a_prefix_are_matched_by_their_number_and_that_is_said(
    call, table, frame, tmp_path
):
    other = tmp_path / "other.csv"
    shuffled = frame.assign(code="X" + frame["code"], volume=np.arange(80.0)).sample(frac=1, random_state=2)
    shuffled[["code", "volume"]].to_csv(other, index=False)
    code, out, err = call(*base(table), "--join", other, "--id", "code", "--covariates", "volume", "--json")
    assert code == 0, err
    got = json.loads(out)
    fit = cox_fit(np.arange(80.0), frame["years"], (frame["status"] == 2).astype(int))
    assert got["model"]["fit"]["coef"] == pytest.approx(fit.coef.tolist())
    assert "survival.keys_by_number" in [i["code"] for i in got["issues"]]


def test_a_table_without_names_of_columns_asks_for_them(call, table):
    code, _, err = call("survival", table)
    assert code == 2
    assert "--time and --event" in err


def test_the_ispy1_workbook_names_its_end_point(call, reference):
    path = reference("data/ispy1/I-SPY_1_All_Patient_Clinical_and_Outcome_Data.xlsx")
    arguments = ("survival", path, "--time", "RFS", "--event", "rfs_ind", "--covariates", "age,HR Pos,her2")
    code, out, err = call(*arguments, "--group", "hr", "--replicates", "2", "--json")
    assert code == 0, err
    got = json.loads(out)
    assert "or death" in got["end_point"]
    assert got["time_unit"] == "days"
    assert got["flow"] == {"rows": 221, "left_out": 5, "analysed": 216, "events": 61}
    assert got["model"]["fit"]["names"] == ["age", "hr", "her2"]
    everyone = json.loads(call("survival", path, "--json")[1])
    assert everyone["flow"]["events"] == 63
