"""Schematic, sites, gene signatures, recipes in words, and issues of gaps: each line again."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.light_results import (
    COMPONENTS,
    delta,
    evidence,
    exams,
    phenotypes,
    preset,
    recipes,
    results,
    with_settings,
)

from kinephen.records.phenotypes import PatientGaps
from kinephen.records.radiogenomic import Correlation
from kinephen.records.sites import Sites, SiteShare
from kinephen.report.numbers.build import gap_issues
from kinephen.report.numbers.radiogenomic import radiogenomic
from kinephen.report.numbers.recipes import ROWS, recipe_numbers, recipe_statements
from kinephen.report.numbers.schematic import schematic_figure
from kinephen.report.numbers.sites import site_figures, site_tables
from kinephen.report.schema import Missing


def steps(found):
    return [{s.title: s.lines for s in column} for column in schematic_figure(found).data.columns]


def test_the_schematic_has_the_settings_and_counts_of_the_run():
    exam, patients, told = steps(results())
    assert exam == {
        "DCE-MRI": ("19 exams at T1 and T3",),
        "Functional tumour volume": (
            "by early enhancement, in the box of the exam",
            "lesion: given in 12 exams, else the largest part",
        ),
        "Bias field": ("N3, shared",),
        "Kinetic maps": ("PE, SER, WIS, WOS", "variant paper"),
        "Features": ("grid: 256 x 256 in plane", "ibsi, 32 bins"),
    }
    assert patients == {
        "Change between the visits": ("symmetric, 6 features",),
        "Filters": ("4 features kept", "2 dropped for 2 reasons"),
        "Feature groups": ("5 groups", "rule last_gain"),
        "Components": ("3 principal components of the groups",),
        "Phenotypes": ("Ward's tree of 6 patients", "k = 2, rule null_pac"),
    }
    assert told == {
        "Is there more than one group?": ("SigClust, consensus, Gaussian reference sets",),
        "Survival by phenotype": ("61 patients, 23 events",),
        "Models": ("4 Cox models", "5 folds, 100 replicates"),
        "Report": ("end point: recurrence-free survival",),
    }


def test_the_schematic_follows_what_was_asked_for():
    own = with_settings(preset(), "tumours", fixed_k=2)
    own = with_settings(with_settings(own, "bias", method="none"), "resample", isotropic_mm=1.5)
    own = replace(
        own,
        phenotypes=phenotypes(evidence(features_kept=6)),
        validation=SimpleNamespace(flow=SimpleNamespace(n={"features": 8}.get)),
    )
    exam, patients, told = steps(results(own, exams=exams(failed=3), cohort={"molecular": SimpleNamespace()}))
    assert exam["DCE-MRI"] == ("19 exams at T1 and T3", "3 failed")
    assert (exam["Bias field"], exam["Features"][0]) == (("not corrected",), "grid: 1.5 mm isotropic")
    assert patients["Filters"] == ("6 features kept",)
    assert patients["Phenotypes"][1] == "k = 2, set by hand"
    assert list(told)[1] == "Gene signatures"
    assert told["Validation"] == ("8 patients, nothing fitted again",)
    assert list(told)[-2:] == ["Validation", "Report"]
    bare = with_settings(preset(), "resample", matrix=0)
    assert steps(results(bare))[0]["Features"][0] == "grid: as acquired"


def share(name, explained, by_batch):
    return SiteShare(component=name, explained=explained, by_batch=by_batch, expected=0.125)


def site_preset(**changed):
    values = {
        "column": "scanner",
        "combat": True,
        "patients": 7,
        "batches": {"A": 4, "B": 3},
        "before": (share("PC1", 0.5, 0.4), share("PC2", 0.25, 0.3)),
        "after": (share("PC1", 0.45, 0.05),),
    }
    return preset(delta=delta(sites=Sites(**(values | changed))))


def test_sites_have_their_shares_before_and_after_combat():
    own = site_preset()
    table, figure = site_tables(own)["sites"], site_figures(own)["sites"]
    assert [c.key for c in table.columns] == ["component", "explained", "by_site", "expected", "after"]
    assert [tuple(r.values()) for r in table.rows] == [
        ("PC1", 0.5, 0.4, 0.125, 0.05),
        ("PC2", 0.25, 0.3, 0.125, Missing(missing="no such component is left")),
    ]
    assert "of 7 patients of the discovery cohort (A 4, B 3)." in table.caption
    assert table.caption.endswith("ComBat was fitted on discovery and applied to all.")
    assert [(g.title, g.labels, g.values) for g in figure.data.groups] == [
        ("Before ComBat", ("PC1", "PC2"), (0.4, 0.3)),
        ("After ComBat", ("PC1",), (0.05,)),
    ]
    assert (figure.data.reference, figure.caption) == (0.125, "Line: the share expected by chance, 12 %.")
    assert "between scanners" in figure.title


def test_without_combat_there_is_one_group_and_without_sites_nothing():
    own = site_preset(combat=False)
    table = site_tables(own)["sites"]
    assert [list(r) for r in table.rows] == [["component", "explained", "by_site", "expected"]] * 2
    assert len(table.columns) == 4
    assert table.caption.endswith("ComBat is off.")
    assert [g.title for g in site_figures(own)["sites"].data.groups] == ["Delta features"]
    assert (site_tables(preset()), site_figures(preset())) == ({}, {})


def test_components_against_signature_scores():
    rows = tuple(
        Correlation(
            component=c, score=s, n=5 + i + 3 * j, rho=0.1 * i - 0.25 * j, p=0.01 + i, p_adjusted=0.5 + j
        )
        for i, c in enumerate(COMPONENTS)
        for j, s in enumerate(("ror_s", "p53_score"))
    )
    last = Correlation(component=COMPONENTS[2], score="p53_score", n=2, reason="too few")
    tables, figures = radiogenomic(preset(radiogenomic=(*rows[:-1], last)))
    words = {"ror_s": "ROR-S", "p53_score": "p53 score"}
    shown = [tuple(r.values()) for r in tables["radiogenomic"].rows]
    few = Missing(missing="too few")
    expected = [(r.component, words[r.score], r.n, r.rho, r.p, r.p_adjusted) for r in rows[:-1]]
    assert shown == [*expected, (COMPONENTS[2], "p53 score", 2, few, few, few)]
    keys = [c.key for c in tables["radiogenomic"].columns]
    assert keys == ["component", "score", "n", "rho", "p", "adjusted"]
    data = figures["radiogenomic"].data
    assert (data.row_labels, data.column_labels) == (("ROR-S", "p53 score"), COMPONENTS)
    assert data.values == (tuple(r.rho for r in rows[::2]), (rows[1].rho, rows[3].rho, None))
    assert radiogenomic(preset()) == ({}, {})


def priced(count=2, replicates=3):
    price = SimpleNamespace(names=("a", "b", "c")[:count], replicates=replicates)
    return recipes(plans=("a", "b", "c"), price=price, elsewhere=2)


def test_what_the_best_recipe_is_worth_points_at_its_rows():
    (found,) = recipe_statements(priced(), 7)
    assert "{repeats} repeats of a cross-validation of their own (Table 4 has 7), with" in found.text
    base = "/tables/recipe_price/rows"
    where = {n: (r.pointer, r.format) for n, r in found.refs.items()}
    assert where == {
        "count": ("/numbers/recipes/value", "int"),
        "repeats": ("/numbers/recipe_repeats/value", "int"),
        "naive": (f"{base}/{ROWS.index('naive')}/value/value", "f2"),
        "noise": (f"{base}/{ROWS.index('noise')}/value/value", "f2"),
        "honest": (f"{base}/{ROWS.index('selected')}/value/value", "f2"),
        "low": (f"{base}/{ROWS.index('selected')}/value/low", "f2"),
        "high": (f"{base}/{ROWS.index('selected')}/value/high", "f2"),
        "p": (f"{base}/{ROWS.index('all')}/p", "p"),
    }
    assert "(other folds than Table 4), with" in recipe_statements(priced(), 3)[0].text
    assert "in {repeats} repeat of" in recipe_statements(priced(replicates=1), 3)[0].text
    numbers = recipe_numbers(priced())
    assert {n: v.value for n, v in numbers.items()} == {"recipes": 5, "recipe_repeats": 3}


@pytest.mark.parametrize("result", [recipes(elsewhere=2), priced(count=1)])
def test_recipes_that_were_not_compared_are_a_caution(result):
    (found,) = recipe_statements(result, 7)
    assert found.text.endswith("; they could not be compared.")
    assert (found.kind, list(found.refs)) == ("caution", ["count"])


def test_one_recipe_is_no_choice():
    (found,) = recipe_statements(recipes(), 7)
    assert found.text == "The log has {count} recipe for the phenotype: no choice was made."
    assert list(recipe_numbers(recipes())) == ["recipes"]


def test_gaps_of_a_patient_are_issues_with_their_counts():
    gaps = (
        PatientGaps(case="case-01", undefined=5, alone=3, left_out=True),
        PatientGaps(case="case-02", undefined=4, alone=2, left_out=False),
        PatientGaps(case="case-03", undefined=6, alone=0, left_out=False),
    )
    found = gap_issues(results(preset(phenotypes=phenotypes(gaps=gaps))))
    assert [(i.where, i.count, "learned without" in i.message, i.code) for i in found] == [
        ("P01", 5, True, "phenotype.gaps"),
        ("P02", 2, False, "phenotype.gaps"),
    ]
