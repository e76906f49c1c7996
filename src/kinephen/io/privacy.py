"""Free text from files, made safe to show: only words of imaging stay, everything else is masked.

Operators type names and numbers into any text field. A list of known words is the only rule that holds for
text nobody has seen; a list of forbidden words is not.
"""

from __future__ import annotations

import re

MASK = "*"

_WORDS = frozenset(
    [
        "acrin",
        "adc",
        "ax",
        "axi",
        "axial",
        "axilla",
        "bilat",
        "bilateral",
        "bind",
        "both",
        "brea",
        "breas",
        "breast",
        "breasts",
        "brst",
        "ca",
        "cad",
        "calculated",
        "cor",
        "coronal",
        "ctlmid",
        "dce",
        "dcm",
        "delay",
        "delayed",
        "delta",
        "derived",
        "diff",
        "diffusion",
        "dixon",
        "dwi",
        "dyn",
        "dynamic",
        "early",
        "echo",
        "eff",
        "ep",
        "epi",
        "ethrive",
        "fat",
        "fatsat",
        "fgre",
        "fiesta",
        "first",
        "fl",
        "flash",
        "fmpspgr",
        "fov",
        "fs",
        "fse",
        "fspgr",
        "gfre",
        "gradient",
        "gre",
        "group",
        "grx",
        "high",
        "highrisk",
        "image",
        "images",
        "immed",
        "imm",
        "immp",
        "inj",
        "inter",
        "ir",
        "isotropic",
        "left",
        "lesion",
        "lava",
        "loc",
        "locator",
        "localizer",
        "lt",
        "map",
        "mask",
        "mip",
        "mr",
        "mri",
        "mpr",
        "mprage",
        "motion",
        "mrac",
        "non",
        "noncontrast",
        "nci",
        "obl",
        "oblique",
        "orig",
        "original",
        "pass",
        "pe",
        "pelvic",
        "penn",
        "perfusion",
        "phase",
        "phases",
        "plane",
        "post",
        "pre",
        "pre-treatment",
        "presurgery",
        "pulse",
        "raw",
        "reg",
        "regimen",
        "registered",
        "ref",
        "repeat",
        "res",
        "right",
        "rm",
        "roi",
        "rt",
        "sag",
        "sagittal",
        "sat",
        "scan",
        "scout",
        "se",
        "second",
        "sat",
        "seg",
        "segmentation",
        "sense",
        "ser",
        "series",
        "shim",
        "slab",
        "slice",
        "spair",
        "special",
        "spgr",
        "spin",
        "spir",
        "stir",
        "sub",
        "subtract",
        "subtraction",
        "supp",
        "suppressed",
        "survey",
        "t",
        "temporal",
        "test",
        "tfe",
        "thick",
        "thin",
        "third",
        "thresh",
        "thrive",
        "time",
        "tirm",
        "tissue",
        "tra",
        "trak",
        "transverse",
        "tse",
        "twist",
        "ultrafast",
        "uni",
        "unilat",
        "unilateral",
        "ute",
        "vbw",
        "vessel",
        "vibe",
        "vibrant",
        "view",
        "views",
        "visit",
        "vista",
        "voi",
        "vol",
        "volume",
        "water",
        "we",
        "with",
        "without",
        "baseline",
        "treatment",
        "surgery",
        "therapy",
        "cycle",
        "follow",
        "up",
    ]
)
_TOKEN = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]+", re.ASCII)
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


def _token(token: str) -> str:
    if token.isascii() and token.isdigit():
        return token if len(token) <= 2 else MASK
    if token.isascii() and token.isalpha():
        return token if _known(token.lower()) else MASK
    return "".join(c if c in _KEPT_MARKS else MASK for c in token)


def _known(word: str) -> bool:
    # Single letters and "d" of "3d" say nothing about anyone.
    return len(word) == 1 or word in _WORDS or (word.startswith("d") and word[1:] in _WORDS)
