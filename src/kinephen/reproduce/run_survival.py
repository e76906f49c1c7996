"""Quantities of a full run's report: curves, models and confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping

from kinephen.core.p_values import p_text
from kinephen.records.names import MARKERS, PHENOTYPE_MARKER, TITLES
from kinephen.report.schema import Cell, Estimate, Missing, Report
from kinephen.report.schema.figures import KMData, KMPanel
from kinephen.reproduce.found import Found
from kinephen.study.steps.ladder import CLASSES

CURVES = ("km_phenotype", "km_subtypes", "km_ftv2", "km_risk", "km_signatures")
RECURRED = "patients with the event, Phenotype 2 against 1"


def curve_quantities(report: Report) -> dict[str, Found]:
    """Return the log-rank p of every panel and the sizes of the halves."""
    found: dict[str, Found] = {}
    for name, panel in _named_panels(report).items():
        found[f"logrank.{name}"] = p_value(panel.p, panel.reason, panel.test)
    for name in ("ftv2", "risk"):
        halves = _named_panels(report).get(name)
        if halves is not None:
            for key, curve in zip(("low", "high"), halves.curves, strict=False):
                found[f"{name}.{key}"] = count(curve.n, f"patients {curve.label}")
    found |= _together(found)
    whole = _named_panels(report).get("phenotype")
    if whole is not None and len(whole.curves) == 2:
        low, high = whole.curves
        found |= {
            "phenotypes.n1": count(low.n, low.label),
            "phenotypes.n2": count(high.n, high.label),
            "phenotypes.events1": count(low.events, low.label),
            "recurrence.more": rates((low.n, low.events), (high.n, high.events), RECURRED),
        }
    return found


def model_quantities(report: Report) -> dict[str, Found]:
    """Return C, p and likelihood-ratio tests of the eight models."""
    table = report.tables.get("table4")
    if table is None:
        return {}
    found: dict[str, Found] = {}
    fitted = 0
    for name, row in table.by_key().items():
        c, noise = row.get("c"), row.get("noise")
        if not isinstance(c, Estimate) or not isinstance(noise, Estimate):
            why = c.missing if isinstance(c, Missing) else "not fitted"
            found[f"c.{name}"] = found[f"p.{name}"] = Found(None, "run", note=why)
            continue
        fitted += 1
        found[f"c.{name}"] = Found(
            noise.value, "run", low=c.low, high=c.high, note="mean of folds; interval of sampling error"
        )
        found[f"p.{name}"] = p_value(_number(row.get("p_null")), "undefined", "likelihood ratio")
    found["run.models"] = count(fitted, "models fitted")
    found["c.best"] = _best(found)
    return found | _comparisons(report) | _noise(found, report)


def confusion_quantities(report: Report) -> dict[str, Found]:
    """Return whether the phenotype has the highest PPV and NPV of the four markers."""
    table = report.tables.get("confusion")
    if table is None:
        return {}
    found = {"run.matrices": count(len(table.rows), "markers")}
    for measure in ("ppv", "npv"):
        values = {
            name: cell.value
            for name, r in table.by_key().items()
            if isinstance(cell := r.get(measure), Estimate) and cell.value is not None
        }
        own = values.get("phenotype")
        others = [v for m, v in values.items() if m != "phenotype"]
        words = {**MARKERS, "phenotype": PHENOTYPE_MARKER}
        shown = ", ".join(f"{words[m]} {v:.2f}" for m, v in values.items())
        complete = own is not None and len(others) == len(MARKERS)
        holds = own is not None and all(own > v for v in others)
        note = "" if complete else "a marker is absent or its value undefined"
        found[f"confusion.{measure}"] = Found(holds if complete else None, "run", shown, note=note)
    return found


def count(value: float, note: str) -> Found:
    """Return a count of the run."""
    return Found(float(value), "run", f"{value:g}", note=note)


def rates(few: tuple[int, int], many: tuple[int, int], note: str) -> Found:
    """Return whether `many` has a larger share than `few`; patients and those counted of each."""
    if not few[0] or not many[0]:
        return Found(None, "run", note="a phenotype without patients")
    smaller, larger = (counted / n for n, counted in (few, many))
    return Found(larger > smaller, "run", f"{larger:.0%} against {smaller:.0%}", note=note)


def p_value(value: float | None, reason: str, note: str) -> Found:
    """Return a p value of the run, or why there is none."""
    if value is None:
        return Found(None, "run", note=reason or "undefined")
    return Found(value, "run", p_text(value), note=note)


def _named_panels(report: Report) -> dict[str, KMPanel]:
    names = {column: name for name, column in CLASSES.items()}
    entries = (report.figures.get(figure) for figure in CURVES)
    panels = (p for e in entries if e is not None and isinstance(e.data, KMData) for p in e.data.panels)
    return {names.get(p.key, p.key.removeprefix("phenotype_")): p for p in panels}


def _together(found: Mapping[str, Found]) -> dict[str, Found]:
    """Return the largest p of HER2+ and triple negative, and whether no signature separates the curves."""
    made = {}
    both = [found.get(f"logrank.{n}") for n in ("her2_positive", "triple_negative")]
    values = [f.value for f in both if f is not None and f.value is not None]
    if len(values) == 2:
        p = max(float(v) for v in values)
        made["logrank.her2_and_tn"] = p_value(p, "", "the larger p of the two")
    three = [found.get(f"logrank.{n}") for n in CLASSES]
    known = [float(f.value) for f in three if f is not None and f.value is not None]
    if len(known) == len(CLASSES):
        made["logrank.signatures"] = Found(min(known) >= 0.05, "run", f"smallest {p_text(min(known))}")
    return made


def _comparisons(report: Report) -> dict[str, Found]:
    table = report.tables.get("comparisons")
    found = {}
    for pair, row in ({} if table is None else table.by_key()).items():
        chi, df, p = (_number(row.get(key)) for key in ("chi", "df", "p"))
        if chi is not None and df is not None:
            found[f"lrt.{pair}"] = p_value(p, "undefined", f"likelihood ratio {chi:.2f} on {df:g} df")
    return found


def _noise(found: Mapping[str, Found], report: Report) -> dict[str, Found]:
    table, own = report.tables["table4"], found.get("c.m1")
    row = table.by_key().get("m1")
    noise = None if row is None else row.get("noise")
    if own is None or own.low is None or own.high is None or not isinstance(noise, Estimate):
        return {}
    if noise.low is None or noise.high is None:
        return {}
    spread, error = noise.high - noise.low, own.high - own.low
    shown = f"model 1: spread of the mean {spread:.3f} wide, sampling error {error:.2f}"
    return {"ladder.noise": Found(spread > 0.5 * error, "run", shown)}


def _best(found: Mapping[str, Found]) -> Found:
    known = {n: float(f.value) for n in TITLES if (f := found[f"c.{n}"]).value is not None}
    if "m5" not in known:
        return Found(None, "run", note="model 5 was not fitted")
    best = max(known, key=lambda n: known[n])
    return Found(best == "m5", "run", f"{TITLES[best]} with {known[best]:.2f}")


def _number(cell: Cell) -> float | None:
    return float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else None
