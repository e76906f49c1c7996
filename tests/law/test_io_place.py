"""Laws of place: whatever the orientation, spacing and order of files, voxels stay where they were."""

from __future__ import annotations

import random
import shutil

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.io_exams import ExamMaker, values

from kinephen.core.volume import Geometry, Mask, Volume
from kinephen.io.dicom_phases import split_series
from kinephen.io.dicom_scan import scan_folder
from kinephen.io.exam import read_exam
from kinephen.io.nifti import align, read_volume, write_mask, write_volume
from kinephen.io.segmentation import read_mask

SHAPE = (4, 5, 6)
spacings = st.tuples(*[st.floats(0.3, 4.0).map(lambda v: round(v, 3))] * 3)


@st.composite
def grids(draw, *, handed=True):
    """Any rotated grid; left-handed ones too, as scanners number slices either way."""
    turn = Rotation.from_euler("xyz", draw(st.tuples(*[st.floats(-180, 180)] * 3)), degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = turn * draw(spacings)
    if handed and draw(st.booleans()):
        affine[:3, 0] *= -1
    affine[:3, 3] = draw(st.tuples(*[st.floats(-300, 300)] * 3))
    return Geometry(SHAPE, affine)


law = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fresh(factory, name):
    root = factory.getbasetemp() / name
    shutil.rmtree(root, ignore_errors=True)
    return root


@law
@given(geometry=grids(), backwards=st.booleans(), reverse=st.sets(st.integers(0, 2)))
def test_an_exam_on_any_grid_comes_back(tmp_path_factory, geometry, backwards, reverse):
    root = fresh(tmp_path_factory, "any")
    frames = values(3, SHAPE)
    ExamMaker(root, geometry).series(frames, 2, reverse=reverse)
    series = read_exam(root).series
    # The direction of the slices follows the first phase's numbers.
    expected = frames[:, ::-1] if 0 in reverse else frames
    assert np.array_equal(series.frames, expected)
    first = (geometry.affine @ [SHAPE[0] - 1 if 0 in reverse else 0, 0, 0, 1])[:3]
    assert np.allclose(series.geometry.affine[:3, 3], first, atol=1e-4)
    assert np.allclose(series.geometry.affine[:3, 1:3], geometry.affine[:3, 1:3], atol=1e-5)


@law
@given(geometry=grids(), binary=st.booleans(), seed=st.integers(0, 999))
def test_a_segmentation_on_any_grid_lands_where_it_was_drawn(tmp_path_factory, geometry, binary, seed):
    root = fresh(tmp_path_factory, "seg")
    mask = np.random.default_rng(seed).random(SHAPE) > 0.7
    path = ExamMaker(root, geometry).segmentation(mask, 3, binary=binary, reverse=bool(seed % 2))
    assert np.array_equal(read_mask(path, geometry).array, mask)


@law
@given(geometry=grids(), seed=st.integers(0, 999))
def test_nifti_on_any_grid_comes_back(tmp_path_factory, geometry, seed):
    root = fresh(tmp_path_factory, "nii")
    rng = np.random.default_rng(seed)
    volume = Volume(rng.normal(size=SHAPE).astype(np.float32), geometry)
    write_volume(root / "v.nii", volume)
    back = read_volume(root / "v.nii")
    assert np.array_equal(back.array, volume.array)
    assert np.allclose(back.geometry.affine, geometry.affine, atol=1e-3)
    mask = Mask(rng.random(SHAPE) > 0.5, geometry)
    write_mask(root / "m.nii.gz", mask)
    assert np.array_equal(read_mask(root / "m.nii.gz", geometry).array, mask.array)


@given(
    geometry=grids(),
    axes=st.permutations([0, 1, 2]),
    flips=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_permuted_and_mirrored_axes_are_undone(geometry, axes, flips):
    array = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    turned = array.transpose(axes)
    affine = np.eye(4)
    affine[:3, :3] = geometry.affine[:3, list(axes)]
    affine[:3, 3] = geometry.affine[:3, 3]
    for axis, flip in enumerate(flips):
        if flip:
            turned = np.flip(turned, axis)
            affine[:3, 3] += affine[:3, axis] * (turned.shape[axis] - 1)
            affine[:3, axis] *= -1
    assert np.array_equal(align(turned, Geometry(turned.shape, affine), geometry), array)


def test_the_order_of_files_does_not_matter(tmp_path):
    ExamMaker(tmp_path).series(values(), 2, reverse=(1,))
    headers = list(scan_folder(tmp_path).headers)
    first = split_series(headers, where="")
    for seed in range(5):
        random.Random(seed).shuffle(headers)
        again = split_series(headers, where="")
        assert [[h.uid for h in p.slices] for p in again.phases] == [
            [h.uid for h in p.slices] for p in first.phases
        ]
