"""Images and label maps of any format that is read, with their values exactly as stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.annexed import require_fetched
from kinephen.io.metaimage import read_metaimage
from kinephen.io.nifti_file import open_nifti
from kinephen.io.nrrd import read_nrrd
from kinephen.io.sources import opened

OTHERS = {".nrrd": read_nrrd, ".nhdr": read_nrrd, ".mha": read_metaimage, ".mhd": read_metaimage}
NIFTI_ENDINGS = (".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz")


@dataclass(frozen=True)
class ArrayVolume:
    """An image on a grid, with the type of its values kept.

    Parameters
    ----------
    array : ndarray, shape (nz, ny, nx)
        Of the stored type; with a slope or intercept int64 where both and all values are whole numbers, else
        float64. Read-only.
    geometry : Geometry
        May be sheared: its volume of a voxel is the determinant's, not the product of its spacings.
    issues : tuple of Issue
        What was noticed: units, forms that contradict each other, scales.
    """

    array: np.ndarray[Any, Any]
    geometry: Geometry
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        view = self.array.view()
        view.setflags(write=False)
        object.__setattr__(self, "array", view)


def read_array_volume(path: Path) -> ArrayVolume:
    """Read an image or a label map.

    Parameters
    ----------
    path : Path
        NIfTI (``.nii``, ``.nii.gz``, ``.hdr`` with ``.img``), NRRD (``.nrrd``, ``.nhdr``) or MetaImage
        (``.mha``, ``.mhd``). A DICOM segmentation needs the grid of its image: `kinephen.io.label_volume`.

    Returns
    -------
    ArrayVolume

    Raises
    ------
    InputError
        ``volume.format`` for other formats, named; ``path.*``, ``nifti.*``, ``volume.*``,
        ``dicom.too_large``.
    """
    name = path.name.lower()
    if name.endswith(NIFTI_ENDINGS):
        return _nifti(path)
    opened(path)
    if not path.is_file():
        require_fetched(path)
        raise InputError("no such file", code="path.missing", where="image or mask")
    reader = OTHERS.get(path.suffix.lower())
    if reader is not None:
        return ArrayVolume(*reader(path))
    raise InputError(
        f"{_format(name)} is not read",
        code="volume.format",
        where="image or mask",
        hint="save it as NIfTI (.nii.gz), NRRD or MetaImage",
    )


def _nifti(path: Path) -> ArrayVolume:
    file = open_nifti(path)
    if len(file.shape) == 4:
        raise InputError(
            f"expected three dimensions, found 4 ({file.volumes} volumes)",
            code="nifti.dimensions",
            where="image file",
            hint="save the volume that is wanted as a file of its own",
        )
    return ArrayVolume(file.rescale.applied(file.stored()), file.geometry, file.issues)


_NAMED = {".mgz": "FreeSurfer's MGZ", ".mgh": "FreeSurfer's MGH", ".mnc": "MINC", ".tif": "TIFF"}


def _format(name: str) -> str:
    ending = "." + name.rsplit(".", 1)[-1] if "." in name else ""
    told = 1 < len(ending) <= 8 and ending[1:].isalnum()
    return _NAMED.get(ending, f"a file named *{ending}" if told else "a file of this kind")
