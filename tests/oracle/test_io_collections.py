"""What the index of both public collections shows, played through: every pattern of series, every threshold.

Source: Imaging Data Commons index v25 (idc-index-data), collections ispy1
(doi 10.7937/K9/TCIA.2016.HDHPGJLK) and breast_mri_nact_pilot (doi 10.7937/K9/TCIA.2016.QHSYHJKY), CC BY 3.0.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from tests.io_exams import ExamMaker, private_header, sagittal, values

from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.exam import read_exam
from kinephen.io.thresholds import site_threshold

SHAPE = (3, 4, 5)
DECOY = re.compile(r"sub|su\d|pass|non fat|no fat|axial|tra |ce\d|flash", re.IGNORECASE)
PASTED = "Bind("
"""The one exam whose names tell nothing: it has to be refused."""


def test_thresholds_by_scanner_and_name(reference):
    table = pd.read_csv(reference("data/idc/pe_thresholds.csv"), keep_default_na=False)
    best = table.sort_values("exams").groupby(["collection", "manufacturer", "dce_description"]).last()
    assert len(best) > 60
    for (collection, maker, description), row in best.iterrows():
        name = "" if description == "(empty)" else description
        short = "pilot" if "nact" in collection else "ispy1"
        assert site_threshold(short, maker, name) == row["pe_threshold"], (collection, maker, description)


def axial() -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = [[0, 0, 0.7], [0, 0.7, 0], [3.0, 0, 0]]
    return Geometry(SHAPE, affine)


def grid(name):
    if re.search(r"axial|tra ", name, re.IGNORECASE):
        return axial()
    return sagittal(SHAPE, x0=-40.0) if re.search(r"right", name, re.IGNORECASE) else sagittal(SHAPE)


def play(root, maker, pattern):
    """Write the series of one pattern; return the frames that are no decoys, by series number."""
    frames = {}
    parts = [p.rsplit(" *", 1) for p in pattern.split(" | ")]
    clock = -400.0
    for number, (name, count) in enumerate(parts, start=4):
        n = int(count)
        if n == 0:
            continue
        exam = ExamMaker(root, grid(name), maker=maker)
        written = values(n, SHAPE, seed=number)
        plain = {"ScanOptions": ["NPW"]} if re.search("non? fat", name, re.IGNORECASE) else {}
        starts = [clock + 100.0 * i for i in range(n)]
        exam.series(written, number, name, starts=starts, key="AcquisitionTime", overrides=plain)
        clock = starts[-1] + 100.0
        if not DECOY.search(name):
            frames[number] = written
    first = "" if parts[0][0] == "(empty)" else parts[0][0]
    on = grid(first if first else parts[1][0])
    exam = ExamMaker(root, on, maker=maker)
    exam.ser_map(None, 41000, first, private=private_header(times=None))
    return frames


def test_split_exams_find_their_posts_and_no_decoy(reference, tmp_path):
    table = pd.read_csv(reference("data/idc/split_exam_patterns.csv"))
    for i, row in enumerate(table.itertuples()):
        root = tmp_path / str(i)
        frames = play(root, row.manufacturer, row.pattern)
        if row.pattern.startswith(PASTED):
            with pytest.raises(InputError, match="several series could be meant"):
                read_exam(root)
            continue
        series = read_exam(root).series
        known = [f for own in frames.values() for f in own]
        for frame in series.frames:
            assert any(np.array_equal(frame, k) for k in known), row.pattern
        assert series.n_phases >= 3
        assert np.array_equal(
            series.frames[0], known[0] if "(empty)" not in row.pattern else series.frames[0]
        )


def test_series_of_one_name_in_all_proportions(reference, tmp_path):
    """Each distinct set of sizes of the named series, with the number that the map points to."""
    exams = pd.read_csv(reference("data/idc/exams.csv"), keep_default_na=False)
    exams = exams[(exams["n_slices"] != "") & (exams["n_source"].replace("", "0").astype(int) > 1)]
    seen = set()
    for row in exams.itertuples():
        sizes = [int(v) / float(row.n_slices) for v in row.source_instances.split(";")]
        numbers = [int(v) for v in row.source_numbers.split(";")]
        sref = int(float(row.sref)) if row.sref else 0
        place = next((i for i, n in enumerate(numbers) if sref in (n, n // 100)), -1)
        if sum(int(s) for s in sizes) < 3:
            continue
        key = (row.manufacturer, tuple(round(s, 2) for s in sizes), place)
        if key in seen:
            continue
        seen.add(key)
        check_proportions(tmp_path / str(len(seen)), *key)
    assert len(seen) >= 16


def check_proportions(root, maker, sizes, place):
    clock = -400.0
    written = []
    for i, size in enumerate(sizes):
        n = int(np.ceil(size))
        frames = values(n, SHAPE, seed=i + 1)
        whole = float(size).is_integer()
        keep = (lambda p, k: True) if whole else (lambda p, k, last=n - 1: p < last or k == 0)
        exam = ExamMaker(root, sagittal(SHAPE), maker=maker)
        starts = [clock + 100.0 * j for j in range(n)]
        exam.series(frames, i + 1, "Dynamic", starts=starts, key="AcquisitionTime", keep=keep)
        clock = starts[-1] + 100.0
        written.append(frames if whole else frames[:0])
    ExamMaker(root, sagittal(SHAPE), maker=maker).ser_map(
        None, (place + 1) * 10000 + 1000, "Dynamic", private=private_header(times=None)
    )
    expected = np.concatenate(written)
    if place >= 0 and len(written[place]) >= 3:
        expected = written[place]
    if len(expected) < 3:
        return
    assert np.array_equal(read_exam(root).series.frames, expected), (maker, sizes, place)
