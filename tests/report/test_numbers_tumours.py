"""The matched pair of tumours: its words, tiles, scales and numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import exam_records
from tests.light_results import LABELS, evidence, frame, phenotypes, preset, results

from kinephen.records.matched_pair import MatchedPair
from kinephen.report.assets import read_array
from kinephen.report.numbers.tumours import tumours_figure
from kinephen.study.steps.tiles import Tiles, figure_range, write_tiles

PAIR = ("case-04", "case-05")
VISITS = ("T1", "T3")
BOTH = MatchedPair(
    cases=PAIR, equal=("hr", "gene70_class"), known=("hr", "gene70_class"), near=("age", "ftv2"), distance=0.5
)


def tiles(start, *, empty=False):
    """Return a cut-out of 3 rows and 4 columns whose every number hangs on `start`."""
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    mask = np.zeros((3, 4), dtype=bool)
    mask[1, 1 : 1 + start % 3 + 1] = not empty
    return Tiles(
        frames={name: values * (i + 2) + 50 * start for i, name in enumerate(("pre", "early", "late"))},
        maps={"PE": values + start, "SER": -values - start},
        mask=mask,
        slice=7 + start,
        pixel_mm=(0.75, 0.5 + start),
        times_s=(0.0, 90.0),
        curve=np.ones((3, 2)),
    )


def stored(folder, empty=()):
    cuts = {
        (c, v): tiles(1 + 2 * i + j, empty=(c, v) in empty)
        for i, c in enumerate(PAIR)
        for j, v in enumerate(VISITS)
    }
    for (c, v), own in cuts.items():
        write_tiles(folder / f"{c}-{v}.npz", own)
    features = {exam: exam_records.features(units={**exam_records.UNITS, "PE": "%"}) for exam in cuts}
    found = exam_records.cases(features=features)
    return cuts, replace(found, tiles={exam: folder / f"{exam[0]}-{exam[1]}.npz" for exam in cuts})


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tumours")
    cuts, cases = stored(folder)
    return folder, cuts, tumours_figure(results(cases=cases, pair=BOTH), folder)


def test_without_a_pair_there_is_no_figure(tmp_path):
    assert tumours_figure(results(), tmp_path) is None


def test_each_tile_is_the_cut_out_of_its_patient_visit_and_map(drawn):
    folder, cuts, figure = drawn
    for case, own in zip(PAIR, figure.data.cases, strict=True):
        assert [(t.visit, t.map) for t in own.tiles] == [
            (v, m) for v in VISITS for m in ("early", "PE", "SER")
        ]
        for tile in own.tiles:
            cut = cuts[case, tile.visit]
            image = cut.frames["early"] if tile.map == "early" else cut.maps[tile.map]
            assert np.array_equal(read_array(folder, tile.sha256), image)
            assert np.array_equal(read_array(folder, tile.outline), cut.mask)
    assert figure.data.pixel_mm == 1.5


def test_scales_are_shared_by_all_tiles_of_a_map(drawn):
    _, cuts, figure = drawn
    assert [(s.map, s.unit, s.low, s.high) for s in figure.data.scales] == [
        (name, unit, *figure_range(cuts.values(), name))
        for name, unit in (("early", "scanner units"), ("PE", "%"), ("SER", "1"))
    ]


def test_each_patient_has_their_words_and_their_numbers(drawn):
    _, _, figure = drawn
    first, second = figure.data.cases
    assert (first.title, second.title) == ("Phenotype 1 decreasing", "Phenotype 2 increasing")
    assert first.subtitle == "P04: 63 years, HER2-, 70-gene high; event"
    assert second.subtitle == "P05: 44 years, HR-, HER2+, 70-gene low; no event"
    # The components that differ most come first: C1PC2 (-3.5), C1PC1 (1.5), C2PC1 (undefined).
    assert figure.data.value_labels == ("C1PC2", "C1PC1", "C2PC1", "FTV2 (cm\u00b3)")
    assert first.values == (7.0, 6.0, 8.0, 4.5)
    assert second.values == (8.5, 7.5, 9.5, 5.0)


def test_more_components_than_three_are_not_shown(tmp_path):
    _, cases = stored(tmp_path)
    components = evidence().components
    four = evidence(sam=None, components=(*components, components[0].model_copy(update={"component": "C9"})))
    figure = tumours_figure(results(preset(phenotypes=phenotypes(four)), cases=cases, pair=BOTH), tmp_path)
    assert figure.data.value_labels == ("C1PC1", "C1PC2", "C2PC1", "FTV2 (cm\u00b3)")


def test_what_is_not_known_of_a_patient_is_not_said(tmp_path):
    _, cases = stored(tmp_path)
    bare = frame().drop(columns=["gene70_class", "age", "her2"])
    bare["event"] = bare["event"].where(bare.index != "case-04")
    bare["ror_s_group"], bare["p53_class"] = "med", "mutant"
    own = tumours_figure(results(preset(frame=bare), cases=cases, pair=BOTH), tmp_path)
    assert own.data.cases[0].subtitle == "P04: ROR-S med, p53 mutant; outcome unknown"
    assert own.data.cases[1].subtitle == "P05: HR-, ROR-S med, p53 mutant; no event"


@pytest.mark.parametrize(
    ("equal", "known", "near", "title", "rule"),
    [
        (
            ("hr", "gene70_class"),
            ("hr", "gene70_class"),
            ("age", "ftv2"),
            "age, receptors and volume",
            " and equal receptors and signature classes, the one nearest in age (per 10 years) and FTV2 (per "
            "doubling);",
        ),
        (
            ("her2",),
            ("her2",),
            ("ftv2",),
            "receptors and volume",
            " and equal receptors, the one nearest in FTV2",
        ),
        (
            ("hr",),
            ("hr", "p53_class"),
            ("age", "ftv2"),
            "age, receptors and volume",
            " and equal receptors (no pair has equal signature classes too), the one",
        ),
        (
            ("p53_class",),
            ("p53_class",),
            ("age", "ftv2"),
            "age and volume",
            " and equal signature classes, the one",
        ),
        (
            (),
            (),
            ("ftv2",),
            "volume",
            "one patient of each phenotype, the one nearest in FTV2 (per doubling);",
        ),
        (
            (),
            ("ror_s_group",),
            ("ftv2",),
            "volume",
            "phenotype (no pair has equal signature classes too), the one",
        ),
    ],
)
def test_the_words_tell_in_what_the_pair_is_equal_and_near(tmp_path, equal, known, near, title, rule):
    _, cases = stored(tmp_path)
    pair = MatchedPair(cases=PAIR, equal=equal, known=known, near=near, distance=0.5)
    figure = tumours_figure(results(cases=cases, pair=pair), tmp_path)
    assert figure.title == f"Two tumours alike in {title}, of different phenotype"
    assert rule in figure.caption
    assert " A and B, at T1 and T3, the lesion outlined. The slice where" in figure.caption


def test_the_caption_names_where_no_lesion_is_left(tmp_path):
    _, cases = stored(tmp_path, empty=[("case-05", "T1"), ("case-04", "T3")])
    caption = tumours_figure(results(cases=cases, pair=BOTH), tmp_path).caption
    assert "; at A of T3 and B of T1, where no lesion is left, the middle slice of the exam." in caption
    assert LABELS["1"] not in caption
