"""The series-matrix fixture against GEOquery 2.66's parse of the same file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.io.geo import read_series_matrix

FIXTURES = ["SYNTH-GPL1708_series_matrix.txt.gz", "GSE99999-GPL1708_series_matrix.txt.gz"]
RFS = (
    "relapse-free survival time – time from chemo start date until earliest: "
    "local or distant progression or death (time unit is days)"
)


@pytest.fixture(params=FIXTURES)
def table(request, reference):
    return read_series_matrix(reference(f"data/genes/fixture/{request.param}"))


def test_values_as_r(table, reference):
    r = pd.read_csv(reference("data/genes/fixture/geoquery_exprs.csv"), index_col=0)
    np.testing.assert_array_equal(table.values.T.to_numpy(), r[list(table.values.index)].to_numpy())
    assert list(table.values.columns) == [str(i) for i in r.index]
    assert table.values.isna().sum().sum() == 2


def test_characteristics_as_r_except_the_key_with_a_colon(table, reference):
    r = pd.read_csv(reference("data/genes/fixture/geoquery_pdata.csv"), index_col=0, dtype=str)
    r = r.loc[list(table.samples.index)]
    compared = 0
    for column in (c for c in r.columns if c.endswith((":ch1", ":ch2"))):
        key = " ".join(column[:-4].split())
        if key.startswith("relapse-free survival time"):
            continue
        ours = table.samples[key if column.endswith(":ch2") else f"ch1: {key}"]
        assert ours.fillna("missing").tolist() == r[column].fillna("missing").tolist(), key
        compared += 1
    assert compared == 8
    # The documented difference: R splits this key at its first colon and leaves words in the value.
    assert table.samples[RFS].tolist() == ["1200", "433"]


def test_reference_array_is_dropped_with_a_word(table):
    assert list(table.values.index) == ["GSM900001", "GSM900002"]
    assert [i.count for i in table.issues if i.code == "geo.reference_arrays"] == [1]


def test_reference_array_can_be_kept(reference):
    table = read_series_matrix(reference(f"data/genes/fixture/{FIXTURES[0]}"), keep_references=True)
    kept = table.values.loc["GSM900003"].tolist()
    assert kept == [0.64, 0.362, -0.704, 0.041, -1.246, -0.316, -0.129, 0.352]
    assert pd.isna(table.samples.loc["GSM900003", "i-spy id"])


def test_platform_is_named(table):
    assert table.platform == "GPL1708"
    assert table.samples["title"].tolist() == ["1001", "1002"]
