"""What a gene signature is: its genes, its numbers and the rule that turns them into a score and a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import pandas as pd

Kind: TypeAlias = Literal["centroids", "cosine", "weighted_sum"]
Correlation: TypeAlias = Literal["spearman", "pearson"]
Call: TypeAlias = Literal["largest", "above"]
AppliesTo: TypeAlias = Literal["all", "er-positive", "er-negative"]

GENE_COLUMNS = ("entrez", "symbols", "aliases", "probes", "agilent", "sets", "group", "rescued")


@dataclass(frozen=True)
class RorModel:
    """One risk-of-recurrence equation over correlations with the subtype centroids.

    Parameters
    ----------
    name : str
        ``"ror_s"``, ``"ror_p"``, ``"ror_c"`` or ``"ror_pc"``.
    variant : str
        ``"parker-code"`` (weights of the distributed code) or ``"published"`` (equation of the article).
    weights : mapping of str to float
        By centroid name; ``"proliferation"`` and ``"tumour_gt_2cm"`` where the model has them.
    cuts : tuple of (float, float) or None
        Low below the first, high above the second, on the raw scale; None where none was published.
    source : str
    """

    name: str
    variant: str
    weights: Mapping[str, float]
    cuts: tuple[float, float] | None
    source: str = ""


@dataclass(frozen=True)
class Group:
    """A group of genes inside a weighted sum: its own sum is floored, then weighted.

    Parameters
    ----------
    name : str
    weight : float
        Factor of the group's score in the total.
    floor : float or None
        Group scores below it are raised to it.
    """

    name: str
    weight: float = 1.0
    floor: float | None = None


@dataclass(frozen=True)
class Rule:
    """How values become classes.

    Parameters
    ----------
    call : {"largest", "above"}
        The centroid with the largest correlation, or the number of cut-points that the score exceeds.
    cuts : tuple of float
        Increasing. A score equal to a cut-point belongs to the class below it.
    labels : tuple of str
        One more than `cuts`, from the lowest scores to the highest.
    difference : tuple of (str, str) or None
        Score = correlation with the first minus correlation with the second.
    """

    call: Call = "above"
    cuts: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    difference: tuple[str, str] | None = None


@dataclass(frozen=True)
class Signature:
    """A gene signature.

    Parameters
    ----------
    name : str
        Short name, used in column names.
    title : str
        Name for people; says that it is a research re-creation.
    kind : {"centroids", "cosine", "weighted_sum"}
    genes : DataFrame
        Index: the gene's name in the signature. Columns `GENE_COLUMNS`: ``entrez`` (text, empty if unknown),
        ``symbols`` (tuple, in matching order), ``aliases``, ``probes`` (probes that the signature was
        defined on), ``agilent``, ``sets`` (tuples), ``group``, ``rescued`` (text).
    profiles : DataFrame
        Index as `genes`. One column a centroid, the template, or ``"weight"``.
    rule : Rule
    correlation : {"spearman", "pearson"}
        For kind ``"centroids"``.
    scale_samples : bool
        Standardise each sample over the signature's genes before scoring.
    intercept : float
        Of a weighted sum.
    groups : tuple of Group
        Of a weighted sum; empty for a plain one.
    clip : tuple of (float, float) or None
        Range that a weighted sum is limited to.
    applies_to : {"all", "er-positive", "er-negative"}
        Tumours that the signature was made for; the score of others is undefined.
    min_coverage : float
        Share of genes (0 to 1) below which scoring is refused.
    ror : mapping of str to (mapping of str to RorModel)
        Risk-of-recurrence models by name, then by variant; PAM50 only.
    citation : tuple of str
    source, licence, notice : str
        Where the numbers come from, on what terms, and what must be said with every result.
    """

    name: str
    title: str
    kind: Kind
    genes: pd.DataFrame
    profiles: pd.DataFrame
    rule: Rule = field(default_factory=Rule)
    correlation: Correlation = "spearman"
    scale_samples: bool = False
    intercept: float = 0.0
    groups: tuple[Group, ...] = ()
    clip: tuple[float, float] | None = None
    applies_to: AppliesTo = "all"
    min_coverage: float = 0.5
    ror: Mapping[str, Mapping[str, RorModel]] = field(default_factory=dict)
    citation: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    notice: str = ""

    def gene_set(self, name: str) -> tuple[str, ...]:
        """Return the genes of a named set, for example ``"proliferation"``."""
        return tuple(str(g) for g, sets in self.genes["sets"].items() if name in sets)
