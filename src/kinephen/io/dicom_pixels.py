"""Pixel data of slices as float32 arrays, rescaled slice by slice as each header says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels import pixel_array

from kinephen.core.machine import raise_machine_fault
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header, Pixels, quiet_pydicom
from kinephen.io.dicom_phases import Phase
from kinephen.io.sources import opened
from kinephen.types import FrameStack

MAX_VOXELS = 1_500_000_000
"""Beyond this (6 GB as float32) an exam is refused before anything is decoded."""


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
    """Return one slice with its own rescale slope and intercept applied, shape (rows, columns)."""
    pixels = header.pixels
    if pixels is None or pixels.frames != 1 or pixels.samples != 1:
        raise _undecodable("no single grey image")
    stored = _stored(header, pixels) if _plain(pixels) else _decoded(header, pixels)
    if pixels.slope == 1.0 and pixels.intercept == 0.0:
        return stored.astype(np.float32)
    scaled = stored.astype(np.float64) * pixels.slope + pixels.intercept
    if np.abs(scaled).max() > MAX_VALUE:
        raise _undecodable(f"its rescale ({pixels.slope:g}, {pixels.intercept:g}) gives absurd values")
    return scaled.astype(np.float32)


def source_hash(frames: FrameStack, geometry: Geometry) -> str:
    """Return the SHA-256 over pixel data and geometry, in phase order."""
    digest = hashlib.sha256()
    digest.update(repr((frames.shape, geometry.affine.round(6).tolist())).encode())
    digest.update(np.ascontiguousarray(frames, dtype="<f4").data)
    return digest.hexdigest()


def _plain(pixels: Pixels) -> bool:
    return pixels.start >= 0 and pixels.bits_allocated == 16


def _stored(header: Header, pixels: Pixels) -> NDArray[np.integer]:
    with header.path.open("rb") as stream:
        stream.seek(pixels.start)
        content = stream.read(pixels.length)
    if len(content) < pixels.length:
        raise _undecodable("its pixel data end early")
    order = ">" if pixels.big_endian else "<"
    values = np.frombuffer(content, dtype=f"{order}{'i' if pixels.signed else 'u'}2")
    unused = 16 - pixels.bits_stored
    if 0 < unused < 16:
        # Overlay bits may stand above the stored ones; shifting out and back also extends the sign.
        values = (values.astype(values.dtype.newbyteorder("=")) << unused) >> unused
    return values.reshape(pixels.rows, pixels.columns)


def _decoded(header: Header, pixels: Pixels) -> NDArray[np.integer]:
    with quiet_pydicom():
        try:
            array = np.asarray(pixel_array(header.path, index=pixels.frame, raw=True))
        except Exception as error:  # decoders raise many kinds; the remedy is the same
            raise_machine_fault(error)
            raise _undecodable("it cannot be decoded") from error
    if array.shape != (pixels.rows, pixels.columns):
        raise _undecodable("its pixel data have another shape than its header")
    return array


def _undecodable(reason: str) -> InputError:
    return InputError(
        f"pixel data of a slice: {reason}",
        code="dicom.pixels",
        hint="export the series again, uncompressed",
    )
