"""Hostile and odd model files and tables: refused with the reason, or flagged; nothing else is raised."""

from __future__ import annotations

import copy
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import exam_records
from tests.fitted_model import sample_model, with_value

from kinephen.errors import InputError, KinephenError, UsageError
from kinephen.model import load as loading
from kinephen.model.apply import apply_model
from kinephen.model.build import sealed
from kinephen.model.flags import exam_flags
from kinephen.model.load import load_fitted, parse_fitted
from kinephen.model.patients import NewPatients
from kinephen.model.schema import Exams
from kinephen.model.source import Source, require_readable
from kinephen.model.sources import read_patients
from kinephen.records.covariate import Covariate
from kinephen.records.flow import LeftOut
from kinephen.records.lesion import Review
from kinephen.records.protocol import FAT_SUPPRESSED, NOT_FAT_SUPPRESSED, Protocol
from kinephen.study.steps.covariates import usable_value

WHOLE = sample_model()
SEQUENCE = ("repetition_ms", "echo_ms", "flip_degrees", "acquisition_types", "fat_suppression")
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def written(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def changed(*place, to):
    return with_value(WHOLE, *place, to=to)


def parsed(data):
    return parse_fitted(data, json.dumps(data))


def test_the_sample_is_a_model(tmp_path):
    fitted = load_fitted(written(tmp_path / "m.json", WHOLE))
    assert fitted.phenotypes.k == 2
    assert set(fitted.cox) == {"m1", "m4"}


def test_a_model_of_an_earlier_version_that_knows_no_sequence_is_read(tmp_path):
    exams = dict(WHOLE["training"]["exams"])
    for name in SEQUENCE:
        del exams[name]
    earlier = changed("training", "exams", to=exams)
    fitted = load_fitted(written(tmp_path / "m.json", earlier))
    assert fitted.file.training.exams.repetition_ms is None
    assert fitted.file.training.exams.fat_suppression == ()


def test_a_model_of_a_version_that_called_patients_women_is_read(tmp_path):
    from kinephen.study.phenotype_file import checksum

    old = copy.deepcopy(WHOLE)
    for part in (old["training"]["cohort"], old["phenotypes"]["discovery"]):
        part["women"] = part.pop("patients")
    del old["phenotypes"]["discovery"]["scores"], old["phenotypes"]["discovery"]["ids"]
    old["phenotypes"] |= {"schema": 1, "evidence": {}}
    old["phenotypes"]["checksum"] = checksum(old["phenotypes"])
    fitted = load_fitted(written(tmp_path / "m.json", sealed(old)))
    assert fitted.file.training.cohort.patients == 40
    assert fitted.file.phenotypes.discovery.patients == 40
    now = parsed(WHOLE)
    assert apply_model(fitted, patients(fitted, 3)).patients == apply_model(now, patients(now, 3)).patients


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[]", "not a fitted model"),
        ("{}", "not a fitted model"),
        ('{"kind": "kinephen.phenotype_model"}', "not a fitted model"),
        ('{"kind": NaN}', "NaN is not defined"),
        ('{"kind": -Infinity}', "-Infinity is not defined"),
        ('{"kind": 1e999}', "1e999 is out of range"),
        ('{"kind": 123456789012345678901234567890}', "out of range"),
        ('{"kind": 1, "kind": 2}', "'kind' stands twice"),
        ("[" * 100 + "]" * 100, "nested deeper than 40"),
        ("[" * 200_000 + "]" * 200_000, "nested too deeply"),
        ('{"kind": "kinephen.model", "schema": true}', "not a whole number"),
        ('{"kind": "kinephen.model", "schema": 2}', "written with schema 2; this version reads schema 1"),
        (
            '{"kind": "kinephen.model", "schema": 0}',
            "written with schema 0, which this version no longer reads",
        ),
        ('{"kind": "kinephen.model", "schema": 1}', "checksum does not match"),
    ],
)
def test_files_that_are_no_model_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        load_fitted(written(tmp_path / "m.json", text))
    assert caught.value.hint


def test_absent_large_and_binary_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no such file"):
        load_fitted(tmp_path / "none.json")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        load_fitted(tmp_path / "b.json")
    monkeypatch.setattr(loading, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match="at most 1000"):
        load_fitted(written(tmp_path / "m.json", WHOLE))


