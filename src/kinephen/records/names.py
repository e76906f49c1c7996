"""Names that steps give to models and panels, with the words that are shown for them."""

from __future__ import annotations

from collections.abc import Collection

TITLES = {
    "gene70": "70-gene signature",
    "ror_s": "ROR-S",
    "p53": "p53 signature",
    "m1": "Model 1: baseline (age, HR, HER2)",
    "m2": "Model 2: baseline, FTV2",
    "m3": "Model 3: baseline, FTV2, signatures",
    "m4": "Model 4: baseline, FTV2, phenotype",
    "m5": "Model 5: baseline, FTV2, signatures, phenotype",
}
"""The eight models of the ladder, in their order; see `model_title` for the baseline that was used."""
COMPARISONS = (("m1", "m2"), ("m2", "m3"), ("m2", "m4"), ("m3", "m5"), ("m4", "m5"))
"""Smaller and larger model; the last pair is the one that the article's abstract quotes without testing."""
NESTED = {larger: smaller for smaller, larger in COMPARISONS[:-1]}
"""The model that each is compared with in Table 4."""
DRAWN_MODELS = ("m1", "m2", "m4", "m5")
"""Models whose curves are drawn; the numbers of all stand in tables."""

MEDIAN_LABELS = {"low": "at or below the median", "high": "above the median"}
SUBTYPES = {
    "hr_positive_her2_negative": "HR+/HER2-",
    "her2_positive": "HER2+",
    "triple_negative": "triple negative",
}
SIGNATURE_CLASSES = {
    "gene70_class": "70-gene signature",
    "ror_s_group": "ROR-S",
    "p53_class": "p53 signature",
}
"""Columns of classes, with the titles of their panels of curves."""


CHARACTERISTICS = {
    "hr": "hormone receptor positive",
    "her2": "HER2 positive",
    "tn": "triple negative",
    "pcr": "pathologic complete response",
}
TREATMENT = {"arm": "chemotherapy", "trastuzumab": "trastuzumab", "radiation": "radiation therapy"}
MOLECULAR = {"gene70_class": "70-gene signature", "p53_class": "p53 signature", "ror_s_group": "PAM50 ROR-S"}
COVARIATES = {
    "age": "age, years",
    "hr": "hormone receptor",
    "her2": "HER2",
    "tn": "triple negative",
    "pcr": "pathologic complete response",
    "ftv2": "FTV2, cm³",
    "gene70_class": "70-gene signature",
    "ror_s_group": "ROR-S group",
    "p53_class": "p53 signature",
    "pam50_call": "PAM50 subtype",
    "site": "site",
    "arm": "chemotherapy arm",
}
MARKERS = {
    "gene70_class": "70-gene signature, high risk",
    "ror_s_group": "ROR-S, high risk",
    "p53_class": "p53 signature, mutant",
}
PHENOTYPE_MARKER = "phenotype, increasing"


FARTHER = "farther from the nearest phenotype than any patient of training in it was"
"""Beyond the radius of the phenotype of the nearest centroid; see `kinephen.phenotype.solution.assign`."""


_BASELINE = {"age": "age", "hr": "HR", "her2": "HER2"}


def model_title(name: str, columns: Collection[str]) -> str:
    """Return a model's title; of the first model with the baseline covariates that it has."""
    if name != "m1":
        return TITLES[name]
    return f"Model 1: baseline ({', '.join(word for c, word in _BASELINE.items() if c in columns)})"


def factor_words(columns: Collection[str]) -> str:
    """Return the clinical factors among columns in words, for example "age, receptors and FTV2"."""
    receptors = {"hr", "her2"} <= set(columns)
    named = {"age": "age", "hr": "hormone receptor", "her2": "HER2", "ftv2": "FTV2"}
    if receptors:
        named = {"age": "age", "hr": "receptors", "ftv2": "FTV2"}
    found = [word for column, word in named.items() if column in columns]
    return f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found)


def short_title(model: str) -> str:
    """Return a model's title without its covariates ("Model 2")."""
    return TITLES[model].split(":")[0]
