"""Sequence and contrast agent in the report: the table, and the items and sentences that rest on it."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import exam_records

from kinephen.io.contrast_agents import NOT_SHOWN, UNNAMED
from kinephen.records.protocol import FAT_SUPPRESSED, OTHER, Protocol
from kinephen.report.checklists import fill_checklist, with_texts
from kinephen.report.numbers.protocol import CLASSES, NUMBERS, protocol_table
from kinephen.report.schema import Estimate, Share
from kinephen.report.writing.methods import plain_document, sentence_text
from kinephen.report.writing.quantities import NOT_STATED
from kinephen.study.steps.exams import summarise_exams

ROOT = Path(__file__).resolve().parents[2]
MADE = runpy.run_path(str(ROOT / "tests" / "checklist_report.py"))["report"]
FULL = Protocol(
    scanning_sequence=("GR",),
    sequence_variant=("SK", "SP"),
    scan_options=("FS",),
    sequence_name="fl3d1",
    acquisition_type="3D",
    fat_suppression=FAT_SUPPRESSED,
    repetition_ms=8.2,
    echo_ms=4.2,
    inversion_ms=25.0,
    flip_degrees=20.0,
    echo_train=1.0,
    averages=1.0,
    slice_thickness_mm=2.5,
    parallel_factor=2.0,
    coil="BREAST",
    contrast_agent="gadobutrol",
    contrast_route="intravenous",
    contrast_volume_ml=15.0,
    contrast_dose_ml=14.0,
)
HEADER_ITEMS = {
    "automatic": ("4a", "18a", "18b", "18c", "19", "20", "21", "22", "23", "24", "26", "27", "29"),
    "drafted": ("4b", "4c", "17", "35a"),
}


def lesion(protocol, model="Avanto", field=1.5):
    return exam_records.lesion(protocol=protocol, scanner_model=model, field_strength_t=field)


def table(*records):
    lesions = {(f"{i}", "T1"): r for i, r in enumerate(records)}
    return protocol_table(summarise_exams(exam_records.cases(lesions), "quick"))


def rows(*records):
    return {(r["quantity"], r.get("category")): r for r in table(*records).rows}


def status(report, name="ibsi"):
    return {i.id: i.status for i in fill_checklist(report, name).items}


def item(report, ident):
    """Return status and words of an item."""
    report = with_texts(report)
    document = plain_document(report)
    (found,) = [i for c in report.checklists if c.key == "ibsi" for i in c.items if i.id == ident]
    return found.status, " ".join(sentence_text(s, document) for s in found.sentences), found.note


def test_numbers_and_classes_are_counted_over_the_exams_that_state_them():
    other = Protocol(repetition_ms=9.4, scanning_sequence=("RM", OTHER), contrast_agent=NOT_SHOWN)
    found = rows(lesion(FULL), lesion(FULL), lesion(other, "#12345678", None))
    repetition = found[("repetition time, ms", None)]
    assert repetition["value"] == Estimate(value=8.2, low=8.2, high=9.4)
    assert repetition["exams"] == Share(n=3, of=3)
    assert found[("flip angle, degrees", None)]["exams"] == Share(n=2, of=3)
    assert found[("scanning sequence", "gradient recalled (GR)")]["exams"] == Share(n=2, of=3)
    assert found[("scanning sequence", "research mode (RM) + other")]["exams"] == Share(n=1, of=3)
    variant = ("variant of the sequence", "segmented k-space (SK) + spoiled (SP)")
    assert found[variant]["exams"] == Share(n=2, of=3)
    assert found[("variant of the sequence", NOT_STATED)]["exams"] == Share(n=1, of=3)
    assert found[("contrast agent", NOT_SHOWN)]["exams"] == Share(n=1, of=3)
    assert found[("scanner model", NOT_SHOWN)]["exams"] == Share(n=1, of=3)
    assert not any("#" in str(category) for _, category in found)


def test_what_no_exam_states_is_named_in_one_row():
    found = table(lesion(Protocol(repetition_ms=8.2), "", None)).rows
    assert [r["quantity"] for r in found] == ["repetition time, ms", NOT_STATED]
    silent = found[1]["category"].split("; ")
    assert len(silent) == len(CLASSES) + len(NUMBERS) - 1
    assert {"flip angle", "contrast agent", "receive coil"} <= set(silent)
    assert not any(r["quantity"] == NOT_STATED for r in table(lesion(FULL)).rows)


def test_exams_that_state_nothing_give_no_table():
    assert table() is None
    assert table(lesion(Protocol(), "", None)) is None


def test_items_are_answered_when_all_exams_state_them():
    found = status(MADE(protocol=table(lesion(FULL), lesion(FULL))))
    assert {i: found[i] for items in HEADER_ITEMS.values() for i in items} == {
        i: s for s, items in HEADER_ITEMS.items() for i in items
    }


def test_items_are_drafted_when_some_exams_state_them():
    report = MADE(protocol=table(lesion(FULL), lesion(Protocol(), "", None)))
    found = status(report)
    assert {found[i] for items in HEADER_ITEMS.values() for i in items} == {"drafted"}
    _, words, note = item(report, "19")
    assert words == "Repetition time: 8.20 ms, stated by the files of 1 of 2 exams."
    assert note


@pytest.mark.parametrize("protocol", [None, table(lesion(Protocol(), "x", None))])
def test_items_stay_with_the_author_when_no_exam_states_them(protocol):
    found = status(MADE(protocol=protocol))
    assert {found[i] for items in HEADER_ITEMS.values() for i in items} == {"author"}


@pytest.mark.parametrize(
    ("agent", "expected"), [(UNNAMED, "drafted"), (NOT_SHOWN, "author"), ("gadoterate", "automatic")]
)
def test_an_agent_that_is_not_named_does_not_answer_the_item(agent, expected):
    assert status(MADE(protocol=table(lesion(Protocol(contrast_agent=agent)))))["4a"] == expected


def test_words_of_items():
    report = MADE(protocol=table(lesion(FULL), lesion(FULL, field=3.0)))
    assert item(report, "27")[1] == "Field strength: median 2.25 T (range 1.50 to 3.00)."
    assert item(report, "18a")[1] == (
        "Scanning sequence: gradient recalled (GR) (2 exams). Name of the sequence: fl3d1 (2 exams)."
    )
    assert item(report, "4c")[1] == (
        "Volume of contrast given: 15 ml. Undiluted contrast agent given: 14 ml."
    )


def test_the_methods_text_states_the_parameters_only_when_there_are_any():
    def methods(protocol):
        report = with_texts(MADE(protocol=protocol))
        document = plain_document(report)
        return " ".join(sentence_text(s, document) for p in report.methods for s in p.sentences)

    text = methods(table(lesion(FULL)))
    assert (
        "The files of the exams state a repetition time of 8.20 ms, an echo time of 4.20 ms, a flip angle of "
        "20 degrees, a field strength of 1.50 T and an acquisition of type 3D (1 exam)."
    ) in text
    assert "Contrast agent: gadobutrol (1 exam)." in text
    assert "files of the exams state" not in methods(None)
    assert "state a field strength of 1.50 T." in methods(table(lesion(Protocol())))


def test_metrics_and_clear_draw_on_the_table():
    report = with_texts(MADE(protocol=table(lesion(FULL))))
    for name, ident in (("metrics", "6"), ("clear", "16")):
        (found,) = [i for c in report.checklists if c.key == name for i in c.items if i.id == ident]
        assert found.status == "drafted"
        assert any(place.startswith("/tables/protocol") for place in found.evidence)


PROTOCOLS = st.builds(
    Protocol,
    scanning_sequence=st.sampled_from([(), ("GR",), ("SE", "IR"), (OTHER,)]),
    sequence_name=st.sampled_from(["", "fl3d", NOT_SHOWN]),
    contrast_agent=st.sampled_from(["", UNNAMED, "gadobutrol", NOT_SHOWN]),
    repetition_ms=st.none() | st.floats(1, 100),
    flip_degrees=st.none() | st.floats(1, 90),
    contrast_volume_ml=st.none() | st.floats(1, 50),
)


@given(st.lists(PROTOCOLS, min_size=1, max_size=4))
def test_any_mix_of_exams_has_a_report(protocols):
    made = with_texts(MADE(protocol=table(*map(lesion, protocols))))
    document = plain_document(made)
    for entry in (i for c in made.checklists for i in c.items):
        for sentence in entry.sentences:
            assert "None" not in sentence_text(sentence, document)
        assert entry.sentences or entry.note
