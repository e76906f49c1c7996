"""A sample as its distinct values and how often each occurs: one form for intensities and grey levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.sorting import ascending
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class Sample:
    """Distinct values, ascending, with their counts.

    Parameters
    ----------
    values : ndarray, shape (k,)
        Strictly ascending.
    counts : ndarray of int64, shape (k,)
        All > 0.
    """

    values: FloatArray
    counts: IntArray

    @classmethod
    def of(cls, observations: FloatArray) -> Sample:
        """Return the sample of single observations."""
        ordered = ascending(observations)
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))[: ordered.size])
        return cls(ordered[starts], np.diff(starts, append=ordered.size))

    @classmethod
    def of_levels(cls, levels: NDArray[np.integer]) -> Sample:
        """Return the sample of small non-negative integers."""
        counts = np.bincount(levels)
        used = np.flatnonzero(counts)
        return cls(used.astype(np.float64), counts[used].astype(np.int64))

    @cached_property
    def size(self) -> int:
        """Number of observations."""
        return int(self.counts.sum())

    @cached_property
    def weights(self) -> FloatArray:
        """Share of each value."""
        return self.counts / self.size

    @cached_property
    def mean(self) -> float:
        """Arithmetic mean."""
        return self.average(self.values)

    @cached_property
    def deviations(self) -> FloatArray:
        """Value minus mean."""
        return self.values - self.mean

    @cached_property
    def cumulative(self) -> IntArray:
        """Number of observations up to and including each value."""
        return np.cumsum(self.counts)

    def average(self, transformed: FloatArray) -> float:
        """Return the mean over observations of a transform of `values`."""
        return float((self.counts * transformed).sum() / self.size)

    def moment(self, power: int) -> float:
        """Return the central moment, divided by N."""
        return self.average(self.deviations**power)

    def element(self, index: int) -> float:
        """Return the observation at a 0-based place of the sorted sample."""
        return float(self.values[int(np.searchsorted(self.cumulative, index, side="right"))])

    def percentile(self, percent: float) -> float:
        """Return the percentile, linear between order statistics (Hyndman and Fan type 7)."""
        place = (self.size - 1) * percent / 100.0
        low = int(np.floor(place))
        first = self.element(low)
        if place == low:
            return first
        return first + (self.element(low + 1) - first) * (place - low)

    def absolute_deviation(self, centre: float) -> float:
        """Return the mean absolute distance from `centre`."""
        return self.average(np.abs(self.values - centre))

    def between(self, low: float, high: float) -> Sample:
        """Return the observations from `low` to `high`, both included."""
        keep = (self.values >= low) & (self.values <= high)
        return Sample(self.values[keep], self.counts[keep])

    @property
    def mode(self) -> float:
        """Most frequent value, the lowest of equals."""
        return float(self.values[int(np.argmax(self.counts))])

    @property
    def constant(self) -> bool:
        """Whether all observations are equal."""
        return self.values.size == 1
