"""What a scoring run gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.molecular.centring import Centring
from kinephen.molecular.signature import Signature

RE_CREATION = "research re-creation of a published signature; not a clinical test"


@dataclass(frozen=True)
class MolecularResult:
    """Scores of all signatures, one row a sample (research re-creations).

    Parameters
    ----------
    table : DataFrame
        Index ``sample_id``. ``platform``; of the 70-gene signature ``gene70_cosine`` (-1 to 1) and
        ``gene70_class`` (low, high); of PAM50 ``pam50_call``, ``pam50_cor_<subtype>``, ``pam50_confidence``,
        ``proliferation``, and ``ror_s`` (0 to 100 for ordinary tumours, not clipped), ``ror_s_raw``,
        ``ror_s_group`` (low, med, high), the same for ``ror_p``, ``ror_c``, ``ror_pc``; of p53 ``p53_score``
        (correlation with mutant minus with wild-type), ``p53_class`` (wild-type, mutant),
        ``p53_cor_wild_type``, ``p53_cor_mutant``; of another signature ``<name>_score``, ``<name>_class``;
        ``<name>_genes``: genes with a value.
    reasons : DataFrame
        Columns sample_id, column, reason: why a cell is undefined.
    coverage : DataFrame
        One row a signature, platform and gene.
    genes : dict of str to DataFrame
        Centred gene values that went into each signature.
    centring : Centring
        What was taken off; apply it to a new sample by passing it as `centring`.
    settings : dict of str to str
        What decides the numbers: centring, ROR variant, cut-points, collapse, matching order.
    signatures : tuple of Signature
    issues : tuple of Issue
    """

    table: pd.DataFrame
    reasons: pd.DataFrame
    coverage: pd.DataFrame
    genes: dict[str, pd.DataFrame]
    centring: Centring
    settings: dict[str, str] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    issues: tuple[Issue, ...] = ()
