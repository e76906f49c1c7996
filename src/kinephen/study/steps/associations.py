"""Who the patients are, and how phenotypes go with covariates and events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.records.associations import (
    AssociationRecord,
    AssociationsRecord,
    ConfusionRecord,
)
from kinephen.records.cohort import (
    BinaryCharacteristic,
    CharacteristicsRecord,
    ClassCounts,
    CovariateTest,
    RangeRecord,
    TreatmentRecord,
)
from kinephen.records.names import (
    CHARACTERISTICS,
    COVARIATES,
    MARKERS,
    MOLECULAR,
    PHENOTYPE_MARKER,
    TREATMENT,
)
from kinephen.records.statistics import ShareRecord
from kinephen.stats.agreement import confusion_matrix
from kinephen.stats.association import SMALL_EXPECTED, AssociationTest, chi_square_test, kruskal_wallis
from kinephen.stats.fisher import fisher_exact
from kinephen.stats.multiplicity import adjust
from kinephen.stats.tables import CrossTable, cross_table
from kinephen.study.frame import with_outcome
from kinephen.study.recorded import recorded

CONTINUOUS = ("age", "ftv2")
EXACT_CELLS = 10
"""Tables with more cells take seconds or do not fit into memory when every table is counted."""
POSITIVE = {"gene70_class": "high", "ror_s_group": "high", "p53_class": "mutant"}


def characteristics(frame: pd.DataFrame) -> CharacteristicsRecord:
    """Return receptors, response and age by event (0, 1), with counts known."""
    none, some = (frame[frame["event"] == code] for code in (0.0, 1.0))
    aged = "age" in frame.columns
    return CharacteristicsRecord(
        no_event=len(none),
        event=len(some),
        binary=tuple(
            BinaryCharacteristic(
                label=words,
                no_event=share(none[c]) if len(none) else None,
                event=share(some[c]) if len(some) else None,
                test=covariate_test(frame, c, "event"),
            )
            for c, words in CHARACTERISTICS.items()
            if c in frame.columns
        ),
        age_no_event=value_range(none["age"]) if aged and len(none) else None,
        age_event=value_range(some["age"]) if aged and len(some) else None,
    )


def treatment(frame: pd.DataFrame) -> tuple[TreatmentRecord, ...]:
    """Return treatments by event, each with Fisher's p over its categories."""
    rows: list[TreatmentRecord] = []
    for column, words in TREATMENT.items():
        if column not in frame.columns or frame[column].nunique(dropna=True) < 1:
            continue
        known = frame[frame[column].notna()]
        test = _fisher(known[column], known["event"])
        categories = sorted(known[column].unique(), key=str)
        binary = set(categories) <= {0.0, 1.0}
        none, some = (known.loc[known["event"] == code, column] for code in (0.0, 1.0))
        rows += [
            TreatmentRecord(
                label=words if binary else f"{words}: {value}",
                no_event=share(none == value) if len(none) else None,
                event=share(some == value) if len(some) else None,
                test=test,
            )
            for value in ([1.0] if binary else categories)
        ]
    return tuple(rows)


def molecular_distribution(frame: pd.DataFrame) -> tuple[ClassCounts, ...]:
    """Return the counts of each signature's classes."""
    return tuple(
        ClassCounts(
            label=words, counts={str(k): int(v) for k, v in frame[c].value_counts().sort_index().items()}
        )
        for c, words in MOLECULAR.items()
        if c in frame.columns and frame[c].notna().any()
    )


def phenotype_associations(frame: pd.DataFrame) -> AssociationsRecord:
    """Return tests of phenotype against each covariate and against the event, with both corrections of p.

    Parameters
    ----------
    frame : DataFrame
        Patients of one cohort. Covariates are tested in all who have a phenotype, the event in those of them
        whose outcome is known.
    """
    known = frame[frame["phenotype"].notna()]
    columns = {c: w for c, w in COVARIATES.items() if c in frame.columns and known[c].notna().any()}
    columns = {c: w for c, w in columns.items() if known[c].nunique() > 1}
    tests = [_association(known, c, words) for c, words in columns.items()]
    tests.append(_association(with_outcome(known), "event", "event"))
    p = np.array([np.nan if t.p is None else t.p for t in tests])
    corrected = zip(adjust(p, "bonferroni"), adjust(p, "holm"), strict=True)
    return AssociationsRecord(
        tests=tuple(
            AssociationRecord.model_validate(
                {**t.model_dump(), "p_bonferroni": float(bonferroni), "p_holm": float(holm)}
            )
            for t, (bonferroni, holm) in zip(tests, corrected, strict=True)
        ),
        comparisons=int(np.isfinite(p).sum()),
    )


