"""Patients's pages and the explorer for the made-up report, with hostile text if wanted."""

from __future__ import annotations

import numpy as np

from kinephen.report.assets import add_detail
from kinephen.report.exam_page_images import outline, picture_base64, scaled
from kinephen.report.schema import Estimate
from kinephen.report.schema import patient_detail as w
from kinephen.report.schema.explorer import Explorer, Variable
from kinephen.report.schema.patients_figures import BoxGroup

SHOWN = {"early": "gray", "PE": "magma", "SER": "cividis", "WIS": "viridis", "WOS": "coolwarm"}
ROW, COLUMN = np.mgrid[:30, :40]


def with_pages(report, out, word=""):
    """Return the report with a page for each patient but the last; `word` stands in every free text."""
    patients = [
        one.model_copy(update={"page": f"case-{i:04d}", "detail": add_detail(out, detail(i, word))})
        for i, one in enumerate(report.patients[:-1], start=1)
    ]
    return report.model_copy(update={"patients": (*patients, *report.patients[-1:])})


def detail(seed, word=""):
    rng = np.random.default_rng(seed)
    names = tuple(f"{m}_{f}" for m in ("PE", "SER") for f in ("Intensity_Mean", f"GLCM_Contrast{word}"))
    values = rng.normal(size=(3, len(names)))
    values[1, 0] = np.nan
    return w.PatientDetail(
        visits=tuple(visit(rng, name, word) for name in ("T1", "T2")[: 1 + (seed % 5 > 0)]),
        phenotypes=(f"1 decreasing{word}", "2 increasing"),
        distances=(1.25, None),
        components=(w.Component(name=f"C1PC1{word}", score=-1.5, means=(0.25, None)),),
        risk_model=f"Model 4{word}" if seed % 2 else "",
        risk_reason=f"a covariate is missing{word}" if not seed % 2 else "",
        risks=(w.Risk(horizon=3, risk=Estimate(value=0.125, low=0.031, high=0.45)),) if seed % 2 else (),
        features=w.Features(names=names, first=values[0], second=values[1], change=values[2]),
    )


def visit(rng, name, word):
    inside = rng.integers(40, 100) > (ROW - 15) ** 2 + (COLUMN - 20) ** 2
    values = np.where(inside, rng.normal(1.0, 0.3, inside.shape), np.nan)
    pictures = tuple(
        w.Picture(
            name=m,
            png=picture_base64(scaled(m, values, 0.2, 2.0, colours).paint(values)),
            colours=colours,
            low=0.2,
            high=2.0,
            unit=f"1/min{word}",
        )
        for m, colours in SHOWN.items()
    )
    return w.Visit(
        name=f"{name}{word}",
        ftv_pe_cc=rng.uniform(1, 30),
        ftv_ser_cc=rng.uniform(1, 30),
        lesion_cc=rng.uniform(1, 30),
        lesion_source=f"largest component{word}",
        slice=7,
        rows=30,
        columns=40,
        aspect=40 / 30,
        outline=outline(inside),
        pictures=pictures,
        curve=w.Curve(minutes=(-2.0, 2.5, 7.5), low=(0, 60, 50), median=(0, 80, 70), high=(0, 110, None)),
        maps=(w.MapSummary(name="PE", unit="fraction", n=20, mean=1.0, median=0.95, p05=0.5, p95=1.5),),
    )


def with_explorer(report, variables=30, word=""):
    """Return the report with an explorer of made-up values."""
    rng = np.random.default_rng(8)
    known = [x for x in report.patients if x.phenotype is not None]
    groups = sorted({x.phenotype for x in known})
    group = np.array([groups.index(x.phenotype) for x in known])
    made = [variable(rng, i, group, len(groups), word) for i in range(variables)]
    explorer = Explorer(
        patients=tuple(x.id for x in known),
        groups=tuple(f"{g}{word}" for g in groups),
        group=tuple(int(g) for g in group),
        discovery=tuple(bool(i % 3) for i in range(len(known))),
        variables=tuple(made),
        left_out=12,
    )
    return report.model_copy(update={"explorer": explorer})


def variable(rng, i, group, k, word):
    values = rng.normal(group, 1.0) * 10.0 ** rng.integers(-5, 9)
    parts = ("low", "q1", "median", "q3", "high")
    boxes = [
        BoxGroup(**dict(zip(parts, np.percentile(values[group == g], [0, 25, 50, 75, 100]), strict=True)))
        if (group == g).any()
        else BoxGroup(**dict.fromkeys(parts))
        for g in range(k)
    ]
    values[rng.random(len(values)) < 0.1] = np.nan
    heading = "Components" if i < 6 else "Change of PE"
    return Variable(
        label=f"C{i}{word}", heading=f"{heading}{word}", unit="1", values=values, boxes=tuple(boxes)
    )
