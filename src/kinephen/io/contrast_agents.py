"""Contrast agents by name: headers write trade names, abbreviations, and whatever an operator typed."""

from __future__ import annotations

NOT_SHOWN = "stated, not shown"
"""The file holds a text that is on no list, so that it may hold anything."""
UNNAMED = "gadolinium chelate, not named"

_SILENT = frozenset({"", "none", "no", "n", "na", "nil", "nothing", "without", "unknown"})
# The longer of two names that begin alike comes first.
_NAMES = (
    ("gadodiamide", ("gadodiamid", "omniscan", "gddtpabma")),
    ("gadopentetate", ("gadopentet", "magnevist", "magnograf", "gddtpa", "gadoliniumdtpa")),
    ("gadobutrol", ("gadobutrol", "gadavist", "gadovist", "gddo3abutrol")),
    ("gadoterate", ("gadoterate", "gadoteric", "dotarem", "clariscan", "gddota")),
    ("gadobenate", ("gadobenat", "gadobenic", "multihance", "gdbopta")),
    ("gadoteridol", ("gadoteridol", "prohance", "gdhpdo3a")),
    ("gadoversetamide", ("gadoversetamid", "optimark")),
    ("gadoxetate", ("gadoxet", "eovist", "primovist")),
    ("gadofosveset", ("gadofosveset", "ablavar", "vasovist")),
    ("gadopiclenol", ("gadopiclenol", "elucirem", "vueway")),
    ("ferumoxytol", ("ferumoxytol", "feraheme")),
    (UNNAMED, ("gadolinium",)),
)
_ABBREVIATIONS = ("gd", "gad", "gado")


def generic_agent(text: str) -> str:
    """Return the generic name of the agent that a text names.

    Parameters
    ----------
    text : str
        Free text of a file, for example ``"Magnevist 15 ml"``.

    Returns
    -------
    str
        ``"gadopentetate"``; `UNNAMED` for gadolinium alone; empty for a text that says none or nothing (a
        dynamic exam has contrast: then nobody filled the field); `NOT_SHOWN` for any other text.
    """
    letters = "".join(c for c in text.lower() if c.isalnum())
    if letters in _SILENT:
        return ""
    for name, spellings in _NAMES:
        if any(s in letters for s in spellings):
            return name
    return UNNAMED if letters in _ABBREVIATIONS else NOT_SHOWN


def generic_route(text: str) -> str:
    """Return how the agent was given: intravenous, empty, or `NOT_SHOWN`."""
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    if "".join(words) in _SILENT:
        return ""
    known = {"iv", "intravenous", "intravenously", "intravascular"}
    return "intravenous" if known & {*words, "".join(words)} or words[:2] == ["i", "v"] else NOT_SHOWN
