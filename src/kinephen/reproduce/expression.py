"""Signature scores of the discovery cohort from the series matrices of GSE22226."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.config.presets import preset_settings
from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import InputError, UsageError
from kinephen.io.geo import read_expression
from kinephen.io.public_tables import patient
from kinephen.molecular.link import patient_column
from kinephen.reproduce.found import Found
from kinephen.study.steps.ladder import CLASSES
from kinephen.study.steps.signatures import KEPT, SignatureSettings, large_enough, score_samples

MATRIX = "series_matrix"
SUBTYPE_KEY = "intrinsic subtype by pam50"
PAIR_CUT = 0.005


@dataclass(frozen=True)
class Scores:
    """Scores by patient, and what was noticed."""

    table: pd.DataFrame
    issues: tuple[Issue, ...]


def split_files(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return expression matrices and platform tables, told by the name GEO gives a series matrix.

    A file without it counts as a platform table if another one is a series matrix, and as a plain matrix if
    none is.
    """
    matrices = [f for f in files if MATRIX in f.name]
    return (matrices, [f for f in files if f not in matrices]) if matrices else (list(files), [])


def platform_of(matrix: Path, platforms: Sequence[Path]) -> Path | None:
    """Return the platform table of a matrix: the one whose accession (GPL...) the matrix names.

    Raises
    ------
    UsageError
        ``reproduce.platform`` if platform tables were given and none fits.
    """
    named = [p for p in platforms if p.name.split(".")[0].split("_")[0].split("-")[0] in matrix.name]
    if named or not platforms:
        return next(iter(named), None)
    if len(platforms) == 1:
        return platforms[0]
    raise UsageError(
        f"no platform table names the platform of {matrix.name}",
        code="reproduce.platform",
        hint="name it as GEO does, for example GPL1708_annotation.txt.gz",
    )


def read_matrices(files: Sequence[Path]) -> list[ExpressionTable]:
    """Read series matrices, each with its platform table.

    Raises
    ------
    KinephenError
        As `kinephen.io.geo.read_expression` and `platform_of`.
    """
    matrices, platforms = split_files(files)
    return [read_expression(m, platform=platform_of(m, platforms)) for m in matrices]


def series_link(tables: Sequence[ExpressionTable]) -> pd.DataFrame | None:
    """Return whose each sample is, by what the series itself says; None if it does not.

    Returns
    -------
    DataFrame or None
        Columns ``patient_id``, ``sample_id``, ``pam50``; first sample of each patient.
    """
    parts = []
    for table in tables:
        try:
            patients = patient_column(table.samples)
        except InputError:
            continue
        subtype = table.samples.get(SUBTYPE_KEY, pd.Series(None, index=table.samples.index, dtype=object))
        parts.append(
            pd.DataFrame(
                {
                    "patient_id": [patient(w) for w in patients],
                    "sample_id": [str(s) for s in patients.index],
                    "pam50": subtype.where(subtype.notna(), None).to_numpy(),
                }
            )
        )
    return pd.concat(parts).drop_duplicates("patient_id").reset_index(drop=True) if parts else None


def score_patients(tables: Sequence[ExpressionTable], patients: pd.DataFrame) -> Scores:
    """Score the samples of patients who have one.

    Parameters
    ----------
    tables : sequence of ExpressionTable
    patients : DataFrame
        Index ``patient_id``; ``sample_id`` and, for the check of the receptor mix, ``er``.

    Returns
    -------
    Scores
        Index ``patient_id``, columns as in `kinephen.study.steps.signatures.KEPT`.

    Raises
    ------
    KinephenError
        As `kinephen.molecular.score.score_cohort`.
    """
    settings = SignatureSettings.of(preset_settings("chitalia2023").signatures)
    kept, small = large_enough(list(tables), settings.centring)
    linked = patients["sample_id"].dropna()
    linked = linked[linked.isin({str(s) for t in kept for s in t.values.index})]
    if linked.empty:
        return Scores(pd.DataFrame(index=linked.index), tuple(small))
    clinical = None
    if "er" in patients.columns:
        clinical = pd.DataFrame({"er": patients.loc[linked.index, "er"].to_numpy()}, index=pd.Index(linked))
    result = score_samples(kept, settings, settings.centring, clinical)
    linked = linked[linked.isin(result.table.index)]
    columns = [c for c in KEPT if c in result.table.columns]
    table = result.table.loc[linked.to_numpy(), columns].set_axis(linked.index, axis=0)
    table = table.astype(object).where(table.notna(), None).infer_objects()
    return Scores(table, (*small, *result.issues))


def expression_quantities(frame: pd.DataFrame) -> dict[str, Found]:
    """Return class counts and the scores of the two patients shown (discovery cohort with scores)."""
    found: dict[str, Found] = {}
    for name, column in CLASSES.items():
        if column not in frame.columns or not frame[column].notna().any():
            continue
        known = frame[column].dropna()
        for label in ("low", "med", "high") if name != "p53" else ("wild-type", "mutant"):
            found[f"classes.{name}.{label}"] = Found(
                float((known == label).sum()), "expression", note=f"of {len(known)} patients with a class"
            )
    if "gene70_class" in frame.columns:
        low = frame[frame["gene70_class"] == "low"]
        found["classes.gene70.low_events"] = Found(
            float((low["event"] == 1).sum()), "expression", note=f"of {len(low)} patients at low risk"
        )
    return found | _pair(frame)


def _pair(frame: pd.DataFrame) -> dict[str, Found]:
    """Look for patients like the two shown, with the scores that are printed for them."""
    if not {"gene70_cosine", "ror_s_group", "p53_class"} <= set(frame.columns):
        return {}
    found, both = {}, []
    for key, age, event, score in (("a", 50, 0.0, -0.03), ("b", 42, 1.0, -0.35)):
        alike = frame[
            (frame["hr"] == 1) & (frame["her2"] == 0) & (frame["pcr"] == 0) & (frame["event"] == event)
        ]
        alike = alike[(alike["age"] >= age - 0.5) & (alike["age"] < age + 1)]
        near = (alike["gene70_cosine"].astype(float) - score).abs() <= PAIR_CUT + 1e-9
        shown = ", ".join(f"{v:.2f}" for v in alike["gene70_cosine"].dropna()) or "no such patient"
        found[f"pair.score_{key}"] = Found(
            bool(near.any()), "expression", shown, note="scores of such patients"
        )
        both.append(bool(((alike["ror_s_group"] == "low") & (alike["p53_class"] == "wild-type")).any()))
    found["pair.low"] = Found(all(both), "expression", note="a patient of each kind is low and wild type")
    return found
