"""Score samples by the rule of a signature: correlation with centroids, cosine, weighted sum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.molecular.correlation import MIN_PAIRS, Similarity, similarity
from kinephen.molecular.signature import Rule, Signature
from kinephen.types import FloatArray

TIE = 1e-12
"""Similarities closer than this are equal."""
Reason = tuple[str, str, str]
"""Sample, column, why it is undefined."""


@dataclass(frozen=True)
class Scored:
    """Scores of one signature.

    Parameters
    ----------
    table : DataFrame
        Samples in rows; columns ``score``, ``class`` and ``cor_<profile>`` as the kind has them, and
        ``genes`` (number of genes with a value).
    reasons : tuple of (sample, column, reason)
        Why a cell is undefined.
    """

    table: pd.DataFrame
    reasons: tuple[Reason, ...] = ()


def score_signature(
    genes: pd.DataFrame,
    signature: Signature,
    shared: Sequence[Sequence[str]],
    *,
    er: pd.Series | None = None,
) -> Scored:
    """Score samples by a signature's own rule.

    Parameters
    ----------
    genes : DataFrame
        Samples in rows, genes of the signature in columns, centred as wanted; NaN where missing.
    signature : Signature
    shared : sequence of sequence of str
        Found genes, those that rest on the same probes together: they count once, with the mean of their
        profile values (weights of a weighted sum are added instead).
    er : Series, optional
        Oestrogen-receptor status by sample (1, 0, NaN), for a signature of one receptor status only.

    Returns
    -------
    Scored
        Undefined below the signature's coverage in a sample, without variation, for correlations with fewer
        than 4 genes, and for a class when two centroids are equally near.
    """
    kept = genes[[group[0] for group in shared]]
    count = kept.notna().sum(axis=1).astype(int)
    thin = _too_few(kept, signature, shared)
    excluded = _excluded(signature, kept.index, er)
    values = scale_samples(kept) if signature.scale_samples else kept
    score = _weighted_sum if signature.kind == "weighted_sum" else _similar
    table = score(values, signature, shared).mask(thin | excluded)
    table["class"] = classify(table, signature)
    table["genes"] = count
    why = pd.Series("the values do not vary", index=table.index)
    why[thin] = [f"{n} of {len(signature.genes)} genes have a value" for n in count[thin]]
    why[excluded] = f"the signature is for {signature.applies_to} tumours"
    return Scored(table, _reasons(table, why, signature))


def scale_samples(genes: pd.DataFrame) -> pd.DataFrame:
    """Standardise each sample over its genes: mean 0, sd 1 (ddof 1), missing values left out.

    Values with few decimals tie, and the last bit of the mean decides how centred ties are ranked. The mean
    is therefore the exactly rounded one, which is what the distributed R code gets from its extended
    precision.
    """
    values = genes.to_numpy(float)
    centred = genes.sub([_exact_mean(row[np.isfinite(row)]) for row in values], axis=0)
    spread = centred.std(axis=1, ddof=1)
    return centred.div(spread.where(spread > 0), axis=0)


def _exact_mean(x: FloatArray) -> float:
    if not x.size:
        return math.nan
    first = math.fsum(x) / x.size
    return first + math.fsum([*x, *([-first] * x.size)]) / x.size


def merged_profiles(profiles: pd.DataFrame, shared: Sequence[Sequence[str]]) -> FloatArray:
    """Return the mean profile values of each group of genes, shape (n_groups, n_profiles)."""
    values = profiles.to_numpy(float)
    place = {str(gene): k for k, gene in enumerate(profiles.index)}
    merged = np.empty((len(shared), values.shape[1]))
    for row, group in enumerate(shared):
        merged[row] = values[[place[g] for g in group]].mean(axis=0)
    return merged


def classify(table: pd.DataFrame, signature: Signature) -> pd.Series:
    """Return the class of each sample, missing where it is undefined.

    The nearest centroid, or the class whose cut-points the score exceeds: a score equal to a cut-point
    belongs to the class below it.
    """
    if signature.rule.call == "largest":
        return nearest(table[[f"cor_{p}" for p in signature.profiles.columns]])
    return cut(table["score"], signature.rule)


def nearest(correlations: pd.DataFrame, *, first_of_ties: bool = False) -> pd.Series:
    """Return the name (after ``cor_``) of the largest column, missing where any is undefined.

    Parameters
    ----------
    correlations : DataFrame
        Samples in rows, one column a centroid.
    first_of_ties : bool
        Of equal largest ones (within `TIE`) take the first, as genefu does; else the call is missing.
    """
    values = correlations.to_numpy(float)
    defined = np.isfinite(values).all(axis=1)
    largest = np.where(defined[:, None], values, 0.0)
    ties = largest >= largest.max(axis=1, keepdims=True) - TIE
    names = np.array([c.removeprefix("cor_") for c in correlations.columns], dtype=object)
    call = pd.Series(names[np.argmax(ties, axis=1)], index=correlations.index, dtype=object)
    return call.where(defined & (first_of_ties | (ties.sum(axis=1) == 1)), None)


def cut(score: pd.Series, rule: Rule) -> pd.Series:
    """Return the label of the class that each score falls in, missing where the score is."""
    if not rule.labels:
        return pd.Series(None, index=score.index, dtype=object)
    number = np.searchsorted(np.array(rule.cuts), score.fillna(0.0).to_numpy(float), side="left")
    labels = np.array(rule.labels, dtype=object)[number]
    return pd.Series(np.where(score.notna(), labels, None), index=score.index, dtype=object)


def _similar(genes: pd.DataFrame, signature: Signature, shared: Sequence[Sequence[str]]) -> pd.DataFrame:
    kind: Similarity = "cosine" if signature.kind == "cosine" else signature.correlation
    profiles = merged_profiles(signature.profiles, shared)
    names = [f"cor_{p}" for p in signature.profiles.columns]
    table = pd.DataFrame(
        similarity(genes.to_numpy(float), profiles, kind=kind), index=genes.index, columns=names
    )
    pair = signature.rule.difference
    if pair:
        table["score"] = table[f"cor_{pair[0]}"] - table[f"cor_{pair[1]}"]
    elif len(names) == 1:
        table["score"] = table.pop(names[0])
    return table


def _weighted_sum(genes: pd.DataFrame, signature: Signature, shared: Sequence[Sequence[str]]) -> pd.DataFrame:
    weights = merged_profiles(signature.profiles, shared)[:, 0] * [len(group) for group in shared]
    terms = genes * weights
    score = terms.sum(axis=1) if not signature.groups else _grouped(terms, signature)
    score = score + signature.intercept
    return pd.DataFrame({"score": score if signature.clip is None else score.clip(*signature.clip)})


def _grouped(terms: pd.DataFrame, signature: Signature) -> pd.Series:
    member = signature.genes["group"].reindex(terms.columns)
    total = pd.Series(0.0, index=terms.index)
    for group in signature.groups:
        part = terms.loc[:, member == group.name].sum(axis=1)
        total = total + group.weight * (part if group.floor is None else part.clip(lower=group.floor))
    return total


def _too_few(kept: pd.DataFrame, signature: Signature, shared: Sequence[Sequence[str]]) -> pd.Series:
    weight = np.array([len(group) for group in shared], dtype=float)
    present = pd.Series(kept.notna().to_numpy(float) @ weight, index=kept.index)
    least = 1 if signature.kind == "weighted_sum" else MIN_PAIRS
    return present < max(signature.min_coverage * len(signature.genes), least)


def _excluded(signature: Signature, samples: pd.Index, er: pd.Series | None) -> pd.Series:
    if signature.applies_to == "all":
        return pd.Series(False, index=samples)
    status = er.reindex(samples) if er is not None else pd.Series(np.nan, index=samples)
    return status != (1.0 if signature.applies_to == "er-positive" else 0.0)


def _reasons(table: pd.DataFrame, why: pd.Series, signature: Signature) -> tuple[Reason, ...]:
    scores = [c for c in table.columns if c not in ("class", "genes")]
    found = [(str(s), c, str(why[s])) for c in scores for s in table.index[table[c].isna()]]
    if signature.rule.call == "largest" or signature.rule.labels:
        lost = table.index[table["class"].isna()]
        undefined = table[scores].isna().any(axis=1)
        text = {True: "its score is undefined", False: "two centroids are equally near"}
        found += [(str(s), "class", text[bool(undefined[s])]) for s in lost]
    return tuple(found)
