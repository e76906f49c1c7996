"""Small series matrices and platform tables, written as text that a test can spoil."""

from __future__ import annotations

import gzip

SAMPLES = ("GSM1", "GSM2", "GSM3")
VALUES = ((0.5, -1.25, 2.0), (1.5, 0.25, -0.75), (-2.0, 0.0, 1.0), (0.125, 3.5, -1.5))
PLATFORM = (
    "#ID = feature\n"
    "ID\tSPOT_ID\tCONTROL_TYPE\tGENE\tGENE_SYMBOL\n"
    "1\tA_23_P1\tFALSE\t83540\tNUF2\n"
    "2\tA_23_P1\tFALSE\t83540\tNUF2\n"
    "3\tA_24_P2\tFALSE\t2099.0\tESR1 /// OTHER\n"
    "4\tDarkCorner\tpos\t\t\n"
)


def series_matrix(*, rows=VALUES, head="", end=True, samples=SAMPLES, row_count=None, characteristics=None):
    """Text of a series matrix; `characteristics` are lists of one cell a sample."""
    lines = ['!Series_title\t"made up"', '!Series_platform_id\t"GPL1"']
    lines.append("!Sample_geo_accession\t" + "\t".join(f'"{s}"' for s in samples))
    if row_count is not None:
        lines.append("!Sample_data_row_count\t" + "\t".join(f'"{row_count}"' for _ in samples))
    cells = (
        [[f"i-spy id: {1001 + i}" for i in range(len(samples))]]
        if characteristics is None
        else characteristics
    )
    lines += ["!Sample_characteristics_ch2\t" + "\t".join(f'"{c}"' for c in row) for row in cells]
    lines += ([head] if head else []) + ["!series_matrix_table_begin"]
    lines.append('"ID_REF"\t' + "\t".join(f'"{s}"' for s in samples))
    lines += [f"{i}\t" + "\t".join(str(v) for v in row) for i, row in enumerate(rows, start=1)]
    return "\n".join([*lines, *(["!series_matrix_table_end"] if end else [])]) + "\n"


def write(folder, text, name="X_series_matrix.txt.gz"):
    """Write text, packed if the name ends in .gz."""
    path = folder / name
    data = text.encode("utf-8") if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path
