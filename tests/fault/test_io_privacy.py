"""What identifies a patient stays in the files: a planted name, birth date and address never come out."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.datadict import dictionary_has_tag
from tests.io_exams import ExamMaker, ge_exam

from kinephen.errors import InputError
from kinephen.io.contrast_agents import NOT_SHOWN
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.privacy import shown
from kinephen.io.tables import read_clinical
from kinephen.records.protocol import OTHER

NAME, BORN, STREET = "Xylander", "19470511", "Quuxgasse"
TEXT_VRS = {"LO": 64, "SH": 16, "ST": 200, "LT": 200, "PN": 64, "UT": 200}
KEPT = {"SOPClassUID", "SeriesInstanceUID", "StudyInstanceUID", "Modality"}
MORE = [
    "PatientName",
    "PatientID",
    "PatientAddress",
    "OtherPatientNames",
    "PatientComments",
    "ReferringPhysicianName",
    "StudyDescription",
    "ProtocolName",
    "ImageComments",
    "InstitutionName",
    "InstitutionAddress",
    "OperatorsName",
    "ClinicalTrialTimePointID",
    "ClinicalTrialTimePointDescription",
    "ClinicalTrialSubjectID",
    "AccessionNumber",
    "ContrastBolusAgent",
    "ContrastBolusRoute",
    "ReceiveCoilName",
    "SequenceName",
    "PulseSequenceName",
]
CODES = ["ScanningSequence", "SequenceVariant", "ScanOptions", "MRAcquisitionType", "ContrastBolusIngredient"]


def plant(root):
    """Put the identity into every text element of every object, and into the names of files and folders."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, path in enumerate(sorted(root.rglob("*.dcm"))):
            data = dcmread(path)
            for keyword in MORE:
                setattr(data, keyword, "")
            data.PatientBirthDate = BORN
            for keyword in CODES:
                setattr(data, keyword, ["FS", f"FS_{NAME.upper()}", NAME.upper(), BORN, STREET.upper()])
            for element in data.iterall():
                if element.VR in TEXT_VRS and dictionary_has_tag(element.tag) and element.keyword not in KEPT:
                    planted = f"{NAME} {BORN} {STREET} 7 {element.value}"[-TEXT_VRS[element.VR] :]
                    element.value = f"{NAME} {BORN}"[:16] if element.VR == "SH" else planted
            data.save_as(path)
            target = path.with_name(f"{NAME}_{BORN}_{i}.dcm")
            path.rename(target)


def assert_silent(text):
    for part in (NAME, NAME.upper(), NAME.lower(), BORN, STREET, STREET.upper()):
        assert part not in text


@pytest.fixture
def planted(tmp_path):
    root = tmp_path / f"{NAME}^{BORN}"
    maker, _, uids = ge_exam(root)
    mask = np.zeros(maker.geometry.shape, dtype=bool)
    mask[2:4, 2:4, 2:4] = True
    maker.segmentation(mask, 22101, sources=uids[0])
    plant(root)
    return root


def test_inspect_and_issues(planted, caplog):
    with caplog.at_level(logging.DEBUG):
        found = inspect_path(planted)
        exam = read_exam(planted)
    assert_silent(json.dumps(found))
    assert_silent(" ".join(i.message + i.where for i in exam.issues))
    assert_silent(caplog.text)
    assert_silent(exam.visit_label + exam.manufacturer)
    assert_silent(str(exam.protocol))
    texts = (exam.protocol.contrast_agent, exam.protocol.contrast_route, exam.protocol.coil)
    assert {*texts, exam.protocol.sequence_name} == {NOT_SHOWN}
    assert exam.protocol.scan_options == ("FS", OTHER)
    assert_silent(exam.series.phase_rule + exam.series.timing_rule + json.dumps(exam.series.header.sources))


def test_verbatim_shows_them_because_the_user_asked(planted):
    assert NAME in json.dumps(inspect_path(planted, verbatim=True))


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_command(planted, options):
    done = subprocess.run(
        [sys.executable, "-m", "kinephen.cli.app", "inspect", planted.name, *options],
        capture_output=True,
        text=True,
        cwd=planted.parent,
        timeout=120,
    )
    assert done.returncode == 0
    assert_silent(done.stdout + done.stderr)


def damages():
    def drop(root):
        next(root.glob("s2*/*.dcm")).unlink()

    def truncate(root):
        path = next(root.glob("s2*/*.dcm"))
        path.write_bytes(path.read_bytes()[:-100])

    def second_study(root):
        ExamMaker(root / NAME).series(np.ones((3, 7, 8, 9), dtype=np.int32), 5)

    def no_images(root):
        for path in root.rglob("*.dcm"):
            path.write_text(f"{NAME} {BORN}")

    return [drop, truncate, second_study, no_images]


@pytest.mark.parametrize("damage", damages(), ids=lambda d: d.__name__)
def test_errors(planted, damage):
    damage(planted)
    with pytest.raises(InputError) as error:
        read_exam(planted)
    assert_silent(str(error.value) + json.dumps(error.value.to_dict()))
    assert_silent(repr(error.value.__cause__) if damage.__name__ != "no_images" else "")


def test_times_that_are_not_used(planted):
    for path in planted.glob("map*/*.dcm"):
        data = dcmread(path)
        data.add_new(0x01171034, "DS", [1, 3, 2])
        data.save_as(path)
    issues = [i.to_dict() for i in read_exam(planted).issues]
    assert "dicom.recorded_times" in {i["code"] for i in issues}
    assert_silent(json.dumps(issues))


def test_missing_folder_does_not_repeat_its_name(tmp_path):
    for call in (read_exam, inspect_path):
        with pytest.raises(InputError) as error:
            call(tmp_path / f"{NAME}_{BORN}")
        assert_silent(str(error.value))


def test_clinical_errors_repeat_no_cell(tmp_path):
    path = tmp_path / f"{NAME}.csv"
    for row in (f"{NAME},{NAME} {BORN},1,0", f"{NAME},50,{NAME},0", f"{NAME},50,1,{NAME}"):
        path.write_text(f"patient_id,age,rfs_days,rfs_event\n{row}\n")
        with pytest.raises(InputError) as error:
            read_clinical(path)
        assert_silent(str(error.value))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Sagittal-IR_3DFGRE: SER", "Sagittal-IR_3DFGRE: SER"),
        ("ACRIN_6657/FL3D_T1_SAG_CA_", "ACRIN_*/FL3D_T1_SAG_CA_"),
        (f"{NAME} dyn {BORN}", "* dyn *"),
        ("M\u00fcller post", "* post"),
        ("early-treatment", "early-treatment"),
        ("VOI PE Segmentation thresh=70", "VOI PE Segmentation thresh=70"),
        ("J D Doe FL3D", "* D * FL3D"),
        ("", ""),
    ],
)
def test_only_words_of_imaging_are_shown(text, safe):
    assert shown(text) == safe
