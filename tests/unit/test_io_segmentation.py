"""Masks from DICOM segmentations and NIfTI files land on the right voxels or are refused."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from tests.io_exams import SHAPE, ExamMaker, sagittal

from kinephen.core.volume import Geometry, Mask, Volume
from kinephen.errors import InputError
from kinephen.io.nifti import nifti_affine, read_volume, write_mask, write_volume
from kinephen.io.segmentation import read_mask


def blob(shape=SHAPE) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[1:4, 2:7, 3:5] = True
    mask[2, 0, 8] = True
    return mask


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_segmentation_lands_by_position(tmp_path, binary, reverse):
    maker = ExamMaker(tmp_path)
    path = maker.segmentation(blob(), 9, binary=binary, reverse=reverse)
    mask = read_mask(path, maker.geometry)
    assert np.array_equal(mask.array, blob())
    assert mask.source == "DICOM segmentation"


def test_segmentation_on_a_grid_that_runs_the_other_way(tmp_path):
    maker = ExamMaker(tmp_path)
    path = maker.segmentation(blob(), 9)
    turned = sagittal(x0=57.8 - 12.0, step=2.0)
    assert np.array_equal(read_mask(path, turned).array, blob()[::-1])


@pytest.mark.parametrize("binary", [False, True])
def test_blank_one_frame_segmentation_is_an_empty_mask(tmp_path, binary):
    maker = ExamMaker(tmp_path)
    path = maker.segmentation(np.zeros(SHAPE, dtype=bool), 9, binary=binary)
    assert read_mask(path, maker.geometry).voxels == 0


def test_fractions_from_half_on_are_inside(tmp_path):
    maker = ExamMaker(tmp_path)

    def halves(data):
        values = np.frombuffer(data.PixelData, dtype=np.uint8).copy()[: 3 * 72]
        values[values > 0] = np.where(np.arange((values > 0).sum()) % 2, 128, 127)
        data.PixelData = values.tobytes()

    mask = read_mask(maker.segmentation(blob(), 9, edit=halves), maker.geometry)
    assert mask.voxels == blob().sum() // 2


@pytest.mark.parametrize(
    ("grid", "text"),
    [
        (sagittal(x0=58.8), "off the nearest voxel"),
        (sagittal(x0=45.8), "outside the grid"),
        (sagittal(step=-2.5), "off the nearest voxel"),
    ],
)
def test_segmentation_on_another_grid_is_refused(tmp_path, grid, text):
    maker = ExamMaker(tmp_path)
    path = maker.segmentation(blob(), 9)
    with pytest.raises(InputError, match=text) as error:
        read_mask(path, grid)
    assert error.value.code == "geometry.mismatch"
    assert "nearest neighbour" in error.value.hint


def test_segmentation_of_another_spacing_is_refused(tmp_path):
    maker = ExamMaker(tmp_path)
    path = maker.segmentation(blob(), 9)
    affine = maker.geometry.affine.copy()
    affine[:3, 2] *= 2
    with pytest.raises(InputError, match="pixel spacing"):
        read_mask(path, Geometry(SHAPE, affine))


def test_several_segments_ask_for_one(tmp_path):
    from pydicom import Dataset

    maker = ExamMaker(tmp_path)

    def second(data):
        item = Dataset()
        item.SegmentNumber = 2
        data.SegmentSequence.append(item)

    path = maker.segmentation(blob(), 9, edit=second)
    with pytest.raises(InputError, match="segments found: 1, 2; wanted: one") as error:
        read_mask(path, maker.geometry)
    assert error.value.code == "mask.segments"
    assert np.array_equal(read_mask(path, maker.geometry, segment=1).array, blob())
    assert read_mask(path, maker.geometry, segment=2).voxels == 0


def test_mask_that_is_no_segmentation(tmp_path):
    maker = ExamMaker(tmp_path)
    maker.series(np.ones((1, *SHAPE), dtype=np.int32), 3)
    image = next(tmp_path.rglob("*.dcm"))
    with pytest.raises(InputError, match="not a segmentation"):
        read_mask(image, maker.geometry)
    text = tmp_path / "mask.dcm"
    text.write_text("not a mask")
    with pytest.raises(InputError, match="neither NIfTI nor DICOM"):
        read_mask(text, maker.geometry)
    with pytest.raises(InputError, match="no such file"):
        read_mask(tmp_path / "absent.dcm", maker.geometry)


def test_damaged_segmentation(tmp_path):
    maker = ExamMaker(tmp_path)
    path = maker.segmentation(blob(), 9, edit=lambda d: d.pop("PerFrameFunctionalGroupsSequence"))
    with pytest.raises(InputError, match="damaged or incomplete") as error:
        read_mask(path, maker.geometry)
    assert error.value.code == "mask.format"


def test_volume_comes_back_as_written(tmp_path):
    geometry = sagittal()
    volume = Volume(np.random.default_rng(3).normal(size=SHAPE).astype(np.float32), geometry, "1/min")
    path = tmp_path / "deep" / "map.nii.gz"
    write_volume(path, volume, sidecar={"variant": "paper", "undefined": float("nan")})
    back = read_volume(path)
    assert np.array_equal(back.array, volume.array)
    assert back.geometry.difference(geometry) == ""
    image = nibabel.load(path)
    assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-5)
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (1, 1)
    text = (tmp_path / "deep" / "map.json").read_text()
    assert '"unit": "1/min"' in text
    assert '"undefined": null' in text
    assert sorted(p.name for p in path.parent.iterdir()) == ["map.json", "map.nii.gz"]


def test_nifti_place_is_right_anterior_superior(tmp_path):
    geometry = sagittal()
    write_volume(tmp_path / "v.nii", Volume(np.zeros(SHAPE, dtype=np.float32), geometry))
    affine = nibabel.load(tmp_path / "v.nii").affine
    lps = geometry.affine @ [1, 2, 3, 1]
    assert np.allclose(affine @ [3, 2, 1, 1], [-lps[0], -lps[1], lps[2], 1], atol=1e-4)


def test_mask_is_uint8_of_zero_and_one(tmp_path):
    geometry = sagittal()
    path = tmp_path / "mask.nii.gz"
    write_mask(path, Mask(blob(), geometry, source="ftv"))
    image = nibabel.load(path)
    assert image.get_data_dtype() == np.uint8
    assert set(np.unique(np.asarray(image.dataobj))) == {0, 1}
    assert '"voxels": 31' in (tmp_path / "mask.json").read_text()
    assert np.array_equal(read_mask(path, geometry).array, blob())


def test_same_bytes_for_the_same_mask(tmp_path):
    for name in ("a", "b"):
        write_mask(tmp_path / name / "mask.nii.gz", Mask(blob(), sagittal()))
    assert (tmp_path / "a/mask.nii.gz").read_bytes() == (tmp_path / "b/mask.nii.gz").read_bytes()


def test_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match=r"must end in \.nii"):
        write_mask(tmp_path / "mask.nrrd", Mask(blob(), sagittal()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("codes", ["RAS", "LPS", "PIL", "ASR", "SRP"])
def test_mask_saved_by_a_tool_in_another_axis_order(tmp_path, codes):
    geometry = sagittal()
    image = nibabel.Nifti1Image(blob().transpose(2, 1, 0).astype(np.uint8) * 255, nifti_affine(geometry))
    target = nibabel.orientations.axcodes2ornt(codes)
    turned = image.as_reoriented(
        nibabel.orientations.ornt_transform(nibabel.orientations.io_orientation(image.affine), target)
    )
    path = tmp_path / "mask.nii.gz"
    nibabel.save(turned, path)
    assert np.array_equal(read_mask(path, geometry).array, blob())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda a: a @ np.diag([1, 1, 2, 1]), "spacing"),
        (lambda a: a + _shift(0.7), "origin"),
    ],
)
def test_nifti_mask_on_another_grid_is_refused(tmp_path, change, text):
    geometry = sagittal()
    path = tmp_path / "mask.nii.gz"
    write_mask(path, Mask(blob(), geometry))
    with pytest.raises(InputError, match=text) as error:
        read_mask(path, Geometry(SHAPE, change(geometry.affine)))
    assert error.value.code == "geometry.mismatch"


def _shift(mm):
    move = np.zeros((4, 4))
    move[0, 3] = mm
    return move


def test_nifti_mask_of_another_shape_is_refused(tmp_path):
    path = tmp_path / "mask.nii.gz"
    write_mask(path, Mask(blob(), sagittal()))
    with pytest.raises(InputError, match=r"shape \(7, 8, 9\) against \(6, 8, 9\)"):
        read_mask(path, sagittal((6, 8, 9)))


def test_nifti_labels(tmp_path):
    geometry = sagittal()
    labels = blob().astype(np.float32)
    labels[2] *= 2
    path = tmp_path / "labels.nii.gz"
    write_volume(path, Volume(labels, geometry))
    with pytest.raises(InputError, match=r"several labels \(1, 2\)"):
        read_mask(path, geometry)
    assert np.array_equal(read_mask(path, geometry, segment=2).array, labels == 2)
    write_volume(path, Volume(labels / 4, geometry))
    with pytest.raises(InputError, match="whole numbers"):
        read_mask(path, geometry)


def test_empty_nifti_mask_is_a_result(tmp_path):
    path = tmp_path / "mask.nii"
    write_mask(path, Mask(np.zeros(SHAPE, dtype=bool), sagittal()))
    assert read_mask(path, sagittal()).voxels == 0


def test_nifti_without_a_place_is_refused(tmp_path):
    image = nibabel.Nifti1Image(np.zeros((3, 4, 5), dtype=np.uint8), None)
    nibabel.save(image, tmp_path / "m.nii")
    with pytest.raises(InputError, match="where it lies in the patient") as error:
        read_mask(tmp_path / "m.nii", sagittal())
    assert error.value.code == "nifti.place"


def test_damaged_nifti(tmp_path):
    path = tmp_path / "mask.nii.gz"
    write_mask(path, Mask(np.random.default_rng(1).random(SHAPE) > 0.5, sagittal()))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a readable NIfTI|end early") as error:
        read_mask(path, sagittal())
    assert error.value.code == "nifti.unreadable"
