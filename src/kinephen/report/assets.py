"""What lies next to report.json under the hash of its bytes: map tiles, patients' documents."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from kinephen.core.files import write_whole
from kinephen.core.plain import hash_bytes, json_text
from kinephen.errors import InputError
from kinephen.report.schema.patient_detail import PatientDetail
from kinephen.types import AnyArray

FOLDER = "assets"


def add_array(out: Path, array: AnyArray) -> str:
    """Store a 2-D array (float32 or bool, row by column) and return its SHA-256, for `Tile`.

    Raises
    ------
    InputError
        ``report.tile_shape`` if the array is not 2-D or larger than 512 x 512.
    """
    if array.ndim != 2 or max(array.shape) > 512 or min(array.shape) < 1:
        raise InputError(
            f"a tile must be a 2-D array of at most 512 x 512, found shape {array.shape}",
            code="report.tile_shape",
            hint="cut out the lesion with a margin",
        )
    kind = "bool" if array.dtype == np.bool_ else "float32"
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array, dtype=kind), allow_pickle=False)
    return _add(out, buffer.getvalue(), "npy")


def add_detail(out: Path, detail: PatientDetail) -> str:
    """Store what a patient's page shows and return its SHA-256, for `Patient`."""
    return _add(out, (json_text(detail.model_dump(mode="json")) + "\n").encode("utf-8"), "json")


def read_detail(out: Path, sha256: str) -> PatientDetail:
    """Return what a patient's page shows, checked against its hash."""
    return PatientDetail.model_validate_json(_read(out, sha256, "json"))


def read_array(out: Path, sha256: str) -> AnyArray:
    """Return a stored tile, checked against its hash."""
    array: AnyArray = np.load(io.BytesIO(_read(out, sha256, "npy")), allow_pickle=False)
    return array


def copy_assets(source: Path, out: Path, digests: Iterable[str], suffix: str) -> None:
    """Copy stored images from one report folder to another."""
    for digest in digests:
        _add(out, _read(source, digest, suffix), suffix)


def _add(out: Path, data: bytes, suffix: str) -> str:
    digest = hash_bytes(data)
    write_whole(out / FOLDER / f"{digest}.{suffix}", data)
    return digest


def _read(out: Path, sha256: str, suffix: str) -> bytes:
    path = out / FOLDER / f"{sha256}.{suffix}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            "an image that the report names is not there",
            code="report.asset_missing",
            where=f"{FOLDER}/{path.name}",
            hint="keep the assets folder next to report.json",
        ) from error
    if hash_bytes(data) != sha256:
        raise InputError(
            "an image is not the one that the report was made with",
            code="report.asset_changed",
            where=f"{FOLDER}/{path.name}",
            hint="restore the assets folder from a copy, or make the report again with `kinephen run`",
        )
    return data
