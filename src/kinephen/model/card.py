"""The model card: what the model is for, what it rests on, how well it does, where it must not be used."""

from __future__ import annotations

from typing import Any

INTENDED = (
    "Research: to assign patients with two dynamic contrast breast MRI exams during neoadjuvant treatment to "
    "the phenotypes of change of another cohort, and to test there whether these and the Cox models predict."
)
NOT_FOR = (
    "Not a medical device and not validated for care: no decision about a patient's diagnosis, treatment or "
    "follow-up may rest on it."
)


def make_card(content: dict[str, Any], *, individuals: bool) -> dict[str, Any]:
    """Return the card of a model from its other content (see `kinephen.model.schema.Card`)."""
    study, cohort = content["study"], content["training"]["cohort"]
    return {
        "title": f"Phenotypes of change and Cox models, learned on {study['name']}",
        "intended_use": INTENDED,
        "not_for": NOT_FOR,
        "training_data": _training(study, cohort, content["training"]["exams"]),
        "method": _method(content),
        "performance": [_performance(m) for m in content["cox"]],
        "limits": _limits(content),
        "privacy": _privacy(individuals),
    }


def _training(study: dict[str, Any], cohort: dict[str, Any], exams: dict[str, Any]) -> str:
    makers = ", ".join(exams["manufacturers"]) or "manufacturers unknown"
    sequence = _sequence(exams)
    followed = cohort["median_follow_up"]
    years = "unknown" if followed is None else f"{followed:.1f} years"
    return (
        f"{cohort['patients']} patients with exams at {' and '.join(study['visits'])} ({makers}{sequence}); "
        f"{cohort['analysed']} of them with {cohort['events']} events in the Cox models. "
        f"End point: {study['end_point']}. Median follow-up: {years}."
    )


def _sequence(exams: dict[str, Any]) -> str:
    """Return the sequence in words, as far as the exams state it."""
    named = (
        ("repetition time", "repetition_ms", " ms"),
        ("echo time", "echo_ms", " ms"),
        ("flip angle", "flip_degrees", " degrees"),
    )
    words = [f"{what} {_range(exams[key])}{unit}" for what, key, unit in named if exams[key] is not None]
    kinds = [", ".join(exams[key]) for key in ("acquisition_types", "fat_suppression") if exams[key]]
    return "".join(f"; {part}" for part in (*words, *kinds))


def _range(extent: list[float]) -> str:
    low, high = (f"{v:.4g}" for v in extent)
    return low if low == high else f"{low} to {high}"


def _method(content: dict[str, Any]) -> str:
    made, model = content["made_by"], content["phenotypes"]
    components = sum(len(g["loadings"][0]) for g in model["components"])
    return (
        f"kinephen {made['kinephen']}, preset {made['preset']}: {len(model['features'])} delta features "
        f"(form {content['features']['form']}) in {len(model['components'])} groups, {components} "
        f"components, {model['conclusion']}. Other patients take the phenotype of the nearest centroid."
    )


def _performance(model: dict[str, Any]) -> str:
    text = (
        f"{model['title']}: C {_interval(model['c_cross_validated'])}, cross-validated, "
        f"{model['n']} patients, {model['events']} events"
    )
    refitted = model["c_refitted"]
    if refitted is not None and any(t["column"] == "phenotype" for t in model["terms"]):
        text += f"; C {_interval(refitted)} with the phenotype learned again in each training fold"
    return text + "."


def _interval(record: dict[str, Any]) -> str:
    if record["value"] is None:
        return "undefined"
    if record["low"] is None or record["high"] is None:
        return f"{record['value']:.2f} (interval undefined)"
    return f"{record['value']:.2f} (95 % interval {record['low']:.2f} to {record['high']:.2f})"


def _limits(content: dict[str, Any]) -> list[str]:
    fewest = min(m["events"] / len(m["terms"]) for m in content["cox"])
    limits = [
        "Cross-validation inside one cohort says nothing of another hospital: validate "
        "(command kinephen validate) before any use.",
        f"The largest Cox model has {fewest:.1f} events for each coefficient; below 10 coefficients and "
        "risks are unstable.",
        "A nearest centroid always exists: distances, margins and the flags say how far it can be trusted.",
        "The range of a prediction's interval holds the uncertainty of this cohort's Cox model only, not "
        "that of the features, the phenotype, or of the change of place.",
    ]
    if content["phenotypes"]["k"] == 1:
        limits.append("The rule found no evidence for more than one phenotype.")
    if content["signatures"] is not None:
        limits.append(
            "Signature scores are research re-creations, and centred on this cohort's platforms: another "
            "array or laboratory needs its own centring."
        )
    return limits


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
