"""How many patients a model of given size needs (Riley 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kinephen.core.printable import Printable
from kinephen.errors import UsageError


def expected_shrinkage(likelihood_ratio: float, coefficients: float) -> float:
    """Return 1 - p / LR, the factor by which predictions will be too extreme; NaN for LR = 0.

    References
    ----------
    Van Houwelingen and Le Cessie 1990.
    """
    return 1.0 - coefficients / likelihood_ratio if likelihood_ratio > 0 else math.nan


@dataclass(frozen=True)
class SampleSize(Printable):
    """What a model of this size would have needed.

    Parameters
    ----------
    coefficients : int
    r_squared : float
        Cox-Snell R squared, 1 - exp(-LR / n).
    shrinkage : float
        Expected shrinkage of the fitted model.
    events_per_coefficient : float
    needed_n, needed_events : float
        For a shrinkage of `target`; NaN when R squared is too small or too large to solve for.
    target : float
    enough : bool
    """

    coefficients: int
    r_squared: float
    shrinkage: float
    events_per_coefficient: float
    needed_n: float
    needed_events: float
    target: float
    enough: bool

    def __str__(self) -> str:
        need = "not defined" if math.isnan(self.needed_n) else f"{math.ceil(self.needed_n)} patients"
        return (
            f"{self.coefficients} coefficients, {self.events_per_coefficient:.1f} events each, "
            f"expected shrinkage {self.shrinkage:.2f}; for {self.target:g}: {need}"
        )


def sample_size(
    likelihood_ratio: float, coefficients: int, n: int, events: int, *, target: float = 0.9
) -> SampleSize:
    """Return Riley's criterion (i): the size at which the expected shrinkage is `target`.

    Parameters
    ----------
    likelihood_ratio : float
        Chi-square of the model against the null model.
    coefficients, n, events : int
    target : float
        In (0, 1).

    Raises
    ------
    UsageError
        ``survival.target``.

    References
    ----------
    Riley et al. 2019 (doi 10.1002/sim.7992): n = p / ((S - 1) log(1 - R2 / S)).
    """
    if not 0.0 < target < 1.0:
        raise UsageError(f"target shrinkage {target:g}; expected in (0, 1)", code="survival.target")
    r_squared = -math.expm1(-likelihood_ratio / n)
    solvable = 0.0 < r_squared < target
    needed = coefficients / ((target - 1.0) * math.log1p(-r_squared / target)) if solvable else math.nan
    return SampleSize(
        coefficients,
        r_squared,
        expected_shrinkage(likelihood_ratio, coefficients),
        events / max(coefficients, 1),
        needed,
        needed * events / n,
        target,
        bool(n >= needed),
    )
