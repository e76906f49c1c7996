"""Expression files that are spoiled: each is refused or noted in words that help."""

from __future__ import annotations

import gzip

import pytest
from tests.geo_files import PLATFORM, VALUES, series_matrix, write

from kinephen.errors import InputError
from kinephen.io.bounded_text import read_bounded
from kinephen.io.geo import attach_platform, read_matrix, read_platform, read_series_matrix


def refuse(path, code, *words, read=read_series_matrix):
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.code == code
    for word in words:
        assert word in str(caught.value)
    assert caught.value.hint


def notes(table, code):
    return [i.message for i in table.issues if i.code == code]


def test_no_end_line(tmp_path):
    refuse(
        write(tmp_path, series_matrix(end=False)),
        "geo.truncated",
        "cut off",
        "!series_matrix_table_end",
        "download",
    )


def test_gzip_cut_off(tmp_path):
    path = write(tmp_path, series_matrix())
    path.write_bytes(path.read_bytes()[:-12])
    refuse(path, "text.truncated", "cut off or damaged", "download it again")


def test_lost_row_is_noted(tmp_path):
    table = read_series_matrix(write(tmp_path, series_matrix(rows=VALUES[:3], row_count=4)))
    assert notes(table, "geo.lost_rows") == ["the table has 3 rows, the head announces 4: 1 row(s) were lost"]


def test_lost_value_in_a_row(tmp_path):
    refuse(
        write(tmp_path, series_matrix().replace("\t-0.75", "")), "matrix.ragged", "row 2 has 3 fields", "4"
    )


def test_lost_value_in_a_quoted_row(tmp_path):
    text = series_matrix().replace("2\t1.5\t0.25\t-0.75", '"2"\t1.5\t0.25')
    refuse(write(tmp_path, text), "matrix.ragged", "row 2 has 3 fields")


def test_lost_characteristic(tmp_path):
    text = series_matrix(characteristics=[["er: 1", "er: 0"]])
    refuse(write(tmp_path, text), "geo.header_row", "!Sample_characteristics_ch2 has 2 values for 3 samples")


def test_sample_missing_from_the_table(tmp_path):
    text = series_matrix().replace('"ID_REF"\t"GSM1"', '"ID_REF"\t"GSM9"')
    refuse(write(tmp_path, text), "geo.samples_differ", "3 samples in the head, 3 in the table, 2 in both")


def test_sample_twice(tmp_path):
    text = series_matrix(samples=("GSM1", "GSM1", "GSM3"))
    refuse(write(tmp_path, text), "matrix.duplicate_samples", "1 column name(s) stand twice")


def test_row_twice(tmp_path):
    refuse(
        write(tmp_path, series_matrix().replace("\n2\t", "\n1\t")),
        "geo.duplicate_ids",
        "1 row id(s) stand twice",
    )


def test_comma_decimals(tmp_path):
    text = series_matrix().replace("0.25", "0,25").replace("3.5", "3,5")
    refuse(
        write(tmp_path, text), "matrix.comma_decimal", "2 value(s) with a comma", "'0,25'", "decimal points"
    )


def test_words_among_numbers(tmp_path):
    refuse(
        write(tmp_path, series_matrix().replace("0.25", "high")),
        "matrix.not_numbers",
        "'GSM2'",
        "'high' in row 2",
    )


def test_two_platforms_in_one_file(tmp_path):
    head = '!Sample_platform_id\t"GPL1"\t"GPL1"\t"GPL2"'
    refuse(write(tmp_path, series_matrix(head=head)), "geo.platforms", "GPL1, GPL2", "on its own")


def test_nobody_has_characteristics(tmp_path):
    table = read_series_matrix(write(tmp_path, series_matrix(characteristics=[])))
    assert len(table.values) == 3
    assert notes(table, "geo.no_characteristics")[0].startswith("none of 3 samples has characteristics")


def test_key_given_twice_and_cell_without_colon(tmp_path):
    rows = [["er: 1", "er: 0", "word"], ["er: 0", "er: 0", ""]]
    table = read_series_matrix(write(tmp_path, series_matrix(characteristics=rows)))
    assert table.samples["er"].tolist()[:2] == ["1", "0"]
    assert "1 characteristic(s) of channel 2 given twice" in notes(table, "geo.repeated_key")[0]
    assert "1 characteristic(s) of channel 2 without a colon" in notes(table, "geo.no_colon")[0]


def test_reference_array_with_some_characteristic_but_no_study_number(tmp_path):
    rows = [["i-spy id: 1001", "i-spy id: 1002", "tissue: pool"], ["er: 1", "er: 0", ""]]
    table = read_series_matrix(write(tmp_path, series_matrix(characteristics=rows)))
    assert list(table.values.index) == ["GSM1", "GSM2"]
    assert notes(table, "geo.reference_arrays")


