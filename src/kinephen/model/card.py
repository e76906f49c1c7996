"""The model card: what the model is for, what it rests on, how well it does, where it must not be used."""

from __future__ import annotations

from kinephen.core.counted import counted
from kinephen.model.parts import ModelParts
from kinephen.model.schema import About, Card, CoxModel, Exams, FileInterval, Range, Training
from kinephen.records.ladder import ENOUGH_PER_COEFFICIENT

INTENDED = (
    "Research: to assign patients with two dynamic contrast breast MRI exams during neoadjuvant treatment to "
    "the phenotypes of change of another cohort, and to test there whether these and the Cox models predict."
)
NOT_FOR = (
    "Not a medical device and not validated for care: no decision about a patient's diagnosis, treatment or "
    "follow-up may rest on it."
)


def make_card(parts: ModelParts, *, individuals: bool) -> Card:
    """Return the card of a model from its other content."""
    return Card(
        title=f"Phenotypes of change and Cox models, learned on {parts.study.name}",
        intended_use=INTENDED,
        not_for=NOT_FOR,
        training_data=_training(parts.study, parts.training),
        method=_method(parts),
        performance=tuple(_performance(m) for m in parts.cox),
        limits=tuple(_limits(parts)),
        privacy=_privacy(individuals),
    )


def _training(study: About, training: Training) -> str:
    cohort, exams = training.cohort, training.exams
    makers = ", ".join(exams.manufacturers) or "manufacturers unknown"
    followed = cohort.median_follow_up
    years = "unknown" if followed is None else f"{followed:.1f} years"
    return (
        f"{counted(cohort.patients, 'patient')} with exams at {' and '.join(study.visits)} "
        f"({makers}{_sequence(exams)}); "
        f"{cohort.analysed} of them with {counted(cohort.events, 'event')} in the Cox models. "
        f"End point: {_end_point(study)}. Median follow-up of the discovery cohort: {years}."
    )


def _end_point(study: About) -> str:
    if not study.time_origin:
        return f"{study.end_point}, when its time begins to count is not stated"
    return f"{study.end_point}, counted from {study.time_origin}"


def _sequence(exams: Exams) -> str:
    """Return the sequence in words, as far as the exams state it."""
    named = (
        ("repetition time", exams.repetition_ms, " ms"),
        ("echo time", exams.echo_ms, " ms"),
        ("flip angle", exams.flip_degrees, " degrees"),
    )
    words = [f"{what} {_range(found)}{unit}" for what, found, unit in named if found is not None]
    kinds = [", ".join(k) for k in (exams.acquisition_types, exams.fat_suppression) if k]
    return "".join(f"; {part}" for part in (*words, *kinds))


def _range(extent: Range) -> str:
    low, high = (f"{v:.4g}" for v in extent)
    return low if low == high else f"{low} to {high}"


def _method(parts: ModelParts) -> str:
    made, model = parts.made_by, parts.phenotypes
    components = len(model.component_names)
    return (
        f"kinephen {made.kinephen}, preset {made.preset}: {len(model.features)} delta features "
        f"(form {parts.features.form}) in {counted(len(model.components), 'group')}, {components} "
        f"components, {model.conclusion}. Other patients take the phenotype of the nearest centroid."
    )


def _performance(model: CoxModel) -> str:
    with_phenotype = any(t.column == "phenotype" for t in model.terms)
    once = " with the phenotype found once on all patients" if with_phenotype else ""
    text = (
        f"{model.title}: C {_interval(model.c_cross_validated)}, cross-validated{once}, "
        f"{counted(model.n, 'patient')}, {counted(model.events, 'event')}"
    )
    refitted = model.c_refitted
    if refitted is not None and with_phenotype:
        text += f"; C {_interval(refitted)} with the phenotype learned again in each training fold"
    return text + "."


def _interval(found: FileInterval) -> str:
    if found.value is None:
        return "undefined"
    if found.low is None or found.high is None:
        return f"{found.value:.2f} (interval undefined)"
    return f"{found.value:.2f} (95 % interval {found.low:.2f} to {found.high:.2f})"


def _limits(parts: ModelParts) -> list[str]:
    fewest = parts.fewest_per_coefficient
    limits = [
        "Cross-validation inside one cohort says nothing of another hospital: validate "
        "(command kinephen validate) before any use.",
        "A nearest centroid always exists: distances, margins and the flags say how far it can be trusted.",
        "The range of a prediction's interval holds the uncertainty of this cohort's Cox model only, not "
        "that of the features, the phenotype, or of the change of place.",
    ]
    if fewest is not None and fewest < ENOUGH_PER_COEFFICIENT:
        limits.append(
            f"A Cox model has {fewest:.1f} events for each coefficient; below {ENOUGH_PER_COEFFICIENT:g} "
            "coefficients and risks are unstable."
        )
    if parts.phenotypes.k == 1:
        limits.append(_one_phenotype(parts))
    if parts.signatures is not None:
        limits.append(
            "Signature scores are research re-creations, and centred on this cohort's platforms: another "
            "array or laboratory needs its own centring."
        )
    return limits


def _one_phenotype(parts: ModelParts) -> str:
    if parts.settings.tumours.fixed_k is not None:
        return "The number of phenotypes was set to 1 by hand; no rule was asked."
    return "The rule takes all patients for one phenotype."


def _privacy(individuals: bool) -> str:
    rows = (
        "Each discovery patient's component scores and label are in the file, under running numbers. "
        if individuals
        else "No patient has a row of their own. "
    )
    return (
        rows
        + "Smallest and largest values belong to single patients, and the baseline hazard changes at the "
        "times of events, as any published survival curve does. Counts below 5 are left out of the summaries."
    )