def confusion_matrices(frame: pd.DataFrame, worst: str | None) -> tuple[ConfusionRecord, ...]:
    """Return each marker against the event.

    Parameters
    ----------
    frame : DataFrame
    worst : str, optional
        Phenotype that counts as high risk; None leaves the phenotype out.
    """
    found = [
        _confusion(frame, words, c, POSITIVE[c])
        for c, words in MARKERS.items()
        if c in frame.columns and frame[c].notna().any()
    ]
    if worst is not None:
        found.append(_confusion(frame, PHENOTYPE_MARKER, "phenotype", worst))
    return tuple(found)


def _confusion(frame: pd.DataFrame, marker: str, column: str, positive: str) -> ConfusionRecord:
    known = frame[frame[column].notna()]
    matrix = confusion_matrix((known[column] == positive).to_numpy(), known["event"].to_numpy())
    return recorded(ConfusionRecord, matrix, marker=marker, n=len(known), left_out=len(frame) - len(known))


def _association(frame: pd.DataFrame, column: str, words: str) -> AssociationRecord:
    known = frame[frame[column].notna()]
    groups = sorted(known["phenotype"].unique())
    test = covariate_test(known, column, "phenotype").model_dump()
    if column in CONTINUOUS:
        return AssociationRecord(column=column, label=words, n=len(known), groups=tuple(groups), **test)
    categories = sorted(known[column].unique(), key=str)
    return AssociationRecord(
        column=column,
        label=words,
        n=len(known),
        groups=tuple(groups),
        categories=tuple(_word(c) for c in categories),
        counts=tuple(
            tuple(int(((known["phenotype"] == g) & (known[column] == c)).sum()) for c in categories)
            for g in groups
        ),
        **test,
    )


def covariate_test(frame: pd.DataFrame, column: str, by: str) -> CovariateTest:
    """Return name and p of the fitting test: Kruskal-Wallis, or chi-square (Fisher if sparse)."""
    known = frame[frame[column].notna() & frame[by].notna()]
    try:
        if column in CONTINUOUS:
            test = kruskal_wallis(known[column].to_numpy(), known[by].to_numpy())
        else:
            table = cross_table(known[by].to_numpy(), known[column].to_numpy())
            test = chi_square_test(table)
            if test.min_expected < SMALL_EXPECTED:
                exact = _exact(table)
                return CovariateTest(test=exact.name, p=exact.p)
    except KinephenError as error:
        return CovariateTest(reason=error.message)
    return CovariateTest(test=test.name, p=test.p)


def _exact(table: CrossTable) -> AssociationTest:
    """Return Fisher's test: exact for small tables, from sampled tables for large ones (its name tells)."""
    if table.counts.size <= EXACT_CELLS:
        return fisher_exact(table)
    rng = stream(0, "fisher", *table.counts.ravel().tolist())
    return fisher_exact(table, method="monte carlo", rng=rng)


def _fisher(values: pd.Series, event: pd.Series) -> CovariateTest:
    try:
        test = _exact(cross_table(event.to_numpy(), values.to_numpy()))
    except KinephenError as error:
        return CovariateTest(reason=error.message)
    return CovariateTest(test=test.name, p=test.p)


def share(values: pd.Series) -> ShareRecord:
    """Return how many of the known values are 1."""
    known = values.dropna()
    return ShareRecord(n=int((known.astype(float) == 1.0).sum()), of=len(known))


def value_range(values: pd.Series) -> RangeRecord:
    """Return mean and range of the known values."""
    known = values.dropna()
    if known.empty:
        return RangeRecord(mean=None, low=None, high=None)
    return RangeRecord(mean=float(known.mean()), low=float(known.min()), high=float(known.max()))


def _word(value: object) -> str:
    return {"1.0": "yes", "0.0": "no"}.get(str(value), str(value))
