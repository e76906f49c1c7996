"""NIfTI read exactly: types kept, scales, units, forms that contradict each other, files that lie."""

from __future__ import annotations

import gzip

import nibabel
import numpy as np
import pytest

from kinephen.errors import InputError
from kinephen.io.array_volume import read_array_volume

SHAPE = (9, 8, 7)
AXES = np.diag([1.0, 1.5, 3.0, 1.0])


def save(path, array, *, qform=AXES, sform=AXES, codes=(1, 1), sizes=(1.0, 1.5, 3.0), unit="mm"):
    """Write a file whose two forms and voxel sizes are given on their own."""
    image = nibabel.Nifti1Image(array, None, dtype=array.dtype)
    image.header.set_zooms(sizes)
    image.set_qform(qform, codes[0], update_affine=False)
    image.set_sform(sform, codes[1], update_affine=False)
    image.header.set_zooms(sizes)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)
    return path


def patch(path, offset, *values, kind="<f4"):
    content = bytearray(path.read_bytes())
    new = np.array(values, kind).tobytes()
    content[offset : offset + len(new)] = new
    path.write_bytes(content)
    return path


def values(kind):
    return np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(kind)


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", ">i2", ">f8"])
def test_types_are_kept(tmp_path, kind):
    found = read_array_volume(save(tmp_path / "a.nii.gz", values(kind)))
    assert found.array.dtype == np.dtype(kind).newbyteorder("=")
    assert np.array_equal(found.array, values(kind).transpose(2, 1, 0))
    assert found.geometry.spacing == (3.0, 1.5, 1.0)
    assert found.issues == ()


def test_labels_and_details_beyond_single_precision_are_kept(tmp_path):
    labels = np.zeros(SHAPE, "i4")
    labels[1, 2, 3], labels[4, 5, 6] = 2**24, 2**24 + 1
    found = read_array_volume(save(tmp_path / "l.nii", labels)).array
    assert set(np.unique(found)) == {0, 2**24, 2**24 + 1}
    detail = 1e9 + values("f8") * 1e-3
    assert np.array_equal(read_array_volume(save(tmp_path / "d.nii", detail)).array.T, detail)


@pytest.mark.parametrize(
    ("scale", "expected", "kind", "noted"),
    [
        ((np.nan, np.nan), (1, 0), "i2", False),
        ((0.0, 0.0), (1, 0), "i2", False),
        ((0.0, 5.0), (1, 0), "i2", True),
        ((np.inf, 0.0), (1, 0), "i2", False),
        ((2.0, 3.0), (2, 3), "i8", False),
        ((-1.0, 10.0), (-1, 10), "i8", True),
        ((2.0, np.nan), (2, 0), "i8", True),
        ((0.5, 0.25), (0.5, 0.25), "f8", False),
    ],
)
def test_scales(tmp_path, scale, expected, kind, noted):
    path = patch(save(tmp_path / "a.nii", values("i2")), 112, *scale)
    found = read_array_volume(path)
    slope, intercept = expected
    assert np.array_equal(found.array.T, values("i2") * slope + intercept)
    assert found.array.dtype == np.dtype(kind)
    assert [i.code for i in found.issues] == ["nifti.scale"] * noted


def test_a_scale_that_gives_absurd_values_is_refused(tmp_path):
    with pytest.raises(InputError, match="absurd values"):
        read_array_volume(patch(save(tmp_path / "a.nii", values("i2")), 112, 1e35, 0.0))


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1.0), ("micron", 0.001), ("meter", 1000.0)])
def test_units_of_length_are_converted(tmp_path, unit, factor):
    axes = np.diag([1 / factor, 1.5 / factor, 3 / factor, 1.0])
    axes[:3, 3] = 5 / factor
    sizes = np.diag(axes)[:3]
    path = save(tmp_path / "a.nii", values("i2"), qform=axes, sform=axes, sizes=sizes, unit=unit)
    found = read_array_volume(path)
    assert np.allclose(found.geometry.spacing, (3.0, 1.5, 1.0))
    assert np.allclose(found.geometry.affine[:3, 3], (-5.0, -5.0, 5.0))
    assert [i.code for i in found.issues] == ([] if unit == "mm" else ["nifti.unit"])


def test_a_unit_that_is_not_stated_is_said(tmp_path):
    found = read_array_volume(save(tmp_path / "a.nii", values("i2"), unit="unknown"))
    assert [(i.code, i.level) for i in found.issues] == [("nifti.unit", "note")]
    odd = patch(tmp_path / "a.nii", 123, 5, kind="u1")
    assert [(i.code, i.level) for i in read_array_volume(odd).issues] == [("nifti.unit", "warning")]


