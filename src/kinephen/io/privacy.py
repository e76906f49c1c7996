"""Free text from files, made safe to show: only words of imaging stay, everything else is masked.

Operators type names and numbers into any text field. A list of known words is the only rule that holds for
text nobody has seen; a list of forbidden words is not.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from kinephen.core.plain import hash_text

MASK = "*"

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[\W_]+")
_LETTERS = frozenset("bdglnrtx")
_KEPT_MARKS = frozenset(" _-/+.:,()=%#<>&")


def shown(text: str, *, verbatim: bool = False) -> str:
    """Return `text` with everything but known words, short numbers and marks masked.

    Parameters
    ----------
    text : str
        Free text of a file, for example a series description.
    verbatim : bool
        Return it as it stands (the user asked for it).

    Returns
    -------
    str
        ``"Sagittal-IR_3DFGRE"`` stays; ``"JANE DOE dyn 19500101"`` becomes ``"* * dyn *"``.
    """
    if verbatim:
        return text
    return "".join(_token(t) for t in _TOKEN.findall(text[:200]))


def shown_or_hashed(text: str) -> str:
    """Return `text` if all of it may be shown, else eight digits of its hash, to compare it by."""
    text = text.strip()
    if not text or MASK not in shown(text):
        return text[:200]
    return f"#{hash_text(text)[:8]}"


def _token(token: str) -> str:
    if token.isdigit():
        return token if token.isascii() and len(token) <= 2 else MASK
    if token[0].isalpha():
        return token if _known(token.lower()) else MASK
    return "".join(c if c in _KEPT_MARKS else MASK for c in token)


@cache
def _words() -> frozenset[str]:
    text = files("kinephen.io").joinpath("data/imaging_words.txt").read_text(encoding="utf-8")
    return frozenset(w for line in text.splitlines() if not line.startswith("#") for w in line.split())


def _known(word: str) -> bool:
    # The letters of T1, 3D, L and R say nothing about anyone; other single letters may be initials.
    return word in _LETTERS or word in _words() or (word[0] == "d" and word[1:] in _words())
