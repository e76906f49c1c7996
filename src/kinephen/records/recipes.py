"""The price of having tried several recipes."""

from __future__ import annotations

from kinephen.records.base import Number, Numbers, Record
from kinephen.records.statistics import IntervalRecord


class RecipePriceRecord(Record):
    """What each recipe gives, and what the best of them is worth; see `kinephen.survival.recipe_price`.

    Parameters
    ----------
    names : tuple of str
        Digests of the recipes; the sequences below are in their order.
    c : tuple of float
        Cross-validated C of each.
    base_c : float
        Of baseline and FTV2 alone.
    best : str
    naive, expected_best, expected_one, corrected : float
        C of the best; of the best and of one by chance alone; of the best less the bias of the choice.
    p, adjusted_p : tuple of float
        Of each alone, and corrected for the choice.
    selected : IntervalRecord
        When the training folds choose.
    chosen : tuple of float
        Share of training folds that chose each.
    logrank_p, logrank_adjusted_p : tuple of float
    permutations, replicates, n, events : int
    """

    names: tuple[str, ...]
    c: Numbers
    base_c: Number
    best: str
    naive: Number
    expected_best: Number
    expected_one: Number
    p: Numbers
    adjusted_p: Numbers
    corrected: Number
    selected: IntervalRecord
    chosen: Numbers
    logrank_p: Numbers
    logrank_adjusted_p: Numbers
    permutations: int
    replicates: int
    n: int
    events: int

    @property
    def place(self) -> int:
        """Where the best recipe stands."""
        return self.names.index(self.best)

    def corrected_for(self, unpriced: int) -> float | None:
        """Return the best recipe's p, by Bonferroni also for `unpriced` recipes that were not compared."""
        alone, adjusted = self.p[self.place], self.adjusted_p[self.place]
        return None if alone is None or adjusted is None else min(1.0, adjusted + unpriced * alone)
