"""The explorer of features by phenotype: every value, box and heading again."""

from __future__ import annotations

import pytest
from tests.light_results import (
    CASES,
    COMPONENTS,
    KEPT,
    PHENOTYPE,
    assigned,
    box,
    delta,
    frame,
    phenotypes,
    preset,
    results,
    rows,
)

from kinephen.records.by_phenotype import Box
from kinephen.report.numbers import explorer as module
from kinephen.report.numbers.explorer import explorer

FRAME = frame()
SHOWN = [c for c in CASES if PHENOTYPE[c] is not None]


@pytest.fixture(scope="module")
def found():
    return explorer(results())


def digits(values):
    return tuple(None if v is None or v != v else float(f"{v:.5g}") for v in values)


def five(own):
    return digits((own.low, own.q1, own.median, own.q3, own.high))


def test_patients_with_a_phenotype_are_shown_in_their_group(found):
    assert found.patients == tuple(f"P{c[-2:]}" for c in SHOWN)
    assert found.groups == ("1 decreasing", "2 increasing")
    assert found.group == tuple(PHENOTYPE[c] - 1 for c in SHOWN)
    assert found.discovery == (True,) * 6 + (False,) * 2
    assert found.left_out == 0


def test_components_then_clinical_numbers_then_features_have_their_headings(found):
    change = "sign-adjusted change"
    assert [(v.heading, v.label, v.unit) for v in found.variables] == [
        *(("Components", name, "") for name in COMPONENTS),
        ("Volumes, age and signatures", "Age", "years"),
        ("Volumes, age and signatures", "FTV, first visit", "cm\u00b3"),
        (f"PE: {change}", "GLCM Contrast (change times \u22121)", ""),
        (f"SER: {change}", "GLCM Joint Energy (change times \u22121)", ""),
        (f"PE: {change}", "GLCM Entropy", ""),
    ]
    literal = explorer(results(preset(delta=delta(form="literal")))).variables
    assert (literal[5].heading, literal[5].label) == ("PE: change, not sign-adjusted", "GLCM Contrast")


def test_values_are_those_of_each_patient_to_five_digits(found):
    expected = [[(CASES.index(c) + 1) * 1.5 + j for c in SHOWN] for j in range(3)]
    expected += [list(FRAME.loc[SHOWN, key]) for key in ("age", "ftv1")]
    change = delta().frame()
    expected += [list(change.loc[SHOWN, f]) for f in (KEPT[1], KEPT[2], KEPT[0])]
    assert [v.values for v in found.variables] == [digits(values) for values in expected]
    assert found.variables[5].values[1] == 1.2469
    assert found.variables[3].values[2] is None


def test_boxes_are_those_of_the_record_to_five_digits(found):
    expected = [(box(10.0 * j), box(10.0 * j + 5)) for j in range(3)]
    expected += [(box(40.0), box(50.0)), (box(1.0), Box())]
    expected += [(box(100.0 + i), box(200.0 + i)) for i in range(3)]
    drawn = [tuple(five(b) for b in v.boxes) for v in found.variables]
    assert drawn == [tuple(five(b) for b in boxes) for boxes in expected]
    assert drawn[4][1] == (None,) * 5
    assert drawn[0][0] == (0.0, 1.0, 2.0, 3.5, 5.1235)


def test_a_patient_without_a_row_or_a_score_has_no_value():
    record = phenotypes(assignment={"discovery": rows(CASES[:5]), "validation": {"case-08": assigned(7, 2)}})
    row = record.rows("discovery")["case-02"]
    record.rows("discovery")["case-02"] = row.model_copy(update={"scores": {"C1PC1": None}})
    found = explorer(results(preset(phenotypes=record)))
    first, second, _ = (v.values for v in found.variables[:3])
    assert first == (1.5, None, 4.5, 6.0, 7.5, None, 12.0, None)
    assert second[1] is None


def test_infinite_values_are_not_shown():
    own = frame()
    own.loc["case-02", "ftv1"] = float("inf")
    assert explorer(results(preset(frame=own))).variables[4].values[1] is None


def test_nobody_with_a_phenotype_has_no_explorer():
    assert explorer(results(preset(frame=frame().assign(phenotype=None)))) is None
    assert explorer(results(preset(frame=frame().assign(cohort=None)))) is None


def test_a_patient_of_no_cohort_is_not_shown():
    own = frame()
    own.loc["case-11", "phenotype"] = "2"
    assert "P11" not in explorer(results(preset(frame=own))).patients


@pytest.mark.parametrize(("most", "kept"), [(8 * 8, 8), (8 * 8 - 1, 7), (8 * 3, 3), (7, 1)])
def test_beyond_the_most_values_the_last_features_are_left_out(monkeypatch, most, kept):
    monkeypatch.setattr(module, "MOST_VALUES", most)
    found = explorer(results())
    assert (len(found.variables), found.left_out) == (kept, 8 - kept)
    assert found.variables[0].label == "C1PC1"


def test_the_most_values_are_a_page_of_some_megabytes():
    assert module.MOST_VALUES == 120_000


def test_every_clinical_number_has_its_words_and_unit():
    assert module.CLINICAL == {
        "ftv1": ("FTV, first visit", "cm\u00b3"),
        "ftv2": ("FTV, second visit", "cm\u00b3"),
        "age": ("Age", "years"),
        "gene70_cosine": ("70-gene correlation", ""),
        "ror_s": ("ROR-S", ""),
        "p53_score": ("p53 score", ""),
    }
