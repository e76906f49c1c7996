"""The conclusions of one preset beside those of another, from the same patients."""

from __future__ import annotations

from collections.abc import Callable

from kinephen.report.numbers.survival import estimate
from kinephen.report.schema import Cell, Column, Estimate, Missing, Table
from kinephen.report.words.limits import NAMES
from kinephen.study.choices import headline_c
from kinephen.study.cohort import CohortResults, PresetResults

Value = Callable[[PresetResults], Cell]


def beside_table(cohort: CohortResults) -> Table | None:
    """Return the conclusions of every preset, or None where only one was run."""
    if len(cohort.presets) < 2:
        return None
    rows = [
        {"conclusion": words, **{name: _cell(value, p) for name, p in cohort.presets.items()}}
        for words, value in _ROWS
    ]
    return Table(
        title="What each preset concludes from the same patients",
        section="phenotypes",
        columns=(
            Column(key="conclusion", label="Conclusion"),
            *(Column(key=name, label=name, format="sig3", align="right") for name in cohort.presets),
        ),
        rows=tuple(rows),
        caption=f"{_number_words(cohort)} {_interval_words(cohort)}",
    )


def _number_words(cohort: CohortResults) -> str:
    """Return whether the number of phenotypes is the answer of rules or was set."""
    by_hand = [name for name, preset in cohort.presets.items() if preset.k_by_hand]
    if not by_hand:
        return "The number of phenotypes is the rule's own answer."
    rest = "" if len(by_hand) == len(cohort.presets) else "; elsewhere it is the rule's own answer"
    return f"The number of phenotypes was set by hand under {' and '.join(by_hand)}{rest}."


def _interval_words(cohort: CohortResults) -> str:
    """Return what the limits of C are under each preset, by its own setting."""
    found: dict[str, list[str]] = {}
    for name, preset in cohort.presets.items():
        found.setdefault(NAMES[preset.settings.cross_validation.interval], []).append(name)
    parts = [f"under {' and '.join(presets)} the {kind}" for kind, presets in found.items()]
    return f"Limits of C: {'; '.join(parts)}."


def _cell(value: Value, preset: PresetResults) -> Cell:
    found = value(preset)
    return Missing(missing="not available under this preset") if found is None else found


def _reading(step: str, rule: str) -> Value:
    def read(preset: PresetResults) -> int | None:
        evidence = preset.phenotypes.evidence
        readings = {"tumours": evidence.tumours, "features": evidence.features}[step].readings
        k: int | None = None if readings is None else getattr(readings, rule)
        return k

    return read


def _null_p(preset: PresetResults) -> float | None:
    reference = preset.phenotypes.evidence.tumours.null_reference
    return None if reference is None else reference.p


def _c(model: str) -> Value:
    def read(preset: PresetResults) -> Estimate | None:
        entry = preset.survival.ladder.models.get(model)
        if entry is None:
            return None
        return estimate(headline_c(entry.cross_validated, preset.settings.cross_validation))

    return read


def _nested(smaller: str, larger: str) -> Value:
    def read(preset: PresetResults) -> float | None:
        found = preset.survival.ladder.comparison(smaller, larger)
        return None if found is None else found.test.p

    return read


def _validation_p(preset: PresetResults) -> float | None:
    return None if preset.validation is None else preset.validation.panel.test.p


_ROWS: tuple[tuple[str, Value], ...] = (
    ("delta features kept", lambda p: p.phenotypes.evidence.features_kept),
    ("feature groups", lambda p: p.phenotypes.evidence.features.k),
    ("components", lambda p: len(p.phenotypes.evidence.components)),
    ("phenotypes, by the preset's rule or set by hand", lambda p: p.k),
    ("phenotypes, last k that gained 10 %", _reading("tumours", "last_gain")),
    ("phenotypes, first k below 10 %", _reading("tumours", "first_below")),
    ("phenotypes, first k below 10 % (shifted)", _reading("tumours", "first_below_shifted")),
    ("p of more than one group (ambiguity against Gaussian sets)", _null_p),
    ("p of SigClust, as the preset sets it", lambda p: p.phenotypes.evidence.sigclust.p),
    ("p of the log-rank test by phenotype (chi-square)", lambda p: p.survival.panels["phenotype"].test.p),
    ("cross-validated C of model 2 (baseline, FTV2)", _c("m2")),
    ("cross-validated C of model 4 (and phenotype)", _c("m4")),
    ("cross-validated C of model 5 (and signatures)", _c("m5")),
    ("likelihood-ratio p of model 4 against model 2", _nested("m2", "m4")),
    ("likelihood-ratio p of model 5 against model 3", _nested("m3", "m5")),
    ("likelihood-ratio p of model 5 against model 4", _nested("m4", "m5")),
    ("p of the log-rank test in validation (chi-square)", _validation_p),
)