def test_a_changed_file_has_a_wrong_checksum(tmp_path):
    text = json.dumps(WHOLE).replace('"m4"', '"m5"')
    with pytest.raises(InputError, match="checksum"):
        load_fitted(written(tmp_path / "m.json", text))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("cox", 0, "coef"), [0.1], "shape"),
        (("cox", 0, "vcov"), [[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], "not symmetric"),
        (("cox", 0, "vcov"), [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], "negative eigenvalue"),
        (("cox", 0, "cumulative", 0), 99.0, "falls"),
        (("cox", 0, "time", 0), 98.0, "do not rise"),
        (("cox", 0, "last_time"), 1e-6, "after the longest follow-up"),
        (("cox", 0, "terms", 0, "column"), "height", "no covariate"),
        (("cox", 1, "name"), "m1", "one name"),
        (("features", "form"), "signed", "forms of change"),
        (("features", "signs"), {"PE_a": 1}, "signs of other features"),
        (("features", "scale"), {"PE_a": 1.0}, "scale"),
        (("phenotype_names",), ["one"], "names for other"),
        (("study", "visits"), ["T1", "T1"], "other visits"),
        (("training", "components", "C1PC1"), [2.0, 1.0], "upper end"),
        (("settings", "ftv", "connectivity"), 7, "connectivity"),
        (("settings", "moon"), {"a": 1}, "moon"),
        (("harmonisation",), {"method": "combat"}, "harmonisation"),
        (("horizons",), [-1.0], "horizons"),
        (("horizons",), ["3"], "horizons"),
        (("cox", 0, "n"), 12.5, "cox/0/n"),
        (("extra",), 1, "extra"),
        (("phenotypes", "k"), 3, "no solution"),
    ],
)
def test_each_inconsistency_is_named(place, value, message):
    with pytest.raises(InputError, match=message):
        parsed(changed(*place, to=value))


def leaves(node, place=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*place, key)
        yield from leaves(value, (*place, key))


PLACES = [p for p in leaves(WHOLE) if p[0] != "checksum"]
PLAIN = (None, True, False, [], {}, [[1.0]], {"a": 1}, 1e308, -1e308, 1e200, 1e-320, 2**62)
JUNK = st.one_of(
    st.sampled_from(PLAIN),
    st.integers(-10, 10),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)


@FUZZ
@given(st.sampled_from(PLACES), JUNK)
def test_a_model_with_any_value_changed_loads_or_is_refused(place, value):
    data = changed(*place, to=value)
    try:
        fitted = parse_fitted(data, json.dumps(data))
    except KinephenError:
        return
    apply_model(fitted, patients(fitted, 3))


@FUZZ
@given(st.data())
def test_a_cut_or_scribbled_file_is_refused(data):
    raw = bytearray(json.dumps(WHOLE).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw = raw[:at]
    else:
        raw[at] = data.draw(st.integers(0, 255).filter(lambda b: b != raw[at]))
    try:
        text = bytes(raw).decode()
        parse_fitted(json.loads(text), text)
    except (KinephenError, ValueError):
        return
    # A digit's place may be written in two ways; what is read must then be the same model.
    assert json.loads(text) == WHOLE


@pytest.fixture(scope="module")
def fitted():
    return parsed(WHOLE)


def patients(fitted, n, seed=0, **columns):
    rng = np.random.default_rng(seed)
    names = list(fitted.phenotypes.features)
    cases = [f"case-{i:04d}" for i in range(1, n + 1)]
    first = pd.DataFrame(rng.uniform(1, 2, (n, len(names))), index=cases, columns=names)
    second = pd.DataFrame(rng.uniform(1, 2, (n, len(names))), index=cases, columns=names)
    frame = pd.DataFrame({"age": 50.0, "hr": 1.0, "her2": 0.0, **columns}, index=cases)
    return NewPatients(ids=dict(zip(cases, cases, strict=True)), frame=frame, visits=(first, second))


def read(path, fitted, **options):
    return read_patients(
        Source(path=path, **options), fitted, path.parent / "out", engine=None, progress=None
    )


def long_table(fitted, visits, n=4):
    names = list(fitted.phenotypes.features)
    rng = np.random.default_rng(1)
    rows = [
        {"patient_id": f"W{i}", "visit": v, **dict(zip(names, rng.uniform(1, 2, len(names)), strict=True))}
        for i in range(n)
        for v in visits
    ]
    return pd.DataFrame(rows)


def test_five_thousand_patients_are_assigned_at_once(fitted):
    many = patients(fitted, 5000)
    found = apply_model(fitted, many)
    assert len(found.patients) == 5000
    assert found.patients[0] == apply_model(fitted, many.only(["case-0001"])).patients[0]


def test_an_extra_visit_is_left_out_and_noted(fitted, tmp_path):
    table = long_table(fitted, ("T1", "T2", "T3"))
    table.to_csv(tmp_path / "t.csv", index=False)
    found = read(tmp_path / "t.csv", fitted)
    assert any(i.code == "features.other_visits" for i in found.issues)
    table[table["visit"] != "T3"].to_csv(tmp_path / "two.csv", index=False)
    pd.testing.assert_frame_equal(found.visits[1], read(tmp_path / "two.csv", fitted).visits[1])


def test_visits_of_other_names_must_be_named_in_order(fitted, tmp_path):
    long_table(fitted, ("T0", "T1")).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match="no visit 'T2'; the table has T0, T1"):
        read(tmp_path / "t.csv", fitted)
    found = read(tmp_path / "t.csv", fitted, visits={"T0": "", "T1": ""})
    assert len(found.ids) == 4


