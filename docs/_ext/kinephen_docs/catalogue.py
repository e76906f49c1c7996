"""Pages of what can be measured: features, maps, signatures."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from kinephen.imaging.maps import MAPS
from kinephen.io.signatures import BUILT_IN, load_signature
from kinephen.radiomics.catalogue import FEATURES
from kinephen.radiomics.ibsi_codes import IBSI_CODES
from kinephen_docs.markdown import code, page, table, text

SIGNS = {1: "+", -1: "−", 0: "0"}


def features() -> str:
    """Return the page of the 104 features."""
    families = Counter(f.family for f in FEATURES)
    on_mask = sum(f.depends_on == "mask" for f in FEATURES)
    repeats = sum(bool(f.duplicate_of) for f in FEATURES)
    signs = Counter(f.sign for f in FEATURES)
    intro = (
        f"{len(FEATURES)} features of each map, in the order of the tables. {on_mask} depend on the mask "
        f"alone and are the same for all four maps; {repeats} equal another one or follow it "
        f"strictly. Names, "
        "misspellings included, are those of CaPTk 1.7.1, so that columns can be matched; a column "
        "of a table "
        "is `MAP_Family_Name`. *Definition* is what the mode `ibsi` computes, *toolkit* what the "
        "mode `captk` "
        "does otherwise."
    )
    sign_note = (
        f"**Sign**: + if a higher value means a more heterogeneous lesion ({signs[1]} features), − "
        f"if a lower "
        f"one does ({signs[-1]}), 0 if neither ({signs[0]}). Reasons stand below each table. `kinephen info "
        "features --json` gives all fields."
    )
    parts = [intro, sign_note, table(["family", "features"], families.items())]
    for family, members in groupby(FEATURES, key=lambda f: f.family):
        rows = list(members)
        parts += [f"## {family}", _feature_table(rows), _sign_reasons(rows)]
    return page("Features", *parts)


def ibsi_features() -> str:
    """Return the page of the features of a protocol."""
    intro = (
        f"{sum(map(len, IBSI_CODES.values()))} features that `kinephen features --protocol` computes, with "
        "the permanent codes of the IBSI. A column of the table is `FAMILY_FEATURE`, for textures "
        "`FAMILY_FEATURE_AGGREGATION`; see the [protocol](../protocol.md). In run length, zone and "
        "dependence families `size` stands for run length, zone size, distance or count."
    )
    parts: list[str] = []
    for family, names in IBSI_CODES.items():
        parts += [f"## {family}", table(["feature", "IBSI"], [[code(n), code(c)] for n, c in names.items()])]
    return page("Features of a protocol", intro, *parts)


def _feature_table(rows: list) -> str:
    columns = ["feature", "IBSI", "definition", "unit", "computed on", "sign", "toolkit", "remarks"]
    return table(columns, [_feature_row(f) for f in rows])


def _feature_row(feature) -> list[str]:
    remarks = []
    if feature.depends_on == "mask":
        remarks.append("mask only")
    if feature.constant_in:
        remarks.append(f"constant in {', '.join(feature.constant_in)}")
    if feature.duplicate_of:
        remarks.append(f"follows {code(feature.duplicate_of)}")
    if feature.two_dimensional:
        remarks.append("dropped by reading B of 2-D")
    ibsi = f"{code(feature.ibsi_code)} {text(feature.ibsi_name)}" if feature.ibsi_code else "–"
    return [
        code(feature.name), ibsi, code(feature.formula), text(feature.unit), text(feature.dimension),
        SIGNS[feature.sign], text(feature.quirk) or "the same", "; ".join(remarks),
    ]  # fmt: skip


def _sign_reasons(rows: list) -> str:
    reasons: dict[tuple[int, str], list[str]] = {}
    for f in rows:
        reasons.setdefault((f.sign, f.sign_reason), []).append(f.name)
    lines = [
        f"- {SIGNS[sign]} {text(why)}: {', '.join(code(n) for n in names)}"
        for (sign, why), names in reasons.items()
    ]
    return "\n".join(lines)


def maps() -> str:
    """Return the page of the kinetic maps."""
    intro = (
        "Each map has a value in every voxel of the lesion, or none with a counted reason. "
        "I0 is the signal before contrast, I1 and I2 after it at t1 and t2, tPE the time of the peak; "
        "d1 = (I1 - I0) / I0, d2 = (I2 - I0) / I0. `maps.variant` chooses the column. "
        "The [explanation](../../explanation/kinetic-maps.md) says where they mislead."
    )
    columns = ["map", "name", "variant `paper`", "variant `lab`", "unit", "dimension", "undefined", "source"]
    rows = [
        [
            code(m.name), text(m.title), code(m.formulas["paper"]), code(m.formulas["lab"]),
            text(m.unit), text(m.dimension), text(m.undefined), text(m.reference),
        ]
        for m in MAPS.values()
    ]  # fmt: skip
    return page("Kinetic maps", intro, table(columns, rows))


def signatures() -> str:
    """Return the page of the built-in gene signatures."""
    intro = (
        "Research re-creations, not for clinical use. A signature of your own is one file: "
        "[how to add it](../../how-to/new-signature.md). What centring does to every call: "
        "[signatures and centring](../../explanation/signatures.md)."
    )
    parts = [intro]
    for name in BUILT_IN:
        s = load_signature(name)
        facts = [
            ("kind", code(s.kind)),
            ("genes", len(s.genes)),
            ("profiles", ", ".join(code(c) for c in s.profiles)),
            ("least share of genes", s.min_coverage),
            ("cut-points", ", ".join(map(str, s.rule.cuts)) or "none (nearest centroid or difference)"),
            ("classes", ", ".join(code(label) for label in s.rule.labels)),
            ("source", text(s.source)),
            ("licence", text(s.licence)),
            ("notice", text(s.notice)),
        ]
        parts += [f"## {text(s.title)} ({code(s.name)})", table(["", ""], facts)]
        parts.append("\n".join(f"- {text(c)}" for c in s.citation))
        if s.ror:
            rows = [
                [
                    code(m.name), code(m.variant),
                    "; ".join(f"{text(k)} {v:g}" for k, v in m.weights.items()),
                    "–" if m.cuts is None else f"{m.cuts[0]:g}, {m.cuts[1]:g}",
                ]
                for variants in s.ror.values()
                for m in variants.values()
            ]  # fmt: skip
            parts.append(table(["risk", "variant", "weights", "cut-points, raw scale"], rows))
    return page("Gene signatures", *parts)
