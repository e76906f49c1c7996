"""One NIfTI file: its header checked before anything is believed, its values as they are stored.

The header is read here and not through `nibabel.load`, which fails on scales that are half undefined and
reads many other formats besides.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import nibabel
import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.machine import raise_machine_fault, unreadable
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.annexed import require_fetched
from kinephen.io.dicom_pixels import require_readable_size
from kinephen.io.nifti_place import WHERE, nifti_place
from kinephen.io.rescale import Rescale
from kinephen.io.sources import opened

MAX_SHRINK = 1032
"""Deflate packs no content tighter than this, not even zeros."""
LARGE = 1_000_000_000
"""Bytes of voxels above which a packed file must not be smaller than a share of `LIKELY_SHRINK`."""
LIKELY_SHRINK = 200
"""No image of this size packs tighter; a file of mere zeros, made to fill memory, does."""


@dataclass(frozen=True)
class NiftiFile:
    """A file whose values are not read yet.

    Parameters
    ----------
    path : Path
        Of the file that holds the values.
    packed : bool
        By gzip.
    dtype : dtype
        As stored, with its byte order.
    shape : tuple of int
        ``(nx, ny, nz)`` or ``(nx, ny, nz, n)``, n > 1.
    offset : int
        Of the first value, bytes.
    rescale : Rescale
    geometry : Geometry
    issues : tuple of Issue
    """

    path: Path
    packed: bool
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    rescale: Rescale
    geometry: Geometry
    issues: tuple[Issue, ...] = ()

    @property
    def volumes(self) -> int:
        """Number of volumes."""
        return self.shape[3] if len(self.shape) == 4 else 1

    def stored(self) -> np.ndarray[Any, Any]:
        """Return the values as stored, in the machine's byte order, shape ([n,] nz, ny, nx).

        Raises
        ------
        InputError
            ``nifti.unreadable`` if they end early.
        """
        needed = math.prod(self.shape) * self.dtype.itemsize
        try:
            with _stream(self.path, packed=self.packed) as stream:
                stream.seek(self.offset)
                content = stream.read(needed)
                if self.packed:
                    stream.read(1)  # at the end gzip compares its checksum
        except (OSError, EOFError, zlib.error) as error:
            _raise_damaged(error)
        if len(content) < needed:
            raise InputError(
                f"its values end early: {len(content):,} of {needed:,} bytes are there",
                code="nifti.unreadable",
                where=WHERE,
                hint="a copy that was cut off: get the file again",
            )
        values = np.frombuffer(content, dtype=self.dtype).reshape(self.shape[::-1])
        return values.astype(self.dtype.newbyteorder("="), copy=False)


def open_nifti(path: Path) -> NiftiFile:
    """Read and check the header of a NIfTI file (``.nii``, ``.hdr`` with ``.img``; packed or not).

    Raises
    ------
    InputError
        ``path.missing``, ``path.not_fetched``; ``nifti.unreadable``, ``nifti.dimensions``, ``nifti.values``
        (complex numbers, colours), ``nifti.place``, ``nifti.truncated``, ``dicom.too_large``.
    """
    opened(path)
    if not path.is_file():
        require_fetched(path)
        raise InputError("no such file", code="path.missing", where=WHERE)
    path = _header_path(path)
    packed = _packed(path)
    header = _header(path, packed=packed)
    shape = _shape(header)
    dtype = _dtype(header)
    data = _data_path(path, header)
    place = nifti_place(header, shape[:3])
    offset = max(int(header["vox_offset"]), 0) if _finite(header, "vox_offset") else -1
    rescale, notes = _rescale(header)
    found = NiftiFile(
        path=data,
        packed=packed if data == path else _packed(data),
        dtype=dtype,
        shape=shape,
        offset=offset,
        rescale=rescale,
        geometry=Geometry((shape[2], shape[1], shape[0]), place.affine),
        issues=(*place.issues, *notes),
    )
    _require_held(found)
    return found


def _packed(path: Path) -> bool:
    """Tell whether a file is packed by gzip, whatever its name says."""
    opened(path)
    try:
        with path.open("rb") as stream:
            return stream.read(2) == b"\x1f\x8b"
    except OSError as error:
        _raise_damaged(error)


def _header(path: Path, *, packed: bool) -> Any:
    """Return the header, of NIfTI-1 or NIfTI-2, unchecked but for its magic."""
    try:
        with _stream(path, packed=packed) as stream:
            content = stream.read(540)
    except (OSError, EOFError, zlib.error) as error:
        require_fetched(path)
        _raise_damaged(error)
    kinds: tuple[tuple[int, int, tuple[bytes, ...], Any], ...] = (
        (348, 344, (b"n+1\0", b"ni1\0"), nibabel.Nifti1Header),
        (540, 4, (b"n+2\0", b"ni2\0"), nibabel.Nifti2Header),
    )
    for size, at, magics, kind in kinds:
        if len(content) >= size and content[at : at + 4] in magics:
            return kind(content[:size], check=False)
    require_fetched(path)
    raise InputError(
        "not a readable NIfTI file: neither the header of NIfTI-1 nor that of NIfTI-2",
        code="nifti.unreadable",
        where=WHERE,
        hint="a file of another format under this name, or a damaged copy",
    )


def _shape(header: Any) -> tuple[int, ...]:
    dim = [int(n) for n in header["dim"]]
    shape = tuple(dim[1 : dim[0] + 1]) if 1 <= dim[0] <= 7 else ()
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) == 5 and shape[3] == 1:
        raise InputError(
            f"each voxel holds a vector of {shape[4]} values; expected one value",
            code="nifti.dimensions",
            where=WHERE,
            hint="save one component, or the volumes along the fourth dimension",
        )
    if len(shape) not in (3, 4) or min(shape) < 1:
        found = f"shape {shape}" if shape else "a header without dimensions"
        raise InputError(
            f"expected three dimensions or four, found {found}", code="nifti.dimensions", where=WHERE
        )
    return shape


def _dtype(header: Any) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] = header.get_data_dtype()
    except Exception as error:  # nibabel's own kind for a code that it does not know
        raise InputError("its type of voxel is unknown", code="nifti.values", where=WHERE) from error
    if dtype.kind in "uif" and dtype.itemsize in (1, 2, 4, 8):
        return dtype
    kind = (
        "complex numbers" if dtype.kind == "c" else "colours (RGB)" if dtype.names else "of a type not read"
    )
    raise InputError(
        f"its voxels are {kind}; expected one real number each",
        code="nifti.values",
        where=WHERE,
        hint="save magnitudes, or one channel, as a file of its own",
    )


def is_pair(path: Path) -> bool:
    """Tell whether a file is one of the two of a header (``.hdr``) and its values (``.img``)."""
    header = _header_path(path)
    return re.search(r"\.hdr(\.gz)?$", header.name, re.IGNORECASE) is not None and header.is_file()


def _header_path(path: Path) -> Path:
    """Return the file that holds the header: the same one, or ``.hdr`` beside ``.img``."""
    return path.with_name(re.sub(r"\.img(?=(\.gz)?$)", ".hdr", path.name, flags=re.IGNORECASE))


def _data_path(path: Path, header: Any) -> Path:
    """Return the file that holds the values: the same one, or ``.img`` beside ``.hdr``."""
    if header["magic"].tobytes()[:2] != b"ni":
        return path
    data = path.with_name(re.sub(r"\.hdr(?=(\.gz)?$)", ".img", path.name, flags=re.IGNORECASE))
    opened(data)
    if data == path or not data.is_file():
        raise InputError("the file .img with its values is missing", code="path.missing", where=WHERE)
    return data


def _rescale(header: Any) -> tuple[Rescale, tuple[Issue, ...]]:
    """Return slope and intercept; by the standard a slope of 0 means none."""
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if not math.isfinite(slope) or slope == 0.0:
        if math.isfinite(intercept) and intercept != 0.0:
            text = (
                f"the scale is {slope:g} and its intercept {intercept:g}: without a scale neither is applied"
            )
            return Rescale(), (Issue("nifti.scale", text, "values", level="warning"),)
        return Rescale(), ()
    if not math.isfinite(intercept):
        text = "the intercept of the scale is no number; 0 is used"
        return Rescale(slope), (Issue("nifti.scale", text, "values", level="warning"),)
    if slope < 0.0:
        text = f"the scale is negative ({slope:g}); it was applied"
        return Rescale(slope, intercept), (Issue("nifti.scale", text, "values", level="warning"),)
    return Rescale(slope, intercept), ()


def _require_held(file: NiftiFile) -> None:
    """Refuse headers that announce more than is read or than the file can hold, before memory is taken."""
    voxels = math.prod(file.shape)
    require_readable_size(voxels)
    size = file.path.stat().st_size
    if file.offset < 0:
        raise InputError("its values begin nowhere", code="nifti.unreadable", where=WHERE)
    room = size * MAX_SHRINK if file.packed else size
    needed = voxels * file.dtype.itemsize + file.offset
    if needed > room or (needed > LARGE and file.packed and needed > size * LIKELY_SHRINK):
        raise InputError(
            f"the header announces {needed:,} bytes; a file of {size:,} bytes does not hold them",
            code="nifti.truncated",
            where=WHERE,
            hint="a broken or hostile header, or a copy that was cut off: get the file again",
        )


def _stream(path: Path, *, packed: bool) -> BinaryIO | io.BufferedIOBase:
    return gzip.open(path, "rb") if packed else path.open("rb")


def _finite(header: Any, name: str) -> bool:
    return math.isfinite(float(header[name])) and abs(float(header[name])) < 1e15


def _raise_damaged(error: Exception) -> NoReturn:
    raise_machine_fault(error)
    denied = unreadable(error)
    if denied is not None:
        raise denied from error
    text = "not a readable NIfTI file: it is damaged"
    raise InputError(text, code="nifti.unreadable", where=WHERE) from error
