"""Series matrices, platform tables and plain matrices that are well formed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.geo_files import PLATFORM, SAMPLES, VALUES, series_matrix, write

from kinephen.io.geo import attach_platform, read_expression, read_matrix, read_platform, read_series_matrix
from kinephen.io.geo_header import split_characteristic


def test_values_and_names(tmp_path):
    table = read_series_matrix(write(tmp_path, series_matrix()))
    np.testing.assert_array_equal(table.values.to_numpy(), np.array(VALUES).T)
    assert list(table.values.index) == list(SAMPLES)
    assert list(table.values.columns) == ["1", "2", "3", "4"]
    assert table.samples["i-spy id"].tolist() == ["1001", "1002", "1003"]


@pytest.mark.parametrize("spoil", [lambda t: t.replace("\n", "\r\n"), lambda t: t.replace("\n", "\r")])
def test_line_ends_of_other_systems(tmp_path, spoil):
    table = read_series_matrix(write(tmp_path, spoil(series_matrix())))
    np.testing.assert_array_equal(table.values.to_numpy(), np.array(VALUES).T)


def test_extra_blanks_and_blank_lines(tmp_path):
    text = series_matrix().replace("0.25\t", " 0.25 \t").replace('"i-spy id: 1002"', '" I-SPY  id : 1002 "')
    text = text.replace("!series_matrix_table_end", "\n\n!series_matrix_table_end  ")
    table = read_series_matrix(write(tmp_path, text))
    np.testing.assert_array_equal(table.values.to_numpy(), np.array(VALUES).T)
    assert table.samples["i-spy id"].tolist() == ["1001", "1002", "1003"]


@pytest.mark.parametrize("token", ["", "null", "NULL", "NA", "NaN", " null "])
def test_missing_values(tmp_path, token):
    table = read_series_matrix(write(tmp_path, series_matrix().replace("-1.25", token)))
    assert np.isnan(table.values.loc["GSM2", "1"])
    assert table.values.isna().sum().sum() == 1


def test_a_byte_order_mark_and_plain_text(tmp_path):
    path = write(tmp_path, b"\xef\xbb\xbf" + series_matrix().encode(), "X_series_matrix.txt")
    assert read_series_matrix(path).platform == "GPL1"


def test_windows_text(tmp_path):
    text = series_matrix(characteristics=[["time – days: 3"] * 3]).encode("cp1252")
    assert read_series_matrix(write(tmp_path, text)).samples["time – days"].tolist() == ["3"] * 3


@pytest.mark.parametrize(
    ("cell", "key", "value"),
    [
        ("ER (0=negative; 1=positive;): 1", "er (0=negative; 1=positive;)", "1"),
        ("pgr  (0=negative): 0", "pgr (0=negative)", "0"),
        (
            "time – until earliest: local or death (days): 12",
            "time – until earliest: local or death (days)",
            "12",
        ),
        ("no colon", "", "no colon"),
    ],
)
def test_key_and_value(cell, key, value):
    assert split_characteristic(cell) == (key, value)


def test_characteristics_need_not_be_aligned(tmp_path):
    rows = [["a: 1", "b: 2", "a: 3"], ["b: 4", "", "c: null"], ["", "a: 5", ""]]
    samples = read_series_matrix(write(tmp_path, series_matrix(characteristics=rows))).samples
    assert samples["a"].tolist() == ["1", "5", "3"]
    assert samples["b"].tolist()[:2] == ["4", "2"]
    assert samples["c"].isna().all()


def test_channel_with_most_keys_describes_the_tumour(tmp_path):
    text = series_matrix(characteristics=[["id: 1", "id: 2", ""], ["er: 1", "er: 0", ""]])
    reference = '!Sample_characteristics_ch1\t"reference: pool"\t"reference: pool"\t"reference: pool"\n'
    table = read_series_matrix(
        write(tmp_path, text.replace("!series_matrix_table_begin", reference + "!series_matrix_table_begin"))
    )
    assert list(table.values.index) == ["GSM1", "GSM2"]
    assert table.samples["ch1: reference"].tolist() == ["pool", "pool"]


def test_platform_table(tmp_path):
    platform = read_platform(write(tmp_path, PLATFORM, "GPL1.txt.gz"))
    assert platform.loc["1"].tolist() == ["NUF2", "83540", "A_23_P1"]
    assert platform.loc["3"].tolist() == ["ESR1", "2099", "A_24_P2"]
    assert platform.loc["4"].tolist() == ["", "", "DarkCorner"]


def test_platform_is_attached(tmp_path):
    platform = write(tmp_path, PLATFORM, "GPL1.txt")
    table = read_series_matrix(write(tmp_path, series_matrix()), platform=platform)
    assert table.probes["entrez"].tolist() == ["83540", "83540", "2099", ""]
    assert not [i for i in table.issues if i.code == "geo.no_platform"]


def test_rows_unknown_to_the_platform_are_counted(tmp_path):
    table = read_series_matrix(write(tmp_path, series_matrix()))
    known = read_platform(write(tmp_path, PLATFORM, "GPL1.txt")).iloc[:3]
    attached = attach_platform(table, known)
    assert [i.count for i in attached.issues if i.code == "platform.unknown_ids"] == [1]


@pytest.mark.parametrize(
    ("head", "kind", "first"),
    [("gene", "symbol", "ESR1"), ("gene", "entrez", "2099"), ("probe", "probe_name", "A_23_P123193")],
)
@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_plain_matrix(tmp_path, head, kind, first, mark):
    other = {"ESR1": "HLA-A", "2099": "596", "A_23_P123193": "A_24_P99"}[first]
    text = "\n".join(mark.join(row) for row in ([head, "s1", "s2"], [first, "0.5", "-1"], [other, "", "2"]))
    table = read_matrix(write(tmp_path, text, "m.csv"), platform="mine")
    assert table.values.loc["s1"].tolist()[0] == 0.5
    assert np.isnan(table.values.loc["s1", other])
    assert table.probes[kind].tolist() == [first, other]
    assert table.platform == "mine"


def test_plain_matrix_with_named_columns_and_repeated_genes(tmp_path):
    rows = [
        "probe_name symbol entrez description s1 s2",
        "A_23_P1 NUF2 83540 words 1 2",
        "A_23_P2 NUF2 83540 more 3 4",
    ]
    text = "\n".join(row.replace(" ", "\t") for row in rows)
    table = read_matrix(write(tmp_path, text, "m.txt"), gene_column="symbol")
    assert list(table.values.columns) == ["NUF2", "NUF2#2"]
    assert table.probes.loc["NUF2#2"].tolist() == ["NUF2", "83540", "A_23_P2"]
    assert [i.message for i in table.issues] == ["1 column(s) of text left out: description"]


def test_header_without_a_name_for_the_genes(tmp_path):
    table = read_matrix(write(tmp_path, "s1\ts2\nESR1\t1\t2\nMYC\t3\t4\n", "m.txt"))
    assert table.values.loc["s2"].to_dict() == {"ESR1": 2.0, "MYC": 4.0}


def test_kind_of_file_is_told_apart(tmp_path):
    assert read_expression(write(tmp_path, series_matrix())).platform == "GPL1"
    assert read_expression(write(tmp_path, "g\ts1\nESR1\t1\nMYC\t2\n", "batch7.txt")).platform == "batch7"


def test_samples_in_rows(tmp_path):
    path = write(tmp_path, "id,ESR1,MYC\n508343,0.5,-1\n508341,,2\n", "m.csv")
    table = read_matrix(path, samples_in_rows=True, platform="P")
    assert table.values.loc["508343"].to_dict() == {"ESR1": 0.5, "MYC": -1.0}
    assert np.isnan(table.values.loc["508341", "ESR1"])
    assert table.probes["symbol"].tolist() == ["ESR1", "MYC"]
