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
        new = ordered[1:] != ordered[:-1]
        if new.all():
            return cls(ordered, np.ones(ordered.size, dtype=np.int64))
        starts = np.concatenate(([0], np.flatnonzero(new) + 1))
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
    def distinct(self) -> bool:
        """Whether no value occurs twice."""
        return self.size == self.values.size

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
        if self.distinct:
            return float(transformed.sum()) / self.size
        return float((self.counts * transformed).sum()) / self.size

    @cached_property
    def variance(self) -> float:
        """Central second moment, divided by N."""
        return 0.0 if self.constant else self.product(self.deviations, self.deviations)

    def product(self, first: FloatArray, second: FloatArray) -> float:
        """Return the mean over observations of the product of two transforms of `values`."""
        if self.distinct:
            return float(np.einsum("i,i->", first, second)) / self.size
        return float(np.einsum("i,i,i->", self.counts, first, second)) / self.size

    def element(self, index: int) -> float:
        """Return the observation at a 0-based place of the sorted sample."""
        return float(self.values[int(np.searchsorted(self.cumulative, index, side="right"))])

    def percentiles(self, *percents: float) -> tuple[float, ...]:
        """Return percentiles, linear between order statistics (Hyndman and Fan type 7)."""
        places = (self.size - 1) * np.asarray(percents) / 100.0
        below = np.floor(places).astype(np.int64)
        above = np.minimum(below + 1, self.size - 1)
        if not self.distinct:
            below, above = (np.searchsorted(self.cumulative, p, side="right") for p in (below, above))
        low, high = self.values[below], self.values[above]
        return tuple((low + (high - low) * (places - np.floor(places))).tolist())

    def percentile(self, percent: float) -> float:
        """Return one percentile."""
        return self.percentiles(percent)[0]

    def absolute_deviation(self, centre: float) -> float:
        """Return the mean absolute distance from `centre`."""
        return self._distance(centre - self.mean, 0, self.values.size)

    def inner_deviation(self, low: float, high: float) -> float:
        """Return the mean absolute deviation of the observations from `low` to `high`, about their own mean.

        NaN if there are none.
        """
        first, last = self._span(low, high)
        size = self._counted(last) - self._counted(first)
        if size == 0:
            return float("nan")
        return self._distance(float(self.tail_sums[last] - self.tail_sums[first]) / size, first, last)

    @cached_property
    def tail_sums(self) -> FloatArray:
        """Sums of the deviations from the mean of the first 0, 1, .. values."""
        sums = np.zeros(self.values.size + 1)
        np.cumsum(self.deviations if self.distinct else self.counts * self.deviations, out=sums[1:])
        return sums

    def _distance(self, shift: float, first: int, last: int) -> float:
        """Return the mean distance from ``mean + shift`` of the values at the places `first` to `last`."""
        middle = first + int(np.searchsorted(self.values[first:last], self.mean + shift))
        below = float(self.tail_sums[middle] - self.tail_sums[first])
        above = float(self.tail_sums[last] - self.tail_sums[middle])
        start, split, stop = (self._counted(place) for place in (first, middle, last))
        return max((above - below + shift * (2 * split - start - stop)) / (stop - start), 0.0)

    def _counted(self, place: int) -> int:
        """Return the number of observations before a place of `values`."""
        if self.distinct:
            return place
        return int(self.cumulative[place - 1]) if place else 0

    def _span(self, low: float, high: float) -> tuple[int, int]:
        first = int(np.searchsorted(self.values, low, side="left"))
        return first, int(np.searchsorted(self.values, high, side="right"))

    def between(self, low: float, high: float) -> Sample:
        """Return the observations from `low` to `high`, both included."""
        first, last = self._span(low, high)
        return Sample(self.values[first:last], self.counts[first:last])

    @property
    def mode(self) -> float:
        """Most frequent value, the lowest of equals."""
        return float(self.values[int(np.argmax(self.counts))])

    @property
    def constant(self) -> bool:
        """Whether all observations are equal."""
        return self.values.size == 1
