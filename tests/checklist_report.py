"""A small report of a run in many shapes: other presets, no expression, no validation, one phenotype."""

from __future__ import annotations

from kinephen.config.presets import PRESET_NAMES, flatten, preset_settings
from kinephen.report import schema as s
from kinephen.report.schema import figures as f

TITLES = (
    "Model 1: baseline (age, HR, HER2)",
    "Model 2: baseline, FTV2",
    "Model 4: baseline, FTV2, phenotype",
)
MOLECULAR = ("70-gene signature", "Model 3: baseline, FTV2, signatures")
FIFTH = "Model 5: baseline, FTV2, signatures, phenotype"


def report(
    *,
    preset="recommended",
    changes=None,
    expression=True,
    validation=True,
    phenotypes=2,
    acquisition=True,
    protocol=None,
    follow_up=5.5,
    flow=True,
    undefined=False,
):
    """Return a report; `undefined` leaves every estimate without a value, `protocol` is that table."""
    values = {**flatten(preset_settings(preset)), **(changes or {})}
    presets = {name: flatten(preset_settings(name)) for name in PRESET_NAMES}
    tables = {
        "table1": _table("Table 1", "cohort", [{"characteristic": "patients", "n": 40}]),
        "filters": _table("", "phenotypes", [{"reason": "kept", "n": 12}]),
        "components": _table("", "phenotypes", [{"component": "C1PC1", "group": 1}]),
        "sigclust": _table("", "phenotypes", [{"covariance": "soft", "p": 0.01}]),
    }
    cohorts = [s.CohortEntry(name="discovery", n=40, events=15)]
    figures = {}
    if phenotypes > 1:
        tables |= _model_tables(expression, undefined)
        tables["associations"] = _table("", "phenotypes", [{"covariate": "age", "p": 0.4}])
        figures["km_phenotype"] = _curves(undefined)
    if expression:
        tables["table3"] = _table("Table 3", "molecular", [{"signature": "p53 signature", "n": 3}])
    if acquisition:
        tables["acquisition"] = _acquisition()
    if protocol:
        tables["protocol"] = protocol
    if validation:
        cohorts.append(s.CohortEntry(name="validation", n=20, events=8))
        tables["validation"] = _table(
            "", "validation", [{"item": "patients analysed", "value": 19, "events": 8}]
        )
        if phenotypes > 1:
            tables["validation_models"] = _validation(undefined)
            figures["km_validation"] = _curves(undefined)
    return s.Report(
        study=s.Study(
            name="Trial",
            cohorts=cohorts,
            visits=["T1", "T2"],
            end_point="recurrence-free survival (event: progression or death)",
            time_unit="years",
            seed=7,
        ),
        preset=preset,
        summary=[s.Statement(text="Read with care.", kind="caution")],
        numbers={
            "k": s.Number(value=phenotypes, label="phenotypes", format="int"),
            "kept": s.Number(value=12, label="kept", format="int"),
            "seen": s.Number(value=416, label="seen", format="int"),
            "groups": s.Number(value=3, label="groups", format="int"),
            "components": s.Number(value=6, label="components", format="int"),
            "level": s.Number(value=0.95, label="level", format="percent"),
            "follow_up": s.Number(value=follow_up, label="follow-up", format="f1"),
            "refits": s.Number(value=2, label="replicates refitted", format="int"),
            "sigclust_p": s.Number(value=None if undefined else 0.01, label="p", format="p"),
        },
        flow=_flow() if flow else (),
        tables=tables,
        figures=figures,
        settings=[
            s.Setting(key=key, value=value, presets={n: v[key] for n, v in presets.items()})
            for key, value in values.items()
        ],
        issues=[s.IssueEntry(code="mask.unreviewed", message="no reader has confirmed the mask", count=80)],
        provenance=s.Provenance(
            versions={"kinephen": "9.8.7", "python": "3.13.5", "numpy": "2.4.6", "scipy": "1.17.1"},
            inputs=[s.InputFile(name="clinical table", sha256="ab" * 32)],
        ),
    )


def _table(label, section, rows):
    columns = tuple(s.Column(key=key, label=key, format="sig3") for key in rows[0])
    return s.Table(
        title=f"Title of {label or section}", label=label, section=section, columns=columns, rows=rows
    )


