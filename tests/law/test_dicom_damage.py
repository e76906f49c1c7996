"""However a DICOM file is damaged, reading ends in an exam, a mask or an error of ours, in little memory."""

from __future__ import annotations

import random
import shutil
import sys
from collections import Counter

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless
from tests.dicom_mutations import damaged
from tests.io_exams import ExamMaker, sagittal, values
from tests.unit.test_io_multiframe import enhanced

from kinephen.errors import KinephenError
from kinephen.io.exam import read_exam
from kinephen.io.segmentation import read_mask

SHAPE = (3, 4, 5)
GRID = sagittal(SHAPE)
MEGABYTE = 1024 * 1024
MOST_MEMORY = 700 * MEGABYTE
KINDS = ("classic", "all", "map", "several frames", "deflated", "runs", "segmentation")


def peak() -> int:
    """The most memory that this process has held, bytes; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Small sound exams by the kind of files that are damaged in them."""
    root = tmp_path_factory.mktemp("sound")
    for kind in KINDS:
        folder = root / kind
        if kind == "several frames":
            enhanced(folder, values(3, SHAPE), slopes=(1.0, 1.0, 1.0))
            continue
        maker = ExamMaker(folder, GRID)
        uids = maker.series(values(3, SHAPE), 2)
        if kind == "map":
            maker.ser_map(uids, 21000, "Dynamic-3dfgre")
        if kind in ("segmentation", "map"):
            maker.segmentation(np.ones(SHAPE, dtype=bool), 5, sources=uids[0])
        for path in folder.rglob("*.dcm") if kind in ("deflated", "runs") else ():
            data = dcmread(path)
            if kind == "runs":
                data.compress(RLELossless, generate_instance_uid=False)
            else:
                data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
            data.save_as(path)
    return root


def targets(folder, kind):
    pattern = {"map": "[ms]*/*.dcm", "segmentation": "seg/*.dcm"}.get(kind, "**/*.dcm")
    return sorted(folder.glob(pattern))


def flipped(content, seed):
    rng = random.Random(seed)
    changed = bytearray(content)
    for _ in range(rng.randint(1, 9)):
        changed[rng.randrange(132, len(changed))] = rng.randrange(256)
    return bytes(changed)


def outcome(sound, work, seed):
    """What becomes of one exam with damaged files: "read", or the code of the error."""
    kind = KINDS[seed % len(KINDS)]
    folder = work / "exam"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound / kind, folder)
    paths = targets(folder, kind)
    for n, path in enumerate(paths if kind == "all" else [paths[seed % len(paths)]]):
        content = path.read_bytes()
        # A deflated body has no elements to take apart: its bytes are changed.
        path.write_bytes(
            flipped(content, seed)
            if kind == "deflated"
            else damaged(content, seed if kind == "all" else seed + n)
        )
    try:
        if kind == "segmentation":
            read_mask(paths[0], GRID)
        exam = read_exam(folder)
    except KinephenError as error:
        return error.code if error.message else ""
    assert np.isfinite(exam.series.frames).all()
    assert np.isfinite(exam.series.geometry.affine).all()
    return "read"


def run(sound, work, seeds):
    before = peak()
    found = Counter(outcome(sound, work, seed) for seed in seeds)
    assert peak() - before < MOST_MEMORY
    return found


def test_damaged_files(sound, tmp_path):
    found = run(sound, tmp_path, range(280))
    assert found["read"] > 40
    assert "" not in found
    assert len(found) > 5


@pytest.mark.parametrize("syntax", ["1.2.5", "1.2.4.70", "1.2.4.80", "1.2.4.90", "1.2.1.99"])
def test_a_header_that_promises_much_takes_no_memory(tmp_path, syntax):
    ExamMaker(tmp_path, GRID).series(values(3, SHAPE), 2)
    for path in tmp_path.rglob("*.dcm"):
        data = dcmread(path)
        data.Rows = data.Columns = 4096
        data.file_meta.TransferSyntaxUID = f"1.2.840.10008.{syntax}"
        if syntax != "1.2.1.99":
            data.PixelData = encapsulate([b"\x02" + b"\0" * 3 + b"\x40" + b"\0" * 75])
            data["PixelData"].is_undefined_length = True
        data.save_as(path)
    before = peak()
    with pytest.raises(KinephenError):
        read_exam(tmp_path)
    assert peak() - before < 100 * MEGABYTE


@pytest.mark.slow
def test_ten_thousand_damaged_files(sound, tmp_path):
    found = run(sound, tmp_path, range(1000, 11_000))
    assert found["read"] > 1000
    assert "" not in found
    assert len(found) > 10
