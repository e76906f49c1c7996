"""How many values outside the training range are a reason for caution."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from tests.fitted_model import sample_model

from kinephen.core.plain import json_text
from kinephen.model.assignment import assign_patients
from kinephen.model.build import sealed
from kinephen.model.load import parse_fitted
from kinephen.model.training import most_outside

MODEL = sample_model()


def fitted(content):
    return parse_fitted(content, json_text(content))


def one_by_one(values):
    """Leave each row out in turn and count its values outside the range of the others."""
    counts = []
    for i in range(len(values)):
        rest = np.delete(values, i, axis=0)
        counts.append(int(((values[i] < rest.min(axis=0)) | (values[i] > rest.max(axis=0))).sum()))
    return max(counts)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(1, 7), st.booleans())
def test_the_limit_is_that_of_leaving_each_patient_out(seed, n, p, ties):
    values = np.random.default_rng(seed).normal(size=(n, p))
    if ties:
        values = np.round(values)
    frame = pd.DataFrame(values)
    assert most_outside(frame) == one_by_one(values)
    order = np.random.default_rng(seed).permutation(n)
    assert most_outside(frame.iloc[order]) == most_outside(frame)


def test_a_new_patient_of_the_same_kind_is_rarely_beyond_the_limit():
    beyond = 0
    for seed in range(400):
        values = np.random.default_rng(seed).normal(size=(41, 60))
        old, new = values[:40], values[40]
        outside = int(((new < old.min(axis=0)) | (new > old.max(axis=0))).sum())
        beyond += outside > most_outside(pd.DataFrame(old))
    # At most 1 in 41 by exchangeability, fewer with ties; 400 draws.
    assert beyond / 400 <= 0.05


def test_flags_follow_the_limit_and_older_files_flag_any():
    features = list(fitted(MODEL).phenotypes.features)
    delta = pd.DataFrame(50.0, index=["a"], columns=features)
    for limit, wanted in (({"features": len(features), "components": 99}, False), (None, True)):
        content = {**MODEL, "training": {**MODEL["training"], "outside": limit}}
        _, flags = assign_patients(fitted(sealed(content)), delta)
        codes = {f.code for f in flags["a"]}
        assert ("phenotype.features" in codes) == wanted
        assert ("phenotype.components" in codes) == wanted
        assert "phenotype.out_of_range" in codes
