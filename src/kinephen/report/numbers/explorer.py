"""Features and components by phenotype, for the reader to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from kinephen.report.schema.explorer import Explorer, Variable
from kinephen.report.schema.patients_figures import BoxGroup
from kinephen.study.run import StudyResults

MOST_VALUES = 120_000
"""Patients times quantities; beyond, the features with the smaller loadings are left out."""
CLINICAL = (
    ("ftv1", "FTV, first visit", "cm³"),
    ("ftv2", "FTV, second visit", "cm³"),
    ("age", "Age", "years"),
    ("gene70_cosine", "70-gene correlation", ""),
    ("ror_s", "ROR-S", ""),
    ("p53_score", "p53 score", ""),
)


def explorer(results: StudyResults) -> Explorer | None:
    """Return the quantities of all patients with a phenotype; None where no patient has one."""
    main = results.cohort.main
    frame = main.frame[main.frame["phenotype"].notna() & main.frame["cohort"].notna()]
    if frame.empty:
        return None
    keys = list(main.labels)
    group = np.array([keys.index(str(p)) for p in frame["phenotype"]])
    discovery = (frame["cohort"] == "discovery").to_numpy()
    columns = list(_columns(results, frame))
    kept = columns[: max(MOST_VALUES // len(frame), 1)]
    return Explorer(
        patients=tuple(results.plan.label(str(c)) for c in frame.index),
        groups=tuple(main.labels.values()),
        group=tuple(int(g) for g in group),
        discovery=tuple(bool(d) for d in discovery),
        variables=tuple(
            Variable(
                label=label,
                heading=heading,
                unit=unit,
                values=tuple(_short(v) for v in values),
                boxes=tuple(_box(values[discovery & (group == g)]) for g in range(len(keys))),
            )
            for heading, label, unit, values in kept
        ),
        left_out=len(columns) - len(kept),
    )


def _columns(results: StudyResults, frame: pd.DataFrame) -> Iterator[tuple[str, str, str, Any]]:
    """Yield heading, label, unit and values: components, clinical numbers, features by their loading."""
    main = results.cohort.main
    evidence, assigned = main.phenotypes["evidence"], main.phenotypes["assignment"].values()
    scores = {c: r["scores"] or {} for rows in assigned for c, r in rows.items()}
    for component in evidence["components"]:
        name = component["component"]
        values = [scores.get(str(c), {}).get(name) for c in frame.index]
        yield "Components", name, "", np.array([np.nan if v is None else v for v in values])
    for key, label, unit in CLINICAL:
        if key in frame.columns and frame[key].notna().any():
            yield "Volumes, age and signatures", label, unit, frame[key].to_numpy(dtype=np.float64)
    loading = pd.DataFrame(evidence["loadings"]).assign(size=lambda t: t["loading"].abs())
    order = loading.groupby("feature", sort=True)["size"].max().sort_values(ascending=False, kind="stable")
    delta = main.delta.frame().reindex(frame.index)
    for feature in order.index[order.index.isin(delta.columns)]:
        name, _, rest = str(feature).partition("_")
        values = delta[feature].to_numpy(dtype=np.float64)
        yield f"Change of {name}", rest.replace("_", " "), "", values


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if np.isfinite(value) else None


def _box(values: Any) -> BoxGroup:
    known = values[np.isfinite(values)]
    names = ("low", "q1", "median", "q3", "high")
    if not known.size:
        return BoxGroup(**dict.fromkeys(names))
    cuts = np.percentile(known, [0, 25, 50, 75, 100])
    return BoxGroup(**{n: _short(float(v)) for n, v in zip(names, cuts, strict=True)})
