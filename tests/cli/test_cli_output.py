"""What all commands print with: tables, documents, notes and progress bars."""

from __future__ import annotations

import io
import json
import math
import sys

import pytest
from tests.printed import printed_tables

from kinephen.cli.output import console, emit_json, emit_table, progress, say, say_issues
from kinephen.core.cohort import Issue


def test_cells_are_what_people_read(capsys):
    emit_table("Cells", ("a", "b", "c", "d"), [(1 / 3, math.nan, None, 7), ("x", 1e9, True, 0.5)])
    assert printed_tables(capsys.readouterr().out) == {
        "Cells": [["a", "b", "c", "d"], ["0.333333", "-", "", "7"], ["x", "1e+09", "True", "0.5"]]
    }


def test_the_title_stands_left_and_may_be_missing(capsys):
    emit_table("T", ("a long heading of a column",), [])
    assert capsys.readouterr().out.splitlines()[0].rstrip() == "T"
    emit_table("", ("a",), [])
    assert capsys.readouterr().out.startswith("\u250f")


@pytest.mark.parametrize(("terminal", "width"), [(False, 160), (True, 61)])
def test_a_file_takes_160_columns_and_a_terminal_its_own(monkeypatch, terminal, width):
    class Screen(io.StringIO):
        def isatty(self):
            return terminal

    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "61")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb" if not terminal else "xterm")
    emit_table("", ("a",), [("word " * 100,)])
    assert max(len(line) for line in screen.getvalue().splitlines() if line.startswith("\u2514")) == width


def test_documents_hold_no_nan(capsys):
    emit_json({"a": math.nan, "b": [math.inf, 1.5]})
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"a": None, "b": [None, 1.5]}, "")
    assert out.endswith("}\n")


def test_words_for_people_are_on_standard_error(capsys):
    say("done")
    say_issues([Issue("a.b", "odd", "x", 1), Issue("a.c", "odd", count=2)])
    assert capsys.readouterr() == ("", "done\nnote [a.b]: x: odd\nnote [a.c]: odd (2)\n")
    assert console().stderr


@pytest.mark.parametrize(
    ("options", "shown"), [({}, True), ({"quiet": False}, True), ({"quiet": True}, False)]
)
def test_bars_are_shown_unless_quiet(capsys, options, shown):
    with progress(**options) as bars:
        task = bars.add_task("exams", total=4)
        bars.update(task, completed=3)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("exams" in err and "3/4" in err) == shown
    assert shown or not err.strip()
