"""What ``kinephen phenotypes`` and ``signatures`` print of results that are given, and what they hand on."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of

import pandas as pd
import pytest
from tests.printed import printed_tables

from kinephen.core.cohort import Issue
from kinephen.study.tables import phenotypes, signatures
from kinephen.study.tables.phenotypes import Assignment, FitResult, RuleReading, SplitP, SplitTest

FITTED = {
    "preset": "quick", "seed": 1, "patients": 31, "features_are": "deltas", "content": "visits",
    "features_seen": 104, "features_kept": 60, "dropped": {"constant": 40, "undefined": 4}, "groups": 7,
    "components": 9, "k": 3, "rule": "null", "conclusion": "three groups",
    "sizes": {"3": [10, 11, 10], "2": [20, 11]},
    "rules": {"null_pac": RuleReading(3, "by null sets"), "last_gain": RuleReading(None, "by gain")},
    "sigclust": SplitTest("soft", {"hard": SplitP(0.25, 0.5), "soft": SplitP(0.0625, None)}, "words"),
    "shc_k": None, "notices": ["for research"], "model": "there/model.json", "issues": (Issue("a.b", "odd"),),
}  # fmt: skip


@pytest.fixture
def fitted(monkeypatch, call):
    """Return a function that runs ``phenotypes fit``, and what it asked for."""

    def run(*words, **changed):
        asked = []

        def fit_table(*given, progress, **more):
            progress("clustering", 0.5)
            asked.append((given, more))
            return FitResult(**{**FITTED, **changed})

        monkeypatch.setattr(phenotypes, "fit_table", fit_table)
        return *call("phenotypes", "fit", "t.csv", "--out", "m.json", *words), asked[0]

    return run


def test_what_was_learned(fitted):
    code, out, err, _ = fitted()
    tables = printed_tables(out)
    assert tables[""][1:] == [
        ["conclusion", "three groups"],
        ["features are", "deltas"],
        ["patients", "31"],
        ["features kept", "60 of 104"],
        ["feature groups, components", "7, 9"],
        ["patients in 3 phenotypes", "10, 11, 10"],
        ["patients in 2 phenotypes (forced)", "20, 11"],
    ]
    assert tables["Number of phenotypes by rule"] == [
        ["rule", "k", "meaning"],
        ["null_pac", "3", "by null sets"],
        ["last_gain", "", "by gain"],
    ]
    assert tables["SigClust, split into two (p)"] == [
        ["null covariance", "two-means", "tree labels", ""],
        ["hard", "0.25", "0.5", ""],
        ["soft", "0.0625", "", "headline"],
    ]
    assert tables["Features dropped"] == [["reason", "features"], ["constant", "40"], ["undefined", "4"]]
    assert code == 0
    assert "clustering" in err
    assert err.endswith("for research\nnote [a.b]: odd\nmodel in there/model.json\n")
    assert "Features dropped" not in fitted(dropped={})[1]
    assert "patients in 1 phenotype " in fitted(k=1, sizes={"1": [31]})[1]


def test_fit_hands_its_options_on(fitted):
    _, _, _, ((table, out, request), more) = fitted()
    assert (table, out, more) == (Path("t.csv"), Path("m.json"), {"labels": None})
    assert request == phenotypes.FitRequest()
    _, out, err, (words, more) = fitted(
        "-p", "quick", "--set", "a.b=1", "--labels", "l.csv", "--content", "delta", "--identifiers", "--seed",
        7, "--json",
    )  # fmt: skip
    assert words[2] == phenotypes.FitRequest(
        preset="quick", changes=("a.b=1",), content="delta", identifiers=True, seed=7
    )
    assert more == {"labels": Path("l.csv")}
    assert (json.loads(out)["k"], err.strip()) == (3, "")


def assigned(outside, undefined):
    table = pd.DataFrame(
        {
            "phenotype": pd.array([1, 2, 2, *[None] * undefined], dtype="Int64"),
            "out_of_range": [True] * outside + [False] * (3 + undefined - outside),
        },
        index=pd.Index([f"P{i}" for i in range(3 + undefined)], name="patient_id"),
    )
    return Assignment(
        table=table, k=2, features_are="deltas", notices=["for research"], issues=(Issue("a.b", "odd"),)
    )


@pytest.mark.parametrize(
    ("outside", "undefined", "says"),
    [
        (0, 0, []),
        (1, 0, ["1 patient lies outside the range of the discovery cohort"]),
        (2, 1, ["2 patients lie outside the range of the discovery cohort",
                "1 patient without a phenotype: features of the model are undefined"]),
    ],
)  # fmt: skip
def test_who_has_which_phenotype(monkeypatch, call, outside, undefined, says):
    asked = []
    monkeypatch.setattr(
        phenotypes, "apply_table", lambda *w, **m: asked.append((w, m)) or assigned(outside, undefined)
    )
    code, out, err = call("phenotypes", "apply", "m.json", "t.csv")
    assert printed_tables(out) == {
        f"{3 + undefined} patients": [["phenotype", "patients"], ["1", "1"], ["2", "2"]]
    }
    assert (code, err.splitlines()) == (0, [*says, "for research", "note [a.b]: odd"])
    code, out, err = call("phenotypes", "apply", "m.json", "t.csv", "--json", "--k", 2)
    found = json.loads(out)
    assert (found["patients"], found["k"], found["out_of_range"]) == (3 + undefined, 2, outside)
    assert (found["undefined"], found["file"], err) == (undefined, None, "")
    assert found["rows"][0]["patient_id"] == "P0"
    found = json.loads(call("phenotypes", "apply", "m.json", "t.csv", "--json", "-o", "o.csv")[1])
    assert (found["file"], found["rows"]) == ("o.csv", None)
    paths = (Path("m.json"), Path("t.csv"))
    assert asked == [
        ((*paths, None), {"k": None}), ((*paths, None), {"k": 2}), ((*paths, Path("o.csv")), {"k": None})
    ]  # fmt: skip


SCORED = Of(
    result=Of(
        table=pd.DataFrame(index=range(5)), settings={"centre": "x"}, reasons=["a", "b"],
        issues=(Issue("g.h", "few", "S1", 2),),
    ),
    distribution=pd.DataFrame({"share": [0.75], "n": [3], "class": ["low"], "signature": ["70-gene"]}),
    coverage=pd.DataFrame(
        {"found_by": ["symbol"], "genes": [70], "found": [66], "platform": ["arrays"],
         "signature": ["gene70"]}
    ),
    link=Of(pairs=[1, 2, 3], unmatched_samples=4, unmatched_patients=["x"]),
    genefu="genefu",
    notices=["for research"],
)  # fmt: skip


@pytest.fixture
def scored(monkeypatch, call):
    seen = {}

    def write(result, out, **more):
        seen["write"] = (result, out, more)
        return {"scores": out / "scores.csv"}

    def page(found, path):
        seen["page"] = (found, path)
        return path

    def run(*words, result=SCORED):
        monkeypatch.setattr(signatures, "score_files", lambda request: seen.update(request=request) or result)
        monkeypatch.setattr("kinephen.io.molecular_files.write_molecular", write)
        monkeypatch.setattr("kinephen.report.signatures_page.write_signatures_page", page)
        return *call("signatures", "score", "a.txt", "b.txt", "-o", "there", *words), seen

    return run


def test_classes_and_coverage(scored):
    code, out, err, seen = scored()
    tables = printed_tables(out)
    assert tables["Classes (research re-creations)"] == [
        ["signature", "class", "n", "share"],
        ["70-gene", "low", "3", "0.75"],
    ]
    assert tables["Coverage"] == [
        ["signature", "platform", "genes", "found by"],
        ["gene70", "arrays", "66/70", "symbol"],
    ]
    assert err == "note [g.h]: S1: few (2)\nfor research\ntables and page in there\n"
    assert code == 0
    assert seen["request"] == signatures.Request(expression=(Path("a.txt"), Path("b.txt")))
    assert seen["page"] == (SCORED, Path("there/index.html"))
    result, folder, more = seen["write"]
    assert (result, folder, set(more)) == (
        *(SCORED.result, Path("there")), {"distribution", "coverage", "link", "genefu"}
    )  # fmt: skip
    assert all(more[name] is getattr(SCORED, name) for name in more)


def test_scores_for_programs_and_options(scored):
    _, out, err, seen = scored(
        "--platform", "p", "--signature", "pam50", "--centre", "balanced", "--ror", "published", "--collapse",
        "iqr", "--cut", "0.55", "--min-coverage", "0.8", "--combat", "--er-share", "0.6", "--clinical", "c",
        "--link", "l", "--genefu", "scale", "--json",
    )  # fmt: skip
    assert seen["request"] == signatures.Request(
        expression=(Path("a.txt"), Path("b.txt")), platforms=(Path("p"),), signatures=("pam50",),
        centre="balanced", ror_variant="published", collapse="iqr", gene70_cut=0.55, er_share=0.6,
        min_coverage=0.8, clinical=Path("c"), link=Path("l"), genefu="scale", combat=True,
    )  # fmt: skip
    found = json.loads(out)
    assert (found["folder"], found["samples"], found["undefined"], err) == ("there", 5, 2, "")
    assert found["files"] == {"scores": "there/scores.csv", "page": "there/index.html"}
    assert found["link"] == {"linked": 3, "unmatched_samples": 4, "patients_without_sample": 1}
    without = Of(**{**vars(SCORED), "link": None})
    assert json.loads(scored("--json", result=without)[1])["link"] is None


@pytest.mark.parametrize(("genes", "says"), [(1, "1 gene"), (3, "3 genes")])
def test_a_signature_is_added(monkeypatch, call, genes, says):
    asked = []
    added = Of(name="mine", kind="mean", genes=["g"] * genes, title="Mine")
    place = "kinephen.io.signatures"
    monkeypatch.setattr(f"{place}.add_signature", lambda *w, **m: asked.append((w, m)) or added)
    monkeypatch.setattr(f"{place}.user_folder", lambda: Path("config"))
    assert call("signatures", "add", "s.toml") == (0, f"added mine (mean, {says}) to config\n", "")
    _, out, _ = call("signatures", "add", "s.toml", "--replace", "--json")
    assert json.loads(out) == {"name": "mine", "kind": "mean", "genes": genes, "title": "Mine"}
    assert asked == [((Path("s.toml"),), {"replace": r}) for r in (False, True)]


def test_signatures_are_listed(monkeypatch, call):
    entries = [Of(name="mine", kind="mean", genes=3, origin="yours", title="Mine", to_dict=lambda: {"a": 1})]
    monkeypatch.setattr("kinephen.io.signatures.list_signatures", lambda: entries)
    assert printed_tables(call("signatures", "list")[1])[""] == [
        ["name", "kind", "genes", "origin", "title"],
        ["mine", "mean", "3", "yours", "Mine"],
    ]
    assert json.loads(call("signatures", "list", "--json")[1]) == [{"a": 1}]
