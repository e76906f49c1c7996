"""Facts on feature groups, components, phenotypes and gene signatures: what was done."""

from __future__ import annotations

from kinephen.report.schema import StatementRef
from kinephen.report.writing.evidence import Evidence, Fact, fact

_RULES = {
    "null_pac": "that whose ambiguity lay farthest below that of {sets} Gaussian reference sets "
    "[@john2020; @senbabaoglu2014], or one where none lay below by more than chance",
    "combined": "taken from a combination of the rules that are printed beside it",
    "last_gain": "the last at which the area under the consensus distribution still gained",
    "first_below": "the first at which the area under the consensus distribution gained little",
    "first_below_shifted": "the last before the gain in the area under the consensus distribution fell "
    "below its limit",
}


def _clustering(
    e: Evidence, section: str, what: str, distance: str, evidence: tuple[str, ...]
) -> Fact | None:
    linkage, rule = e.setting(f"{section}.linkage"), e.setting(f"{section}.k_rule")
    if linkage is None or rule not in _RULES:
        return None
    linked = "Ward's linkage" if linkage == "ward" else f"{linkage} linkage"
    refs: dict[str, StatementRef | None] = {
        "resamples": e.setting_ref(f"{section}.resamples", "int"),
        "fraction": e.setting_ref(f"{section}.fraction", "percent"),
    }
    text = (
        f"{what} by consensus clustering [@monti2003] with {distance} and {linked}, over {{resamples}} "
        "subsamples of {fraction} of the items"
    )
    if e.setting(f"{section}.fixed_k") is not None:
        refs["k"] = e.setting_ref(f"{section}.fixed_k", "int")
        return fact(f"{text}; their number was set to {{k}} by hand.", evidence, **refs)
    refs["k_max"] = e.setting_ref(f"{section}.k_max", "int")
    if "{sets}" in _RULES[rule]:
        refs["sets"] = e.setting_ref(f"{section}.null_sets", "int")
    return fact(
        f"{text}; of the numbers up to {{k_max}}, the one taken was {_RULES[rule]}.", evidence, **refs
    )


def groups(e: Evidence) -> Fact | None:
    """Say how features were grouped."""
    place = (e.setting_place("groups.linkage"),) if e.has_setting("groups.linkage") else ()
    return _clustering(
        e,
        "groups",
        "Features of change were grouped",
        "one minus the correlation as distance",
        (*place, *e.figure_places("group_cdf")),
    )


def components(e: Evidence) -> Fact | None:
    """Say how groups were reduced to components."""
    refs = {"variance": e.setting_ref("components.variance", "percent")}
    text = (
        "Each group was reduced to the principal components that together explain more than {variance} of "
        "its variance"
    )
    if e.number_ref("components") is not None and e.number_ref("groups") is not None:
        refs |= {"groups": e.number_ref("groups"), "components": e.number_ref("components")}
        text += "; feature groups and components found: {groups} and {components}"
    return fact(f"{text}.", e.table_places("components"), **refs)


def model_file(e: Evidence) -> Fact | None:
    """Say where the run puts what it has learned."""
    places = e.table_places("components")
    text = "The run wrote the phenotype model, with its loadings and centroids, to model.json."
    return fact(text, places) if places else None


def phenotypes(e: Evidence) -> Fact | None:
    """Say how phenotypes were found."""
    place = (e.setting_place("tumours.linkage"),) if e.has_setting("tumours.linkage") else ()
    return _clustering(
        e,
        "tumours",
        "Phenotypes were found among the patients of the discovery cohort",
        "Euclidean distance of the components",
        (*place, *e.figure_places("phenotype_cdf", "consensus_matrix")),
    )


def significance(e: Evidence) -> Fact | None:
    """Say how the significance of the split was tested."""
    if e.setting("sigclust.simulations") is None:
        return None
    cite = "[@liu2008; @huang2015]" if e.setting("sigclust.covariance") != "sample" else "[@liu2008]"
    text = f"The split was tested with SigClust {cite} on {{simulations}} simulated sets"
    if e.setting("sigclust.shc") and e.table("shc") is not None:
        text += ", and the nodes of the tree one by one [@kimes2017]"
    return fact(
        f"{text}.",
        e.table_places("sigclust", "shc"),
        simulations=e.setting_ref("sigclust.simulations", "int"),
    )


def signatures(e: Evidence) -> Fact | None:
    """Say which gene signatures were computed."""
    if e.table("table3") is None:
        return None
    cut = e.setting_ref("signatures.gene70_cut")
    words = {
        "none": "not centred",
        "cohort-median": "centred on the median of the cohort",
        "platform-median": "centred on the median of each platform",
        "balanced": "centred on medians that balance the receptors",
        "auto": "centred on medians that balance the receptors where their mix is skewed",
    }
    return fact(
        "Three gene signatures were computed as research re-creations, with genes "
        f"{words.get(e.choice('signatures.centring'), 'centred')}: the 70-gene signature [@vantveer2002] "
        "(low risk above a cosine of {cut}), the PAM50 risk of recurrence score ROR-S [@parker2009] and the "
        "p53 signature [@troester2006].",
        e.table_places("table3"),
        cut=cut,
    )


def associations(e: Evidence) -> Fact | None:
    """Say how phenotypes were compared with covariates."""
    if e.table("associations") is None:
        return None
    kind = e.setting("inference.multiplicity")
    words = {"bonferroni_table": "by Bonferroni", "holm_family": "by the method of Holm [@holm1979]"}
    if kind not in words:
        return None
    return fact(
        f"Phenotypes were compared with covariates, corrected {words[kind]} over the tests of one table.",
        (e.setting_place("inference.multiplicity"), *e.table_places("associations")),
    )


def component_ranks(e: Evidence) -> Fact | None:
    """Say how components were ranked by what differs between phenotypes."""
    if e.table("sam") is None:
        return None
    return fact(
        "Components were ranked by how much they differ between phenotypes with SAM [@tusher2001], as a "
        "description and not as a test.",
        e.table_places("sam"),
    )


FACTS = {
    maker.__name__: maker
    for maker in (
        groups,
        components,
        model_file,
        phenotypes,
        significance,
        signatures,
        associations,
        component_ranks,
    )
}
