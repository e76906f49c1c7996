"""GEO series matrix and platform table of simulated arrays, in the layout (with the traps) of GSE22226."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from kinephen.simulate.expression import ArrayData
from kinephen.simulate.patient import Patient

ACCESSION = "SIMGSE1"
GRADE_KEY = "histologic grade (1=grade i (low); 2= grade ii (intermediate); 3= grade iii (high))"
UNGRADED_EVERY = 5
"""Every fifth array lacks the grade, which moves its later characteristics up by a row."""
RFS_KEY = (
    "relapse-free survival time – time from chemo start date until earliest: "
    "local or distant progression or death (time unit is days)"
)
RFS_EVENT_KEY = (
    "relapse-free survival indicator "
    "(1=event; local or distant progression or death, 0=censor at last follow-up)"
)


def expression_names(platform: str) -> tuple[str, str]:
    """Return the file names of a platform's series matrix and platform table."""
    return f"{ACCESSION}-{platform}_series_matrix.txt.gz", f"{platform}_annotation.txt.gz"


def write_expression(folder: Path, data: ArrayData) -> tuple[str, str]:
    """Write the series matrix and the platform table of one platform; return their names in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    names = expression_names(data.design.platform)
    for name, text in zip(names, (series_matrix(data), platform_table(data)), strict=True):
        # A fixed time in the header: the same values give the same bytes.
        (folder / name).write_bytes(gzip.compress(text.encode("utf-8"), 6, mtime=0))
    return names


def series_matrix(data: ArrayData) -> str:
    """Return the text of the series matrix.

    Characteristics stand under channel 2 and are not aligned: a key that a sample lacks moves their later
    keys up. The reference array has none. One key holds an en dash and a colon.
    """
    samples = list(data.values.columns)
    lines = [
        '!Series_title\t"Simulated arrays in the layout of GSE22226"',
        f'!Series_geo_accession\t"{ACCESSION}"',
        f'!Series_platform_id\t"{data.design.platform}"',
        "",
        _line("!Sample_title", [w.patient_id for w in data.patients.values()] + ["Reference pool"]),
        _line("!Sample_geo_accession", samples),
        _line("!Sample_channel_count", ["2"] * len(samples)),
        _line("!Sample_characteristics_ch1", ["reference: pool"] * len(samples)),
    ]
    characteristics = [
        _characteristics(data.patients[s], graded=n % UNGRADED_EVERY != 0) if s in data.patients else []
        for n, s in enumerate(samples, start=1)
    ]
    for row in range(max(len(c) for c in characteristics)):
        cells = [c[row] if row < len(c) else "" for c in characteristics]
        lines += [_line("!Sample_characteristics_ch2", cells)]
    lines.append(_line("!Sample_platform_id", [data.design.platform] * len(samples)))
    lines.append("!series_matrix_table_begin")
    lines.append(_line('"ID_REF"', samples))
    lines += _rows(data.values)
    lines.append("!series_matrix_table_end")
    return "\n".join(lines) + "\n"


def platform_table(data: ArrayData) -> str:
    """Return the text of the platform table."""
    head = [f"#ID = feature number of {data.design.platform}", "#SPOT_ID = probe", "#GENE = Entrez gene id"]
    table: str = data.design.annotation.to_csv(sep="\t", index=False, lineterminator="\n")
    return "\n".join(head) + "\n" + table


def link_table(arrays: tuple[ArrayData, ...]) -> pd.DataFrame:
    """Return which sample is of which patient: patient_id, sample_id."""
    rows = [(w.patient_id, sample) for data in arrays for sample, w in data.patients.items()]
    return pd.DataFrame(rows, columns=["patient_id", "sample_id"]).sort_values(
        "patient_id", ignore_index=True
    )


def _characteristics(patient: Patient, *, graded: bool) -> list[str]:
    own, outcome = patient.molecular, patient.outcome
    receptors = {
        "er": ("er (0=negative; 1=positive;)", own.er),
        "pgr": ("pgr  (0=negative; 1=positive;)", own.pgr),
        "her2": ("her2 (0=negative; 1=positive;)", own.her2),
    }
    found = [f"i-spy id: {patient.patient_id}", f"age: {patient.age_years:.1f}"]
    found += [
        f"{key}: {int(value)}" for name, (key, value) in receptors.items() if name != patient.unknown_receptor
    ]
    if graded:
        found.append(f"{GRADE_KEY}: {own.grade}")
    found += [
        f"pathological complete response (pcr): {'Yes' if patient.pcr else 'No'}",
        f"{RFS_KEY}: {outcome.rfs_days}",
        f"{RFS_EVENT_KEY}: {outcome.rfs_event}",
        f"survival status (7=alive; 8=dead, 9=lost): {8 if outcome.os_event else 7}",
    ]
    return found


def _rows(values: pd.DataFrame) -> list[str]:
    """Return the table's lines; missing values are blank, or ``null`` in every seventh row."""
    lines = []
    for number, (feature, row) in enumerate(zip(values.index, values.to_numpy(), strict=True)):
        missing = "null" if number % 7 == 0 else ""
        lines.append("\t".join([str(feature), *(missing if np.isnan(v) else f"{v:g}" for v in row)]))
    return lines


def _line(key: str, cells: list[str]) -> str:
    return "\t".join([key, *(f'"{cell}"' for cell in cells)])
