"""What the evidence can bear: the article's way, the honest way and the truth, one row a question."""

from __future__ import annotations

from collections.abc import Callable

from kinephen.core.counted import counted
from kinephen.records.curves import PanelRecord
from kinephen.records.names import factor_words, short_title
from kinephen.records.truth import TruthRecord
from kinephen.report.numbers.evidence_words import (
    article_preset,
    article_words,
    brackets,
    repeats_words,
)
from kinephen.report.numbers.performance import NO_NUMBER, interval_cell
from kinephen.report.numbers.survival import estimate
from kinephen.report.schema import Cell, Column, Estimate, Missing, Table
from kinephen.report.words.comparison import addition_words, refit_words
from kinephen.report.words.count import groups_words
from kinephen.report.words.estimate import (
    calibration_words,
    chance,
    ranking_words,
    ratio_words,
    slope,
    validated_words,
)
from kinephen.report.words.outcome import Range, gain, ratio
from kinephen.study.choices import headline_c
from kinephen.study.cohort import CohortResults, PresetResults

NOT_RUN = "the preset was not run"
PLANTED = (
    "Planted C: how well the planted risk itself ranks these patients; no model can be expected to do more."
)
Row = dict[str, Cell]
Maker = Callable[[float | None, float | None, float | None], Range]


def evidence_table(cohort: CohortResults) -> Table:
    """Return the table of the first page.

    Parameters
    ----------
    cohort : CohortResults
        The article's column comes from its own preset where that was run beside, otherwise from the same
        models with the article's intervals.
    """
    main = cohort.main
    truth = None if cohort.truth is None else cohort.truth[main.name]
    makers: dict[str, Callable[[CohortResults, TruthRecord | None], Row | None]] = {
        "number": _number_of_phenotypes,
        "ratio": _hazard_ratio,
        "ranking": _ranking,
        "again": _found_again,
        "gain": _gain,
        "slope": _calibration,
        "validation": _validation,
    }
    found = {name: row for name, make in makers.items() if (row := make(cohort, truth)) is not None}
    rows = list(found.values())
    columns = [
        Column(key="question", label="Question"),
        Column(key="article", label=article_words(article_preset(cohort)), format="sig3"),
        Column(key="honest", label="With honest uncertainty", format="sig3"),
        *([Column(key="truth", label="Planted", format="sig3")] if truth is not None else []),
        Column(key="reading", label="What it can bear"),
    ]
    if truth is None:
        rows = [{k: v for k, v in row.items() if k != "truth"} for row in rows]
    return Table(
        title="What the evidence can and cannot bear",
        section="summary",
        columns=tuple(columns),
        rows=tuple(rows),
        caption=f"{brackets(cohort, found)} {repeats_words(main)}".strip(),
        notes=() if truth is None else (PLANTED,),
    )


def _number_of_phenotypes(cohort: CohortResults, truth: TruthRecord | None) -> Row:
    main, beside = cohort.main, article_preset(cohort)
    tumours = main.phenotypes.evidence.tumours
    reading = None if tumours.readings is None else tumours.readings.last_gain
    p = None if tumours.null_reference is None else tumours.null_reference.p
    words = groups_words(main.k, p, fixed=main.k_by_hand)
    return {
        "question": "How many kinds of change are there?",
        "article": beside.k if beside is not None else _or_missing(reading, "the rule was not read"),
        "honest": main.k,
        "truth": None if truth is None else len(truth.phenotypes["discovery"].truth),
        "reading": words,
    }


def _hazard_ratio(cohort: CohortResults, truth: TruthRecord | None) -> Row | None:
    own = _phenotype_ratio(cohort.main)
    if own is None:
        return None
    beside = article_preset(cohort)
    article = None if beside is None else _phenotype_ratio(beside)
    several = (
        NOT_RUN
        if beside is None
        else "no single ratio: more than two phenotypes, or the model was not fitted"
    )
    words = ratio_words(ratio(own.value, own.low, own.high), cohort.main.survival.ladder.events)
    return {
        "question": "How much more often the event with increasing heterogeneity (hazard ratio"
        f"{_beside(cohort.main)})?",
        "article": article or Missing(missing=several),
        "honest": own,
        "truth": None if truth is None else truth.hazard_ratio.planted,
        "reading": words,
    }


def _beside(preset: PresetResults) -> str:
    """Return for what the hazard ratio of the phenotype is adjusted, after a comma."""
    factors = factor_words(preset.survival.ladder.models["m4"].columns)
    return f", adjusted for {factors}" if factors else ", not adjusted"


def _phenotype_ratio(preset: PresetResults) -> Estimate | None:
    model = preset.survival.ladder.models.get("m4")
    found = None if model is None else model.phenotype
    if found is None or found.hr is None:
        return None
    return Estimate(value=found.hr, low=found.low, high=found.high, reason="the limit is not finite")


