"""Files of a scoring run: tables, and the centring to score new samples with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from kinephen.core.cohort import issues_frame
from kinephen.core.files import atomic_path
from kinephen.core.plain import write_json
from kinephen.errors import InputError
from kinephen.io.bounded_text import read_bounded
from kinephen.molecular.centring import Centring
from kinephen.molecular.link import SampleLink
from kinephen.molecular.result import MolecularResult

CENTRING = "centring.json"
MAX_CENTRING_BYTES = 200_000_000


def write_molecular(
    result: MolecularResult,
    folder: Path,
    *,
    distribution: pd.DataFrame,
    coverage: pd.DataFrame,
    link: SampleLink | None = None,
    genefu: pd.DataFrame | None = None,
) -> dict[str, Path]:
    """Write the tables of a scoring run.

    Parameters
    ----------
    result : MolecularResult
    folder : Path
        Made if it does not exist; files of the same names are replaced.
    distribution, coverage : DataFrame
        Samples in each class; genes found of each signature.
    link : SampleLink, optional
        Adds ``scores_by_patient.csv`` and ``unmatched.csv``.
    genefu : DataFrame, optional
        Adds ``scores_genefu.csv``.

    Returns
    -------
    dict of str to Path
        ``scores``, ``reasons``, ``coverage``, ``coverage_genes``, ``distribution``, ``issues``, ``settings``,
        ``centring`` and what was added.
    """
    tables: dict[str, pd.DataFrame] = {
        "scores": result.table.reset_index(),
        "reasons": result.reasons,
        "coverage": coverage,
        "coverage_genes": result.coverage,
        "distribution": distribution,
        "issues": issues_frame(result.issues),
    }
    if link is not None:
        tables["scores_by_patient"] = link.by_patient(result.table).reset_index()
        tables["unmatched"] = link.unmatched_samples
    if genefu is not None:
        tables["scores_genefu"] = genefu.reset_index()
    written = {name: _write_csv(table, folder / f"{name}.csv") for name, table in tables.items()}
    written["settings"] = folder / "settings.json"
    write_json(written["settings"], {**result.settings, "notices": [s.notice for s in result.signatures]})
    if result.centring.mode != "none":
        written["centring"] = folder / CENTRING
        write_json(written["centring"], result.centring.to_dict())
    return written


def read_centring(path: Path) -> Centring:
    """Read the centring that a scoring run wrote.

    Raises
    ------
    InputError
        ``centring.format`` for another kind of file.
    """
    try:
        document: Mapping[str, object] = json.loads(read_bounded(path, max_bytes=MAX_CENTRING_BYTES))
    except (json.JSONDecodeError, RecursionError):
        document = {}
    if not isinstance(document, dict):
        raise InputError(
            "not a saved centring",
            code="centring.format",
            hint=f"give the {CENTRING} of a scoring run",
            where=path.name,
        )
    return Centring.from_dict(document)


def _write_csv(table: pd.DataFrame, path: Path) -> Path:
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    return path
