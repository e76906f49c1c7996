"""A manifest: the user names the phases of an exam, and whatever else its files do not tell.

It overrules all rules. TOML or JSON, for example::

    times_s = [-230, 177, 531]        # middle of each phase, seconds after injection (optional)
    early = 1                         # optional
    late = 2                          # optional
    pe_threshold_percent = 90         # optional; so are background_percent, pre_contrast_threshold and
                                      # minimum_neighbours
    accept = ["roles.reversed"]       # findings that would stop the exam, and that you accept (optional)

    [[phase]]                         # in order of time, before contrast first
    series = 4                        # SeriesNumber, or the SeriesInstanceUID
    part = 1                          # which phase of that series, from 1, if it holds several (optional)

    [[phase]]
    files = "post1/*.dcm"             # or file patterns below the exam's folder
    image_type = "W"                  # of these only images with this value in ImageType (optional)

    [[box]]                           # region of interest, DICOM patient coordinates (optional)
    centre_mm = [98.8, -40.9, -15.9]
    half_vectors_mm = [[0, 38, 0], [0, 0, 43.6], [42, 0, 0]]
    omit = false

    aegis = "roi.xml"                 # or boxes of UCSF's tools, beside the manifest (before the first table)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from kinephen.core.cohort import CODE
from kinephen.core.dynamic import Box, ExamHeader
from kinephen.core.toml_text import MAX_DEPTH, deeper_than, parse_toml
from kinephen.errors import InputError
from kinephen.io.aegis import read_aegis_boxes
from kinephen.io.sources import opened

MAX_BYTES = 4_000_000
THRESHOLDS = ("pe_threshold_percent", "background_percent", "pre_contrast_threshold", "minimum_neighbours")
_KEYS = ("times_s", "early", "late", *THRESHOLDS, "accept", "phase", "box", "aegis")
_PHASE_KEYS = ("series", "part", "files", "image_type")
_BOX_KEYS = ("centre_mm", "half_vectors_mm", "omit")


@dataclass(frozen=True)
class PhaseEntry:
    """One phase of a manifest: a series (and which part of it), or file patterns; of one ImageType."""

    series: str = ""
    part: int | None = None
    files: tuple[str, ...] = ()
    image_type: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a manifest says; empty or None where it is silent."""

    phases: tuple[PhaseEntry, ...] = ()
    times_s: tuple[float, ...] | None = None
    early: int | None = None
    late: int | None = None
    pe_threshold_percent: float | None = None
    background_percent: float | None = None
    pre_contrast_threshold: float | None = None
    minimum_neighbours: int | None = None
    boxes: tuple[Box, ...] = ()
    accept: tuple[str, ...] = ()

    def over(self, header: ExamHeader, source: str) -> ExamHeader:
        """Return `header` with everything that this manifest says in its place, from `source`."""
        named = {name: getattr(self, name) for name in (*THRESHOLDS, "boxes")}
        stated = {name: value for name, value in named.items() if value not in (None, ())}
        return replace(header, **stated, sources={**header.sources, **dict.fromkeys(stated, source)})


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Parameters
    ----------
    path : Path
        ``.toml`` or ``.json``.

    Returns
    -------
    Manifest

    Raises
    ------
    InputError
        ``manifest.unreadable``, ``manifest.key`` (with the nearest known key), ``manifest.value``.
    """
    content = _load(path)
    found = manifest_from(content)
    aegis = content.get("aegis")
    if aegis is None:
        return found
    if not isinstance(aegis, str):
        raise _wrong("aegis names a file")
    opened(path.parent / aegis, "region")
    return replace(found, boxes=(*found.boxes, *read_aegis_boxes(path.parent / aegis)))


def manifest_from(content: Mapping[str, object], *, source: str = "manifest") -> Manifest:
    """Check the settings of a manifest (or a sidecar, named `source`); raises as `read_manifest`."""
    _require_known(content, _KEYS, "manifest")
    times = content.get("times_s")
    return Manifest(
        phases=tuple(_phase(entry, i) for i, entry in enumerate(_tables(content, "phase"), start=1)),
        times_s=None if times is None else _numbers(times, "times_s"),
        early=_index(content, "early"),
        late=_index(content, "late"),
        pe_threshold_percent=_positive(content, "pe_threshold_percent"),
        background_percent=_positive(content, "background_percent"),
        pre_contrast_threshold=_positive(content, "pre_contrast_threshold", 1e6),
        minimum_neighbours=_neighbours(content),
        boxes=tuple(_box(entry, source) for entry in _tables(content, "box")),
        accept=_codes(content),
    )


def _load(path: Path) -> Mapping[str, object]:
    opened(path, "manifest")
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where="manifest")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"larger than {MAX_BYTES:,} bytes", code="manifest.unreadable", where="manifest")
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix.lower() == ".json" else parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"not valid {'JSON' if path.suffix.lower() == '.json' else 'TOML'} in UTF-8",
            code="manifest.unreadable",
            where="manifest",
        ) from error
    if not isinstance(content, Mapping):
        raise _wrong("the file must hold a table of settings")
    if deeper_than(content, MAX_DEPTH):
        raise _wrong(f"nested deeper than {MAX_DEPTH} levels")
    return content


def _tables(content: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    found = content.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise _wrong(f"{key} must be a list of tables, written [[{key}]]")
    return found


def _phase(entry: Mapping[str, object], number: int) -> PhaseEntry:
    _require_known(entry, _PHASE_KEYS, f"phase {number}")
    files = entry.get("files", ())
    patterns = (
        (files,) if isinstance(files, str) else tuple(files) if isinstance(files, (list, tuple)) else ()
    )
    part = entry.get("part")
    if not all(isinstance(p, str) for p in patterns) or ("series" in entry) == bool(patterns):
        raise _wrong(f"phase {number} must name either series or files")
    if part is not None and (not isinstance(part, int) or part < 1):
        raise _wrong(f"phase {number}: part counts from 1")
    image_type = entry.get("image_type", "")
    if not isinstance(image_type, str):
        raise _wrong(f"phase {number}: image_type is one value of ImageType, for example 'W'")
    return PhaseEntry(str(entry.get("series", "")), part, patterns, image_type.strip().upper())


def _box(entry: Mapping[str, object], source: str) -> Box:
    _require_known(entry, _BOX_KEYS, "box")
    centre = _numbers(entry.get("centre_mm", ()), "centre_mm", 3)
    half = entry.get("half_vectors_mm", ())
    if not isinstance(half, list) or len(half) != 3:
        raise _wrong("half_vectors_mm must hold three vectors")
    vectors = [_numbers(v, "half_vectors_mm", 3) for v in half]
    if abs(np.linalg.det(np.array(vectors))) < 1e-6:
        raise _wrong("half_vectors_mm must not lie in one plane")
    triples = [(v[0], v[1], v[2]) for v in vectors]
    omit = bool(entry.get("omit", False))
    return Box((centre[0], centre[1], centre[2]), (triples[0], triples[1], triples[2]), omit, source)


def _numbers(value: object, key: str, count: int | None = None) -> tuple[float, ...]:
    right = isinstance(value, list) and count in (None, len(value)) and all(map(_finite_number, value))
    if not isinstance(value, list) or not right:
        raise _wrong(f"{key} must be a list of {count or 'finite'} numbers")
    return tuple(float(v) for v in value)


def _finite_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _index(content: Mapping[str, object], key: str) -> int | None:
    value = content.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise _wrong(f"{key} is the index of a phase after contrast, from 1 (0 is before contrast)")
    return value


def _positive(content: Mapping[str, object], key: str, limit: float = 10_000) -> float | None:
    value = content.get(key)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < limit:
        raise _wrong(f"{key} must be a positive number")
    return float(value)


def _neighbours(content: Mapping[str, object]) -> int | None:
    value = content.get("minimum_neighbours")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 26):
        raise _wrong("minimum_neighbours is a whole number from 0 to 26")
    return value


def _codes(content: Mapping[str, object]) -> tuple[str, ...]:
    value = content.get("accept", [])
    if not isinstance(value, list) or not all(isinstance(c, str) and CODE.fullmatch(c) for c in value):
        raise _wrong('accept is a list of codes of findings, such as ["roles.reversed"]')
    return tuple(value)


def _require_known(content: Mapping[str, object], known: tuple[str, ...], what: str) -> None:
    for key in content:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise InputError(
                f"{what}: unknown key {key!r}",
                code="manifest.key",
                where="manifest",
                hint=f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}",
            )


def _wrong(text: str) -> InputError:
    return InputError(text, code="manifest.value", where="manifest")