def _ranking(cohort: CohortResults, truth: TruthRecord | None) -> Row | None:
    found = cohort.main.survival.ladder.models.get("m4")
    if found is None:
        return None
    beside = article_preset(cohort)
    model = None if beside is None else beside.survival.ladder.models.get("m4")
    noise = found.cross_validated.fold_mean
    article = Estimate(value=noise.mean, low=noise.t_lower, high=noise.t_upper, reason="one replicate")
    if model is not None and beside is not None:
        article = estimate(headline_c(model.cross_validated, beside.settings.cross_validation))
    own = interval_cell(found.cross_validated.interval)
    ceiling = None if truth is None else truth.ceiling
    return {
        "question": "How well does the model with the phenotype rank patients it has not seen (C; "
        "0.5 is chance)?",
        "article": article,
        "honest": own,
        "truth": None if truth is None else _or_missing(ceiling, "not available"),
        "reading": ranking_words(_range(own, chance)),
    }


def _range(cell: Estimate | Missing, make: Maker) -> Range:
    if isinstance(cell, Missing):
        return make(None, None, None)
    return make(cell.value, cell.low, cell.high)


def _found_again(cohort: CohortResults, truth: TruthRecord | None) -> Row | None:
    model = cohort.main.survival.ladder.models.get("m4")
    if model is None or model.refitted is None:
        return None
    once, again = model.cross_validated.interval, model.refitted.interval
    words = refit_words(model.refitted_gap, again.se)
    return {
        "question": "The same: phenotype found once on all patients, against found anew without the "
        "patients tested",
        "article": interval_cell(once),
        "honest": interval_cell(again),
        "truth": None,
        "reading": words,
    }


def _gain(cohort: CohortResults, truth: TruthRecord | None) -> Row | None:
    found = cohort.main.survival.ladder.comparison("m2", "m4")
    if found is None:
        return None
    own = interval_cell(found.gain)
    factors = factor_words(cohort.main.survival.ladder.models["m2"].columns)
    words = addition_words(
        found.test.p,
        _range(own, gain),
        what="the phenotype",
        to=factors,
        events=cohort.main.survival.ladder.events,
    )
    beside = article_preset(cohort)
    other = None if beside is None else beside.survival.ladder.comparison("m2", "m4")
    article = found if other is None else other
    return {
        "question": f"What does the phenotype add to {factors} (gain in C)?",
        "article": _or_missing(article.gain.value, "not available"),
        "honest": own,
        "truth": None,
        "reading": words,
    }


def _calibration(cohort: CohortResults, truth: TruthRecord | None) -> Row | None:
    record = cohort.main.survival.additions.performance
    entry = record.models.get("m4")
    if entry is None:
        return None
    silent = Missing(missing="the article does not look at it")
    years = record.horizon.years
    row: Row = {
        "question": f"Are predicted risks by {counted(years, 'year')} right (calibration slope of "
        f"{short_title('m4').lower()}; 1 is right)?",
        "article": silent,
        "truth": None,
    }
    scores = entry.scores
    if scores is None:
        reason = entry.reason or record.horizon.reason or ""
        return {
            **row,
            "honest": Missing(missing=reason or NO_NUMBER),
            "reading": f"Not known: {reason}." if reason else "Not known.",
        }
    cell = interval_cell(scores.slope, scores.undefined.get("slope", ""))
    beats = None if scores.ipa is None else scores.ipa > 0
    words = calibration_words(_range(cell, slope), beats_average=beats)
    return {**row, "honest": cell, "reading": words}


def _validation(cohort: CohortResults, truth: TruthRecord | None) -> Row | None:
    main, beside = cohort.main, article_preset(cohort)
    if main.validation is None or main.k != 2:
        return None
    own = _validated(main)
    article = None if beside is None else _validated(beside)
    first = _single_ratio(main.survival.panels.get("phenotype"))
    words = validated_words(
        _range(first, ratio),
        _range(own, ratio),
        events=main.flow.events("features", "validation"),
        p=main.validation.panel.test.shown_p,
        permuted=main.validation.panel.test.permutation_p is not None,
    )
    return {
        "question": "Does it hold in other patients (hazard ratio without other covariates in the validation "
        "cohort)?",
        "article": article or Missing(missing=NOT_RUN),
        "honest": own,
        "truth": None,
        "reading": words,
    }


def _validated(preset: PresetResults) -> Estimate | Missing:
    return _single_ratio(None if preset.validation is None else preset.validation.panel)


def _single_ratio(panel: PanelRecord | None) -> Estimate | Missing:
    """Return the hazard ratio of the second phenotype against the first, without covariates."""
    ratio = None if panel is None else panel.test.hazard_ratio
    if ratio is None or ratio.value is None:
        return Missing(missing="no single ratio in this cohort")
    return Estimate(value=ratio.value, low=ratio.low, high=ratio.high, reason="the limit is not finite")


def _or_missing(value: float | None, reason: str) -> float | Missing:
    return Missing(missing=reason) if value is None else value
