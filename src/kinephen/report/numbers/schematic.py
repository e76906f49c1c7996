"""Supplementary figure 1: the run as it was, step by step, with its own settings and counts."""

from __future__ import annotations

from kinephen.config.schema import Settings
from kinephen.core.counted import counted
from kinephen.records.evidence import Evidence
from kinephen.report.schema import FigureEntry
from kinephen.report.schema.schematic import SchematicData, SchematicStep
from kinephen.study.run import StudyResults

HEADINGS = ("One exam", "Patients together", "What it tells")


def schematic_figure(results: StudyResults) -> FigureEntry:
    """Return the schematic of the run."""
    main = results.cohort.main
    return FigureEntry(
        title="The run as it was",
        label="Supplementary figure 1",
        section="cohort",
        caption=f"Steps of the preset {main.name} with the settings and counts of this run.",
        data=SchematicData(
            columns=(_exam(results, main.settings), _patients(results), _told(results)), headings=HEADINGS
        ),
    )


def _step(title: str, *lines: str) -> SchematicStep:
    return SchematicStep(title=title, lines=tuple(line for line in lines if line))


def _exam(results: StudyResults, settings: Settings) -> tuple[SchematicStep, ...]:
    exams = results.exams
    visits = " and ".join(results.plan.study.study.visits)
    bias = settings.bias.method
    size = settings.resample
    grid = f"{size.matrix} x {size.matrix} in plane" if size.matrix else "as acquired"
    grid = f"{size.isotropic_mm:g} mm isotropic" if size.isotropic_mm else grid
    return (
        _step(
            "DCE-MRI",
            f"{counted(exams.analysed, 'exam')} at {visits}",
            f"{exams.failed} failed" if exams.failed else "",
        ),
        _step(
            "Functional tumour volume",
            "by early enhancement, in the box of the exam",
            f"lesion: given in {counted(exams.given, 'exam')}, else the largest part",
        ),
        _step("Bias field", "not corrected" if bias == "none" else f"{bias.upper()}, {settings.bias.scope}"),
        _step("Kinetic maps", "PE, SER, WIS, WOS", f"variant {settings.maps.variant}"),
        _step("Features", f"grid: {grid}", f"{settings.features.mode}, {settings.features.bins} bins"),
    )


def _patients(results: StudyResults) -> tuple[SchematicStep, ...]:
    main = results.cohort.main
    evidence = main.phenotypes.evidence
    return (
        _step(
            "Change between the visits",
            f"{main.settings.delta.form}, {counted(evidence.features_seen, 'feature')}",
        ),
        _step("Filters", f"{counted(evidence.features_kept, 'feature')} kept", *_dropped(evidence)),
        _step("Feature groups", counted(evidence.features.k, "group"), f"rule {evidence.features.rule}"),
        _step("Components", f"{counted(len(evidence.components), 'principal component')} of the groups"),
        _step(
            "Phenotypes",
            f"Ward's tree of {counted(evidence.patients, 'patient')}",
            f"k = {main.k}, {'set by hand' if main.k_by_hand else f'rule {evidence.rule}'}",
        ),
    )


def _dropped(evidence: Evidence) -> tuple[str, ...]:
    left = evidence.features_seen - evidence.features_kept
    return (f"{left} dropped for {counted(len(evidence.dropped), 'reason')}",) if left else ()


def _told(results: StudyResults) -> tuple[SchematicStep, ...]:
    main, plan = results.cohort.main, results.plan
    ladder = main.survival.ladder
    folds = main.settings.cross_validation
    steps = [
        _step("Is there more than one group?", "SigClust, consensus, Gaussian reference sets"),
        _step("Survival by phenotype", f"{counted(ladder.n, 'patient')}, {counted(ladder.events, 'event')}"),
        _step(
            "Models",
            counted(len(ladder.models), "Cox model"),
            f"{counted(folds.folds, 'fold')}, {counted(folds.replicates, 'replicate')}",
        ),
    ]
    if results.cohort.molecular is not None:
        steps.insert(1, _step("Gene signatures", "70-gene, PAM50 ROR-S, p53", "research re-creations"))
    if main.validation is not None:
        n = main.validation.flow.n("features")
        steps.append(_step("Validation", f"{counted(n, 'patient')}, nothing fitted again"))
    return (*steps, _step("Report", f"end point: {plan.end_point.split(' (')[0]}"))
