"""From the plain content of a signature file to a checked `Signature`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from kinephen.molecular.definition_rules import check_groups, clip, group, ror_models, rule
from kinephen.molecular.definition_values import choice, error, number, share, tables, texts
from kinephen.molecular.signature import GENE_COLUMNS, Signature

FORMAT = 1
KINDS = ("centroids", "cosine", "weighted_sum")
MIN_COVERAGE = {"centroids": 0.5, "cosine": 0.5, "weighted_sum": 0.9}
"""A correlation bears missing genes; in a weighted sum each of them is a term left out."""
_IDENTIFIERS = ("entrez", "symbols", "probes", "agilent")
_TUPLES = ("symbols", "aliases", "probes", "agilent", "sets")
_REQUIRED = ("name", "title", "kind", "profiles", "genes")
_OPTIONAL = (
    *(
        "format",
        "correlation",
        "scale_samples",
        "call",
        "cuts",
        "labels",
        "difference",
        "intercept",
        "groups",
    ),
    *("clip", "applies_to", "min_coverage", "ror", "citation", "source", "licence", "notice"),
)


def signature_from_dict(document: Mapping[str, object], *, where: str = "") -> Signature:
    """Check the content of a signature file and build the signature.

    Parameters
    ----------
    document : mapping
        Keys ``format`` (1), ``name``, ``title``, ``kind``, ``profiles`` (names), ``genes`` (a mapping a gene
        with ``id``, ``entrez`` or ``symbols``, and one number for each profile), and optionally
        ``correlation``, ``scale_samples``, ``call``, ``cuts``, ``labels``, ``difference``, ``intercept``,
        ``groups``, ``clip``, ``applies_to``, ``min_coverage``, ``citation``, ``source``, ``licence``,
        ``notice``, ``ror``.
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
    rows = [_gene_row(entry, profiles, where) for entry in tables(document, "genes", where)]
    ids = [str(row["id"]) for row in rows]
    if len(set(ids)) != len(ids) or len(ids) < 2:
        raise error(
            "signature.genes",
            f"{len(ids)} genes, {len(set(ids))} different ids",
            "give every gene its own id, at least two genes",
            where,
        )
    kind = choice(document, "kind", KINDS, where)
    genes = pd.DataFrame(rows, index=pd.Index(ids, name="gene"))
    groups = tuple(group(g, where) for g in tables(document, "groups", where))
    check_groups(genes, groups, where)
    return Signature(
        name=str(document["name"]),
        title=str(document["title"]),
        kind=kind,
        genes=genes[list(GENE_COLUMNS)],
        profiles=genes[list(profiles)].astype(float),
        rule=rule(document, profiles, where),
        correlation=choice(document, "correlation", ("spearman", "pearson"), where),
        scale_samples=bool(document.get("scale_samples", False)),
        intercept=number(document.get("intercept", 0.0), "intercept", where),
        groups=groups,
        clip=clip(document, where),
        applies_to=choice(document, "applies_to", ("all", "er-positive", "er-negative"), where),
        min_coverage=share(document.get("min_coverage", MIN_COVERAGE[kind]), where),
        ror=ror_models(document, where),
        citation=texts(document.get("citation", ()), "citation", where),
        source=str(document.get("source", "")),
        licence=str(document.get("licence", "")),
        notice=str(document.get("notice", "")),
    )


def _check_keys(document: Mapping[str, object], where: str) -> None:
    if document.get("format") != FORMAT:
        raise error(
            "signature.format",
            f"format is {document.get('format')!r}, expected {FORMAT}",
            f"write `format = {FORMAT}` at the top",
            where,
        )
    missing = [k for k in _REQUIRED if k not in document]
    if missing:
        raise error("signature.missing_key", f"without {', '.join(missing)}", "add the missing keys", where)
    unknown = sorted(set(document) - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise error(
            "signature.unknown_key",
            f"unknown key {', '.join(unknown)}",
            f"known keys: {', '.join((*_REQUIRED, *_OPTIONAL))}",
            where,
        )
    choice(document, "kind", KINDS, where)
    name = str(document["name"])
    if not name.replace("_", "").isalnum() or not name.islower():
        raise error("signature.value", f"name is {name!r}", "use lower-case letters, digits and _", where)


def _names(document: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    names = texts(document[key], key, where)
    single = document["kind"] != "centroids"
    reserved = {"id", *GENE_COLUMNS} & set(names)
    if not names or len(set(names)) != len(names) or reserved or (single and len(names) != 1):
        raise error(
            "signature.value",
            f"{key} is {list(names)}",
            "one name for cosine and weighted_sum, different ones for centroids, none of the gene keys",
            where,
        )
    return names


def _gene_row(entry: Mapping[str, object], profiles: Sequence[str], where: str) -> dict[str, object]:
    if "id" not in entry:
        raise error(
            "signature.genes", f"a gene {str(entry)[:40]!r} without id", "give every gene an id", where
        )
    gene = str(entry["id"])
    if not any(entry.get(key) for key in _IDENTIFIERS):
        raise error(
            "signature.genes", f"gene {gene} cannot be found", f"give it {', '.join(_IDENTIFIERS)}", where
        )
    unknown = sorted(set(entry) - {"id", *GENE_COLUMNS, *profiles})
    if unknown:
        raise error(
            "signature.unknown_key",
            f"gene {gene}: unknown key {', '.join(unknown)}",
            f"known: id, {', '.join(GENE_COLUMNS)}, {', '.join(profiles)}",
            where,
        )
    row: dict[str, object] = {
        "id": gene,
        "entrez": _entrez(entry, gene, where),
        "group": str(entry.get("group", "")),
    }
    row["rescued"] = str(entry.get("rescued", ""))
    row |= {key: texts(entry.get(key, ()), f"gene {gene}, {key}", where) for key in _TUPLES}
    row |= {p: number(entry.get(p), f"gene {gene}, {p}", where) for p in profiles}
    return row


def _entrez(entry: Mapping[str, object], gene: str, where: str) -> str:
    value = entry.get("entrez", "")
    if isinstance(value, bool) or not (value == "" or str(value).isdigit()):
        found = f"gene {gene}, entrez is {value!r}"
        raise error("signature.value", found, "write the number of the gene in NCBI Gene", where)
    return str(value)
