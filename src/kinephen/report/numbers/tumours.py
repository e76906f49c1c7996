"""Figure 7: two patients, one of each phenotype, alike in all else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from kinephen.core.counted import counted
from kinephen.records.matched_pair import MatchedPair
from kinephen.report.assets import add_array
from kinephen.report.schema import FigureEntry
from kinephen.report.schema.figures import MapScale, Tile, TumourCase, TumoursData
from kinephen.report.words.patient import slice_words
from kinephen.study.run import StudyResults
from kinephen.study.steps.matched_pair import RECEPTORS, SIGNATURES
from kinephen.study.steps.tiles import Tiles, figure_range, read_tiles

FRAME = "early"
Cuts: TypeAlias = dict[tuple[str, str], Tiles]
"""By case and visit."""
COMPONENTS = 3
RULE = (
    "Of all pairs with one patient of each phenotype{equal}, the one nearest in {near}; "
    "the outcome played no part."
)
NEAR = {"age": "age (per 10 years)", "ftv2": "FTV2 (per doubling)"}
NAMES = {"gene70_class": "70-gene", "ror_s_group": "ROR-S", "p53_class": "p53"}


def tumours_figure(results: StudyResults, out: Path) -> FigureEntry | None:
    """Return the matched pair, its tiles stored under ``out/assets``; None without two phenotypes."""
    found = results.pair
    if found is None:
        return None
    pair = found.cases
    visits = results.plan.study.study.visits
    tiles = {(c, v): read_tiles(results.cases.tiles[(c, v)]) for c in pair for v in visits}
    names = results.cohort.main.phenotypes.evidence.differing_most(COMPONENTS)
    cases = tuple(_case(results, c, tiles, names, out) for c in pair)
    first = tiles[pair[0], visits[0]]
    places = [(c, name, v) for c, name in zip(pair, "AB", strict=True) for v in visits]
    seen = [(f"{name} of {v}", bool(tiles[c, v].mask.any())) for c, name, v in places]
    shown = (FRAME, *first.maps)
    units = results.cases.features[results.cohort.main.name][(pair[0], visits[0])].units
    return FigureEntry(
        title=f"Two tumours alike in {_alike(found)}, of different phenotype",
        label="Figure 7",
        section="phenotypes",
        caption=RULE.format(equal=_shared(found), near=" and ".join(NEAR[n] for n in found.near))
        + f" A and B, at {' and '.join(visits)}, the lesion outlined. {slice_words(seen)}",
        data=TumoursData(
            cases=cases,
            scales=tuple(_scale(name, tiles, units) for name in shown),
            value_labels=(*names, "FTV2 (cm³)"),
            pixel_mm=first.pixel_mm[1],
        ),
    )


def _alike(pair: MatchedPair) -> str:
    named = {"age": "age" in pair.near, "receptors": _equal_in(pair, RECEPTORS), "volume": True}
    *first, last = (name for name, holds in named.items() if holds)
    return " and ".join([", ".join(first), last]) if first else last


def _shared(pair: MatchedPair) -> str:
    """Return what the two are equal in, in words."""
    receptors, signatures = (_equal_in(pair, names) for names in (RECEPTORS, SIGNATURES))
    words = " and ".join([*["receptors"] * receptors, *["signature classes"] * signatures])
    lacking = " (no pair has equal signature classes too)" if pair.equal != pair.known else ""
    return f" and equal {words}{lacking}" if words else lacking


def _equal_in(pair: MatchedPair, names: tuple[str, ...]) -> bool:
    return any(n in pair.equal for n in names)


def _case(results: StudyResults, case: str, tiles: Cuts, names: Sequence[str], out: Path) -> TumourCase:
    main, visits = results.cohort.main, results.plan.study.study.visits
    row = main.frame.loc[case]
    scores = main.phenotypes.rows("discovery")[case].scores
    found = []
    for visit in visits:
        cut = tiles[(case, visit)]
        outline = add_array(out, cut.mask)
        found += [
            Tile(visit=visit, map=name, sha256=add_array(out, cut.image(name)), outline=outline)
            for name in (FRAME, *cut.maps)
        ]
    return TumourCase(
        title=f"Phenotype {main.labels[str(row['phenotype'])]}",
        subtitle=f"{results.plan.label(case)}: {_words(row)}; {_outcome(row['event'])}",
        tiles=tuple(found),
        values=(*(scores[n] for n in names), float(row["ftv2"])),
    )


def _outcome(event: float) -> str:
    if pd.isna(event):
        return "outcome unknown"
    return "event" if event == 1 else "no event"


def _words(row: pd.Series) -> str:
    receptors = [
        f"{label}{'+' if row[c] == 1 else '-'}"
        for c, label in (("hr", "HR"), ("her2", "HER2"))
        if pd.notna(row.get(c))
    ]
    receptors += [f"{name} {row[c]}" for c, name in NAMES.items() if isinstance(row.get(c), str)]
    age = [counted(round(row["age"]), "year")] if pd.notna(row.get("age")) else []
    return ", ".join([*age, *receptors])


def _scale(name: str, tiles: Cuts, units: dict[str, str]) -> MapScale:
    low, high = figure_range(tiles.values(), name)
    return MapScale(map=name, unit=units.get(name, "scanner units"), low=low, high=high)
