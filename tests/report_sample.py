"""A realistic report with synthetic numbers, of any size, with hostile text if wanted."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage

from kinephen.report import schema as s
from kinephen.report.assets import add_array
from kinephen.report.schema import figures as f
from kinephen.report.schema.schematic import SchematicStep

HOSTILE = (
    "<script>alert('x')</script> \"&amp;{{7*7}} {% raw %} $\\frac{1}{2}$ ]]> \x00\u202e</svg> J\u00e4ger"
)


def km_curve(label, time, event, risk_times):
    order = np.argsort(time, kind="stable")
    time, event = time[order], event[order]
    unique = np.unique(time)
    at_risk = np.array([(time >= t).sum() for t in unique])
    deaths = np.array([event[time == t].sum() for t in unique])
    survival = np.cumprod(1 - deaths / np.maximum(at_risk, 1))
    spread = 1.96 * survival * np.sqrt(np.cumsum(deaths / np.maximum(at_risk * (at_risk - deaths), 1)))
    censored = time[event == 0]
    return f.KMCurve(
        label=label,
        n=len(time),
        events=int(event.sum()),
        time=unique,
        survival=survival,
        low=np.clip(survival - spread, 0, 1),
        high=np.clip(survival + spread, 0, 1),
        censor_time=censored,
        censor_survival=survival[np.searchsorted(unique, censored)],
        at_risk=[int((time >= t).sum()) for t in risk_times],
    )


def km_panel(title, time, event, group, p, hazard_ratio=None):
    risk_times = [0, 1, 2, 3, 4, 5, 6]
    names = [g for g in ("Phenotype 1", "Phenotype 2") if (group == g).any()]
    return f.KMPanel(
        title=title,
        curves=[km_curve(g, time[group == g], event[group == g], risk_times) for g in names],
        risk_times=risk_times,
        p=p,
        hazard_ratio=hazard_ratio,
    )


def estimate(rng, low, high, half):
    value = rng.uniform(low, high)
    return s.Estimate(value=value, low=value - half, high=value + half)


def cohort(n, seed=0):
    """Return the made-up data behind the report."""
    rng = np.random.default_rng(seed)
    high = np.arange(n) % 5 < 2
    time = np.minimum(rng.exponential(np.where(high, 5.0, 14.0)) + 0.2, rng.uniform(2.5, 7, n))
    event = (rng.random(n) < np.where(high, 0.6, 0.25)).astype(float)
    scores = rng.normal(size=(n, 6)) + np.where(high, 1.1, -0.8)[:, None]
    return rng, np.where(high, "Phenotype 2", "Phenotype 1"), time, event, scores


def tables(rng, n):
    column = s.Column
    models = ["70-gene score", "ROR-S", "p53 score", "1: age, HR, HER2", "2: 1 + FTV2", "3: 2 + signatures"]
    models += ["4: 2 + phenotype", "5: 3 + phenotype"]
    cox_rows = []
    for i, name in enumerate(models):
        c = estimate(rng, 0.55, 0.75, 0.11)
        cox_rows.append(
            {
                "model": name,
                "events_per_parameter": 28 / (i + 1),
                "c": c,
                "c_split": s.Estimate(value=c.value, low=c.value - 0.006, high=c.value + 0.006),
                "p": s.Missing(missing="the model did not converge") if i == 2 else rng.random() * 0.2,
                "p_nested": None if i < 4 else rng.random() * 0.1,
                "against": "" if i < 4 else f"model {i - 3}",
            }
        )
    characteristics = [
        {
            "name": "Hormone receptor positive",
            "no_event": s.Share(n=28, of=53),
            "event": s.Share(n=17, of=28),
        },
        {"name": "HER2 positive", "no_event": s.Share(n=23, of=72), "event": s.Share(n=11, of=28)},
        {
            "name": "Age, median (range)",
            "no_event": s.Estimate(value=48.15, low=33.18, high=64.33),
            "event": s.Estimate(value=46.31, low=28.76, high=65.39),
        },
        {"name": "Second opinion", "no_event": s.Share(n=0, of=0), "event": float("nan")},
    ]
    hazards = [
        {"term": t, "hr": s.Estimate(value=v, low=v / w, high=v * w), "p": p}
        for t, v, w, p in (
            ("Age (per 10 years)", 0.94, 1.4, 0.7),
            ("HR positive", 0.8, 2.1, 0.5),
            ("HER2 positive", 1.2, 2.2, 0.61),
            ("FTV2 (per doubling)", 1.31, 1.25, 0.009),
            ("Phenotype 2 against 1", 3.1, 2.2, 0.0004),
        )
    ]
    return {
        "characteristics": s.Table(
            title="Selected characteristics of the discovery cohort",
            label="Table 1",
            section="cohort",
            columns=[
                column(key="name", label="Characteristic"),
                column(key="no_event", label="No event", format="f1"),
                column(key="event", label="Event", format="f1"),
            ],
            rows=characteristics,
            notes=["HR positive is unknown for 19 patients."],
        ),
        "cox": s.Table(
            title="Cox models of recurrence-free survival",
            label="Table 4",
            section="models",
            caption="5-fold cross-validation, 100 replicates.",
            columns=[
                column(key="model", label="Model"),
                column(key="events_per_parameter", label="Events per parameter", format="f1"),
                column(
                    key="c",
                    label="C-statistic (95% interval)",
                    format="f2",
                    description="Split jackknife over patients",
                ),
                column(key="c_split", label="Split noise", format="f3"),
                column(key="p", label="p against the null model", format="p"),
                column(key="p_nested", label="p, likelihood ratio", format="p"),
                column(key="against", label="against"),
            ],
            rows=cox_rows,
        ),
        "hazards": s.Table(
            title="Hazard ratios of model 4",
            section="models",
            columns=[
                column(key="term", label="Term"),
                column(key="hr", label="Hazard ratio (95% interval)", format="f2"),
                column(key="p", label="p", format="p"),
            ],
            rows=hazards,
        ),
        "confusion": s.Table(
            title="Markers against events",
            section="survival",
            columns=[
                column(key="marker", label="Marker"),
                *(column(key=k, label=k.upper(), format="int") for k in ("tp", "fp", "fn", "tn")),
                *(
                    column(key=k, label=k.upper() if len(k) == 3 else k.capitalize(), format="f2")
                    for k in ("ppv", "npv", "sensitivity", "specificity")
                ),
            ],
            rows=[
                {
                    "marker": m,
                    "tp": a,
                    "fp": b,
                    "fn": c,
                    "tn": d,
                    "ppv": estimate(rng, 0.3, 0.5, 0.13),
                    "npv": estimate(rng, 0.7, 0.9, 0.1),
                    "sensitivity": estimate(rng, 0.6, 0.9, 0.1),
                    "specificity": estimate(rng, 0.3, 0.6, 0.1),
                }
                for m, a, b, c, d in (
                    ("70-gene", 26, 67, 2, 5),
                    ("ROR-S", 15, 23, 13, 49),
                    ("p53", 18, 36, 10, 36),
                    ("Phenotype", 21, 21, 7, 51),
                )
            ],
        ),
        "empty": s.Table(
            title="Validation cohort",
            label="Table 5",
            section="validation",
            columns=[column(key="a", label="Quantity")],
        ),
    }


def dendrogram(tree):
    return None if tree is None else f.Dendrogram(merges=[(int(a), int(b), h) for a, b, h, _ in tree])


def heatmap(scores, group, event):
    n = len(scores)
    tree = linkage(scores, "ward") if n > 1 else None
    order = leaves_list(tree) if n > 1 else np.arange(n)
    row_tree = linkage(scores.T, "average") if n > 1 else None
    rows = leaves_list(row_tree) if n > 1 else np.arange(6)
    values = scores[order][:, rows].T.copy()
    values[0, 0] = np.nan
    return f.HeatmapData(
        row_labels=[f"C{i + 1}-PC1" for i in rows],
        column_labels=[f"w{i:04d}" for i in order],
        values=values,
        row_tree=dendrogram(row_tree),
        column_tree=dendrogram(tree),
        row_leaves=rows,
        column_leaves=order,
        annotations=[
            f.Annotation(name="Phenotype", values=group[order].tolist()),
            f.Annotation(name="Event", values=["event" if e else "no event" for e in event[order]]),
            f.Annotation(
                name="HR status", values=[None if i % 7 == 0 else ("HR+" if i % 3 else "HR-") for i in order]
            ),
        ],
    )


def figures(rng, group, time, event, scores):
    n = len(group)
    entry = s.FigureEntry
    hr = s.Estimate(value=3.1, low=1.4, high=6.9)
    half = np.arange(n) % 2 == 0
    third = np.arange(n) % 3
    panels = [
        km_panel(t, time[m], event[m], group[m], p, hr)
        for t, m, p in (
            ("HR+/HER2-", third == 0, 0.3),
            ("HER2+", third == 1, 0.02),
            ("Triple negative", third == 2, None),
        )
        if m.any()
    ]
    grid = np.linspace(0, 1, 51)
    cdfs = [
        f.CDFCurve(
            k=k,
            cdf=np.clip(grid ** (0.6 / k) * 0.5 + 0.5 * (grid > 0.98), 0, 1),
            area=0.4 + 0.08 * k,
            gain=None if k == 2 else 0.6 / k**2,
        )
        for k in range(2, 8)
    ]
    m = min(n, 60)
    labels = np.sort(group[:m])
    matrix = np.where(labels[:, None] == labels[None, :], 0.9, 0.12) + rng.uniform(-0.08, 0.08, (m, m))
    matrix = np.clip((matrix + matrix.T) / 2, 0, 1)
    return {
        "heatmap": entry(
            title="Tumours in the discovery cohort by their change",
            label="Figure 1a",
            section="phenotypes",
            caption="Ward's method on six components.",
            data=heatmap(scores, group, event),
        ),
        "km_phenotype": entry(
            title="Recurrence-free survival by phenotype",
            label="Figure 1b",
            section="survival",
            data=f.KMData(panels=[km_panel("Discovery cohort", time, event, group, 0.0004, hr)]),
        ),
        "km_subtypes": entry(
            title="Recurrence-free survival by phenotype within subtypes",
            label="Figure 2",
            section="survival",
            data=f.KMData(panels=panels),
        ),
        "km_ftv": entry(
            title="Recurrence-free survival by phenotype within halves of FTV2",
            label="Figure 3",
            section="survival",
            data=f.KMData(
                panels=[
                    km_panel("All", time, event, group, 0.01),
                    km_panel("FTV2 below the median", time[half], event[half], group[half], 0.2),
                ]
            ),
        ),
        "confusion": entry(
            title="Markers against events",
            label="Figure 5",
            section="survival",
            data=f.ConfusionData(table="confusion"),
        ),
        "consensus_cdf": entry(
            title="How many phenotypes",
            section="phenotypes",
            data=f.ConsensusCDFData(
                grid=grid,
                curves=cdfs,
                chosen=[
                    f.Chosen(rule="last k that gained at least 10 %", k=2),
                    f.Chosen(rule="null-referenced PAC", k=None),
                ],
            ),
        ),
        "consensus_matrix": entry(
            title="Consensus matrix at k = 2",
            section="phenotypes",
            data=f.ConsensusMatrixData(k=2, items=n, values=matrix, clusters=labels.tolist()),
        ),
        "c_forest": entry(
            title="C-statistic of each model",
            section="models",
            data=f.ForestData(
                table="cox",
                label_column="model",
                axis_label="C-statistic (probability)",
                reference=0.5,
                intervals=[
                    f.ForestInterval(column="c", name="95% interval (split jackknife)"),
                    f.ForestInterval(column="c_split", name="split noise", role="noise"),
                ],
            ),
        ),
        "hr_forest": entry(
            title="Hazard ratios of model 4",
            section="models",
            data=f.ForestData(
                table="hazards",
                label_column="term",
                axis_label="Hazard ratio (ratio, log scale)",
                reference=1,
                log_scale=True,
                intervals=[f.ForestInterval(column="hr", name="95% interval (Wald)")],
            ),
        ),
        "loadings": entry(
            title="Loadings of the components",
            section="phenotypes",
            data=f.BarsData(
                axis_label="Loading (dimensionless)",
                groups=[
                    f.BarGroup(
                        title=f"C{g + 1}-PC1",
                        labels=[f"WOS_GLCM_Feature{i}" for i in range(5 + g)],
                        values=rng.uniform(-0.6, 0.6, 5 + g),
                    )
                    for g in range(3)
                ],
            ),
        ),
    }


def schematic_step(title, *lines):
    return SchematicStep(title=title, lines=lines)


def further_figures(rng):
    """Return one figure of each kind that needs no survival data."""
    entry = s.FigureEntry
    x = np.linspace(0, 0.6, 40)
    truth = rng.normal(10, 4, 60)
    share = np.linspace(0.05, 0.7, 5)
    groups = ["Phenotype 1", "Phenotype 2"]
    empty = f.BoxGroup(low=None, q1=None, median=None, q3=None, high=None)
    panels = [
        f.AssociationPanel(
            variable="HR status",
            groups=groups,
            categories=["HR+", "HR-"],
            counts=[[30, 28], [20, 22]],
            test="chi-square",
            p=0.61,
            p_adjusted=1.0,
        ),
        f.AssociationPanel(
            variable="ROR-S class",
            groups=groups,
            categories=["low", "intermediate", "high"],
            counts=[[20, 18, 20], [0, 0, 0]],
            test="chi-square",
            p=None,
        ),
        f.AssociationPanel(
            variable="Age (years)",
            groups=groups,
            test="Kruskal-Wallis",
            p=0.04,
            boxes=[f.BoxGroup(low=30, q1=42, median=48, q3=55, high=66), empty],
        ),
    ]
    calibration = f.CalibrationCurve(
        label="model 4",
        predicted=share,
        observed=share * 0.9 + 0.03,
        low=share * 0.6,
        high=np.minimum(share * 1.3 + 0.05, 1),
        slope=s.Estimate(value=0.91, low=0.4, high=1.5),
    )
    lines = [
        f.Series(label="model 4", x=x, y=0.25 - 0.4 * x, low=0.2 - 0.4 * x, high=0.3 - 0.4 * x),
        f.Series(label="treat all", x=x, y=0.28 - 0.7 * x, role="default"),
        f.Series(label="treat none", x=x, y=0 * x, role="default"),
    ]
    matrix = f.TruthMatrix(
        title="Phenotype",
        truth_labels=["decreasing", "increasing"],
        found_labels=groups,
        counts=[[54, 4], [3, 39]],
        agreement="adjusted Rand index",
        agreement_value=0.74,
    )
    points = f.TruthPoints(
        title="FTV, second visit",
        unit="cm\u00b3",
        truth=truth,
        found=truth + rng.normal(0, 0.5, 60),
        agreement="intraclass correlation",
        agreement_value=0.98,
    )
    return {
        "schematic": entry(
            title="The run as it was",
            section="cohort",
            data=f.SchematicData(
                headings=("One exam", "Patients together"),
                columns=(
                    (schematic_step("DCE-MRI", "80 exams"), schematic_step("Maps", "PE, SER " * 12)),
                    (schematic_step("Phenotypes", "k = 2"),),
                ),
            ),
        ),
        "association": entry(
            title="Covariates over phenotypes",
            section="phenotypes",
            data=f.AssociationData(adjustment="Holm", panels=panels),
        ),
        "calibration": entry(
            title="Calibration at 5 years",
            section="validation",
            data=f.CalibrationData(horizon=5, curves=[calibration]),
        ),
        "decision": entry(
            title="Decision curve at 5 years",
            section="models",
            data=f.LinesData(
                x_label="Threshold probability (probability)", y_label="Net benefit (fraction)", series=lines
            ),
        ),
        "truth": entry(
            title="What was planted and what was found",
            section="truth",
            data=f.TruthData(matrices=[matrix], points=[points]),
        ),
    }


def add_images(report, out):
    """Return the report with a figure of representative tumours; images go to `out`."""
    rng = np.random.default_rng(5)
    row, column = np.mgrid[:40, :48]
    tiles = []
    for visit, radius in (("T1", 13), ("T2", 9)):
        inside = (row - 20) ** 2 + (column - 24) ** 2 < radius**2
        outline = add_array(out, inside)
        for name in ("image", "PE", "SER", "WIS", "WOS"):
            values = np.where(inside | (name == "image"), rng.normal(1.2 + inside, 0.3, inside.shape), np.nan)
            tiles.append(f.Tile(visit=visit, map=name, sha256=add_array(out, values), outline=outline))
    cases = [
        f.TumourCase(
            title=f"Phenotype {i + 1}: w{i:04d}",
            subtitle="age 50, HR+/HER2-, no event",
            tiles=tiles,
            values=[v, -0.4 * v, 0.1],
        )
        for i, v in enumerate((-1.2, 2.3))
    ]
    units = {"image": "a.u.", "PE": "fraction", "SER": "ratio", "WIS": "1/min", "WOS": "1/min"}
    figure = s.FigureEntry(
        title="Representative tumours",
        label="Figure 7",
        section="phenotypes",
        data=f.TumoursData(
            cases=cases,
            scales=[f.MapScale(map=m, unit=u, low=0, high=3) for m, u in units.items()],
            pixel_mm=0.8,
            value_labels=["FTV2 (cm\u00b3)", "C1-PC1 (SD)", "C4-PC1 (SD)"],
        ),
    )
    return report.model_copy(update={"figures": {**report.figures, "tumours": figure}})


def patients(rng, group, time, event, scores):
    for i in range(len(group)):
        undefined = i % 11 == 3
        yield s.Patient(
            id=f"w{i:04d}",
            cohort="discovery" if i % 2 else "validation",
            phenotype=None if undefined else group[i],
            distance=None if undefined else rng.uniform(1, 4),
            margin=rng.normal(),
            risk=scores[i, 0],
            ftv1=rng.uniform(1, 60),
            ftv2=rng.uniform(0, 40),
            time=time[i],
            event=bool(event[i]),
            pcr=None if i % 9 == 0 else bool(i % 3 == 0),
            warnings=["The second visit has another scanner."] if i % 8 == 5 else [],
            reasons={
                "phenotype": "a map is empty",
                "distance": "a map is empty",
                "pcr": "not in the clinical table",
            },
            extra={"gene70": "high" if i % 4 else "low"},
        )


def sample_report(n=40, seed=0):
    """Return a report on `n` made-up patients."""
    rng, group, time, event, scores = cohort(n, seed)
    made = tables(rng, n)
    return s.Report(
        study=s.Study(
            name="Made-up trial",
            cohorts=[s.CohortEntry(name="discovery", n=n, events=int(event.sum()))],
            visits=["T1", "T2"],
            end_point="recurrence-free survival (event: progression or death)",
            time_unit="years",
            seed=seed,
            simulated=True,
        ),
        preset="recommended",
        headlines=[
            s.Headline(label="Patients", pointer="/study/cohorts/0/n", format="int"),
            s.Headline(
                label="C-statistic with phenotype",
                pointer="/tables/cox/rows/6/c/value",
                format="f2",
                note="model 4, cross-validated",
            ),
            s.Headline(label="SigClust", pointer="/numbers/sigclust_p/value", format="p", unit="p"),
        ],
        summary=[
            s.Statement(
                text="Two phenotypes of change were found (SigClust p {p}).",
                refs={"p": s.StatementRef(pointer="/numbers/sigclust_p/value", format="p")},
            ),
            s.Statement(
                text="With {events} events, the models carry few covariates.",
                kind="caution",
                refs={"events": s.StatementRef(pointer="/study/cohorts/0/events", format="int")},
            ),
            s.Statement(
                text="A p-value here does not say that the phenotypes exist in other cohorts.", kind="limit"
            ),
        ],
        numbers={"sigclust_p": s.Number(value=0.0012, label="SigClust p", format="p")},
        flow=[
            s.FlowStep(key="all", label="Patients in the clinical table", n=n + 30),
            s.FlowStep(
                key="both",
                label="Both visits readable",
                n=n + 4,
                parent="all",
                excluded=[
                    s.Exclusion(reason="second visit missing", n=21),
                    s.Exclusion(reason="exam not readable", n=5),
                ],
            ),
            s.FlowStep(key="discovery", label="Discovery: with gene expression", n=n - n // 2, parent="both"),
            s.FlowStep(
                key="validation",
                label="Validation: without gene expression",
                n=n // 2,
                parent="both",
                excluded=[s.Exclusion(reason="no follow-up", n=4)],
            ),
        ],
        tables=made,
        figures={**figures(rng, group, time, event, scores), **further_figures(rng)},
        patients=list(patients(rng, group, time, event, scores)),
        patients_columns=[s.Column(key="gene70", label="70-gene class")],
        settings=[
            s.Setting(
                key="delta.form",
                value="symmetric",
                presets={"recommended": "symmetric", "chitalia2023": "literal"},
            ),
            s.Setting(key="icc.minimum", value=None, presets={"recommended": None, "chitalia2023": 0.75}),
            s.Setting(
                key="consensus.k", value=[2, 10], presets={"recommended": [2, 8], "chitalia2023": [2, 10]}
            ),
        ],
        issues=[
            s.IssueEntry(
                code="maps.denominator_zero",
                message="SER undefined in some voxels",
                where="w0003 T2",
                count=17,
            ),
            s.IssueEntry(
                code="case.failed", message="no post-contrast frame", where="w0099", severity="error"
            ),
        ],
        provenance=s.Provenance(
            versions={"kinephen": "0.1.0", "numpy": "2.0"},
            inputs=[s.InputFile(name="clinical.csv", sha256="ab" * 32)],
            methods=[s.Reference(text="Chitalia et al. 2023", doi="10.1038/s43856-023-00273-1")],
        ),
    )


TEXT_FIELDS = {
    "headings",
    "lines",
    "title",
    "subtitle",
    "label",
    "caption",
    "alt",
    "reason",
    "missing",
    "unit",
    "name",
    "note",
    "notes",
    "message",
    "where",
    "code",
    "end_point",
    "time_unit",
    "visits",
    "preset",
    "cohort",
    "phenotype",
    "warnings",
    "reasons",
    "row_labels",
    "column_labels",
    "labels",
    "groups",
    "categories",
    "variable",
    "test",
    "rule",
    "item",
    "axis_label",
    "x_label",
    "y_label",
    "time_label",
    "survival_label",
    "value_label",
    "value_labels",
    "clusters",
    "agreement",
    "truth_labels",
    "found_labels",
    "adjustment",
    "predicted_labels",
    "description",
    "doi",
    "visit",
}


def hostile_report(report):
    """Return the report with hostile text wherever text is free."""
    return s.Report.model_validate(_hostile(report.model_dump(mode="json"), ""))


def _hostile(value, key):
    if isinstance(value, dict):
        if key == "versions" or key == "reasons":
            return dict.fromkeys(value, HOSTILE)
        return {k: _hostile(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_hostile(v, key) for v in value]
    if not isinstance(value, str):
        return value
    if key == "text":
        return HOSTILE.replace("{", "{{").replace("}", "}}") + value
    return HOSTILE if key in TEXT_FIELDS else value
