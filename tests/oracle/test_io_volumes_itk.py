"""NRRD and MetaImage as ITK writes and reads them: values, types, places."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinephen.io.array_volume import read_array_volume

sitk = pytest.importorskip("SimpleITK")
KINDS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]


def image(rng, kind):
    values = rng.integers(0, 100, (7, 8, 9)).astype(kind)
    found = sitk.GetImageFromArray(values)
    found.SetSpacing(tuple(rng.uniform(0.3, 4.0, 3)))
    found.SetOrigin(tuple(rng.uniform(-200, 200, 3)))
    found.SetDirection(Rotation.from_rotvec(rng.normal(size=3)).as_matrix().ravel().tolist())
    return found, values


def same_place(ours, theirs):
    for index in ((0, 0, 0), (8, 7, 6), (8, 0, 0), (0, 7, 0)):
        here = (ours.geometry.affine @ [*index[::-1], 1.0])[:3]
        assert np.allclose(here, theirs.TransformIndexToPhysicalPoint(index), atol=1e-3)


@pytest.mark.parametrize("ending", ["nrrd", "nhdr", "mha", "mhd"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("number", range(len(KINDS)))
def test_what_itk_writes(tmp_path, ending, packed, number):
    rng = np.random.default_rng(number)
    theirs, values = image(rng, KINDS[number])
    path = tmp_path / f"a.{ending}"
    sitk.WriteImage(theirs, str(path), useCompression=packed)
    ours = read_array_volume(path)
    assert ours.array.dtype == np.dtype(KINDS[number])
    assert np.array_equal(ours.array, values)
    assert ours.issues == ()
    same_place(ours, theirs)


NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 9 8 7\nencoding: {encoding}\nendian: {endian}\n{place}\n"
PLACES = {
    "ras": "space: right-anterior-superior\nspace directions: (0.8,0,0) (0,0,1.5) (0,-2,0)\n"
    "space origin: (1,2,3)",
    "las": "space: LAS\nspace directions: (0.8,0.1,0) (-0.1,0.8,0) (0,0,3)\nspace origin: (1,2,3)",
    "lps": "space: left-posterior-superior\nspace directions: (0.8,0,0) (0,0.8,0) (0,0,3)\n"
    "space origin: (1,2,3)",
    "spacings": "spacings: 0.8 0.9 3",
    "nothing": "# no place",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("encoding", ["raw", "ascii", "hex"])
def test_headers_of_nrrd(tmp_path, place, endian, encoding):
    values = np.arange(504, dtype="<i2" if endian == "little" else ">i2").reshape(7, 8, 9) - 100
    values = values.astype("<i2" if endian == "little" else ">i2")
    body = {
        "raw": values.tobytes(),
        "ascii": " ".join(map(str, values.ravel())).encode(),
        "hex": values.tobytes().hex().encode(),
    }
    path = tmp_path / "a.nrrd"
    head = NRRD.format(encoding=encoding, endian=endian, place=PLACES[place])
    path.write_bytes(head.encode() + b"\n" + body[encoding])
    ours = read_array_volume(path)
    assert np.array_equal(ours.array, values)
    assert [i.code for i in ours.issues] == ["volume.place"] * (place in ("spacings", "nothing"))
    theirs = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(theirs), values)
    same_place(ours, theirs)


@pytest.mark.parametrize("msb", ["True", "False"])
def test_headers_of_metaimage(tmp_path, msb):
    values = (np.arange(504).reshape(7, 8, 9) - 100).astype(">i2" if msb == "True" else "<i2")
    head = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = {}\n"
        "TransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 0.8 0.9 3\n"
        "DimSize = 9 8 7\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    path = tmp_path / "a.mha"
    path.write_bytes(head.format(msb).encode() + values.tobytes())
    ours, theirs = read_array_volume(path), sitk.ReadImage(str(path))
    assert np.array_equal(ours.array, values)
    assert np.array_equal(sitk.GetArrayFromImage(theirs), values)
    same_place(ours, theirs)
