"""The log of every recipe that a study has tried, a hash chain beside the study file.

A result that was chosen among several is worth less than one that was the only try. The log counts the tries
for whoever reads the report; it holds settings and headline figures, nothing about a patient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kinephen.io.hash_chain import Chain, LogCheck

FOLDER = "recipes"
"""Folder of the log, beside the study file."""
LOG = "recipes.jsonl"
KINDS = ("run", "ladder", "declared")
MAX_DECLARED = 100_000


@dataclass(frozen=True)
class Recipe:
    """One recipe that was tried.

    Parameters
    ----------
    kind : str
        ``run`` (a phenotype of `kinephen run`), ``ladder`` (models of `kinephen survival`) or ``declared``
        (tried elsewhere).
    recipe : str
        SHA-256 of all that defines it; empty for declared ones.
    preset : str
    changes : list of str
        ``section.key=value`` for all settings that depart from the preset.
    seed : int
    end_point : str
    cohort : str
        SHA-256 of the patients' outcome and covariates.
    patients, events, phenotypes : int
    c_base, c, logrank_p : float or None
        Cross-validated C without (model 2) and with the phenotype (model 4), log-rank p of the phenotype.
    count : int
        1, or the number of declared recipes.
    note : str
    time : str
        UTC, ISO 8601.
    software : str
    """

    kind: str
    recipe: str
    preset: str
    changes: list[str]
    seed: int
    end_point: str
    cohort: str
    patients: int
    events: int
    phenotypes: int
    c_base: float | None
    c: float | None
    logrank_p: float | None
    count: int
    note: str
    time: str
    software: str


@dataclass(frozen=True)
class Tally:
    """What a log amounts to.

    Parameters
    ----------
    recipes : tuple of Recipe
        Each distinct recipe of a run once, as it was last run.
    elsewhere : int
        Distinct ladders of tables, and declared recipes.
    """

    recipes: tuple[Recipe, ...]
    elsewhere: int


def _check(entry: Recipe) -> None:
    if entry.kind not in KINDS:
        raise ValueError("unknown kind")
    if not 1 <= entry.count <= MAX_DECLARED or (entry.kind != "declared" and entry.count != 1):
        raise ValueError("a count that no entry has")
    if not all(isinstance(c, str) for c in entry.changes):
        raise ValueError("field changes has a value of the wrong type")


_CHAIN = Chain(
    LOG,
    Recipe,
    _check,
    "recipes.log",
    "log of recipes",
    "kinephen recipes STUDY --verify lists every problem; restore the log from a copy",
    # Lines that were written before version 0.2 call patients women.
    former={"women": "patients"},
)


def read_recipes(folder: Path) -> tuple[Recipe, ...]:
    """Return all entries, none if there is no log.

    Raises
    ------
    InputError
        ``recipes.log`` if the log is not as it was written.
    """
    return _CHAIN.read(folder)


def check_recipes(folder: Path, *, head: str = "") -> LogCheck:
    """Check every line of the log; `head` is the hash of a line that was noted elsewhere."""
    return _CHAIN.check(folder, head=head)


def add_recipes(folder: Path, entries: Iterable[Recipe]) -> int:
    """Append the entries that are new and return how many were; the same recipe on the same patients is not.

    Raises
    ------
    InputError
        ``recipes.log`` if the log is not as it was written.
    """
    added = 0
    with _CHAIN.open(folder) as log:
        known = {_identity(e) for e in log.entries}
        for entry in entries:
            if entry.kind == "declared" or _identity(entry) not in known:
                log.append(entry)
                known.add(_identity(entry))
                added += 1
    return added


def tally(entries: Iterable[Recipe]) -> Tally:
    """Count distinct recipes; one that was run on several states of the cohort is one recipe."""
    entries = tuple(entries)
    runs = {e.recipe: e for e in entries if e.kind == "run"}
    ladders = {e.recipe for e in entries if e.kind == "ladder"}
    declared = sum(e.count for e in entries if e.kind == "declared")
    return Tally(tuple(runs.values()), declared + len(ladders))


def _identity(entry: Recipe) -> tuple[str, str, str]:
    return entry.recipe, entry.cohort, entry.end_point
