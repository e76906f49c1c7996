"""Checks of the rules in a signature file: classes, groups of genes, limits, risk models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from kinephen.molecular.definition_values import choice, error, number, numbers, texts
from kinephen.molecular.signature import Call, Group, RorModel, Rule


def rule(document: Mapping[str, object], profiles: Sequence[str], where: str) -> Rule:
    """Return the rule for classes, checked against the profiles."""
    default = "largest" if document["kind"] == "centroids" and len(profiles) > 1 else "above"
    call: Call = choice({"call": document.get("call", default)}, "call", ("largest", "above"), where)
    if call == "largest" and default == "above":
        raise error(
            "signature.rule",
            f"call is {call!r} for {len(profiles)} profile(s)",
            "`largest` needs several centroids; else use `above`",
            where,
        )
    cuts = numbers(document, "cuts", where)
    labels = texts(document.get("labels", ()), "labels", where)
    if list(cuts) != sorted(set(cuts)) or ((cuts or labels) and len(labels) != len(cuts) + 1):
        raise error(
            "signature.rule",
            f"{len(cuts)} cuts and {len(labels)} labels",
            "cuts increase, and there is one label more than cuts",
            where,
        )
    pair = texts(document.get("difference", ()), "difference", where)
    if pair and (len(pair) != 2 or not set(pair) <= set(profiles)):
        raise error(
            "signature.rule", f"difference is {list(pair)}", f"name two of {', '.join(profiles)}", where
        )
    if call == "above" and len(profiles) > 1 and not pair:
        raise error(
            "signature.rule",
            "several centroids and no single score",
            'add `difference = ["A", "B"]` or `call = "largest"`',
            where,
        )
    return Rule(call=call, cuts=cuts, labels=labels, difference=(pair[0], pair[1]) if pair else None)


def group(entry: Mapping[str, object], where: str) -> Group:
    """Return one group of a weighted sum."""
    unknown = sorted(set(entry) - {"name", "weight", "floor"})
    if "name" not in entry or unknown:
        raise error(
            "signature.unknown_key", f"group with keys {sorted(entry)}", "use name, weight, floor", where
        )
    floor = entry.get("floor")
    return Group(
        name=str(entry["name"]),
        weight=number(entry.get("weight", 1.0), "group weight", where),
        floor=None if floor is None else number(floor, "group floor", where),
    )


def check_groups(genes: pd.DataFrame, groups: Sequence[Group], where: str) -> None:
    """Raise when genes and groups do not name each other."""
    named = {g.name for g in groups}
    used = set(genes["group"])
    if groups and used != named:
        raise error(
            "signature.genes",
            f"groups of the genes {sorted(used)}, groups defined {sorted(named)}",
            "give every gene one of the defined groups",
            where,
        )


def clip(document: Mapping[str, object], where: str) -> tuple[float, float] | None:
    """Return the range that a weighted sum is limited to."""
    limits = numbers(document, "clip", where)
    if limits and (len(limits) != 2 or limits[0] >= limits[1] or document["kind"] != "weighted_sum"):
        raise error(
            "signature.rule", f"clip is {limits}", "give a weighted sum its lowest and highest score", where
        )
    return (limits[0], limits[1]) if limits else None


def ror_models(document: Mapping[str, object], where: str) -> dict[str, dict[str, RorModel]]:
    """Return the risk models by name, then by variant."""
    found = document.get("ror", {})
    if not isinstance(found, Mapping) or not all(isinstance(v, Mapping) for v in found.values()):
        raise error(
            "signature.rule", f"ror is {str(found)[:60]}", "write tables [ror.<name>.<variant>]", where
        )
    return {
        name: {variant: _ror_model(name, variant, entry, where) for variant, entry in variants.items()}
        for name, variants in found.items()
    }


def _ror_model(name: str, variant: str, entry: object, where: str) -> RorModel:
    table = entry if isinstance(entry, Mapping) else {}
    weights = table.get("weights")
    if not isinstance(weights, Mapping):
        raise error(
            "signature.rule", f"ror {name} {variant} without weights", "give a table of weights", where
        )
    cuts = numbers(table, "cuts", where)
    return RorModel(
        name=name,
        variant=variant,
        weights={k: number(v, f"ror {name} {k}", where) for k, v in weights.items()},
        cuts=(cuts[0], cuts[1]) if len(cuts) == 2 else None,
        source=str(table.get("source", "")),
    )
