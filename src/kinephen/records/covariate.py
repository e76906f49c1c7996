"""What a covariate of the Cox models looked like over the patients that these were fitted to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from kinephen.records.base import Number, Record


class Covariate(Record):
    """A covariate of the Cox models over the patients that these were fitted to."""

    model_config = ConfigDict(strict=True, use_attribute_docstrings=True)

    meaning: Annotated[str, Field(max_length=5000)]
    kind: Literal["number", "yes-no", "class"]
    n: Annotated[int, Field(ge=1)]
    low: Number = None
    high: Number = None
    mean: Number = None
    """Of a yes-no covariate the share of 1; None where fewer than 5 patients stand on one side."""
    sd: Number = None
    levels: dict[Annotated[str, Field(min_length=1, max_length=200)], Number] = Field(default_factory=dict)
    """Share of each class; None where it holds fewer than 5 patients."""
