"""The works that a run cites: one registry for the page, the methods text and references.bib."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

from kinephen.report.schema import Reference

_CITE = re.compile(r"\[(@[a-z][a-z0-9]*(?:; @[a-z][a-z0-9]*)*)\]")
_TEX_LETTERS = {r"{\c{S}}": "Ş", r"{\u{g}}": "ğ", r"{\"o}": "ö", r"{\`e}": "è"}
_FIELDS = ("author", "title", "journal", "year", "volume", "number", "pages")


def cite_keys(text: str) -> list[str]:
    """Return the keys that a text cites as ``[@key]`` or ``[@one; @two]``, in order."""
    return [key.removeprefix("@") for group in _CITE.findall(text) for key in group.split("; ")]


def cite_pieces(text: str) -> list[tuple[str, list[str]]]:
    """Return a text in pieces, each with the keys that are cited after it."""
    pieces = _CITE.split(text)
    keys = [[k.removeprefix("@") for k in group.split("; ")] for group in pieces[1::2]]
    return list(zip(pieces[0::2], [*keys, []], strict=True))


def known_references() -> dict[str, Reference]:
    """Return every work that may be cited, by key."""
    return {key: _reference(key, entry) for key, entry in _registry().items()}


def cited_references(keys: Iterable[str]) -> tuple[Reference, ...]:
    """Return the works with these keys, each once, in order of first mention.

    Raises
    ------
    KeyError
        If a key is not in the registry.
    """
    known = known_references()
    return tuple(known[key] for key in dict.fromkeys(keys))


def bibtex(references: Iterable[Reference]) -> str:
    """Return the references as a BibTeX file; those without a key are left out."""
    return "\n".join(_entry(r) for r in references if r.key)


def short_name(reference: Reference) -> str:
    """Return author and year, for example ``Sled 1998``."""
    first = reference.fields.get("author", reference.key).split(" and ")[0].split(",")[0]
    return f"{_plain(first)} {reference.fields.get('year', '')}".strip()


@cache
def _registry() -> dict[str, dict[str, str]]:
    text = resources.files("kinephen.report.writing").joinpath("data/references.toml").read_text("utf-8")
    return {
        key: {name: str(value) for name, value in entry.items()} for key, entry in tomllib.loads(text).items()
    }


def _reference(key: str, entry: dict[str, str]) -> Reference:
    fields = {name: entry[name] for name in _FIELDS if name in entry}
    return Reference(text=_shown(entry), doi=entry.get("doi", ""), key=key, fields=fields)


def _shown(entry: dict[str, str]) -> str:
    names = [_initials(n) for n in entry["author"].split(" and ")]
    authors = ", ".join(names) if len(names) <= 3 and "others" not in names else f"{names[0]} et al"
    place = f"{entry['volume']}:{entry['pages']}"
    return f"{_plain(authors)}. {entry['journal']} {entry['year']};{place}: {entry['about']}"


def _initials(name: str) -> str:
    last, _, first = name.partition(", ")
    return f"{last} {re.sub('[. ]', '', first)}".strip()


def _plain(text: str) -> str:
    for tex, letter in _TEX_LETTERS.items():
        text = text.replace(tex, letter)
    return text


def _entry(reference: Reference) -> str:
    fields = {**reference.fields, **({"doi": reference.doi} if reference.doi else {})}
    lines = [f"  {name} = {{{_tex(name, value)}}}," for name, value in fields.items()]
    return "\n".join([f"@article{{{reference.key},", *lines, "}"]) + "\n"


def _tex(name: str, value: str) -> str:
    """Return a field as BibTeX takes it: on one line, braces in pairs, two hyphens in a range of pages.

    The fields may come from a report.json of others, whose text must not end the entry.
    """
    line = " ".join(value.split())
    if not _balanced(line) or line.endswith("\\"):
        line = re.sub(r"[{}\\]", "", line)
    return re.sub(r"(?<=\w)-(?=\w)", "--", line) if name == "pages" else line


def _balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0
