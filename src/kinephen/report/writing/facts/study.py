"""Facts on the patients, the end point and what made the numbers."""

from __future__ import annotations

from kinephen.core.counted import noun
from kinephen.report.schema import StatementRef
from kinephen.report.writing.evidence import Evidence, Fact, fact


def _cohort_ref(index: int, field: str) -> StatementRef:
    return StatementRef(pointer=f"/study/cohorts/{index}/{field}", format="int")


def visits(e: Evidence) -> Fact | None:
    """Say which visits are compared."""
    names = e.report.study.visits
    if len(names) < 2:
        return None
    refs = {f"v{i}": StatementRef(pointer=f"/study/visits/{i}", format="text") for i in range(len(names))}
    listed = ", ".join(f"{{v{i}}}" for i in range(len(names) - 1))
    return fact(
        f"Dynamic contrast-enhanced MRI at the visits {listed} and {{v{len(names) - 1}}} was compared.",
        **refs,
    )


def modality(e: Evidence) -> Fact | None:
    """Say what was imaged, and how."""
    places = ("/study/visits", *e.table_places("acquisition"))
    return fact("The images were dynamic contrast-enhanced MRI of the breast.", places)


def cohort(e: Evidence) -> Fact | None:
    """Say how many patients and events were analysed."""
    parts, refs = [], {}
    for i, entry in enumerate(e.report.study.cohorts):
        if not entry.n:
            continue
        refs[f"n{i}"] = _cohort_ref(i, "n")
        refs[f"name{i}"] = StatementRef(pointer=f"/study/cohorts/{i}/name", format="text")
        words = f"{{n{i}}} {noun(entry.n, 'patient')} of the {{name{i}}} cohort"
        if entry.events is not None:
            refs[f"events{i}"] = _cohort_ref(i, "events")
            words += f" ({{events{i}}} with an event)"
        parts.append(words)
    if not parts:
        return None
    return fact(f"The analysis included {' and '.join(parts)}.", **refs)


def simulated(e: Evidence) -> Fact | None:
    """Say that no patient stands behind the numbers of a simulated trial."""
    if not e.report.study.simulated:
        return None
    return fact("The trial is simulated: no patient stands behind its numbers.", ("/study/simulated",))


def end_point(e: Evidence) -> Fact | None:
    """Name the end point and its events, and when the clock starts."""
    named = StatementRef(pointer="/study/end_point", format="text")
    if not e.report.study.time_origin:
        text = "The end point was {end_point}; when its time begins to count is not stated."
        return fact(text, ("/study/time_origin",), end_point=named)
    origin = StatementRef(pointer="/study/time_origin", format="text")
    return fact("The end point was {end_point}, counted from {origin}.", end_point=named, origin=origin)


def follow_up(e: Evidence) -> Fact | None:
    """Give the median follow-up."""
    return fact(
        "Median follow-up of the discovery cohort was {months} {unit}, by the reverse Kaplan-Meier "
        "method [@schemper1996].",
        months=e.number_ref("follow_up", "f1"),
        unit=StatementRef(pointer="/study/time_unit", format="text"),
    )


def flow(e: Evidence) -> Fact | None:
    """Say how many patients came in, and who was left out before and after they were counted as included."""
    steps = e.report.flow
    if len(steps) < 2:
        return None
    refs = {"first": StatementRef(pointer="/flow/0/n", format="int")}
    before: list[str] = []
    later: list[str] = []
    for i, step in enumerate(steps):
        for j, gone in enumerate(step.excluded):
            if not gone.n:
                continue
            refs[f"n{i}_{j}"] = StatementRef(pointer=f"/flow/{i}/excluded/{j}/n", format="int")
            refs[f"why{i}_{j}"] = StatementRef(pointer=f"/flow/{i}/excluded/{j}/reason", format="text")
            named = f"{{n{i}_{j}}} ({{why{i}_{j}}})"
            inside = next((c.name for c in e.report.study.cohorts if step.key.startswith(f"{c.name}_")), "")
            (later if inside else before).append(f"{named} of {inside}" if inside else named)
    left = f"left out were {', '.join(before)}" if before else "none was left out"
    after = f"; of those included, left out later were {', '.join(later)}" if later else ""
    return fact(f"Of {{first}} {noun(steps[0].n, 'patient')} listed, {left}{after}.", ("/flow",), **refs)


