"""Hold what `kinephen predict` wrote of a study's patients against their pages: every digit.

    python -m tests.same_as_page RUN PREDICTIONS

RUN is the folder of `kinephen run`, PREDICTIONS that of `kinephen predict STUDY --model ...` with the model
that `kinephen fit STUDY --run RUN` made.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path


def pages(run: Path) -> dict[str, tuple[dict, dict]]:
    """Return row and page document of each patient by case."""
    report = json.loads((run / "report.json").read_text())
    return {
        p["page"]: (p, json.loads((run / "assets" / f"{p['detail']}.json").read_text()))
        for p in report["patients"]
    }


def compare(run: Path, predicted: Path) -> tuple[list[str], dict[str, int]]:
    """Return what differs, and how many values of each kind were held against each other."""
    shown = pages(run)
    document = json.loads((predicted / "predictions.json").read_text())
    with (predicted / "delta_features.csv").open() as handle:
        delta = {row.pop("case"): row for row in csv.DictReader(handle)}
    differs: list[str] = []
    counts = dict.fromkeys(("patients", "phenotypes", "distances", "risks", "limits", "delta"), 0)

    def same(case: str, what: str, page: object, prediction: object, kind: str, n: int = 1) -> None:
        counts[kind] += n
        if page != prediction:
            differs.append(f"{case}: {what}: page {page!r}, predict {prediction!r}")

    if set(shown) != {p["case"] for p in document["patients"]}:
        differs.append("other patients")
    for own in document["patients"]:
        case = own["case"]
        row, page = shown[case]
        counts["patients"] += 1
        name = f"{own['phenotype']} {own['phenotype_name']}" if own["phenotype"] else ""
        same(case, "nearest phenotype", page["nearest"], name, "phenotypes")
        if row["cohort"] == "validation":
            same(case, "phenotype", row["phenotype"] or "", name, "phenotypes")
        same(case, "margin", page["margin"], own["margin"], "distances")
        known = [d for d in page["distances"] if d is not None]
        same(case, "distances", known, own["distances"], "distances", len(known))
        title = document["model"]["cox"].get(own["model"], "")
        same(case, "Cox model", page["risk_model"], title, "risks")
        for here, there in zip(page["risks"], own["risk"], strict=True):
            at = f"risk by {there['horizon']:g} years"
            same(case, f"horizon of {at}", here["horizon"], there["horizon"], "risks")
            same(case, at, here["risk"]["value"], there["value"], "risks")
            limits = [[r["low"], r["high"]] for r in (here["risk"], there)]
            same(case, f"limits of {at}", *limits, "limits", 2)
            same(case, f"kind of limits of {at}", page["risk_limits"], there["kind"], "limits", 0)
        change = dict(zip(page["features"]["names"], page["features"]["change"], strict=True))
        for feature, text in delta.get(case, {}).items():
            same(case, feature, change[feature], float(text) if text else None, "delta")
    return differs, counts


if __name__ == "__main__":
    found, numbers = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(found[:20]))
    print(f"{len(found)} differences; compared: {numbers}")
    sys.exit(bool(found))
