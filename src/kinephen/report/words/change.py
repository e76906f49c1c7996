"""Words for the change of features: whether and of which features it is sign-adjusted."""

from __future__ import annotations

from kinephen.core.counted import counted, noun
from kinephen.report.schema.change import ChangeSigns

ADJUSTED = "sign-adjusted change"
REVERSED = "change times \u22121"


def change_noun(adjusted: bool) -> str:
    """Return what a value of change is called."""
    return ADJUSTED if adjusted else "change, not sign-adjusted"


def feature_change(feature: str, *, adjusted: bool, reversed_: bool) -> str:
    """Return what the values of one feature are, for a description.

    Parameters
    ----------
    feature : str
        Its name in words.
    adjusted : bool
        Of the whole table.
    reversed_ : bool
        Whether this feature's change is multiplied by -1.
    """
    name = change_noun(adjusted)
    by = f" ({REVERSED})" if reversed_ else "" if adjusted else ","
    return f"{name[0].upper()}{name[1:]}{by} between the visits of {feature}"


def change_words(signs: ChangeSigns) -> str:
    """Return the sentences on the direction of values of change."""
    features, turned, oriented = signs.features, len(signs.reversed), signs.oriented
    if not signs.adjusted:
        start = "Change is not sign-adjusted: in the literal form a sign before the ratio cancels."
    elif turned:
        start = (
            f"Change is sign-adjusted: that of {turned} of {counted(features, 'feature')}, whose lower "
            "values "
            "mean a more heterogeneous lesion, is multiplied by \u22121."
        )
    else:
        start = "Change is sign-adjusted, and no feature here is one whose change is multiplied by \u22121."
    return f"{start} {oriented_words(features, oriented)}"


def oriented_words(features: int, oriented: int) -> str:
    """Return of how many features a higher value means more heterogeneity."""
    if oriented == 0:
        return "Of no feature does higher mean more heterogeneous."
    if oriented == features:
        return "Higher reads more heterogeneous."
    return (
        f"Higher reads more heterogeneous for {oriented} of the {counted(features, 'feature')}; the "
        f"{noun(features - oriented, 'other has', 'others have')} no such direction."
    )


def component_words(features: int, oriented: int, rule: str) -> str:
    """Return what a higher score of a component means.

    Parameters
    ----------
    features : int
        Behind the components.
    oriented : int
        Of them, those of which a higher change, as shown, means a more heterogeneous lesion.
    rule : {"sum_of_loadings", "largest_loading"}
        What decides which way a component points.
    """
    start = {
        "sum_of_loadings": "A component points where the sum of its loadings is positive",
        "largest_loading": "A component points where its largest loading is positive",
    }[rule]
    if oriented == 0:
        return f"{start}; no feature behind it has a heterogeneity sign, so no end means more heterogeneous."
    return (
        f"{start}; higher reads more heterogeneous only as far as it rests, with positive loadings, on the "
        f"{oriented} of {counted(features, 'feature')} for which higher means more heterogeneous."
    )
