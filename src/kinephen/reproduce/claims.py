"""The list of claims of an article, read from the package's data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kinephen.errors import UsageError

ARTICLES = ("chitalia2023",)
Rule = Literal[
    "count",
    "value",
    "p",
    "below",
    "above",
    "significant",
    "not_significant",
    "c",
    "interval",
    "holds",
    "none",
]
_NUMBERS = {"count": 1, "value": 1, "p": 1, "below": 1, "above": 1, "c": 1, "interval": 2}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Claim(_Strict):
    """One published number or statement.

    Parameters
    ----------
    id : str
    says : str
        What is stated, in our words.
    printed : str
        The value as it is printed.
    values : tuple of float
        The value(s) as numbers.
    rule : str
        How ours is compared; see `kinephen.reproduce.verdicts`.
    close : float
        Largest difference that is still called close.
    share : tuple of float
        n, of, percent: the printed percentage must follow from the counts.
    quantity : str
        Name of the computed quantity; empty if none answers this claim.
    agrees : str
        A check of the article's numbers among themselves; empty for none.
    needs : str
        What has to be given where nothing can be computed.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")
    says: str = Field(min_length=3)
    printed: str = Field(min_length=1)
    values: tuple[float, ...] = ()
    rule: Rule
    close: float = Field(default=0.0, ge=0)
    share: tuple[float, ...] = ()
    quantity: str = ""
    agrees: str = ""
    needs: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Claim:
        needed = _NUMBERS.get(self.rule, 0)
        if len(self.values) < needed:
            raise ValueError(f"{self.id}: rule {self.rule!r} compares {needed} value(s)")
        if self.share and len(self.share) != 3:
            raise ValueError(f"{self.id}: share is [n, of, percent]")
        if self.rule != "none" and not self.quantity:
            raise ValueError(f"{self.id}: rule {self.rule!r} compares a quantity")
        return self


class Part(_Strict):
    """Claims of one place of the article."""

    name: str
    claims: tuple[Claim, ...] = Field(min_length=1)


class Article(_Strict):
    """An article and all its claims."""

    title: str
    citation: str
    doi: str
    needs: dict[str, str]
    part: tuple[Part, ...]

    @model_validator(mode="after")
    def _known(self) -> Article:
        ids = [claim.id for _, claim in self.claims()]
        if len(set(ids)) < len(ids):
            raise ValueError("two claims have the same id")
        unknown = {c.needs for _, c in self.claims() if c.needs} - set(self.needs)
        if unknown:
            raise ValueError(f"needs {sorted(unknown)[0]!r} is not explained")
        return self

    def claims(self) -> Iterator[tuple[str, Claim]]:
        """Yield the place of each claim and the claim."""
        for part in self.part:
            for claim in part.claims:
                yield part.name, claim


def load_article(name: str) -> Article:
    """Load the claims of an article by its short name.

    Raises
    ------
    UsageError
        ``reproduce.article`` for one that the package does not have.
    """
    if name not in ARTICLES:
        raise UsageError(
            f"no claims of {name!r}", code="reproduce.article", hint=f"known: {', '.join(ARTICLES)}"
        )
    text = resources.files("kinephen.reproduce").joinpath(f"data/{name}.toml").read_text(encoding="utf-8")
    try:
        return Article.model_validate(tomllib.loads(text))
    except ValidationError as error:  # a fault of the package, found by its tests
        raise AssertionError(str(error)) from error