def test_a_table_with_other_feature_names_is_refused_by_name(fitted, tmp_path):
    table = long_table(fitted, ("T1", "T2"))
    first = fitted.phenotypes.features[0]
    table.rename(columns={first: "PE_GLCM_Nonsense"}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match="1 feature.* missing: " + first):
        apply_model(fitted, read(tmp_path / "t.csv", fitted))


def test_features_in_another_unit_are_noted(fitted):
    many = patients(fitted, 30)
    scaled = NewPatients(ids=many.ids, frame=many.frame, visits=tuple(v * 100.0 for v in many.visits))
    assert not any(i.code == "predict.other_features" for i in apply_model(fitted, many).issues)
    notes = [i for i in apply_model(fitted, scaled).issues if i.code == "predict.other_features"]
    assert len(notes) == 2


def test_a_table_of_one_visit_is_refused(fitted, tmp_path):
    long_table(fitted, ("T1",)).drop(columns="visit").rename(
        columns=lambda c: c if c == "patient_id" else f"T1_{c}"
    ).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match="T2|one visit"):
        read(tmp_path / "t.csv", fitted)


def test_identifiers_of_a_table_become_numbers(fitted, tmp_path):
    long_table(fitted, ("T1", "T2")).to_csv(tmp_path / "t.csv", index=False)
    found = read(tmp_path / "t.csv", fitted)
    assert found.ids == {f"case-000{i + 1}": f"W{i}" for i in range(4)}


def test_missing_covariates_leave_the_smaller_model_or_none(fitted):
    assert {p.model for p in apply_model(fitted, patients(fitted, 2)).patients} == {"m4"}
    without = patients(fitted, 2)
    bare = NewPatients(ids=without.ids, frame=without.frame.drop(columns="her2"), visits=without.visits)
    found = apply_model(fitted, bare).patients[0]
    assert found.model == ""
    assert found.risk == ()
    assert any(f.code == "covariate.missing" and "her2" in f.text for f in found.flags)
    no_features = NewPatients(
        ids=without.ids,
        frame=without.frame,
        gaps={c: LeftOut(case=c, step="visits", reason="no exam at T2") for c in without.ids},
    )
    only_baseline = apply_model(fitted, no_features).patients[0]
    assert (only_baseline.model, only_baseline.phenotype, only_baseline.note) == ("m1", None, "no exam at T2")


@pytest.mark.parametrize(
    ("value", "usable", "code"),
    [
        (50.0, 50.0, None),
        (95.0, 95.0, "covariate.range"),
        (18000.0, None, "covariate.unit"),
        (0.05, None, "covariate.unit"),
        (float("inf"), None, "covariate.code"),
        ("fifty", None, "covariate.code"),
        (float("nan"), None, None),
        (None, None, None),
    ],
)
def test_a_covariate_far_outside_is_not_used(value, usable, code):
    known = Covariate(meaning="age", kind="number", n=9, low=30.0, high=70.0, mean=50.0, sd=9.0)
    found, flags = usable_value("age", value, known)
    assert found == usable
    assert [f.code for f in flags] == ([code] if code else [])


def test_codes_and_classes_that_are_unknown_are_not_used():
    yes = Covariate(meaning="her2", kind="yes-no", n=9, low=0.0, high=1.0)
    assert usable_value("her2", 2.0, yes)[0] is None
    assert usable_value("her2", 1, yes) == (1.0, [])
    group = Covariate(meaning="group", kind="class", n=9, levels={"low": 0.5, "high": 0.5})
    assert usable_value("g", "low", group) == ("low", [])
    assert usable_value("g", "med", group)[1][0].code == "covariate.code"


SEEN = exam_records.SEEN.model_copy(
    update={
        "manufacturers": ("SIEMENS",),
        "field_strengths_t": (1.5,),
        "matrices": ((256, 256),),
        "voxel_mm": ((2.0, 2.4), (0.7, 0.8), (0.7, 0.8)),
        "echo_ms": (3.2, 4.2),
        "fat_suppression": (FAT_SUPPRESSED,),
    }
)
STATED = Protocol(
    repetition_ms=9.8,
    echo_ms=4.0,
    flip_degrees=31.5,
    acquisition_type="3D",
    fat_suppression=FAT_SUPPRESSED,
)
REVIEWED = Review(state="confirmed")


