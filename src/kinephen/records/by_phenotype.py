"""Quantities of the discovery cohort by phenotype: five numbers of each."""

from __future__ import annotations

from kinephen.records.base import Number, Record


class Box(Record):
    """Smallest value, quartiles and largest value; None where nobody has the quantity."""

    low: Number = None
    q1: Number = None
    median: Number = None
    q3: Number = None
    high: Number = None


class ByPhenotype(Record):
    """Boxes of each quantity, one a phenotype in their order; patients of the discovery cohort."""

    components: dict[str, tuple[Box, ...]]
    clinical: dict[str, tuple[Box, ...]]
    features: dict[str, tuple[Box, ...]]
    """Change of the features that the model uses, by falling size of their largest loading."""
