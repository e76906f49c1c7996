"""Places of NIfTI files as ITK reads them: any pair of forms, codes and units."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinephen.io.array_volume import read_array_volume

sitk = pytest.importorskip("SimpleITK")


def form(rng, sizes):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_rotvec(rng.normal(size=3)).as_matrix() * sizes
    affine[:3, 2] *= rng.choice([-1, 1])
    affine[:3, 3] = rng.uniform(-200, 200, 3)
    return affine


@pytest.mark.parametrize("seed", range(60))
def test_place_and_values_are_those_of_itk(tmp_path, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(0.3, 4.0, 3)
    array = rng.integers(-500, 500, (9, 8, 7)).astype("i2")
    image = nibabel.Nifti1Image(array, None, dtype="i2")
    first = form(rng, sizes)
    second = first if rng.random() < 0.3 else form(rng, sizes if rng.random() < 0.5 else sizes * 2)
    image.set_qform(first, int(rng.integers(0, 5)), update_affine=False)
    image.set_sform(second, int(rng.integers(0, 5)), update_affine=False)
    image.header["pixdim"][1:4] = sizes
    image.header.set_xyzt_units(str(rng.choice(["unknown", "mm", "micron", "meter"])))
    image.header.set_slope_inter(*((2.5, -3.0) if seed % 2 else (1.0, 0.0)))
    nibabel.save(image, tmp_path / "a.nii")
    theirs = sitk.ReadImage(str(tmp_path / "a.nii"))
    ours = read_array_volume(tmp_path / "a.nii")
    scale = max(theirs.GetSpacing())
    for index in ((0, 0, 0), (8, 7, 6), (8, 0, 0), (0, 7, 0)):
        there = theirs.TransformIndexToPhysicalPoint(index)
        here = (ours.geometry.affine @ [*index[::-1], 1.0])[:3]
        assert np.allclose(here, there, atol=1e-3 * scale)
    assert np.allclose(ours.array, sitk.GetArrayFromImage(theirs))
    assert ours.geometry.voxel_volume_mm3 == pytest.approx(np.prod(theirs.GetSpacing()), rel=1e-5)
