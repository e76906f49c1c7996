"""Two patients of different phenotype who are alike in what is known before the images are looked at."""

from __future__ import annotations

from kinephen.records.base import Record


class MatchedPair(Record):
    """The most similar pair.

    Parameters
    ----------
    cases : tuple of str
        Of phenotype 1 and of phenotype 2.
    equal : tuple of str
        Covariates and classes in which they are equal.
    known : tuple of str
        Those that were looked at first; more than `equal` where no pair is equal in all.
    near : tuple of str
        What the pair is the nearest in: ``age``, where it is known, and ``ftv2``.
    distance : float
        Differences in age (per 10 years) and FTV2 (per doubling), added.
    """

    cases: tuple[str, str]
    equal: tuple[str, ...]
    known: tuple[str, ...]
    near: tuple[str, ...]
    distance: float
