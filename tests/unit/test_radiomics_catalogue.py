"""The catalogue: names, order, codes, signs and marks."""

import csv
import json

import numpy as np
import pytest

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.catalogue import (
    BY_KEY,
    FEATURES,
    MASK_ONLY,
    NAMES,
    TWO_DIMENSIONAL,
    as_records,
    constant_features,
    sign,
)


def test_the_104_by_family():
    assert len(FEATURES) == len(set(NAMES)) == 104
    families = [f.family for f in FEATURES]
    assert {f: families.count(f) for f in dict.fromkeys(families)} == {
        "Intensity": 20, "Histogram": 29, "Volumetric": 2, "Morphologic": 19, "GLCM": 6, "GLRLM": 4,
        "GLSZM": 18, "NGTDM": 5, "LBP": 1,
    }  # fmt: skip


def test_names_codes_signs_and_order_are_the_published_ones(reference):
    with reference("science/captk_features.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(f"{r['family']}_{r['captk_name']}" for r in rows) == NAMES
    assert [r["ibsi_code"] for r in rows] == [f.ibsi_code for f in FEATURES]
    assert [int(r["sign_for_heterogeneity"]) for r in rows] == [f.sign for f in FEATURES]


def test_misspellings_are_kept():
    assert "NGTDM_Coarsness" in NAMES
    assert "GLSZM_ZoneSizeNoneUniformityNormalized" in NAMES


def test_every_feature_is_explained():
    for feature in FEATURES:
        assert feature.formula, feature.key
        assert feature.unit, feature.key
        assert feature.sign_reason, feature.key
        assert feature.reference, feature.key
        assert feature.depends_on in ("map", "mask")
        assert feature.duplicate_of == "" or feature.duplicate_of in BY_KEY


def test_records_are_plain():
    records = as_records()
    assert json.loads(json.dumps(records)) == records
    assert list(records[0])[:3] == ["key", "family", "name"]


def test_signs_are_found_with_and_without_the_map():
    assert sign("GLCM_Energy") == sign("PE_GLCM_Energy") == -1
    assert sign("WOS_Morphologic_Flatness") == 1
    assert sign("GLCM_Dissimilarity") == sign("PE_GLCM_Dissimilarity") == sign("age") == 0


def test_list_of_reading_b():
    assert set(TWO_DIMENSIONAL) == {
        "Morphologic_Perimeter", "Morphologic_PerimeterOnBorder", "Morphologic_PerimeterOnBorderRatio",
        "Morphologic_PixelsOnBorder", "Morphologic_Roundness", "Morphologic_OrientedBoundingBoxSize_Axis-0",
        "Morphologic_OrientedBoundingBoxSize_Axis-1", "Morphologic_OrientedBoundingBoxSize_Axis-2", "LBP_LBP",
    }  # fmt: skip


def lesions():
    """Return six lesions away from the border, as contexts with two maps each."""
    rng = np.random.default_rng(11)
    for n in range(6):
        mask = np.zeros((9, 14, 15), dtype=bool)
        mask[2:-2, 2:-2, 2:-2] = rng.random((5, 10, 11)) < 0.5 + 0.06 * n
        mask[4, 4:8, 4 : 6 + n] = True
        maps = {"a": rng.gamma(2.0, 3.0, mask.shape), "b": rng.normal(size=mask.shape)}
        yield MaskContext(mask, (2.0, 0.7, 0.7)), maps


@pytest.mark.parametrize("mode", ["ibsi", "captk"])
def test_marks_hold(mode):
    """Constant features are constant, mask-only features equal for all maps, duplicates in the same order."""
    found = [extract(context, maps, mode=mode).features for context, maps in lesions()]
    for name in constant_features(mode):
        assert len({features[m][name] for features in found for m in "ab"}) == 1, name
    for name in NAMES:
        varies = any(features["a"][name] != features["b"][name] for features in found)
        if name != "LBP_LBP" and name not in constant_features(mode):
            assert varies == (BY_KEY[name].depends_on == "map"), name
    for feature in FEATURES:
        # Two pairs are duplicates of a lesion in one piece only.
        if feature.duplicate_of and not (mode == "captk" and feature.family == "Morphologic"):
            pairs = [(f[m][feature.key], f[m][feature.duplicate_of]) for f in found for m in "ab"]
            if feature.name != "LargestComponentSize":
                first, second = (np.argsort(np.argsort(x)) for x in zip(*pairs, strict=True))
                same = (first == second).all() or (first == len(first) - 1 - second).all()
                assert same or feature.depends_on == "mask", feature.key


def test_eleven_columns_carry_nothing_in_the_published_version():
    assert len(constant_features("captk")) == 11
    assert len(MASK_ONLY) == 21


def test_signs_of_elongation_and_flatness_fit_the_ratio_that_is_written():
    """Both are >= 1 and rise as the lesion gets longer or flatter, in both modes, so the sign is +1."""
    for mode in ("ibsi", "captk"):
        values = []
        for length in (8, 12):
            mask = np.zeros((8, 10, 20), dtype=bool)
            mask[2:6, 2:8, 2 : 2 + length] = True
            found = extract(MaskContext(mask, (1, 1, 1)), {"m": np.ones(mask.shape)}, mode=mode)
            values.append(found.features["m"]["Morphologic_Elongation"])
        assert 1 <= values[0] < values[1]
        assert sign("Morphologic_Elongation") == sign("Morphologic_Flatness") == 1
