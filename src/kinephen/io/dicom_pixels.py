"""Pixel data of slices as float32 arrays, rescaled slice by slice as each header says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame

from kinephen.core.machine import raise_machine_fault
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.dicom_codecs import CodecError, decode_frame
from kinephen.io.dicom_headers import Header, quiet_pydicom
from kinephen.io.dicom_open import HeldFile, read_dataset
from kinephen.io.dicom_phases import Phase
from kinephen.io.dicom_pixel_headers import BIG_ENDIAN, Pixels
from kinephen.io.sources import opened
from kinephen.types import FrameStack

MAX_VOXELS = 1_500_000_000
"""Beyond this (6 GB as float32) an exam is refused before anything is decoded."""


_VALUES = (0x7FE00010, 0x7FE00008, 0x7FE00009)
"""Pixel Data, Float Pixel Data, Double Float Pixel Data."""
MAX_VALUE = 1e30
"""Rescaled values beyond this do not fit float32 with room for products; no scanner writes them."""


def read_frames(phases: Sequence[Phase], geometry: Geometry) -> FrameStack:
    """Read all phases.

    Parameters
    ----------
    phases : sequence of Phase
        Each with ``geometry.shape[0]`` slices.
    geometry : Geometry

    Returns
    -------
    ndarray of float32, shape (n_phases, nz, ny, nx)

    Raises
    ------
    InputError
        ``dicom.too_large`` before reading; ``dicom.pixels`` if a slice cannot be decoded.
    """
    require_readable_size(len(phases) * int(np.prod(geometry.shape, dtype=np.int64)))
    # A first slice that can be read comes before memory for all: sizes in headers are promises.
    read_slice(phases[0].slices[0])
    frames = np.empty((len(phases), *geometry.shape), dtype=np.float32)
    for p, phase in enumerate(phases):
        for k, header in enumerate(phase.slices):
            opened(header.path, f"phase {p}")
            frames[p, k] = read_slice(header)
    return frames


def require_readable_size(voxels: int) -> None:
    """Raise ``InputError`` (``dicom.too_large``) beyond `MAX_VOXELS`."""
    if voxels > MAX_VOXELS:
        raise InputError(
            f"{voxels:,} voxels were announced; at most {MAX_VOXELS:,} are read",
            code="dicom.too_large",
            hint="a broken or hostile header; no breast exam is this large",
        )


def read_slice(header: Header) -> NDArray[np.float32]:
    """Return one slice with its own rescale slope and intercept applied, shape (rows, columns).

    Voxels that hold the padding value, which stands for no image, are 0.
    """
    pixels = header.pixels
    if pixels is None or pixels.frames != 1 or not pixels.grey:
        raise _undecodable("no single grey image")
    if pixels.photometric == "MONOCHROME1":
        raise InputError(
            "images are stored inverted (MONOCHROME1): what their signals were is not known",
            code="dicom.photometric",
            hint="export the series again as the scanner made it (MONOCHROME2)",
        )
    stored = _stored(header, pixels)
    if stored.dtype.kind == "f" and not np.isfinite(stored).all():
        raise _undecodable("it holds values that are no numbers")
    if pixels.slope == 1.0 and pixels.intercept == 0.0:
        values = stored.astype(np.float32)
    else:
        scaled = stored.astype(np.float64) * pixels.slope + pixels.intercept
        if np.abs(scaled).max() > MAX_VALUE:
            raise _undecodable(f"its rescale ({pixels.slope:g}, {pixels.intercept:g}) gives absurd values")
        values = scaled.astype(np.float32)
    if pixels.padding is not None:
        values[(stored >= pixels.padding[0]) & (stored <= pixels.padding[1])] = 0.0
    return values


def source_hash(frames: FrameStack, geometry: Geometry) -> str:
    """Return the SHA-256 over pixel data and geometry, in phase order."""
    digest = hashlib.sha256()
    digest.update(repr((frames.shape, geometry.affine.round(6).tolist())).encode())
    digest.update(np.ascontiguousarray(frames, dtype="<f4").data)
    return digest.hexdigest()


def _stored(header: Header, pixels: Pixels) -> NDArray[Any]:
    """Return the stored values of one frame, shape (rows, columns)."""
    if pixels.kind == "integer" and pixels.bits_allocated not in (8, 16, 32):
        raise _undecodable(f"{pixels.bits_allocated} bits a voxel are not read")
    if not pixels.compressed:
        return _typed(_content(header, pixels), pixels).reshape(pixels.rows, pixels.columns)
    try:
        decoded = decode_frame(_code_stream(header, pixels), pixels)
    except CodecError as error:
        raise _undecodable(str(error)) from error
    size = decoded.dtype.itemsize
    return _with_sign(decoded.view(f"u{size}"), pixels)


def _content(header: Header, pixels: Pixels) -> bytes:
    """Return the bytes of one frame that is not compressed."""
    if pixels.start >= 0:
        with HeldFile(header.path) as stream:
            stream.seek(pixels.start)
            content = stream.read(pixels.frame_bytes)
    else:
        content = _inflated(header.path, header.path.stat().st_mtime_ns)[pixels.frame * pixels.frame_bytes :][
            : pixels.frame_bytes
        ]
    if len(content) < pixels.frame_bytes:
        raise _undecodable("its pixel data end early")
    return content


@lru_cache(maxsize=1)
def _inflated(path: Path, _changed: int) -> bytes:
    """Return the pixel data of a deflated object; the last one is kept, for its other frames."""
    with quiet_pydicom():
        try:
            data = read_dataset(path, before_pixels=False)
            return bytes(next(data[tag].value for tag in _VALUES if tag in data))
        except Exception as error:  # whatever pydicom makes of a damaged object
            raise_machine_fault(error)
            raise _undecodable("it cannot be unpacked") from error


def _code_stream(header: Header, pixels: Pixels) -> bytes:
    """Return the code stream of one compressed frame."""
    with HeldFile(header.path) as stream:
        stream.seek(pixels.start)
        try:
            return bytes(get_frame(stream, pixels.frame, number_of_frames=pixels.frames_in_object))
        except Exception as error:  # whatever pydicom makes of damaged items
            raise_machine_fault(error)
            raise _undecodable("its compressed frames are damaged") from error


def _typed(content: bytes, pixels: Pixels) -> NDArray[Any]:
    order = ">" if pixels.syntax == BIG_ENDIAN else "<"
    if pixels.kind != "integer":
        return np.frombuffer(content, dtype=f"{order}f{pixels.bits_allocated // 8}")
    stored = np.frombuffer(content, dtype=f"{order}u{pixels.bits_allocated // 8}")
    return _with_sign(stored.astype(stored.dtype.newbyteorder("=")), pixels)


def _with_sign(stored: NDArray[Any], pixels: Pixels) -> NDArray[Any]:
    """Keep the stored bits: overlays may stand above them, and the highest is the sign of signed values."""
    unused = 8 * stored.dtype.itemsize - pixels.bits_stored
    values = stored.view(f"i{stored.dtype.itemsize}") if pixels.signed else stored
    # Shifting out and back also extends the sign.
    return (values << unused) >> unused if 0 < unused < 8 * stored.dtype.itemsize else values


def _undecodable(reason: str) -> InputError:
    return InputError(
        f"pixel data of a slice: {reason}",
        code="dicom.pixels",
        hint="export the series again, uncompressed",
    )
