"""Published reporting checklists, filled from the run, and the methods text."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from kinephen.report.schema.base import Key, Model, Text
from kinephen.report.schema.summary import Sentence

Status: TypeAlias = Literal["automatic", "drafted", "author", "not_applicable"]
"""Answered from the run; a text is proposed that the author must check; for the author; does not apply."""
Verdict: TypeAlias = Literal["yes", "no"]


class ChecklistItem(Model):
    """One item of a checklist.

    Parameters
    ----------
    id : str
        Number in the publication, for example ``"12c"``.
    section, label : str
        In the words of this project.
    status : Status
    sentences : tuple of Sentence
        What the run says on the item; empty for an item that is left to the author.
    evidence : tuple of str
        JSON pointers to where the run's own answer stands.
    note : str
        What remains to be written, or why the item does not apply.
    verdict : {"yes", "no"}, optional
        For a scored checklist: whether the run meets the item; None where the run cannot tell.
    weight : float, optional
        For a scored checklist: the published weight.
    verified : bool
        False where number and meaning could not be compared with a text of the publication.
    """

    id: Text
    section: Text
    label: Text
    status: Status
    sentences: tuple[Sentence, ...] = ()
    evidence: tuple[str, ...] = ()
    note: Text = ""
    verdict: Verdict | None = None
    weight: float | None = Field(default=None, ge=0, le=1)
    verified: bool = True


class Score(Model):
    """What is known of a score before the author has judged the remaining items.

    Parameters
    ----------
    reached : float
        Sum of the weights of items judged yes.
    judged : float
        Sum of the weights of items judged yes or no.
    applicable : float
        Sum of the weights of all items that apply.
    low, high : float
        The score, as a share of `applicable`, if the author judges every open item no, or yes.
    items_judged, items_applicable : int
    """

    reached: float = Field(ge=0)
    judged: float = Field(ge=0)
    applicable: float = Field(gt=0)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    items_judged: int = Field(ge=0)
    items_applicable: int = Field(gt=0)


class Checklist(Model):
    """A checklist, filled.

    Parameters
    ----------
    key, title, purpose : str
    reference : tuple of str
        Keys of the publications.
    source : str
        Against which text the items were compared.
    items : tuple of ChecklistItem
    counts : dict of str to int
        Items by status.
    score : Score, optional
    """

    key: Key
    title: Text
    purpose: Text = ""
    reference: tuple[Key, ...] = ()
    source: Text = ""
    items: tuple[ChecklistItem, ...] = Field(min_length=1)
    counts: dict[Status, int] = Field(default_factory=dict)
    score: Score | None = None


class MethodsPart(Model):
    """A paragraph of the methods text; ``[@key]`` in a sentence cites a reference of the provenance."""

    title: Text
    sentences: tuple[Sentence, ...] = Field(min_length=1)
