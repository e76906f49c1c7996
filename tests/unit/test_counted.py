"""A number beside its noun."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import kinephen
from kinephen.core.counted import counted, duration, noun

ROOMS = ("report", "cli")
BEHIND_A_NUMBER = re.compile(
    r"\{[^{}]+\} (patients|events|exams|features|years|recipes|replicates|repeats|permutations|files)\b"
)


@pytest.mark.parametrize(
    ("n", "words"), [(0, "0 events"), (1, "1 event"), (2, "2 events"), (1.5, "1.5 events"), (1.0, "1 event")]
)
def test_only_one_takes_the_singular(n, words):
    assert counted(n, "event") == words


def test_counts_of_arrays_are_shown_whole():
    assert counted(np.int64(1_234_567), "voxel") == "1234567 voxels"
    assert counted(np.float64(3.0), "year") == "3 years"


@pytest.mark.parametrize(
    ("n", "words"), [(0, "0 years"), (1, "1 year"), (1.0, "1 year"), (2, "2 years"), (1.5, "1.5 years")]
)
def test_a_duration_has_its_unit(n, words):
    assert duration(n, "years") == words


def test_other_words_follow_the_number_too():
    assert [noun(n, "lies", "lie") for n in (0, 1, 2)] == ["lie", "lies", "lie"]


def _source():
    root = Path(kinephen.__file__).parent
    return [p for room in ROOMS for p in sorted((root / room).rglob("*.py"))]


def test_report_and_terminal_print_no_fixed_plural_behind_a_number():
    found = []
    for path in _source():
        for line in path.read_text(encoding="utf-8").splitlines():
            fixed = BEHIND_A_NUMBER.search(line)
            # Sentences of report.json are no f-strings: their numbers are pointers.
            if fixed and 'f"' in line and "{{" not in line and "raise" not in line and "Error(" not in line:
                found.append(f"{path.name}: {line.strip()}")
    assert found == []
