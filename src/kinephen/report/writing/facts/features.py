"""Facts on radiomic features, their change and which of them were kept."""

from __future__ import annotations

from kinephen.core.counted import noun
from kinephen.report.schema import StatementRef
from kinephen.report.writing.evidence import Evidence, Fact, fact

_FORMS = {
    "literal": "the difference divided by the first value",
    "signed": "the difference divided by the size of the first value",
    "symmetric": "the difference divided by the mean size of both values",
    "log_ratio": "the logarithm of the ratio",
    "difference": "the difference divided by a standard deviation of the feature",
}


def extraction(e: Evidence) -> Fact | None:
    """Name the feature definitions."""
    mode = e.setting("features.mode")
    if mode is None:
        return None
    place = (e.setting_place("features.mode"),)
    if mode == "ibsi":
        return fact(
            "Features of intensity, shape and texture were computed in three dimensions in each map, with "
            "the definitions of the Image Biomarker Standardisation Initiative [@zwanenburg2020].",
            place,
        )
    return fact(
        "Features of intensity, shape and texture were computed in each map as the Cancer Imaging Phenomics "
        "Toolkit computes them [@davatzikos2018] (variant {variant}); they depart from the definitions of "
        "the Image Biomarker Standardisation Initiative [@zwanenburg2020].",
        place,
        variant=e.setting_ref("features.captk_preset", "text"),
    )


def standard_features(e: Evidence) -> Fact | None:
    """Return the fact on extraction when the definitions are those of the IBSI."""
    return extraction(e) if e.setting("features.mode") == "ibsi" else None


def discretisation(e: Evidence) -> Fact | None:
    """Say how grey levels were made discrete."""
    if e.setting("features.mode") != "ibsi":
        variant = e.setting_ref("features.captk_preset", "text")
        return fact(
            "Grey levels were made discrete with the bin counts of the toolkit's variant {variant}.",
            variant=variant,
        )
    return fact(
        "Grey levels were made discrete with a fixed number of {bins} bins over the range in the lesion.",
        bins=e.setting_ref("features.bins", "int"),
    )


def texture(e: Evidence) -> Fact | None:
    """Say how texture matrices were made."""
    if e.setting("features.mode") != "ibsi":
        return None
    return fact(
        "Texture matrices were made in three dimensions from neighbours that touch (Chebyshev distance of "
        "one voxel), symmetric and without weights of distance; features were averaged over directions.",
        (e.setting_place("features.mode"),),
    )


def image_filters(e: Evidence) -> Fact | None:
    """Name the filters whose responses gave features, when there are any."""
    written = e.setting("features.filters")
    if not isinstance(written, list) or not written:
        return None
    place = e.setting_place("features.filters")
    refs = {f"filter{n}": StatementRef(pointer=f"{place}/{n}", format="text") for n in range(len(written))}
    return fact(
        "The same features, without those of the mask alone, were computed of the response of each map to "
        f"{noun(len(written), 'filter')} of the Image Biomarker Standardisation Initiative [@whybra2024] "
        f"({'; '.join(f'{{{name}}}' for name in refs)}); beyond the lesion a filter saw the nearest value of "
        "the map.",
        **refs,
    )


def feature_number(e: Evidence) -> Fact | None:
    """Give the number of features."""
    return fact("This gave {seen} features of change in a patient.", seen=e.number_ref("seen"))


def robustness(e: Evidence) -> Fact | None:
    """Say how stability under perturbation was measured, when it was."""
    n = e.setting("features.perturbations")
    if not n:
        return None
    repeats = e.setting_ref("features.perturbations", "int")
    text = (
        "Stability of each feature was measured on {repeats} "
        f"{noun(n if isinstance(n, int) else 0, 'repeat')} of each exam with perturbed image and "
        "mask [@zwanenburg2019]"
    )
    if e.setting("filters.icc_limit") is None:
        return fact(f"{text}; no feature was dropped for it.", repeats=repeats)
    return fact(
        f"{text}; features with an intraclass correlation below {{limit}} were dropped.",
        repeats=repeats,
        limit=e.setting_ref("filters.icc_limit"),
    )


def delta(e: Evidence) -> Fact | None:
    """Say how change was measured."""
    form = e.setting("delta.form")
    if form not in _FORMS:
        return None
    text, places = (
        f"Change of a feature between the visits was {_FORMS[form]}",
        (e.setting_place("delta.form"),),
    )
    signs = e.report.change
    if signs is None:
        return fact(f"{text}.", places)
    if not signs.adjusted:
        return fact(f"{text}; it was not sign-adjusted, since a sign before the ratio cancels.", places)
    return fact(
        f"{text}; it was sign-adjusted: the change of {{turned}} {noun(len(signs.reversed), 'feature')}, "
        "whose "
        "lower values mean a more heterogeneous lesion, was multiplied by \u22121.",
        places,
        turned=e.number_ref("reversed"),
    )


def filters(e: Evidence) -> Fact | None:
    """Say which features were dropped and how many were kept."""
    refs: dict[str, StatementRef | None] = {"kept": e.number_ref("kept"), "seen": e.number_ref("seen")}
    dropped = ["undefined or constant ones"]
    if e.setting("filters.skewness_limit") is not None:
        refs["skewness"] = e.setting_ref("filters.skewness_limit")
        size = "an absolute skewness" if e.setting("filters.skewness_absolute") else "a skewness"
        dropped.append(f"those with {size} above {{skewness}}")
    if e.setting("filters.iqr_limit") is not None:
        refs["iqr"] = e.setting_ref("filters.iqr_limit")
        dropped.append("those with an interquartile range below {iqr} after z-scoring")
    if e.setting("filters.mask_only_copies") == "one":
        dropped.append("copies of features of the mask alone")
    if e.setting("filters.drop_duplicates"):
        dropped.append("features that repeat another")
    return fact(
        f"Of {{seen}} features of change, {{kept}} were kept; dropped were {', '.join(dropped)}.",
        e.table_places("filters"),
        **refs,
    )


def redundancy(e: Evidence) -> Fact | None:
    """Return the fact on filters when features that repeat others were dropped."""
    return filters(e) if e.setting("filters.drop_duplicates") else None


def scaling(e: Evidence) -> Fact | None:
    """Say how features were scaled."""
    if not e.report.settings:
        return None
    return fact(
        "Features of change were scaled to mean zero and standard deviation one with the moments of the "
        "discovery cohort, which were used for every other patient too.",
        ("/provenance/versions", *e.table_places("filters")),
    )


FACTS = {
    maker.__name__: maker
    for maker in (
        extraction,
        standard_features,
        discretisation,
        texture,
        image_filters,
        feature_number,
        robustness,
        delta,
        filters,
        redundancy,
        scaling,
    )
}
