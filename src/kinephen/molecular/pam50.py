"""PAM50: intrinsic subtype, proliferation and risk of recurrence (research re-creation)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kinephen.molecular.correlation import spearman_p_value
from kinephen.molecular.ror import TUMOUR, proliferation_score, risk_of_recurrence, ror_models, ror_reasons
from kinephen.molecular.scoring import Scored, scale_samples, score_signature
from kinephen.molecular.signature import Signature


def score_pam50(
    genes: pd.DataFrame,
    signature: Signature,
    shared: Sequence[Sequence[str]],
    *,
    ror_variant: str = "parker-code",
    tumour_gt_2cm: pd.Series | None = None,
) -> Scored:
    """Subtype calls, correlations, proliferation and the four risks of recurrence.

    Parameters
    ----------
    genes : DataFrame
        Samples in rows, PAM50 genes in columns, centred; NaN where missing.
    signature : Signature
        PAM50.
    shared : sequence of sequence of str
        Found genes in groups that rest on the same probes.
    ror_variant : {"parker-code", "published"}
        Equation of ROR-S.
    tumour_gt_2cm : Series, optional
        1, 0 or NaN by sample: tumour larger than 2 cm, for ROR-C and ROR-PC.

    Returns
    -------
    Scored
        Columns ``cor_<subtype>``, ``class``, ``confidence`` (1 minus the p value of the called correlation),
        ``genes``, ``proliferation``, and for each risk ``<risk>_raw``, ``<risk>``, ``<risk>_group``.

    References
    ----------
    Parker et al. 2009, J Clin Oncol 27:1160-1167.
    """
    scored = score_signature(genes, signature, shared)
    table, reasons = scored.table, list(scored.reasons)
    table["confidence"] = _confidence(table, signature)
    scaled = scale_samples(genes[[group[0] for group in shared]])
    table["proliferation"] = proliferation_score(scaled, signature)
    size = tumour_gt_2cm if tumour_gt_2cm is not None else pd.Series(dtype=float)
    terms = table.rename(columns=lambda c: c.removeprefix("cor_")).assign(
        **{TUMOUR: size.reindex(table.index)}
    )
    for model in ror_models(signature, ror_variant):
        risk = risk_of_recurrence(terms, model)
        reasons += ror_reasons(risk, model, terms)
        table = table.join(risk)
    return Scored(table, tuple(reasons))


def _confidence(table: pd.DataFrame, signature: Signature) -> pd.Series:
    largest = table[[f"cor_{p}" for p in signature.profiles.columns]].max(axis=1, skipna=False)
    p = spearman_p_value(largest.to_numpy(float), table["genes"].to_numpy(float))
    return pd.Series(np.where(table["class"].notna(), 1.0 - p, np.nan), index=table.index)
