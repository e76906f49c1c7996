"""The log of recipes: what counts once, what counts again, and what is found when it was changed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from kinephen.errors import InputError
from kinephen.io.hash_line import digest
from kinephen.io.recipe_log import LOG, Recipe, add_recipes, check_recipes, read_recipes, tally

RUN = Recipe(
    kind="run",
    recipe="a" * 64,
    preset="recommended",
    changes=['tumours.linkage="average"'],
    seed=1,
    end_point="recurrence-free survival",
    cohort="c" * 64,
    patients=100,
    events=28,
    phenotypes=2,
    c_base=0.61,
    c=0.67,
    logrank_p=None,
    count=1,
    note="",
    time="2026-01-01T00:00:00+00:00",
    software="kinephen 1",
)
DECLARED = replace(RUN, kind="declared", recipe="", changes=[], count=7, note="in a notebook")


def test_the_same_recipe_on_the_same_patients_is_added_once(tmp_path):
    assert add_recipes(tmp_path, [RUN, RUN]) == 1
    assert add_recipes(tmp_path, [replace(RUN, time="2027-01-01T00:00:00+00:00", c=0.7)]) == 0
    assert read_recipes(tmp_path) == (RUN,)
    more = [replace(RUN, cohort="d" * 64), replace(RUN, recipe="b" * 64), replace(RUN, end_point="os")]
    assert add_recipes(tmp_path, more) == 3


def test_the_tally_counts_recipes_not_lines(tmp_path):
    ladder = replace(RUN, kind="ladder", recipe="e" * 64)
    lines = [RUN, replace(RUN, cohort="d" * 64), replace(RUN, recipe="b" * 64), ladder, DECLARED, DECLARED]
    assert add_recipes(tmp_path, lines) == 6
    found = tally(read_recipes(tmp_path))
    assert [r.recipe[0] for r in found.recipes] == ["a", "b"]
    assert found.recipes[0].cohort == "d" * 64
    assert found.elsewhere == 15


def test_no_log_is_no_recipe(tmp_path):
    assert read_recipes(tmp_path / "absent") == ()
    assert check_recipes(tmp_path).intact


@pytest.mark.parametrize("change", [("0.67", "0.77"), ('"count": 1', '"count": 3'), ("linkage", "linkagf")])
def test_a_changed_line_is_found_and_nothing_is_added(tmp_path, change):
    add_recipes(tmp_path, [RUN, DECLARED])
    text = (tmp_path / LOG).read_text()
    assert change[0] in text
    (tmp_path / LOG).write_text(text.replace(*change, 1))
    assert not check_recipes(tmp_path).intact
    with pytest.raises(InputError, match="log of recipes is not as it was written") as error:
        add_recipes(tmp_path, [replace(RUN, recipe="b" * 64)])
    assert error.value.code == "recipes.log"
    assert "--verify" in error.value.hint


def test_a_removed_line_is_found(tmp_path):
    add_recipes(tmp_path, [RUN, DECLARED])
    kept = check_recipes(tmp_path).head
    first = (tmp_path / LOG).read_text().splitlines()[0]
    (tmp_path / LOG).write_text(first + "\n")
    assert check_recipes(tmp_path).problems == ("1 line(s) at the end are missing",)
    assert "no line has the given hash" in check_recipes(tmp_path, head=kept).problems[-1]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (replace(RUN, kind="dream"), "unknown kind"),
        (replace(RUN, count=2), "a count that no entry has"),
        (replace(DECLARED, count=0), "a count that no entry has"),
        (replace(RUN, changes=[3]), "field changes has a value of the wrong type"),
        (replace(RUN, patients="many"), "field patients has a value of the wrong type"),
    ],
)
def test_an_impossible_line_is_found(tmp_path, entry, problem):
    add_recipes(tmp_path, [entry])
    assert check_recipes(tmp_path).problems[0] == f"line 1: {problem}"


OLD = dict(
    asdict(RUN), line=1, previous="0" * 64
)  # a line of a version before 0.2, which called patients women
OLD = {("women" if k == "patients" else k): v for k, v in OLD.items()}


def old_log(folder, **changes):
    content = {**OLD, **changes}
    own = digest(content)
    folder.mkdir(exist_ok=True)
    (folder / LOG).write_text(json.dumps({**content, "hash": own}, ensure_ascii=False) + "\n")
    (folder / "head.json").write_text(json.dumps({"lines": 1, "hash": own}))


def test_a_log_of_women_is_read_checked_and_continued(tmp_path):
    old_log(tmp_path)
    before = (tmp_path / LOG).read_text()
    assert read_recipes(tmp_path) == (RUN,)
    assert add_recipes(tmp_path, [RUN]) == 0
    assert add_recipes(tmp_path, [replace(RUN, recipe="b" * 64)]) == 1
    text = (tmp_path / LOG).read_text()
    assert text.startswith(before)
    assert '"women": 100' in text.splitlines()[0]
    assert '"patients": 100' in text.splitlines()[1]
    assert check_recipes(tmp_path).intact
    (tmp_path / LOG).write_text(text.replace('"women": 100', '"women": 101'))
    assert "not what its hash says" in check_recipes(tmp_path).problems[0]


def test_a_line_that_names_its_patients_twice_is_found(tmp_path):
    old_log(tmp_path, patients=100)
    assert check_recipes(tmp_path).problems[0].startswith("line 1: missing or unknown field(s)")
