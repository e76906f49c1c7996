"""What each checklist asks, and from which facts of a run an item is answered: package data, checked."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kinephen.report.checklists.judge import JUDGES
from kinephen.report.writing.facts import FACTS

CHECKLIST_NAMES = ("clear", "metrics", "ibsi", "tripod_ai", "remark")


class ItemDefinition(BaseModel):
    """One item.

    Parameters
    ----------
    id, section, label : str
        Number in the publication; place and meaning in our own words.
    facts : tuple of str
        Names of facts that answer the item, see `kinephen.report.writing.facts`.
    needs : tuple of str
        Those that must all be there; empty means that any of them is enough.
    auto : bool
        The facts answer the item fully; otherwise they are a draft.
    hint : str
        What is left to the author where the run gives a part of the answer, or all of it.
    absent : str
        What is left to the author where the run gives none; empty if that is `hint` too.
    only : str
        The kind of study that the item is for, when that is not dynamic contrast MRI.
    judge : str
        How a scored item is judged from the run, see `kinephen.report.checklists.judge`; empty leaves it
        to the author.
    weight : float, optional
        Published weight of a scored item.
    verified : bool
        Whether the item was compared with a text of the publication.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[1-9][0-9]?[a-g]?$")
    section: str = Field(min_length=1)
    label: str = Field(min_length=1, max_length=90)
    facts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    auto: bool = False
    hint: str = ""
    absent: str = ""
    only: str = ""
    judge: str = ""
    weight: float | None = Field(default=None, gt=0, lt=1)
    verified: bool = True

    @model_validator(mode="after")
    def _known(self) -> ItemDefinition:
        unknown = [name for name in self.facts if name not in FACTS]
        if unknown or not set(self.needs) <= set(self.facts):
            raise ValueError(f"item {self.id}: unknown fact or need {unknown or self.needs}")
        if self.judge and (self.judge not in JUDGES or self.weight is None):
            raise ValueError(f"item {self.id}: no way to judge {self.judge!r}, or no weight")
        return self


class Definition(BaseModel):
    """A checklist as published: its items in order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    purpose: str
    reference: tuple[str, ...]
    count: int
    source: str
    items: tuple[ItemDefinition, ...]

    @model_validator(mode="after")
    def _whole(self) -> Definition:
        if len({item.id for item in self.items}) != self.count or len(self.items) != self.count:
            raise ValueError(f"{self.title}: {len(self.items)} items, {self.count} expected, each once")
        if len({item.weight is None for item in self.items}) != 1:
            raise ValueError(f"{self.title}: either all items have a weight or none")
        return self


@cache
def definition(name: str) -> Definition:
    """Return a checklist by name.

    Raises
    ------
    KeyError
        If `name` is not one of `CHECKLIST_NAMES`.
    """
    if name not in CHECKLIST_NAMES:
        raise KeyError(name)
    path = resources.files("kinephen.report.checklists").joinpath(f"data/{name}.toml")
    return Definition.model_validate(tomllib.loads(path.read_text("utf-8")))