def lesion(**changes):
    values = {
        "manufacturer": "SIEMENS",
        "scanner_model": "avanto",
        "field_strength_t": 1.494,
        "shape": (60, 256, 256),
        "spacing_mm": (2.2, 0.75, 0.75),
        "review": REVIEWED,
        "protocol": STATED,
    }
    return exam_records.lesion(**(values | changes))


def test_an_exam_like_those_of_training_has_no_flag():
    assert exam_flags("T1", lesion(), SEEN) == []


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("manufacturer", "GE", "protocol.manufacturer"),
        ("scanner_model", "skyra", "protocol.scanner"),
        ("field_strength_t", 3.0, "protocol.field"),
        ("shape", [60, 320, 256], "protocol.matrix"),
        ("phase_times_s", [-60.0, 90.0, 450.0], "protocol.early"),
        ("phase_times_s", [-60.0, 150.0, 600.0], "protocol.late"),
        ("spacing_mm", [3.0, 0.75, 0.75], "protocol.voxel"),
        ("timing_rule", "nominal", "protocol.timing"),
        ("lesion_source", "largest component of the FTV", "mask.source"),
        ("review", Review(), "mask.unreviewed"),
    ],
)
def test_each_other_protocol_is_flagged(key, value, code):
    (flag,) = exam_flags("T2", lesion(**{key: value}), SEEN)
    assert flag.code == code
    assert flag.text.startswith("T2: ")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"repetition_ms": 10.0}, "the repetition time, ms: 10, in training 7.5 to 9"),
        ({"repetition_ms": 6.5}, "the repetition time, ms: 6.5"),
        ({"echo_ms": 1.3}, "the echo time, ms: 1.3"),
        ({"flip_degrees": 12.0}, "the flip angle, degrees: 12"),
        ({"acquisition_type": "2D"}, "the acquisition type (2D) is not among those of training"),
        ({"fat_suppression": NOT_FAT_SUPPRESSED}, "fat suppression (no fat suppression"),
    ],
)
def test_another_sequence_is_flagged(change, words):
    (flag,) = exam_flags("T1", lesion(protocol=STATED.model_copy(update=change)), SEEN)
    assert flag.code == "protocol.sequence"
    assert words in flag.text


def test_a_sequence_that_either_side_does_not_state_is_not_flagged():
    assert exam_flags("T1", lesion(protocol=Protocol()), SEEN) == []
    earlier = Exams.model_validate({k: v for k, v in SEEN.model_dump().items() if k not in SEQUENCE})
    other = Protocol(repetition_ms=900.0, echo_ms=90.0, flip_degrees=90.0, acquisition_type="2D")
    assert exam_flags("T1", lesion(protocol=other), earlier) == []


def test_a_number_of_phases_is_flagged_and_an_unknown_scanner_is_not():
    four = lesion(phase_times_s=(-60.0, 150.0, 300.0, 450.0), late=3)
    assert [f.code for f in exam_flags("T1", four, SEEN)] == ["protocol.phases"]
    assert exam_flags("T1", lesion(scanner_model="", field_strength_t=None), SEEN) == []


KNOWN = {
    "age": Covariate(meaning="age, years", n=9, kind="number", low=30.0, high=70.0, mean=50.0, sd=9.0),
    "hr": Covariate(meaning="hr", n=9, kind="yes-no", low=0.0, high=1.0),
    "grade": Covariate(meaning="grade", n=9, kind="class", levels={"low": 0.6, "high": None}),
}


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("age", "abc", "no number", "30 to 70"),
        ("age", "nan", "no value", "30 to 70"),
        ("age", "-inf", "not finite", "30 to 70"),
        ("age", "18000", "another unit", "30 to 70"),
        ("hr", "3", "expected 1 or 0", "give 1 or 0"),
        ("grade", "middle", "has not seen", "one of low, high"),
        ("agee", "50", "did you mean 'age'", "age, hr, grade"),
    ],
)
def test_a_covariate_given_by_hand_that_the_model_cannot_read_is_refused(name, value, message, hint):
    with pytest.raises(UsageError) as caught:
        require_readable({name: value}, KNOWN)
    assert message in caught.value.message
    assert (caught.value.code, caught.value.where) == ("predict.with", f"--with {name}={value}")
    assert hint in caught.value.hint
    require_readable({"age": "75", "hr": "1", "grade": "high"}, KNOWN)
