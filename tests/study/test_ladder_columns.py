"""Which columns of a cohort a model can take: numbers or words, of any pandas type, that differ."""

import numpy as np
import pandas as pd
import pytest

from kinephen.study.steps.ladder import CLASSES, model_columns

WORDS = ["low", "high", "low", None]


def cohort(kind):
    classes = {column: pd.Series(WORDS, dtype=kind) for column in CLASSES.values()}
    return pd.DataFrame({"age": [41.0, 52.0, 63.0, np.nan], "ftv2": [1.0, 2.0, 3.0, 4.0], **classes})


@pytest.mark.parametrize("kind", [object, "str", "string", "category"])
def test_classes_are_taken_of_whatever_type_they_come(kind):
    columns, absent = model_columns(cohort(kind), "class")
    assert {name: columns[name] for name in CLASSES} == {name: (column,) for name, column in CLASSES.items()}
    assert columns["m3"] == ("age", "ftv2", *CLASSES.values())
    assert absent == {"m4": "no usable phenotype", "m5": "no usable phenotype"}


@pytest.mark.parametrize("kind", [object, "str", "string", "category"])
def test_one_class_alone_is_not_usable(kind):
    frame = cohort(kind).assign(p53_class=pd.Series(["mutant", None, "mutant", "mutant"], dtype=kind))
    columns, absent = model_columns(frame, "class")
    assert absent["p53"] == absent["m3"] == "no usable p53_class"
    assert columns["ror_s"] == ("ror_s_group",)


@pytest.mark.parametrize(
    ("values", "usable"),
    [
        (np.array([1.0, np.inf, 1.0, np.nan]), False),
        (np.array([1.0, 2.0, np.inf, np.nan]), True),
        (pd.array([1, 2, None, 1], dtype="Int64"), True),
        (pd.array([True, None, True, None], dtype="boolean"), False),
        (np.array([True, False, True, True]), True),
    ],
)
def test_numbers_must_differ_where_they_are_finite(values, usable):
    columns, _ = model_columns(cohort(object).assign(age=values), "class")
    assert ("age" in columns.get("m2", ())) is usable