def test_stray_quotation_mark(tmp_path):
    path = write(tmp_path, 'gene\ts1\tname\nESR1\t1\t"5\nMYC\t2\tx\nPGR\t3\ty\n', "m.txt")
    refuse(path, "matrix.quotes", "3 lines give", "not closed", read=read_matrix)


def test_stray_quotation_marks_in_a_platform_table_are_harmless(tmp_path):
    text = PLATFORM.replace("GENE_SYMBOL\n", "GENE_SYMBOL\tNAME\n").replace("NUF2\n", 'NUF2\tthe 5" end\n')
    assert read_platform(write(tmp_path, text, "GPL1.txt"))["symbol"].tolist() == ["NUF2", "NUF2", "ESR1", ""]


def test_no_platform_table_is_noted(tmp_path):
    table = read_series_matrix(write(tmp_path, series_matrix()))
    assert notes(table, "geo.no_platform") == ["no platform table: the genes of 4 rows are unknown"]


def test_missing_platform_file(tmp_path):
    refuse(
        write(tmp_path, series_matrix()),
        "text.missing",
        "GPL1708.txt",
        "no such file",
        read=lambda p: read_series_matrix(p, platform=tmp_path / "GPL1708.txt"),
    )


def test_platform_of_another_array(tmp_path):
    table = read_series_matrix(write(tmp_path, series_matrix()))
    other = read_platform(write(tmp_path, PLATFORM.replace("\n", "\nX"), "GPL9.txt"))
    with pytest.raises(InputError, match="none of 4 row ids") as caught:
        attach_platform(table, other)
    assert caught.value.hint == "give the annotation of GPL1"


def test_platform_without_genes(tmp_path):
    path = write(tmp_path, "ID\tCOL\tROW\n1\t2\t3\n2\t2\t4\n", "GPL1.txt")
    refuse(path, "platform.no_genes", "no column of genes among ID, COL, ROW", read=read_platform)


def test_platform_with_repeated_ids(tmp_path):
    path = write(tmp_path, PLATFORM.replace("\n2\t", "\n1\t"), "GPL1.txt")
    refuse(path, "platform.duplicate_ids", "1 row id(s) stand twice", read=read_platform)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("^SERIES = GSE1\n!Series_title = x\n", "a SOFT file"),
        ("<!DOCTYPE html>\n<p>404\n", "a web page"),
        ("a b\n", "another"),
    ],
)
def test_another_kind_of_file(tmp_path, text, what):
    refuse(write(tmp_path, text), "geo.not_series_matrix", what, "series matrix")


@pytest.mark.parametrize(
    ("data", "code", "what"),
    [
        (b"PK\x03\x04rest of a workbook", "text.foreign", "zip archive or a spreadsheet"),
        (b"BZh9something", "text.foreign", "bzip2"),
        (b"ID\t\x00\x01\n", "text.binary", "zero bytes"),
    ],
)
def test_not_text(tmp_path, data, code, what):
    refuse(write(tmp_path, data, "m.txt"), code, what, read=read_matrix)


def test_gzip_bomb(tmp_path):
    path = tmp_path / "bomb.txt.gz"
    path.write_bytes(gzip.compress(b"0" * 40_000_000, 9))
    refuse(path, "text.bomb", "unpack to more than", read=read_bounded)


def test_too_large(tmp_path):
    path = write(tmp_path, "x" * 1000, "m.txt.gz")
    refuse(path, "text.too_large", "at most 500", read=lambda p: read_bounded(p, max_bytes=500))
    path = write(tmp_path, "x" * 1000, "m.txt")
    refuse(path, "text.too_large", "1000 bytes", read=lambda p: read_bounded(p, max_bytes=500))


def test_empty_and_header_only(tmp_path):
    refuse(write(tmp_path, "", "m.txt"), "matrix.empty", "0 rows", read=read_matrix)
    refuse(write(tmp_path, "gene\ts1\n", "m.txt"), "matrix.empty", "0 rows", read=read_matrix)


def test_matrix_without_numbers(tmp_path):
    refuse(
        write(tmp_path, "gene\ta\nESR1\tx\nMYC\ty\n", "m.txt"),
        "matrix.no_samples",
        "no column",
        read=read_matrix,
    )


def test_unknown_gene_column(tmp_path):
    path = write(tmp_path, "gene\ts1\nESR1\t1\nMYC\t2\n", "m.txt")
    refuse(path, "matrix.gene_column", "no column 'id'", read=lambda p: read_matrix(p, gene_column="id"))


def test_comma_decimals_in_a_comma_separated_file(tmp_path):
    path = write(tmp_path, "gene,s1,s2\nESR1,0,5,1,5\nMYC,1,2,3,4\n", "m.csv")
    refuse(path, "matrix.ragged", "row 1 has 5 fields", "decimal commas", read=read_matrix)