def test_voxels_of_half_a_micrometre_are_a_grid(tmp_path):
    tiny = np.diag([0.0005, 0.0005, 0.0005, 1.0])
    path = save(tmp_path / "a.nii", values("i2"), qform=tiny, sform=tiny, sizes=(0.0005,) * 3)
    assert read_array_volume(path).geometry.voxel_volume_mm3 == pytest.approx(1.25e-10)


def test_a_sheared_grid_has_the_volume_of_its_determinant(tmp_path):
    sheared = AXES.copy()
    sheared[0, 1] = 0.6
    found = read_array_volume(save(tmp_path / "a.nii", values("i2"), sform=sheared, codes=(0, 1)))
    assert found.geometry.voxel_volume_mm3 == pytest.approx(4.5)
    assert [i.code for i in found.issues] == ["nifti.sheared"]
    both = read_array_volume(save(tmp_path / "b.nii", values("i2"), sform=sheared, codes=(1, 1)))
    assert np.allclose(both.geometry.affine[:3, :3], [[0, 0, -1.0], [0, -1.5, 0], [3.0, 0, 0]])
    assert "qform counts" in both.issues[0].message


@pytest.mark.parametrize(
    ("codes", "taken"),
    [((1, 1), "sform"), ((1, 2), "qform"), ((2, 1), "sform"), ((0, 4), "sform"), ((3, 0), "q")],
)
def test_of_two_forms_that_of_itk_is_taken_and_the_conflict_said(tmp_path, codes, taken):
    moved = AXES.copy()
    moved[:3, 3] = (10.0, 20.0, 30.0)
    found = read_array_volume(save(tmp_path / "a.nii", values("i2"), sform=moved, codes=codes))
    start = (-10.0, -20.0, 30.0) if taken == "sform" else (0.0, 0.0, 0.0)
    assert np.allclose(found.geometry.affine[:3, 3], start)
    said = [i.message for i in found.issues]
    assert len(said) == (min(codes) > 0)
    assert all(f"{taken} counts" in text for text in said)


def test_forms_within_a_tenth_of_a_voxel_are_one(tmp_path):
    moved = AXES.copy()
    moved[0, 3] = 0.09
    assert read_array_volume(save(tmp_path / "a.nii", values("i2"), sform=moved)).issues == ()


def test_voxel_sizes_against_the_sform_are_said_and_taken_as_itk_takes_them(tmp_path):
    double = np.diag([2.0, 3.0, 6.0, 1.0])
    found = read_array_volume(save(tmp_path / "a.nii", values("i2"), sform=double))
    assert found.geometry.spacing == (3.0, 1.5, 1.0)
    assert [i.code for i in found.issues] == ["nifti.voxel_size"]
    assert "1 x 1.5 x 3 (pixdim) against 2 x 3 x 6 (sform)" in found.issues[0].message


def test_missing_voxel_sizes_are_those_of_the_sform(tmp_path):
    path = patch(save(tmp_path / "a.nii", values("i2"), codes=(0, 1)), 80, 0.0, np.nan, 0.0)
    found = read_array_volume(path)
    assert found.geometry.spacing == (3.0, 1.5, 1.0)
    assert [i.code for i in found.issues] == ["nifti.voxel_size"]


def test_without_a_form_the_voxel_sizes_remain(tmp_path):
    found = read_array_volume(save(tmp_path / "a.nii", values("i2"), codes=(0, 0)))
    assert np.array_equal(found.geometry.affine[:3, :3], np.diag([1.0, 1.5, 3.0])[:, ::-1])
    assert [(i.code, i.level) for i in found.issues] == [("nifti.place", "warning")]


@pytest.mark.parametrize("place", [280, 256])
def test_a_form_that_is_no_number_is_no_form(tmp_path, place):
    codes = (0, 1) if place == 280 else (1, 0)
    path = patch(save(tmp_path / "a.nii", values("i2"), codes=codes), place, np.nan)
    with pytest.raises(InputError, match="no invertible matrix"):
        read_array_volume(path)


@pytest.mark.parametrize(
    ("code", "named"),
    [
        (32, "complex numbers"),
        (1792, "complex numbers"),
        (128, r"colours \(RGB\)"),
        (2304, "colours"),
        *[(code, "not read|unknown") for code in (1536, 1, 0, 77)],
    ],
)
def test_voxels_that_are_no_real_numbers_are_refused_by_name(tmp_path, code, named):
    path = patch(save(tmp_path / "a.nii", values("i2")), 70, code, kind="<i2")
    with pytest.raises(InputError, match=named) as caught:
        read_array_volume(path)
    assert caught.value.code == "nifti.values"