def _estimate(value, undefined):
    if undefined:
        return s.Missing(missing="the model did not converge")
    return s.Estimate(value=value, low=value - 0.1, high=value + 0.1)


def _model_tables(expression, undefined):
    titles = [*TITLES, *((*MOLECULAR, FIFTH) if expression else ())]
    rows = [
        {
            "model": title,
            "c": _estimate(0.6 + i / 50, undefined),
            "nested": _estimate(0.55 + i / 50, undefined),
            "p_nested": s.Missing() if undefined else 0.03,
            "epv": 15.0 / (i + 1),
        }
        for i, title in enumerate(titles)
    ]
    ratio = {"model": TITLES[2], "covariate": "phenotype=2", "hr": _estimate(2.4, undefined), "p": 0.02}
    return {
        "table4": _table("Table 4", "models", rows),
        "hazard_ratios": _table("", "models", [ratio]),
        "comparisons": _comparisons(undefined),
        "confusion": _table("", "survival", [{"marker": "phenotype", "tp": 9}]),
        "proportional_hazards": _table("", "models", [{"covariate": "age", "p": 0.6}]),
    }


def _comparisons(undefined):
    row = {"larger": TITLES[2], "smaller": TITLES[1], "df": 1, "p": s.Missing() if undefined else 0.03}
    table = _table("", "models", [{**row, "gain": _estimate(0.05, undefined)}])
    return table.model_copy(update={"keys": ("m2_m4",)})


def _validation(undefined):
    rows = [{"model": title, "slope": _estimate(0.8, undefined)} for title in TITLES]
    return _table("", "validation", rows)


def _acquisition():
    share, estimate = s.Share, s.Estimate
    rows = [
        {"quantity": "scanner", "category": "MAKER A", "exams": share(n=50, of=80)},
        {"quantity": "scanner", "category": "MAKER B", "exams": share(n=30, of=80)},
        {"quantity": "lesion mask", "category": "mask of a reader", "exams": share(n=80, of=80)},
        {"quantity": "phase times", "category": "private header", "exams": share(n=80, of=80)},
        {"quantity": "confirmed by a reader", "exams": share(n=64, of=80)},
        {"quantity": "distance of slices, mm", "value": estimate(value=2.0, low=1.6, high=3.0)},
        {"quantity": "distance in plane, mm", "value": estimate(value=0.7, low=0.7, high=0.7)},
        {"quantity": "frames", "value": estimate(value=3.0, low=3.0, high=6.0)},
        {"quantity": "early frame after contrast, s", "value": estimate(value=140, low=120, high=160)},
        {"quantity": "late frame after contrast, s", "value": estimate(value=440, low=420, high=460)},
        {"quantity": "enhancement threshold, %", "value": estimate(value=70, low=70, high=70)},
        {"quantity": "tissue threshold, %", "value": estimate(value=60, low=60, high=60)},
    ]
    columns = [s.Column(key=k, label=k) for k in ("quantity", "category", "exams", "value")]
    return s.Table(title="Exams as acquired", section="cohort", columns=columns, rows=rows)


def _curves(undefined):
    curves = [
        f.KMCurve(
            label=f"{i} phenotype",
            n=20,
            events=5,
            time=[1.0],
            survival=[0.9],
            low=[0.8],
            high=[1.0],
            censor_time=[],
            censor_survival=[],
            at_risk=[20],
        )
        for i in (1, 2)
    ]
    ratio = None if undefined else s.Estimate(value=2.5, low=1.2, high=5.2)
    panel = f.KMPanel(
        title="all",
        curves=curves,
        risk_times=[0],
        p=None if undefined else 0.004,
        reason="not tested" if undefined else "",
        hazard_ratio=ratio,
    )
    return s.FigureEntry(title="Survival", section="phenotypes", data=f.KMData(panels=[panel]))


def _flow():
    return [
        s.FlowStep(key="listed", label="Patients listed", n=66),
        s.FlowStep(
            key="analysed",
            label="Analysed",
            n=60,
            parent="listed",
            excluded=[s.Exclusion(reason="second visit missing", n=6)],
        ),
    ]
