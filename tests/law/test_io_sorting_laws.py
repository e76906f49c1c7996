"""Laws of sorting images: places and names of files tell nothing, other images change nothing."""

from __future__ import annotations

import random
import tempfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from tests.io_exams import STARTS, ExamMaker, sagittal, values

from kinephen.io.exam import read_exam

SHAPE = (4, 5, 6)
LAYOUTS = ("one series", "one series a phase", "Dixon", "enhancement maps")
OTHERS = {
    "subtraction": ["DERIVED", "PRIMARY", "M", "SUB"],
    "projection": ["DERIVED", "SECONDARY", "PROJECTION IMAGE", "MIP"],
    "reformat": ["DERIVED", "SECONDARY", "MPR", "CSA PARALLEL"],
    "map": ["DERIVED", "PRIMARY", "PERFUSION", "ADC"],
    "phase image": ["ORIGINAL", "PRIMARY", "P", "ND"],
    "localizer": ["ORIGINAL", "PRIMARY", "LOCALIZER"],
    "derived": ["DERIVED", "SECONDARY"],
    "fat": ["DERIVED", "PRIMARY", "DIXON", "FAT"],
}


class Written:
    """Files of an exam, and of images that are no phases, by kind."""

    def __init__(self, root: Path, layout: str) -> None:
        self.frames = values(3, SHAPE)
        maker = ExamMaker(root / "exam", sagittal(SHAPE))
        part = {"ImageType": ["DERIVED", "PRIMARY", "DIXON", "WATER"]} if layout == "Dixon" else {}
        apart = layout == "one series a phase"
        uids = []
        for p in range(3):
            uids += maker.series(
                self.frames[p : p + 1],
                2 + p * apart,
                starts=STARTS[p : p + 1],
                key="AcquisitionTime",
                overrides=part,
                first=p,
            )
        if layout == "enhancement maps":
            maker.ser_map(uids, 21000, "Dynamic-3dfgre")
        self.exam = read_files(root / "exam")
        self.others: dict[str, list[bytes]] = {}
        for i, (name, image_type) in enumerate(OTHERS.items()):
            maker.root = root / name
            for number in (2, 50 + i):
                maker.series(
                    values(2, SHAPE, seed=10 + i),
                    number,
                    starts=(STARTS[1], 900.0 + i),
                    key="AcquisitionTime",
                    overrides={"ImageType": image_type},
                    first=100 + 10 * i,
                )
            self.others[name] = read_files(root / name)
        maker.root = root / "sent twice"
        self.others["sent twice"] = [renamed(c) for c in self.exam if b": SER" not in c]


def read_files(folder: Path) -> list[bytes]:
    return [p.read_bytes() for p in sorted(folder.rglob("*.dcm"))]


def renamed(content: bytes) -> bytes:
    """Return a DICOM object under another SOP instance UID."""
    data = dcmread(BytesIO(content))
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"1.2.{zlib.crc32(content)}"
    out = BytesIO()
    data.save_as(out)
    return out.getvalue()


@pytest.fixture(scope="module", params=LAYOUTS)
def written(request, tmp_path_factory):
    return Written(tmp_path_factory.mktemp("layout"), request.param)


def scatter(root: Path, contents: list[bytes], rng: random.Random) -> None:
    """Write files in any order, under any names, in folders of any depth."""
    for i in rng.sample(range(len(contents)), len(contents)):
        folder = root.joinpath(*[rng.choice("abc") for _ in range(rng.randrange(4))])
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{rng.randrange(10**6)}{i}{rng.choice(['', '.dcm', '.IMA', '.1'])}"
        (folder / name).write_bytes(contents[i])


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32), chosen=st.sets(st.sampled_from(sorted([*OTHERS, "sent twice"]))))
def test_names_places_and_other_images_do_not_change_an_exam(written, seed, chosen):
    rng = random.Random(seed)
    extra = [content for name in sorted(chosen) for content in written.others[name]]
    with tempfile.TemporaryDirectory() as folder:
        scatter(Path(folder), written.exam + extra, rng)
        exam = read_exam(Path(folder))
    assert np.array_equal(exam.series.frames, written.frames)
    left = sum(i.count for i in exam.issues if i.where == "phases" and i.level in ("note", "warning"))
    assert left == len(extra)