def test_shapes(tmp_path):
    one = nibabel.Nifti1Image(values("i2")[..., None, None], AXES)
    nibabel.save(one, tmp_path / "one.nii")
    assert read_array_volume(tmp_path / "one.nii").array.shape == (7, 8, 9)
    nibabel.save(nibabel.Nifti1Image(values("i2")[:, :, 0], AXES), tmp_path / "flat.nii")
    assert read_array_volume(tmp_path / "flat.nii").array.shape == (1, 8, 9)
    for shape, said in (
        ((*SHAPE, 2), "2 volumes"),
        ((*SHAPE, 1, 3), "vector of 3"),
        ((2,) * 6, "expected three"),
    ):
        nibabel.save(nibabel.Nifti1Image(np.zeros(shape, "i2"), AXES), tmp_path / "odd.nii")
        with pytest.raises(InputError, match=said) as caught:
            read_array_volume(tmp_path / "odd.nii")
        assert caught.value.code == "nifti.dimensions"


def test_pairs_nifti_2_and_packing_against_the_name(tmp_path):
    nibabel.save(nibabel.Nifti1Pair(values("i2"), AXES), tmp_path / "pair.hdr")
    nibabel.save(nibabel.Nifti2Image(values("i2"), AXES), tmp_path / "two.nii")
    (tmp_path / "packed.nii").write_bytes(gzip.compress((tmp_path / "two.nii").read_bytes()))
    (tmp_path / "plain.nii.gz").write_bytes((tmp_path / "two.nii").read_bytes())
    for name in ("pair.hdr", "pair.img", "two.nii", "packed.nii", "plain.nii.gz"):
        assert np.array_equal(read_array_volume(tmp_path / name).array.T, values("i2"))
    (tmp_path / "pair.img").unlink()
    with pytest.raises(InputError, match=r"file \.img with its values is missing"):
        read_array_volume(tmp_path / "pair.hdr")


def test_files_that_end_early(tmp_path):
    save(tmp_path / "a.nii.gz", np.random.default_rng(1).integers(0, 9999, SHAPE).astype("i2"))
    content = (tmp_path / "a.nii.gz").read_bytes()
    for size in (0, 1, 10, 100, len(content) // 2, len(content) - 9):
        (tmp_path / "a.nii.gz").write_bytes(content[:size])
        with pytest.raises(InputError) as caught:
            read_array_volume(tmp_path / "a.nii.gz")
        assert caught.value.code in ("nifti.unreadable", "nifti.truncated")


def test_other_formats_are_refused_by_name(tmp_path, reference):
    for name, said in (("a.mgz", "FreeSurfer's MGZ"), ("a.foo", r"a file named \*\.foo"), ("a", "this kind")):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(InputError, match=said) as caught:
            read_array_volume(tmp_path / name)
        assert caught.value.code == "volume.format"
    with pytest.raises(InputError, match="no such file"):
        read_array_volume(tmp_path / "absent.nrrd")


@pytest.mark.parametrize(
    ("name", "mm3", "codes"),
    [
        ("img", 4.5, ["nifti.unit"]),
        ("img_shear", 4.5, ["nifti.sheared", "nifti.unit"]),
        ("img_um", 4.5, ["nifti.unit"]),
        ("img_uct", 0.0005**3, ["nifti.unit"]),
        ("img_forms", 4.5, ["nifti.voxel_size", "nifti.unit"]),
    ],
)
def test_places_of_the_reference_files(reference, name, mm3, codes):
    found = read_array_volume(reference(f"cases/features/{name}.nii.gz"))
    assert found.geometry.voxel_volume_mm3 == pytest.approx(mm3, rel=1e-6)
    assert [i.code for i in found.issues] == codes


def test_values_of_the_reference_files(reference):
    assert read_array_volume(reference("cases/features/img_off3.nii.gz")).array.dtype == np.float64
    labels = read_array_volume(reference("cases/features/lab2.nii.gz")).array
    assert {2**24, 2**24 + 1} <= set(np.unique(labels).tolist())
    for name, said in (("img_cplx", "complex"), ("img_rgb", "colours")):
        with pytest.raises(InputError, match=said):
            read_array_volume(reference(f"cases/features/{name}.nii.gz"))
    with pytest.raises(InputError, match="FreeSurfer's MGZ"):
        read_array_volume(reference("cases/features/img.mgz"))
