"""From the plain content of a signature file to a checked `Signature`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kinephen.errors import InputError
from kinephen.molecular.signature import GENE_COLUMNS, Group, RorModel, Rule, Signature

FORMAT = 1
KINDS = ("centroids", "cosine", "weighted_sum")
_TUPLES = ("symbols", "aliases", "probes", "agilent", "sets")
_KEYS = {
    *(
        "format",
        "name",
        "title",
        "kind",
        "correlation",
        "scale_samples",
        "call",
        "cuts",
        "labels",
        "difference",
    ),
    *("intercept", "groups", "min_coverage", "citation", "source", "licence", "notice", "profiles", "genes"),
    "ror",
}


def signature_from_dict(document: Mapping[str, Any], *, where: str = "") -> Signature:
    """Check the content of a signature file and build the signature.

    Parameters
    ----------
    document : mapping
        Keys ``format`` (1), ``name``, ``title``, ``kind``, ``profiles`` (names), ``genes`` (a mapping a gene
        with ``id``, ``entrez`` or ``symbols``, and one number for each profile), and optionally
        ``correlation``, ``scale_samples``, ``call``, ``cuts``, ``labels``, ``difference``, ``intercept``,
        ``groups``, ``min_coverage``, ``citation``, ``source``, ``licence``, ``notice``, ``ror``.
    where : str
        Named in errors, for example the file's name.

    Raises
    ------
    InputError
        ``signature.format``, ``signature.unknown_key``, ``signature.missing_key``, ``signature.kind``,
        ``signature.genes``, ``signature.rule`` or ``signature.value``.
    """
    _check_keys(document, where)
    profiles = _names(document, "profiles", where)
    rows = [_gene_row(entry, profiles, where) for entry in document["genes"]]
    ids = [str(row["id"]) for row in rows]
    if len(set(ids)) != len(ids) or len(ids) < 2:
        raise _error(
            "signature.genes",
            f"{len(ids)} genes, {len(set(ids))} different ids",
            "give every gene its own id, at least two genes",
            where,
        )
    genes = pd.DataFrame(rows, index=pd.Index(ids, name="gene"))
    groups = tuple(_group(g, where) for g in document.get("groups", ()))
    _check_groups(genes, groups, where)
    return Signature(
        name=str(document["name"]),
        title=str(document["title"]),
        kind=document["kind"],
        genes=genes[list(GENE_COLUMNS)],
        profiles=genes[list(profiles)].astype(float),
        rule=_rule(document, profiles, where),
        correlation=_choice(document, "correlation", ("spearman", "pearson"), where),
        scale_samples=bool(document.get("scale_samples", False)),
        intercept=_number(document.get("intercept", 0.0), "intercept", where),
        groups=groups,
        min_coverage=_share(document.get("min_coverage", 0.5), where),
        ror=_ror(document.get("ror", {}), where),
        citation=_text_tuple(document.get("citation", ())),
        source=str(document.get("source", "")),
        licence=str(document.get("licence", "")),
        notice=str(document.get("notice", "")),
    )


def _error(code: str, found: str, hint: str, where: str) -> InputError:
    return InputError(f"signature definition: {found}", code=code, hint=hint, where=where)


def _check_keys(document: Mapping[str, Any], where: str) -> None:
    if document.get("format") != FORMAT:
        raise _error(
            "signature.format",
            f"format is {document.get('format')!r}, expected {FORMAT}",
            f"write `format = {FORMAT}` at the top",
            where,
        )
    missing = [k for k in ("name", "title", "kind", "profiles", "genes") if k not in document]
    if missing:
        raise _error("signature.missing_key", f"without {', '.join(missing)}", "add the missing keys", where)
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        raise _error(
            "signature.unknown_key",
            f"unknown key {', '.join(unknown)}",
            f"known keys: {', '.join(sorted(_KEYS))}",
            where,
        )
    _choice(document, "kind", KINDS, where)
    name = str(document["name"])
    if not name.replace("_", "").isalnum() or not name.islower():
        raise _error("signature.value", f"name is {name!r}", "use lower-case letters, digits and _", where)


def _names(document: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = _text_tuple(document[key])
    single = document["kind"] != "centroids"
    if not names or len(set(names)) != len(names) or (single and len(names) != 1):
        raise _error(
            "signature.value",
            f"{key} is {list(names)}",
            "one name for cosine and weighted_sum, different names for centroids",
            where,
        )
    return names


def _gene_row(entry: Mapping[str, Any], profiles: Sequence[str], where: str) -> dict[str, Any]:
    if "id" not in entry:
        raise _error("signature.genes", "a gene without id", "give every gene an id", where)
    gene = str(entry["id"])
    unknown = sorted(set(entry) - {"id", *GENE_COLUMNS, *profiles})
    if unknown:
        raise _error(
            "signature.unknown_key",
            f"gene {gene}: unknown key {', '.join(unknown)}",
            f"known: id, {', '.join(GENE_COLUMNS)}, {', '.join(profiles)}",
            where,
        )
    row: dict[str, Any] = {
        "id": gene,
        "entrez": str(entry.get("entrez", "")),
        "group": str(entry.get("group", "")),
    }
    row["rescued"] = str(entry.get("rescued", ""))
    row |= {key: _text_tuple(entry.get(key, ())) for key in _TUPLES}
    row |= {p: _number(entry.get(p), f"gene {gene}, {p}", where) for p in profiles}
    return row


def _rule(document: Mapping[str, Any], profiles: Sequence[str], where: str) -> Rule:
    default = "largest" if document["kind"] == "centroids" and len(profiles) > 1 else "above"
    call = document.get("call", default)
    if call not in ("largest", "above") or (call == "largest" and default == "above"):
        raise _error(
            "signature.rule",
            f"call is {call!r} for {len(profiles)} profile(s)",
            "`largest` needs several centroids; else use `above`",
            where,
        )
    cuts = tuple(_number(c, "cuts", where) for c in document.get("cuts", ()))
    labels = _text_tuple(document.get("labels", ()))
    if list(cuts) != sorted(set(cuts)) or ((cuts or labels) and len(labels) != len(cuts) + 1):
        raise _error(
            "signature.rule",
            f"{len(cuts)} cuts and {len(labels)} labels",
            "cuts increase, and there is one label more than cuts",
            where,
        )
    pair = _text_tuple(document.get("difference", ()))
    if pair and (len(pair) != 2 or not set(pair) <= set(profiles)):
        raise _error(
            "signature.rule", f"difference is {list(pair)}", f"name two of {', '.join(profiles)}", where
        )
    if call == "above" and len(profiles) > 1 and not pair:
        raise _error(
            "signature.rule",
            "several centroids and no single score",
            'add `difference = ["A", "B"]` or `call = "largest"`',
            where,
        )
    return Rule(call=call, cuts=cuts, labels=labels, difference=(pair[0], pair[1]) if pair else None)


def _group(entry: Mapping[str, Any], where: str) -> Group:
    unknown = sorted(set(entry) - {"name", "weight", "floor"})
    if "name" not in entry or unknown:
        raise _error(
            "signature.unknown_key", f"group with keys {sorted(entry)}", "use name, weight, floor", where
        )
    floor = entry.get("floor")
    return Group(
        name=str(entry["name"]),
        weight=_number(entry.get("weight", 1.0), "group weight", where),
        floor=None if floor is None else _number(floor, "group floor", where),
    )


def _check_groups(genes: pd.DataFrame, groups: Sequence[Group], where: str) -> None:
    named = {g.name for g in groups}
    used = set(genes["group"])
    if groups and used != named:
        raise _error(
            "signature.genes",
            f"groups of the genes {sorted(used)}, groups defined {sorted(named)}",
            "give every gene one of the defined groups",
            where,
        )


def _ror(document: Mapping[str, Any], where: str) -> dict[str, dict[str, RorModel]]:
    return {
        name: {variant: _ror_model(name, variant, entry, where) for variant, entry in variants.items()}
        for name, variants in document.items()
    }


def _ror_model(name: str, variant: str, entry: Mapping[str, Any], where: str) -> RorModel:
    cuts = [_number(c, f"ror {name} cuts", where) for c in entry.get("cuts", ())]
    return RorModel(
        name=name,
        variant=variant,
        weights={k: _number(v, f"ror {name} {k}", where) for k, v in entry["weights"].items()},
        cuts=(cuts[0], cuts[1]) if len(cuts) == 2 else None,
        source=str(entry.get("source", "")),
    )


def _choice(document: Mapping[str, Any], key: str, allowed: Sequence[str], where: str) -> Any:
    value = document.get(key, allowed[0])
    if value not in allowed:
        raise _error(f"signature.{key}", f"{key} is {value!r}", f"use one of {', '.join(allowed)}", where)
    return value


def _number(value: Any, what: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _error(
            "signature.value",
            f"{what} is {value!r}, expected a finite number",
            "write the number with a decimal point",
            where,
        )
    return float(value)


def _share(value: Any, where: str) -> float:
    share = _number(value, "min_coverage", where)
    if not 0 < share <= 1:
        raise _error("signature.value", f"min_coverage is {share}", "give a share above 0 and up to 1", where)
    return share


def _text_tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(v) for v in value)
