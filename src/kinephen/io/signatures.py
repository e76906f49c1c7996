"""Signature files: the ones that come with the package, and the ones that a user adds."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd

from kinephen.core.files import atomic_path
from kinephen.core.toml_text import parse_toml
from kinephen.errors import InputError, UsageError
from kinephen.molecular.definition import signature_from_dict
from kinephen.molecular.signature import Signature

BUILT_IN = ("gene70", "pam50", "p53")
MAX_BYTES = 20_000_000


@dataclass(frozen=True)
class SignatureEntry:
    """A signature that can be loaded by name.

    Parameters
    ----------
    name, title, kind : str
    genes : int
        Number of genes.
    origin : str
        ``"built-in"`` or ``"added"``.
    """

    name: str
    title: str
    kind: str
    genes: int
    origin: str


def load_signature(name: str | Path) -> Signature:
    """Load a signature by its name or from a file.

    Parameters
    ----------
    name : str or Path
        ``"gene70"``, ``"pam50"``, ``"p53"``, the name of a signature that was added, or the path of a
        signature file (``*.toml``).

    Raises
    ------
    InputError
        ``signature.unknown``, ``signature.unreadable``, or what `signature_from_dict` raises.
    """
    text = str(name)
    if text in BUILT_IN:
        return _parse(_built_in(f"{text}.toml"), where=f"{text}.toml")
    path = Path(name) if text.endswith(".toml") else user_folder() / f"{text}.toml"
    if not path.is_file():
        known = ", ".join(entry.name for entry in list_signatures())
        raise InputError(
            f"no signature {text!r}",
            code="signature.unknown",
            hint=f"known: {known}; or give the path of a .toml signature file",
        )
    return _parse(_read_bounded(path), where=path.name)


def list_signatures() -> tuple[SignatureEntry, ...]:
    """Return every signature that can be loaded by name: the built-in ones, then the added ones."""
    added = sorted(user_folder().glob("*.toml")) if user_folder().is_dir() else []
    entries = [_entry(load_signature(name), "built-in") for name in BUILT_IN]
    return (*entries, *(_entry(load_signature(path), "added") for path in added))


def add_signature(path: Path, *, replace: bool = False) -> Signature:
    """Check a signature file and keep a copy of it in the user's configuration folder.

    Parameters
    ----------
    path : Path
        A ``.toml`` signature file.
    replace : bool
        Write over an added signature of the same name.

    Returns
    -------
    Signature
        As `load_signature` gives it by name from now on.

    Raises
    ------
    InputError
        ``signature.unreadable`` and what `signature_from_dict` raises.
    UsageError
        ``signature.exists`` for a name that is built in, or added already and not to be replaced.
    """
    if not path.is_file():
        raise InputError("no such file", code="signature.unreadable", where=path.name, hint="check the path")
    text = _read_bounded(path)
    signature = _parse(text, where=path.name)
    target = user_folder() / f"{signature.name}.toml"
    if signature.name in BUILT_IN or (target.exists() and not replace):
        raise UsageError(
            f"there is a signature {signature.name!r} already",
            code="signature.exists",
            hint="choose another name, or --replace an added one; built-in ones stay",
        )
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return signature


def user_folder() -> Path:
    """Return where added signatures are kept (``$XDG_CONFIG_HOME/kinephen/signatures``)."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "kinephen" / "signatures"


def load_platform_medians(array: str) -> pd.Series:
    """Load published gene medians of one array type for PAM50.

    Parameters
    ----------
    array : {"agilent-training", "htp-1.5", "agilent-4x44k", "agilent-1x44k"}

    Returns
    -------
    Series of float
        By gene of the PAM50 signature; log2 ratio to the training laboratory's reference.

    Raises
    ------
    InputError
        ``signature.medians`` for an unknown array.
    """
    tables = tomllib.loads(_built_in("pam50_platform_medians.toml"))
    known = {key: value for key, value in tables.items() if isinstance(value, dict)}
    if array not in known:
        raise InputError(
            f"no medians for {array!r}", code="signature.medians", hint=f"use one of {', '.join(known)}"
        )
    return pd.Series(known[array], name=array, dtype=float)


def signature_template() -> str:
    """Return a signature file with comments, to start one's own from."""
    return _built_in("template.toml")


def _built_in(name: str) -> str:
    return (resources.files("kinephen.molecular") / "data" / name).read_text(encoding="utf-8")


def _read_bounded(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            f"{size} bytes, at most {MAX_BYTES} are read",
            code="signature.unreadable",
            where=path.name,
            hint="a signature file holds one line a gene",
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(
            "not UTF-8 text", code="signature.unreadable", where=path.name, hint="save it as UTF-8"
        ) from None


def _parse(text: str, *, where: str) -> Signature:
    try:
        document = parse_toml(text)
    except ValueError as error:
        raise InputError(
            f"not a TOML file: {error}", code="signature.unreadable", where=where, hint="mend that line"
        ) from None
    return signature_from_dict(document, where=where)


def _entry(signature: Signature, origin: str) -> SignatureEntry:
    return SignatureEntry(signature.name, signature.title, signature.kind, len(signature.genes), origin)
