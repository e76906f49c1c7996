"""JSON beside images: read within limits, since it comes from outside as the images do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.manifest import THRESHOLDS, Manifest, manifest_from
from kinephen.io.sources import opened

MAX_BYTES = 4_000_000
"""Converters write a few kilobytes; lists of times of thousands of volumes stay below this."""
WHERE = "sidecar"
OWN_KEYS = ("times_s", *THRESHOLDS, "early", "late", "box")
"""What a sidecar may say in kinephen's own terms; other keys belong to other tools."""


def read_sidecar(path: Path) -> dict[str, object]:
    """Return the fields of a sidecar.

    Raises
    ------
    InputError
        ``nifti.sidecar`` beyond `MAX_BYTES`, or if it is not an object in JSON and UTF-8.
    """
    opened(path, "sidecar")
    if path.stat().st_size > MAX_BYTES:
        raise _bad(f"larger than {MAX_BYTES:,} bytes")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _bad("not valid JSON in UTF-8") from error
    if not isinstance(content, dict):
        raise _bad("expected an object with times_s, or with the times of BIDS")
    return content


def own_terms(content: Mapping[str, object]) -> Manifest:
    """Return what a sidecar says in kinephen's own terms; raises as `manifest_from`."""
    return manifest_from({k: v for k, v in content.items() if k in OWN_KEYS}, source=WHERE)


def _bad(text: str) -> InputError:
    return InputError(
        text, code="nifti.sidecar", where=WHERE, hint="mend or remove the JSON file beside the images"
    )
