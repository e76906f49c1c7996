"""A step that gives something else has another version: the records of a tiny study have known digests.

So have the records over patients that no store holds: what they say does not change unnoticed.

Numbers are rounded to six significant digits (and to zero below 1e-9), since processors and mathematical
libraries differ in the last ones. Cut-outs for figures are not looked at.

After a deliberate change: raise the step's VERSION, then write the digests anew with
``KINEPHEN_RENEW_DIGESTS=1 python -m pytest tests/law/test_golden_digests.py``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.tiny_study import tiny_study

from kinephen.core.plain import hash_json, read_json
from kinephen.io import exam as reader
from kinephen.io.exam_identity import stated
from kinephen.study import cohort
from kinephen.study.plan import make_plan
from kinephen.study.steps import delta, features, lesion, phenotypes, recipes, signatures, survival

GOLDEN = Path(__file__).with_name("golden_digests.json")
VERSIONS = {
    "exam": reader.VERSION,
    "lesion": lesion.VERSION,
    "features": features.VERSION,
    "delta": delta.VERSION,
    "molecular": signatures.VERSION,
    "phenotypes": phenotypes.VERSION,
    "survival": survival.VERSION,
    "recipes": recipes.VERSION,
}

UNSTORED = (
    "associations",
    "by_phenotype",
    "confusion",
    "description",
    "flow",
    "frozen_ladder",
    "landmark",
    "radiogenomic",
    "risks",
    "truth",
    "validation",
)
"""Records over patients that are made in every run, under the one version of `kinephen.study.cohort`."""


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, float):
        return 0.0 if abs(value) < 1e-9 else float(f"{value:.6g}")
    return value


def content(folder):
    files = sorted(p for p in folder.glob("*.json") if p.name != "step.json")
    found = {p.name: rounded(read_json(p)) for p in files}
    return {**found, "mask": lesion.lesion_hash(folder)} if (folder / "lesion.npz").is_file() else found


def version_of(step):
    return VERSIONS.get(step, cohort.VERSION)


def unstored(results):
    """Return what the records that no store holds say of the study's own preset, as JSON holds it."""
    found, main = results.cohort, results.cohort.main
    records = {
        "associations": main.associations,
        "by_phenotype": main.by_phenotype,
        "description": found.description,
        "flow": main.flow,
        "landmark": main.landmark,
        "risks": main.risks,
        "truth": found.truth[main.name],
        "validation": main.validation,
    }
    rows = {"confusion": main.confusion, "radiogenomic": main.radiogenomic}
    return {
        **{n: r.model_dump(mode="json") for n, r in records.items()},
        **{n: [r.model_dump(mode="json") for r in own] for n, own in rows.items()},
        "frozen_ladder": {n: frozen(m) for n, m in main.ladder.models.items()},
    }


def frozen(model):
    """Return what predicts: coefficients, their covariance, the hazard at the means."""
    found = model.frozen
    parts = {n: getattr(found, n).tolist() for n in ("coef", "means", "vcov")}
    parts |= {n: getattr(found.steps, n).tolist() for n in ("time", "cumulative", "variance")}
    terms = [[t.column, t.level] for t in model.terms]
    return {**parts, "terms": terms, "n": model.n, "events": model.events, "last": found.last_time}


@pytest.fixture(scope="module")
def digests(tiny_run, tiny_results):
    """Return the digest of everything that each step gave."""
    root, trace = tiny_run
    found = {
        step: hash_json([content(f) for s, f in trace.folders if s == step]) for step, _ in trace.folders
    }
    exams = make_plan(tiny_study(root / "trial"), root / "trial").exams
    read = [reader.read_exam(e.path) for e in exams[:4]]
    found["exam"] = hash_json([[e.series.source_hash, rounded(stated(e))] for e in read])
    found |= {name: hash_json(rounded(said)) for name, said in unstored(tiny_results).items()}
    if os.environ.get("KINEPHEN_RENEW_DIGESTS"):
        known = {s: {"version": version_of(s), "digest": d} for s, d in sorted(found.items())}
        GOLDEN.write_text(json.dumps(known, indent=1) + "\n")
    return found


def test_every_step_of_the_store_is_watched(digests):
    assert set(digests) == {*VERSIONS, *UNSTORED} == set(read_json(GOLDEN))


@pytest.mark.parametrize("step", VERSIONS)
def test_a_step_that_gives_something_else_has_another_version(digests, step):
    known = read_json(GOLDEN)[step]
    if known["version"] != VERSIONS[step]:
        pytest.fail(f"{step} has version {VERSIONS[step]}: write the digests anew, see the top of this file")
    assert digests[step] == known["digest"], (
        f"the {step} step gives something else of the same study and its VERSION is still {VERSIONS[step]}: "
        "stored results of before would be taken for those of now; raise it (an earlier step that changed "
        "also changes the later ones: then raise that one alone, and write the digests anew)"
    )


@pytest.mark.parametrize("record", UNSTORED)
def test_a_record_that_says_something_else_has_another_version(digests, record):
    known = read_json(GOLDEN)[record]
    if known["version"] != cohort.VERSION:
        pytest.fail(
            f"study.cohort has version {cohort.VERSION}: write the digests anew, see the top of this file"
        )
    assert digests[record] == known["digest"], (
        f"the record {record} says something else of the same study: if that is meant, raise VERSION of "
        "study.cohort (unless it is a step of the store that changed), and write the digests anew"
    )


def test_records_that_no_store_holds_are_not_empty(tiny_results):
    said = unstored(tiny_results)
    assert set(said) == set(UNSTORED)
    assert all(said.values())
