"""Features of responses beside those of their maps, with the 104 features and by a protocol."""

import numpy as np
import pytest

from kinephen.core.volume import Geometry, Volume
from kinephen.errors import ConfigError
from kinephen.io.nifti import write_volume
from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.catalogue import MASK_ONLY, NAMES
from kinephen.radiomics.complete_responses import by_protocol
from kinephen.radiomics.filters import filtered, parse_filter, parse_filters
from kinephen.radiomics.filters.responses import continued, responses
from kinephen.radiomics.prepare import prepare
from kinephen.radiomics.protocol import (
    Discretisation,
    Features,
    Filtering,
    Protocol,
    Resampling,
    Resegmentation,
)
from kinephen.study.tables.feature_responses import read_filters
from kinephen.study.tables.features import Case, Settings, compute_case

SHAPE, SPACING = (7, 8, 9), (3.0, 1.25, 0.8)
LOG, LAWS = "log:sigma=1.5mm", "laws:kernels=L5E5,energy=2"
IMAGE = np.random.default_rng(5).gamma(4.0, size=SHAPE)
MASK = np.zeros(SHAPE, dtype=bool)
MASK[2:6, 2:7, 1:7] = True


def holes(*places):
    image = IMAGE.copy()
    for place in places:
        image[place] = np.nan
    return image


def test_responses_are_those_of_the_filter_by_map_and_name():
    filters = parse_filters([LOG, LAWS])
    made = responses({"PE": IMAGE, "SER": IMAGE + 1}, SPACING, filters)
    assert list(made.arrays) == [
        f"{m}.{f}" for m in ("PE", "SER") for f in ("log-1.5mm", "laws-L5E5-max-energy2")
    ]
    assert made.names["SER.log-1.5mm"] == ("SER", "log-1.5mm")
    assert np.array_equal(made.arrays["PE.log-1.5mm"], filtered(IMAGE, SPACING, parse_filter(LOG)))
    assert made.issues == ()
    assert responses({"PE": holes(np.s_[0])}, SPACING, {}).arrays == {}


def test_a_voxel_without_a_value_takes_the_nearest_in_mm_and_has_no_response():
    image = holes((3, 4, 4), (3, 4, 5), (3, 4, 3))
    filled = continued(image, SPACING)
    assert filled[3, 4, 4] in (IMAGE[3, 3, 4], IMAGE[3, 5, 4])  # 1.25 mm; along the row it is 1.6 mm
    assert filled[3, 4, 3] == IMAGE[3, 4, 2]
    assert np.isnan(image).sum() == 3
    made = responses({"PE": image}, SPACING, parse_filters([LOG]))
    found = made.arrays["PE.log-1.5mm"]
    assert np.array_equal(np.isnan(found), np.isnan(image))
    expected = filtered(filled, SPACING, parse_filter(LOG))
    assert np.array_equal(found[~np.isnan(found)], expected[~np.isnan(found)])
    (issue,) = made.issues
    assert (issue.code, issue.where, issue.count) == ("radiomics.filter_continued", "PE", 3)


def test_what_lies_outside_the_lesion_does_not_count_where_the_map_ends_there():
    inside_only = np.where(MASK, IMAGE, np.nan)
    other = np.where(MASK, IMAGE, np.inf)
    one, two = (
        responses({"m": m}, SPACING, parse_filters([LOG])).arrays["m.log-1.5mm"] for m in (inside_only, other)
    )
    assert np.isfinite(one[MASK]).all()
    assert np.array_equal(one, two, equal_nan=True)


def test_a_map_without_any_value_has_no_response():
    made = responses({"PE": np.full(SHAPE, np.nan)}, SPACING, parse_filters([LOG]))
    assert np.isnan(made.arrays["PE.log-1.5mm"]).all()


@pytest.fixture
def case(tmp_path):
    geometry = Geometry(SHAPE, np.diag([*SPACING, 1.0])[[2, 1, 0, 3]])
    write_volume(tmp_path / "pe.nii.gz", Volume(IMAGE, geometry))
    write_volume(tmp_path / "mask.nii.gz", Volume(MASK.astype(np.uint8), geometry))
    return Case({"PE": tmp_path / "pe.nii.gz"}, tmp_path / "mask.nii.gz", "", {"mask": "1"})


