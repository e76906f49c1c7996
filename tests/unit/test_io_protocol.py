"""The acquisition protocol of an exam: read from headers and sidecars, checked, and safe to show."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.sequence import Sequence as Items
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian
from tests.export_exams import exam_with_lesion
from tests.io_exams import TIMES, ExamMaker, sagittal, values
from tests.unit.test_io_multiframe import enhanced

from kinephen.core.volume import Volume
from kinephen.io.contrast_agents import NOT_SHOWN, UNNAMED, generic_agent, generic_route
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.nifti import write_volume
from kinephen.io.protocol import protocol_from, protocol_of_phases, tesla
from kinephen.records.protocol import FAT_SUPPRESSED, NOT_FAT_SUPPRESSED, OTHER, Protocol
from kinephen.report.exports.exam_forms import Forms, write_forms
from kinephen.report.exports.exam_names import Names
from kinephen.study.one_exam import Request, measure

TYPICAL = {
    "ScanningSequence": "GR",
    "SequenceVariant": ["SK", "SP"],
    "ScanOptions": ["FS", "NPW"],
    "SequenceName": "*fl3d1",
    "MRAcquisitionType": "3D",
    "RepetitionTime": "8.2",
    "EchoTime": "4.2",
    "InversionTime": "25",
    "FlipAngle": "20",
    "EchoTrainLength": "1",
    "NumberOfAverages": "0.5",
    "SliceThickness": "2.5",
    "ReceiveCoilName": "BREAST COIL",
    "MagneticFieldStrength": "15000",
    "ContrastBolusAgent": "Magnevist 15 ml",
    "ContrastBolusRoute": "IV",
    "ContrastBolusVolume": "15",
    "ContrastBolusTotalDose": "14.5",
}
EXPECTED = Protocol(
    scanning_sequence=("GR",),
    sequence_variant=("SK", "SP"),
    scan_options=("FS", "NPW"),
    sequence_name="fl3d1",
    acquisition_type="3D",
    fat_suppression=FAT_SUPPRESSED,
    repetition_ms=8.2,
    echo_ms=4.2,
    inversion_ms=25.0,
    flip_degrees=20.0,
    echo_train=1.0,
    averages=0.5,
    slice_thickness_mm=2.5,
    coil="BREAST COIL",
    contrast_agent="gadopentetate",
    contrast_route="intravenous",
    contrast_volume_ml=15.0,
    contrast_dose_ml=14.5,
)
SILENT = dict.fromkeys(TYPICAL)
SIDECAR = {
    "Manufacturer": "SIEMENS",
    "ManufacturersModelName": "Avanto",
    "MagneticFieldStrength": 1.5,
    "ScanningSequence": "GR",
    "SequenceVariant": "SK_SP",
    "ScanOptions": "FS_NPW",
    "SequenceName": "*fl3d1",
    "MRAcquisitionType": "3D",
    "RepetitionTime": 0.0082,
    "EchoTime": 0.0042,
    "InversionTime": 0.025,
    "FlipAngle": 20,
    "EchoTrainLength": 1,
    "NumberOfAverages": 0.5,
    "SliceThickness": 2.5,
    "ReceiveCoilName": "BREAST COIL",
    "ContrastBolusIngredient": "GADOLINIUM",
    "ContrastBolusAgent": "gadopentetate",
    "ContrastBolusRoute": "intravenous",
    "ContrastBolusVolume": 15,
    "ContrastBolusTotalDose": 14.5,
}


def written(root, **overrides):
    """Return the exam of a dynamic series with these elements."""
    ExamMaker(root).series(values(), 5, overrides=overrides)
    return read_exam(root)


def raw(root, keyword, vr, value):
    """Write bytes of any VR as an element of every image."""
    ExamMaker(root).series(values(), 5)
    for path in root.rglob("*.dcm"):
        data = dcmread(path)
        tag = Tag(keyword)
        data._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data.save_as(path)
    return read_exam(root).protocol


def test_a_typical_header(tmp_path):
    exam = written(tmp_path, **TYPICAL)
    assert exam.protocol == EXPECTED
    assert exam.field_strength_t == 1.5


def test_a_header_that_states_nothing(tmp_path):
    exam = written(tmp_path, **SILENT)
    assert exam.protocol == Protocol()
    assert exam.field_strength_t is None


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_encodings_state_the_same(tmp_path, syntax):
    ExamMaker(tmp_path).series(values(), 5, overrides=TYPICAL, syntax=syntax)
    assert read_exam(tmp_path).protocol == EXPECTED


def test_contrast_may_be_named_after_the_injection_alone(tmp_path):
    def agent(phase, _):
        return {
            "ContrastBolusAgent": "NONE" if phase == 0 else "Omniscan",
            "ContrastBolusVolume": f"{phase}7",
        }

    ExamMaker(tmp_path).series(values(), 5, attributes=agent)
    protocol = read_exam(tmp_path).protocol
    assert protocol.contrast_agent == "gadodiamide"
    assert protocol.contrast_volume_ml == 7.0


def test_enhanced_objects(tmp_path):
    _, path = enhanced(tmp_path, values(4))
    data = dcmread(path)
    for keyword in (
        "RepetitionTime",
        "EchoTime",
        "FlipAngle",
        "ScanOptions",
        "SequenceName",
        "SliceThickness",
    ):
        delattr(data, keyword)
    data.MRAcquisitionType, data.EchoPulseSequence, data.PulseSequenceName = "3D", "GRADIENT", "T1_FFE"
    data.SpectrallySelectedSuppression = "FAT"
    groups = {
        "MRTimingAndRelatedParametersSequence": {
            "RepetitionTime": "5.5",
            "FlipAngle": "10",
            "RFEchoTrainLength": 0,
            "GradientEchoTrainLength": 1,
        },
        "MREchoSequence": {"EffectiveEchoTime": 2.75},
        "MRAveragesSequence": {"NumberOfAverages": "1"},
        "MRReceiveCoilSequence": {"ReceiveCoilName": "SENSE-Breast-4"},
        "MRModifierSequence": {"ParallelReductionFactorInPlane": 2.0, "InversionTimes": [90.0]},
    }
    for name, elements in groups.items():
        item = Dataset()
        for keyword, value in elements.items():
            setattr(item, keyword, value)
        setattr(data.SharedFunctionalGroupsSequence[0], name, Items([item]))
    data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness = "3"
    agent, route = Dataset(), Dataset()
    agent.CodeMeaning, route.CodeMeaning = "Gadobutrol", "Intravenous route"
    agent.ContrastBolusAdministrationRouteSequence = Items([route])
    data.ContrastBolusAgentSequence = Items([agent])
    data.save_as(path)
    assert read_exam(tmp_path).protocol == Protocol(
        scanning_sequence=("GR",),
        sequence_name="T1_FFE",
        acquisition_type="3D",
        fat_suppression=FAT_SUPPRESSED,
        repetition_ms=5.5,
        echo_ms=2.75,
        inversion_ms=90.0,
        flip_degrees=10.0,
        echo_train=1.0,
        averages=1.0,
        slice_thickness_mm=3.0,
        parallel_factor=2.0,
        coil="SENSE-Breast-4",
        contrast_agent="gadobutrol",
        contrast_route="intravenous",
    )


@pytest.mark.parametrize(
    "value", ["inf", "-inf", "nan", "1e400", "-8.2", "0", "8.2 ms", "", "Xylander", "9" * 10_000]
)
def test_a_number_that_is_none_is_not_stated(value):
    found = protocol_from(dict.fromkeys(TYPICAL, value))
    assert {k for k, v in found.model_dump().items() if isinstance(v, (int, float))} == set()
    assert tesla(value) is None


@pytest.mark.parametrize("value", [True, 10**400, float("nan"), [[8.2]], [], {}, b"\xff", object(), "8.2\\9"])
def test_values_of_any_type(value):
    found = protocol_from({"RepetitionTime": value, "ScanOptions": value, "SequenceName": value})
    assert found.repetition_ms == (8.2 if value == "8.2\\9" else None)
    assert set(found.scan_options) <= {OTHER}


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("RepetitionTime", "DS", b"8,2 "),
        ("RepetitionTime", "US", b"\x01"),
        ("EchoTrainLength", "IS", b"one "),
        ("FlipAngle", "SQ", b"abcd"),
        ("ScanOptions", "FD", b"\x00" * 7 + b"\x01"),
        ("SequenceName", "SH", b"\xff\xfe\x00 " * 2500),
        ("ContrastBolusAgentSequence", "LO", b"Magnevist "),
        ("SharedFunctionalGroupsSequence", "UN", b"\xfe\xff\x00\xe0\xff\xff"),
    ],
)
def test_a_malformed_element_is_absent_and_the_others_stay(tmp_path, keyword, vr, value):
    found = raw(tmp_path, keyword, vr, value)
    assert found.echo_ms == 4.2
    assert found.repetition_ms == (None if keyword == "RepetitionTime" else 8.2)
    assert found.echo_train is None
    assert found.sequence_name == (NOT_SHOWN if keyword == "SequenceName" else "3dfgre")


@pytest.mark.parametrize(
    "text", ["Xylander", "Doe^Jane", "L 19470511", "11 05 47", "M\u00fcller coil", "x" * 10_000]
)
def test_text_that_may_name_someone_is_stated_and_not_shown(text):
    found = protocol_from({k: text for k in TYPICAL if k not in ("MRAcquisitionType",)})
    assert found.sequence_name == found.coil == NOT_SHOWN
    assert found.contrast_agent == found.contrast_route == NOT_SHOWN
    assert found.scanning_sequence == found.sequence_variant == found.scan_options == (OTHER,)
    assert not any(part in str(found) for part in ("Xyl", "Doe", "1947", "ller", "xxx"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MAGNEVIST", "gadopentetate"),
        ("Gd-DTPA", "gadopentetate"),
        ("Gd-DTPA-BMA", "gadodiamide"),
        ("gadoterate meglumine (Dotarem)", "gadoterate"),
        ("ProHance 0.1 mmol/kg", "gadoteridol"),
        ("Gadovist", "gadobutrol"),
        ("MultiHance", "gadobenate"),
        ("OPTIMARK", "gadoversetamide"),
        ("Gadopiclenol", "gadopiclenol"),
        ("GD", UNNAMED),
        ("GADOLINIUM", UNNAMED),
        ("NONE", ""),
        ("", ""),
        ("given by sister Xylander", NOT_SHOWN),
    ],
)
def test_agents_by_name(text, name):
    assert generic_agent(text) == name
    assert generic_agent(generic_agent(text)) == name


@pytest.mark.parametrize(
    ("text", "route"),
    [("IV", "intravenous"), ("I.V.", "intravenous"), ("Intravenous route", "intravenous"), ("none", ""),
     ("Xylander", NOT_SHOWN)],
)  # fmt: skip
def test_routes(text, route):
    assert generic_route(text) == route


def test_fat_suppression_is_told_only_where_the_files_tell_it():
    def fat(options=None, selected=None):
        return protocol_from(
            {"ScanOptions": options, "SpectrallySelectedSuppression": selected}
        ).fat_suppression

    assert fat("FS") == fat("NPW\\FS") == fat(None, "FAT") == fat("NPW", "FAT AND WATER") == FAT_SUPPRESSED
    assert fat("NPW") == fat(None, "NONE") == NOT_FAT_SUPPRESSED
    assert fat() == fat("") == fat("NPW\\SPAIR") == fat("WE") == fat("SAT_GEMS") == ""
    assert fat("SPAIR", "NONE") == NOT_FAT_SUPPRESSED


@pytest.mark.parametrize(
    ("value", "field"),
    [("1.5", 1.5), (3, 3.0), ("15000", 1.5), (30000.0, 3.0), (0, None), (-3, None), (99, None)],
)
def test_field_strength_in_tesla_and_gauss(value, field):
    assert tesla(value) == field


def test_no_phases_state_nothing():
    assert protocol_of_phases([]) == Protocol()


@pytest.mark.parametrize(
    ("first", "second", "differences"),
    [
        ({"flip_degrees": 10.0}, {"flip_degrees": 20.0}, ("flip angle 10, 20, 10 degrees",)),
        ({"repetition_ms": 5.0}, {"repetition_ms": 5.049}, ()),
        ({"repetition_ms": 5.0}, {"repetition_ms": 5.06}, ("repetition time 5, 5.06, 5 ms",)),
        ({"echo_ms": 2.0}, {"echo_ms": None}, ()),
        ({"echo_ms": None}, {"echo_ms": 2.0}, ()),
        ({"inversion_ms": 10.0}, {"inversion_ms": 20.0}, ("inversion time 10, 20, 10 ms",)),
        (
            {"scanning_sequence": ("GR",)},
            {"scanning_sequence": ("SE", "IR")},
            ("scanning sequence GR, SE+IR, GR",),
        ),
        ({"acquisition_type": "3D"}, {"acquisition_type": ""}, ()),
        ({"acquisition_type": "3D"}, {"acquisition_type": "2D"}, ("acquisition type 3D, 2D, 3D",)),
        ({"coil": "breast", "averages": 1.0}, {"coil": "body", "averages": 2.0}, ()),
        (
            {"flip_degrees": 10.0, "fat_suppression": FAT_SUPPRESSED},
            {"flip_degrees": 5.0, "fat_suppression": NOT_FAT_SUPPRESSED},
            (
                "flip angle 10, 5, 10 degrees",
                f"fat suppression {FAT_SUPPRESSED}, {NOT_FAT_SUPPRESSED}, {FAT_SUPPRESSED}",
            ),
        ),
    ],
)
def test_what_the_phases_do_not_have_in_common_is_told_where_the_signal_depends_on_it(
    first, second, differences
):
    phases = [Protocol(**first), Protocol(**second), Protocol(**first)]
    assert protocol_of_phases(phases).differences == differences


def test_a_value_that_one_phase_lacks_is_called_so():
    phases = [Protocol(echo_ms=2.0), Protocol(), Protocol(echo_ms=4.0)]
    assert protocol_of_phases(phases).differences == ("echo time 2, not stated, 4 ms",)


def nifti(root, sidecar, names):
    for n, (frame, name) in enumerate(zip(values(), names, strict=True)):
        own = {**sidecar, "time_s_after_injection": TIMES[n]}
        write_volume(root / name, Volume(frame.astype(np.float32), sagittal()), sidecar=own)


def test_sidecars_of_bids(tmp_path):
    folder = "sub-01/dce/sub-01_phase-"
    nifti(tmp_path, SIDECAR, [f"{folder}{n}_T1w.nii" for n in range(3)])
    exam = read_exam(tmp_path)
    assert exam.protocol == EXPECTED
    assert (exam.manufacturer, exam.scanner_model, exam.field_strength_t) == ("SIEMENS", "Avanto", 1.5)
    (found,) = inspect_path(tmp_path)["exams"]
    assert found["protocol"]["repetition_ms"] == 8.2


def test_sidecars_without_names_of_bids(tmp_path):
    nifti(tmp_path, {}, [f"case_000{n}.nii" for n in range(3)])
    for path in tmp_path.glob("*.json"):
        path.unlink()
    (tmp_path / "case.json").write_text(json.dumps({**SIDECAR, "times_s": TIMES}))
    exam = read_exam(tmp_path)
    assert exam.protocol == EXPECTED
    assert exam.field_strength_t == 1.5


@pytest.mark.parametrize(
    ("fields", "repetition"),
    [
        ({"RepetitionTime": 90}, None),
        ({"RepetitionTime": 90, "RepetitionTimeExcitation": 0.0055}, 5.5),
        ({"RepetitionTime": 0.0055}, 5.5),
        ({"EchoTime": "0.0042", "RepetitionTimeExcitation": "0.0055"}, None),
    ],
)
def test_the_repetition_of_volumes_is_not_that_of_the_sequence(tmp_path, fields, repetition):
    folder = "sub-01/dce/sub-01_phase-"
    nifti(tmp_path, {}, [f"{folder}{n}_T1w.nii" for n in range(3)])
    path = tmp_path / f"{folder}0_T1w.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
    assert read_exam(tmp_path).protocol.repetition_ms == repetition


@pytest.mark.parametrize(
    "stated",
    [
        TYPICAL,
        SILENT,
        {**TYPICAL, "ScanOptions": None},
        {
            **TYPICAL,
            "ScanOptions": "XYLANDER",
            "ContrastBolusAgent": "Xylander",
            "ReceiveCoilName": "Xylander",
        },
        {**TYPICAL, "ContrastBolusAgent": "GADOLINIUM", "ManufacturerModelName": "GENESIS_SIGNA"},
        {**TYPICAL, "RepetitionTime": "7.123456", "EchoTime": "1.05", "InversionTime": "0.7"},
    ],
)
def test_an_export_keeps_the_protocol(tmp_path, stated):
    exam_with_lesion(tmp_path / "exam", **stated)
    request = Request(exam=tmp_path / "exam")
    first = measure(request)
    write_forms(first, Names(tmp_path / "out", "case", "T1"), Forms.chosen(nifti=True), request)
    before, after = first.exam, read_exam(tmp_path / "out")
    assert after.protocol == before.protocol
    for name in ("manufacturer", "scanner_model", "field_strength_t"):
        assert getattr(after, name) == getattr(before, name)
