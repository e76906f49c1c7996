"""What a simulated trial planted against what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kinephen.records.truth import TruthRecord
from kinephen.report.schema import Cell, Column, Estimate, FigureEntry, Missing, Table
from kinephen.report.schema.figures import TruthData, TruthMatrix, TruthPoints
from kinephen.study.cohort import CohortResults


def truth_table(cohort: CohortResults) -> Table | None:
    """Return truth against found, one column a preset."""
    if cohort.truth is None:
        return None
    names = list(cohort.truth)
    rows = [
        _row("phenotypes, discovery: adjusted Rand index", 1.0, cohort.truth, lambda r: _ari(r, "discovery")),
        _row(
            "phenotypes, validation: adjusted Rand index", 1.0, cohort.truth, lambda r: _ari(r, "validation")
        ),
        _row("number of phenotypes", 2, cohort.truth, lambda r: len(r.phenotypes["discovery"].found)),
        _row("hazard ratio of the phenotype, adjusted", _planted(cohort.truth), cohort.truth, _hr),
        *(
            _row(f"{c.title}: share agreeing", 1.0, cohort.truth, partial(_agreement, title=c.title))
            for c in cohort.truth[names[0]].classes
        ),
        _row(
            "FTV against the planted enhancing volume: correlation",
            1.0,
            cohort.truth,
            lambda r: r.volumes.correlation,
        ),
        _row(
            "FTV over the planted enhancing volume: median ratio",
            1.0,
            cohort.truth,
            lambda r: r.volumes.median_ratio,
        ),
    ]
    return Table(
        title="Truth against found",
        label="Simulated trial",
        section="truth",
        columns=(
            Column(key="item", label="Quantity"),
            Column(key="planted", label="Planted", format="sig3"),
            *(Column(key=name, label=f"Found by {name}", format="sig3") for name in names),
        ),
        rows=tuple(rows),
        caption=f"The trial is simulated, so the truth is known. {_ratio_words(cohort)}",
    )


def truth_figure(cohort: CohortResults) -> FigureEntry | None:
    """Return volumes and cross tables of the study's own preset."""
    if cohort.truth is None:
        return None
    record = cohort.truth[cohort.main.name]
    matrices = [
        TruthMatrix(
            title=f"Phenotypes, {name}",
            truth_labels=entry.truth,
            found_labels=tuple(cohort.main.labels.get(f, f) for f in entry.found),
            counts=entry.counts,
        )
        for name, entry in sorted(record.phenotypes.items())
    ]
    matrices += [
        TruthMatrix(
            title=entry.title,
            truth_labels=entry.truth,
            found_labels=entry.found,
            counts=entry.counts,
        )
        for entry in record.classes
    ]
    volumes = record.volumes
    return FigureEntry(
        title="What was planted and what was found",
        label="Simulated trial",
        section="truth",
        data=TruthData(
            points=(
                TruthPoints(
                    title="Functional tumour volume",
                    unit="cm³",
                    truth=volumes.truth,
                    found=volumes.found,
                ),
            ),
            matrices=tuple(matrices),
        ),
    )


def _row(
    item: str, planted: float, truth: Mapping[str, TruthRecord], value: Callable[[TruthRecord], Cell]
) -> dict[str, Cell]:
    cells = {name: value(record) for name, record in truth.items()}
    return {
        "item": item,
        "planted": planted,
        **{n: Missing(missing="not available") if v is None else v for n, v in cells.items()},
    }


def _ratio_words(cohort: CohortResults) -> str:
    """Return of which model the hazard ratio is, under each preset that has one."""
    titles = {
        name: cohort.presets[name].survival.ladder.models[record.hazard_ratio.model].title
        for name, record in (cohort.truth or {}).items()
        if record.hazard_ratio.model is not None
    }
    if not titles:
        return "No model has a hazard ratio of the phenotype."
    if len(set(titles.values())) == 1:
        of = next(iter(titles.values()))
    else:
        of = "; ".join(f"{title} ({name})" for name, title in titles.items())
    return f"The hazard ratio is that of {of}, with its 95 % interval."


def _ari(record: TruthRecord, cohort: str) -> float | None:
    entry = record.phenotypes.get(cohort)
    return None if entry is None else entry.ari


def _planted(truth: Mapping[str, TruthRecord]) -> float:
    return next(iter(truth.values())).hazard_ratio.planted


def _hr(record: TruthRecord) -> Estimate | None:
    found = record.hazard_ratio
    if found.model is None or found.hr is None:
        return None
    return Estimate(value=found.hr, low=found.low, high=found.high)


def _agreement(record: TruthRecord, title: str) -> float | None:
    return next((c.agreement for c in record.classes if c.title == title), None)