def characteristics(e: Evidence) -> Fact | None:
    """Say where the characteristics of the patients stand."""
    if e.table("table1") is None:
        return None
    return fact(
        "Characteristics of the patients, by event, stand in {label}.",
        ("/tables/table1",),
        label=StatementRef(pointer="/tables/table1/label", format="text"),
    )


def treatment(e: Evidence) -> Fact | None:
    """Say where the treatments stand."""
    if e.table("table2") is None:
        return None
    return fact(
        "Treatments received, by event, stand in {label}.",
        ("/tables/table2",),
        label=StatementRef(pointer="/tables/table2/label", format="text"),
    )


def software(e: Evidence) -> Fact | None:
    """Name the software and its versions."""
    names = [n for n in ("numpy", "scipy", "pandas") if e.version_ref(n) is not None]
    if e.version_ref("kinephen") is None:
        return None
    shown = {"numpy": "NumPy", "scipy": "SciPy", "pandas": "pandas"}
    refs = {n: e.version_ref(n) for n in ("kinephen", *names)}
    text = "All steps were run with kinephen {kinephen}"
    if e.version_ref("python") is not None:
        refs["python"] = e.version_ref("python")
        text += " under Python {python}"
    if names:
        listed = [f"{shown[n]} {{{n}}}" for n in names]
        text += f", with {', '.join(listed[:-1])}{' and ' if listed[:-1] else ''}{listed[-1]}"
    return fact(f"{text}.", ("/provenance/versions",), **refs)


def source_method(e: Evidence) -> Fact | None:
    """Name the published method that is re-created."""
    preset = StatementRef(pointer="/preset", format="text")
    text = "The method is that of Chitalia and colleagues [@chitalia2023]"
    if e.report.preset == "chitalia2023":
        return fact(f"{text}, with the settings of the text (preset {{preset}}).", preset=preset)
    return fact(f"{text}, with the settings of the preset {{preset}}.", preset=preset)


def settings(e: Evidence) -> Fact | None:
    """Say that every setting is listed."""
    if not e.report.settings:
        return None
    return fact(
        "All settings, with those of the presets beside them, are listed in the report.", ("/settings",)
    )


def seed(e: Evidence) -> Fact | None:
    """Give the seed."""
    return fact(
        "All random numbers follow from the seed {seed}.",
        seed=StatementRef(pointer="/study/seed", format="int"),
    )


def inputs(e: Evidence) -> Fact | None:
    """Say that the inputs are named by content."""
    if not e.report.provenance.inputs:
        return None
    return fact("Input files are named by their SHA digests.", ("/provenance/inputs",))


def missing_data(e: Evidence) -> Fact | None:
    """Say what became of what was missing."""
    if not e.report.flow:
        return None
    places = ("/flow", *(("/issues",) if e.report.issues else ()))
    gaps = {
        "least": "where the change of a feature was undefined in a patient, the patient or the feature was "
        "left out, by the smaller loss",
        "features": "features that were undefined in a patient were dropped",
    }
    rule = gaps.get(str(e.setting("filters.gaps")))
    more = f"; {rule}" if rule else ""
    return fact(
        f"Nothing was imputed: patients without both exams or without an outcome were left out{more}. Each "
        "gap is listed with its reason.",
        places,
    )


def quality_checks(e: Evidence) -> Fact | None:
    """Say what the checks noticed."""
    if not e.report.issues:
        return None
    return fact("What the checks of images, masks and tables noticed is listed with its count.", ("/issues",))


FACTS = {
    maker.__name__: maker
    for maker in (
        visits,
        modality,
        cohort,
        simulated,
        end_point,
        follow_up,
        flow,
        characteristics,
        treatment,
        software,
        source_method,
        settings,
        seed,
        inputs,
        missing_data,
        quality_checks,
    )
}
