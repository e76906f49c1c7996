"""The methods text of a paper on a run, made of facts."""

from __future__ import annotations

from collections.abc import Mapping

from kinephen.report.formats import format_value
from kinephen.report.pointer import value_at
from kinephen.report.schema import MethodsPart, Report, Sentence
from kinephen.report.writing.evidence import Evidence
from kinephen.report.writing.facts import FACTS

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Patients and end point", ("source_method", "simulated", "cohort", "flow", "end_point", "follow_up")),
    (
        "Imaging and lesions",
        (
            "visits",
            "scanners",
            "sequence_parameters",
            "contrast_agent",
            "resolution",
            "timing",
            "segmentation",
            "ftv",
            "bias",
        ),
    ),
    (
        "Kinetic maps and features",
        (
            "maps",
            "resampling",
            "discretisation",
            "extraction",
            "texture",
            "image_filters",
            "robustness",
            "delta",
            "filters",
            "scaling",
            "harmonisation",
        ),
    ),
    ("Phenotypes", ("groups", "components", "phenotypes", "significance", "component_ranks", "associations")),
    ("Gene signatures", ("signatures",)),
    (
        "Survival and models",
        (
            "curves",
            "marker_table",
            "models",
            "cross_validation",
            "nested",
            "intervals",
            "comparisons",
            "hazards_check",
            "frozen_model",
        ),
    ),
    ("Software", ("missing_data", "software", "seed")),
)
"""Paragraphs, and the facts of each in order; a fact that a run does not have is left out."""


def methods_parts(report: Report) -> tuple[MethodsPart, ...]:
    """Return the paragraphs of the methods text of a run."""
    evidence = Evidence(report)
    parts = []
    for title, names in PARTS:
        found = [f for f in (FACTS[name](evidence) for name in names) if f is not None]
        if found:
            parts.append(MethodsPart(title=title, sentences=tuple(f.sentence for f in found)))
    return tuple(parts)


def sentence_text(sentence: Sentence, document: Mapping[str, object]) -> str:
    """Return a sentence with its numbers; `document` is the report as plain data."""
    shown = ""
    for literal, name in sentence.pieces():
        shown += literal
        if name is not None:
            ref = sentence.refs[name]
            shown += format_value(value_at(document, ref.pointer), ref.format)
    return shown


def plain_document(report: Report) -> dict[str, object]:
    """Return the report as plain data for `sentence_text`, without the patients, of whom no fact speaks."""
    return report.model_dump(mode="json", exclude={"patients"})


def methods_markdown(report: Report) -> str:
    """Return the methods text as Markdown; citations stay as ``[@key]``, which Pandoc reads."""
    document = plain_document(report)
    lines = ["# Methods", ""]
    for part in report.methods:
        lines += [f"## {part.title}", "", " ".join(sentence_text(s, document) for s in part.sentences), ""]
    return "\n".join(lines)