def test_columns_of_the_104_features_and_of_responses(case):
    (plain,) = compute_case(case, Settings()).rows
    (row,) = compute_case(case, Settings(filters=(LOG, LAWS))).rows
    of_map = [n for n in NAMES if n not in MASK_ONLY]
    prefixed = [f"{f}_{n}" for f in ("log-1.5mm", "laws-L5E5-max-energy2") for n in of_map]
    assert list(row.features) == [*NAMES, *prefixed]
    assert {k: row.features[k] for k in NAMES} == plain.features
    response = filtered(IMAGE, SPACING, parse_filter(LOG))
    found = extract(MaskContext(MASK, SPACING), {"r": response}).features["r"]
    for name in of_map:
        value = row.features[f"log-1.5mm_{name}"]
        assert (np.nan if value is None else value) == pytest.approx(found[name], rel=1e-6, nan_ok=True)
    assert row.diagnostics["log-1.5mm_voxels"] == MASK.sum()
    assert row.reasons["log-1.5mm_LBP_LBP"] == plain.reasons["LBP_LBP"]
    assert set(row.reasons) & {f"log-1.5mm_{n}" for n in MASK_ONLY} == set()


def test_a_spacing_in_32_bits_gives_the_same_kernel():
    narrow = tuple(float(np.float32(s)) for s in SPACING)
    for settings in map(parse_filter, (LOG, "log:sigma=1mm", "log:sigma=1.5mm,dimensions=2")):
        found = filtered(IMAGE, narrow, settings)
        assert np.allclose(found, filtered(IMAGE, SPACING, settings), rtol=1e-6, atol=1e-6)


def test_filters_are_part_of_what_a_case_is_known_by(case):
    assert case.key(Settings()) != case.key(Settings(filters=(LOG,)))


def test_a_filter_that_an_image_cannot_have_stops_its_case_only(case):
    result = compute_case(case, Settings(filters=("simoncelli:level=4",)))
    assert result.error is not None
    assert result.error.code == "radiomics.filter_image"


def test_filters_are_checked_before_any_case():
    assert read_filters([LOG]) == (LOG,)
    with pytest.raises(ConfigError, match="unknown filter"):
        read_filters(["blur"])
    with pytest.raises(ConfigError, match="without its unit"):
        Protocol(filtering=Filtering(filters=("log:sigma=3",)))


def test_by_protocol_the_resampled_image_is_filtered_and_the_mask_is_that_of_the_image():
    protocol = Protocol(
        resampling=Resampling(spacing=1.0, interpolation="cubic"),
        resegmentation=Resegmentation(low=2.0, high=6.0),
        filtering=Filtering(filters=(LOG,)),
        discretisation=Discretisation(width=0.5, bins=16),
        features=Features(families=("morphology", "statistics", "glcm")),
    )
    context = MaskContext(MASK, SPACING)
    found = by_protocol({"m": IMAGE}, context, protocol)["m"]
    prepared = prepare(IMAGE, context, protocol)
    response = filtered(prepared.image, (1.0, 1.0, 1.0), parse_filter(LOG))
    values = response[prepared.keep]
    assert found.features["log-1.5mm_statistics_mean"] == pytest.approx(values.mean(), rel=1e-9)
    assert found.features["log-1.5mm_statistics_minimum"] == values.min() < 2.0
    assert found.diagnostics["log-1.5mm_levels"] == 16
    assert found.diagnostics["log-1.5mm_voxels"] == found.diagnostics["voxels"] == prepared.keep.sum()
    families = {n.split("_")[1] for n in found.features if n.startswith("log-1.5mm_")}
    assert families == {"statistics", "glcm"}
    without = Protocol(**{**vars(protocol), "filtering": Filtering()})
    plain = by_protocol({"m": IMAGE}, context, without)["m"]
    assert [n for n in found.features if not n.startswith("log")] == list(plain.features)
    for name, value in plain.features.items():
        assert found.features[name] == pytest.approx(value, rel=0, abs=0, nan_ok=True)
