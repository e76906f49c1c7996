"""Which way the change of features is shown, from the record of the change."""

from __future__ import annotations

from collections.abc import Iterable

from kinephen.records.delta import Delta
from kinephen.report.schema.change import ChangeSigns
from kinephen.report.words.change import component_words


def change_signs(delta: Delta) -> ChangeSigns:
    """Return the signs of all features of change."""
    return ChangeSigns(
        adjusted=delta.adjusted,
        features=len(delta.signs),
        reversed=delta.reversed,
        oriented=len(delta.oriented),
    )


def components_sentence(delta: Delta, kept: Iterable[str], rule: str) -> str:
    """Return what a higher score means of components that rest on some of the features.

    Parameters
    ----------
    delta : Delta
    kept : iterable of str
        Features behind the components.
    rule : str
        What decides which way a component points (``components.sign_rule``).
    """
    behind, oriented = set(kept), set(delta.oriented)
    return component_words(len(behind), len(behind & oriented), rule)
