"""The protocol of a complete extraction, from a TOML file; an unknown key suggests the nearest one."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kinephen.core.toml_text import parse_toml
from kinephen.errors import ConfigError
from kinephen.radiomics.protocol import Protocol

MAX_BYTES = 100_000
WHERE = "protocol file"
_SECTIONS = {field.name: type(getattr(Protocol(), field.name)) for field in dataclasses.fields(Protocol)}


def read_protocol(path: Path) -> Protocol:
    """Read a protocol.

    Parameters
    ----------
    path : Path
        TOML with the sections and keys of `kinephen.radiomics.protocol.Protocol`; what is left out has its
        default.

    Raises
    ------
    ConfigError
        ``path.missing``; ``protocol.file`` if it is no TOML text of a usual size; ``protocol.key`` for an
        unknown section or key; ``protocol.value`` for a value of another type or out of range.
    """
    if not path.is_file():
        raise ConfigError("no such file", code="path.missing", where=WHERE)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES:,} bytes")
        content = parse_toml(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ConfigError(f"no protocol in TOML: {error}", code="protocol.file", where=WHERE) from None
    _require_known("section", content, _SECTIONS)
    for name, section in content.items():
        if not isinstance(section, Mapping):
            raise ConfigError(f"{name} must be a section", code="protocol.value", where=WHERE)
        keys = [field.name for field in dataclasses.fields(_SECTIONS[name])]
        _require_known(f"key in [{name}]", section, keys)
    try:
        return TypeAdapter(Protocol).validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][:2])
        raise ConfigError(f"{place}: {first['msg']}", code="protocol.value", where=WHERE) from None


def _require_known(what: str, found: Iterable[object], known: Iterable[str]) -> None:
    known = list(known)
    for name in found:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            raise ConfigError(
                f"unknown {what}: {name}",
                code="protocol.key",
                where=WHERE,
                hint=f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}",
            )
