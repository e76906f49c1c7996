"""Figure 7: two patients, one of each phenotype, alike in all else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from kinephen.report.assets import add_array
from kinephen.report.schema import FigureEntry
from kinephen.report.schema.figures import MapScale, Tile, TumourCase, TumoursData
from kinephen.study.run import StudyResults
from kinephen.study.steps.tiles import Tiles, figure_range, read_tiles

FRAME = "early"
Cuts: TypeAlias = dict[tuple[str, str], Tiles]
"""By case and visit."""
COMPONENTS = 3
RECEPTORS = ("hr", "her2")
SIGNATURES = ("gene70_class", "ror_s_group", "p53_class")
RULE = (
    "Of all pairs with one patient of each phenotype and {equal}, the one nearest in age (per 10 years) and "
    "FTV2 (per doubling); the outcome played no part."
)
NAMES = {"gene70_class": "70-gene", "ror_s_group": "ROR-S", "p53_class": "p53"}
WITH, WITHOUT = (
    "equal receptors and signature classes",
    "equal receptors (no pair has equal signature classes too)",
)


def tumours_figure(results: StudyResults, out: Path) -> FigureEntry | None:
    """Return the matched pair, its tiles stored under ``out/assets``; None without two phenotypes."""
    found = matched_pair(results)
    if found is None:
        return None
    pair, equal = found
    visits = results.plan.study.study.visits
    tiles = {(c, v): read_tiles(results.cases.tiles[(c, v)]) for c in pair for v in visits}
    names = _components(results)
    cases = tuple(_case(results, c, tiles, names, out) for c in pair)
    pixel = float(np.mean(next(iter(tiles.values())).pixel_mm))
    shown = (FRAME, *next(iter(tiles.values())).maps)
    units = results.cases.features[results.cohort.main.name][(pair[0], visits[0])].units
    return FigureEntry(
        title="Two tumours alike in age, receptors and volume, of different phenotype",
        label="Figure 7",
        section="phenotypes",
        caption=RULE.format(equal=equal)
        + f" A and B: the slice where the lesion is largest, outlined, at {' and '.join(visits)}.",
        data=TumoursData(
            cases=cases,
            scales=tuple(_scale(name, tiles, units) for name in shown),
            value_labels=(*names, "FTV2 (cm³)"),
            pixel_mm=pixel,
        ),
    )


def matched_pair(results: StudyResults) -> tuple[tuple[str, str], str] | None:
    """Return the cases of the most similar pair of phenotypes 1 and 2 and what they share, or None."""
    main, visits = results.cohort.main, results.plan.study.study.visits
    if main.k != 2:
        return None
    frame = main.frame[(main.frame["cohort"] == "discovery") & main.frame["phenotype"].notna()]
    shown = [c for c in frame.index if all((c, v) in results.cases.tiles for v in visits)]
    frame = frame.loc[shown]
    frame = frame[frame["ftv2"] > 0]
    signatures = tuple(c for c in SIGNATURES if c in frame.columns and frame[c].notna().any())
    for columns, words in ((RECEPTORS + signatures, WITH), (RECEPTORS, WITHOUT)):
        best = min(_distances(frame, columns), default=None)
        if best is not None:
            return (best[1], best[2]), words if signatures else "equal receptors"
    return None


def _distances(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[tuple[float, str, str]]:
    first, second = (frame[frame["phenotype"] == p] for p in ("1", "2"))
    return [
        (_distance(a, b), str(i), str(j))
        for i, a in first.iterrows()
        for j, b in second.iterrows()
        if all(a.get(c) == b.get(c) for c in columns)
    ]


def _distance(a: Any, b: Any) -> float:
    age = abs(a["age"] - b["age"]) / 10.0 if "age" in a else 0.0
    return float(age + abs(np.log2(a["ftv2"] / b["ftv2"])))


def _components(results: StudyResults) -> list[str]:
    """Return the components that differ most between the phenotypes (SAM), or the first ones."""
    evidence = results.cohort.main.phenotypes["evidence"]
    if evidence.get("sam"):
        rows = sorted(evidence["sam"]["table"], key=lambda r: -abs(r["d"] or 0.0))
        return [r["component"] for r in rows[:COMPONENTS]]
    return [c["component"] for c in evidence["components"][:COMPONENTS]]


def _case(results: StudyResults, case: str, tiles: Cuts, names: list[str], out: Path) -> TumourCase:
    main, visits = results.cohort.main, results.plan.study.study.visits
    row = main.frame.loc[case]
    scores = main.phenotypes["assignment"]["discovery"][case]["scores"]
    found = []
    for visit in visits:
        cut = tiles[(case, visit)]
        outline = add_array(out, cut.mask)
        found += [
            Tile(visit=visit, map=name, sha256=add_array(out, cut.image(name)), outline=outline)
            for name in (FRAME, *cut.maps)
        ]
    event = "recurrence" if row["event"] == 1 else "no recurrence"
    return TumourCase(
        title=f"Phenotype {main.labels[str(row['phenotype'])]}",
        subtitle=f"{results.plan.label(case)}: {_words(row)}; {event}",
        tiles=tuple(found),
        values=(*(float(scores[n]) for n in names), float(row["ftv2"])),
    )


def _words(row: Any) -> str:
    receptors = [
        f"{label}{'+' if row[c] == 1 else '-'}"
        for c, label in (("hr", "HR"), ("her2", "HER2"))
        if pd.notna(row.get(c))
    ]
    receptors += [f"{name} {row[c]}" for c, name in NAMES.items() if isinstance(row.get(c), str)]
    age = [f"{row['age']:.0f} years"] if pd.notna(row.get("age")) else []
    return ", ".join([*age, *receptors])


def _scale(name: str, tiles: Cuts, units: dict[str, str]) -> MapScale:
    low, high = figure_range(tiles.values(), name)
    return MapScale(map=name, unit=units.get(name, "scanner units"), low=low, high=high)
