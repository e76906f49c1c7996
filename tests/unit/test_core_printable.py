"""Every result object prints itself as text, LaTeX, HTML and JSON, and none shows one value a patient."""

from __future__ import annotations

import html.parser
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable, latex_escape, shown
from kinephen.phenotype.shc import hierarchical_test
from kinephen.phenotype.sigclust import sigclust
from kinephen.phenotype.trees import build_tree, euclidean
from kinephen.stats.agreement import confusion_matrix
from kinephen.stats.association import chi_square_test
from kinephen.stats.reliability import intraclass_correlation
from kinephen.survival.brier import brier_score
from kinephen.survival.concordance import concordance, concordance_difference
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import CrossValidation
from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.kaplan_meier import kaplan_meier
from kinephen.survival.logistic import logistic_fit
from kinephen.survival.logrank import logrank
from kinephen.survival.proportional_hazards import proportional_hazards_test
from kinephen.survival.roc import roc_area
from kinephen.survival.sample_size import sample_size
from kinephen.survival.time_dependent import time_dependent_auc
from kinephen.survival.validation import cox_ladder

PATIENTS = 61
"""A number that stands nowhere else, so that a list of one value a patient is known by its length."""


def make_results() -> dict[str, Printable]:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(PATIENTS, 2))
    group = np.where(x[:, 0] > 0, "<b> & 1", "a_2")
    time = rng.exponential(np.exp(-x[:, 0])) + 0.1
    event = rng.random(PATIENTS) < 0.7
    fit = cox_fit(x, time, event, names=["age_%", "x<1"])
    first, second = (concordance(x[:, i], time, event) for i in (0, 1))
    frame = pd.DataFrame({"time": time, "event": event, "a": x[:, 0], "b": x[:, 1]})
    ladder = cox_ladder(
        {"m1": ("a",), "m2": ("a", "b")},
        frame,
        "time",
        "event",
        plan=CrossValidation(folds=3, replicates=2),
        comparisons=[("m1", "m2")],
        rng=rng,
    )
    return {
        "cox": fit,
        "cox test": fit.lrt,
        "proportional hazards": proportional_hazards_test(fit),
        "log-rank": logrank(time, event, group),
        "Kaplan-Meier": kaplan_meier(time, event),
        "concordance": first,
        "concordance difference": concordance_difference(first, second),
        "logistic": logistic_fit(x, event, names=["age", "x_1"]),
        "Fine-Gray": fine_gray(x, time, event + (rng.random(PATIENTS) < 0.2) * ~event * 2, names=["a", "b"]),
        "ROC": roc_area(x[:, 0], event),
        "AUC": time_dependent_auc(x[:, 0], time, event, 0.8),
        "Brier": brier_score(np.full(PATIENTS, 0.5), time, event, 0.8),
        "sample size": sample_size(fit.lrt.statistic, 2, fit.n, fit.events),
        "ladder": ladder,
        "cross-validation": ladder.models[0].cross_validated,
        "chi-square": chi_square_test([[5, 9], [8, 2]]),
        "confusion": confusion_matrix(x[:, 0] > 0, event),
        "ICC": intraclass_correlation(rng.normal(size=(9, 3)) + np.arange(9)[:, None]),
        "SigClust": sigclust(x, simulations=20, rng=rng),
        "SHC": hierarchical_test(x, build_tree(euclidean(x), "ward"), simulations=20, rng=rng),
    }


RESULTS = make_results()


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", RESULTS)
def test_prints_itself_in_four_forms(name: str) -> None:
    result = RESULTS[name]
    assert len(str(result)) > 10
    assert "object at 0x" not in str(result)
    tags = _Tags()
    tags.feed(result.to_html())
    assert tags.open == []
    assert set(tags.seen) <= {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
    assert result._repr_html_() == result.to_html()
    text = result.to_latex()
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {len(result.table().columns) - 1}
    assert len(rows) == 1 + len(result.table().rows)
    json.loads(result.to_json(), parse_constant=lambda c: pytest.fail(f"{c} is not JSON"))


@pytest.mark.parametrize("name", sorted(set(RESULTS) - {"Kaplan-Meier"}))
def test_no_output_has_one_value_a_patient(name: str) -> None:
    assert PATIENTS not in _lengths(json.loads(RESULTS[name].to_json()))


def _lengths(value: Any) -> set[int]:
    if isinstance(value, dict):
        return set().union(*(_lengths(v) for v in value.values()))
    if isinstance(value, list):
        return {len(value)}.union(*(_lengths(v) for v in value))
    return set()


@pytest.mark.parametrize("name", ["cox test", "log-rank", "cox", "chi-square", "proportional hazards"])
def test_a_test_names_statistic_df_p_and_n(name: str) -> None:
    text = RESULTS[name].to_html() + str(RESULTS[name])
    for word in ("chi-square", "df", "p", "n ="):
        assert word in text


def test_covariate_names_are_text_in_every_form() -> None:
    cox = RESULTS["cox"]
    assert r"age\_\%" in cox.to_latex()
    assert "x&lt;1" in cox.to_html()
    assert "<b>" not in RESULTS["log-rank"].to_html()


def test_table_of_a_model_holds_its_coefficients() -> None:
    cox = RESULTS["cox"]
    row = cox.table().rows[0]
    assert row[0] == "age_%"
    assert row[1] == pytest.approx(cox.coef[0])  # type: ignore[attr-defined]
    assert row[3] == pytest.approx(np.exp(row[1]))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_escaped_latex_has_no_command_of_its_own(text: str) -> None:
    escaped = latex_escape(text)
    rest = re.sub(
        r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}", "", escaped
    )
    rest = re.sub(r"\\[&%$#_{}]", "", rest.replace("$-$", ""))
    assert not set(rest) & set("\\&%$#_{}~^<>|\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (float("nan"), "\N{EN DASH}"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (-3, "\N{MINUS SIGN}3"),
        (0.123456, "0.1235"),
        (float("inf"), "inf"),
        ("word", "word"),
    ],
)
def test_cells(value: Any, text: str) -> None:
    assert shown(value) == text


def test_notes_stand_below_the_table() -> None:
    table = ResultTable("t", ("a",), ((1.0,),), ("few events & wide limits",))
    assert table.html().endswith(
        '<tfoot><tr><td colspan="1">few events &amp; wide limits</td></tr></tfoot></table>'
    )
    assert table.latex().endswith("\\par few events \\& wide limits\n")
