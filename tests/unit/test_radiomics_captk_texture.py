"""Quirks of texture features, each on a case worked by hand, beside the clean value."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.captk.parameters import parse_parameters
from kinephen.radiomics.captk.presets import DOCUMENTED, EXECUTED, ISPY1, LATER, PRESETS
from kinephen.radiomics.captk.runs import captk_run_table
from kinephen.radiomics.captk.texture import captk_glcm, captk_glrlm, captk_glszm, captk_ngtdm
from kinephen.radiomics.offsets import FORWARD_3D, cube
from kinephen.radiomics.roi import RoiMaker

UNIT = (1.0, 1.0, 1.0)


def roi(image, mask=None, spacing=UNIT):
    image = np.asarray(image, dtype=float)
    mask = np.ones(image.shape, dtype=bool) if mask is None else mask
    return RoiMaker(MaskContext(mask, spacing))(image), image


def line(*values):
    return np.array(values, dtype=float).reshape(1, 1, -1)


def test_presets_are_those_of_the_versions():
    assert (EXECUTED.histogram_bins, EXECUTED.glcm_bins, EXECUTED.glrlm_bins) == (10, 10, 256)
    assert (EXECUTED.glszm_bins, EXECUTED.ngtdm_bins, EXECUTED.ngtdm_radius) == (20, 20, 4)
    assert (DOCUMENTED.glrlm_bins, DOCUMENTED.ngtdm_radius, DOCUMENTED.glcm_raised_edge) == (10, 1, False)
    assert (LATER.histogram_bins, LATER.glcm_bins, LATER.glrlm_bins, LATER.ngtdm_radius) == (20, 20, 20, 0)
    assert (ISPY1.glcm_bins, ISPY1.glrlm_radius, ISPY1.glszm_radius) == (128, 3, 3)
    assert set(PRESETS) == {p.name for p in (EXECUTED, DOCUMENTED, LATER, ISPY1)}


def test_cooccurrence_with_the_raised_edge():
    # Two levels 0 and 1 in a row: bins of width 0.2 up to 2 give levels 1 and 6 instead of 1 and 10.
    r, _ = roi(line(0, 1, 0, 1))
    quirk = captk_glcm(r, EXECUTED)
    clean = captk_glcm(r, replace(EXECUTED, glcm_raised_edge=False))
    assert quirk["GLCM_Contrast"] == pytest.approx(25)
    assert clean["GLCM_Contrast"] == pytest.approx(81)


def test_cooccurrence_depends_on_the_unit():
    values = np.random.default_rng(0).random((4, 5, 6)) * 0.03
    r, image = roi(values)
    assert captk_glcm(r, EXECUTED)["GLCM_Energy"] == 1.0
    assert captk_glcm(r, EXECUTED)["GLCM_Entropy"] == 0.0
    per_minute, _ = roi(image * 60)
    assert captk_glcm(per_minute, EXECUTED)["GLCM_Entropy"] > 3
    clean = [extract(x.context, {"m": i}).features["m"] for x, i in ((r, image), (per_minute, image * 60))]
    assert clean[0]["GLCM_Entropy"] == pytest.approx(clean[1]["GLCM_Entropy"])


def test_cooccurrence_entropy_skips_rare_cells():
    # A row of 12001 voxels with one bright one: its cells have p = 1 / 12000 / 2 < 1e-4 and are skipped.
    values = np.zeros(12001)
    values[5] = 9.0
    r, image = roi(values.reshape(1, 1, -1))
    rare = 1 / 12000
    background = 1 - 2 * rare
    quirk = captk_glcm(r, EXECUTED)["GLCM_Entropy"]
    assert quirk == pytest.approx(-background * np.log2(background))
    clean = extract(r.context, {"m": image}).features["m"]["GLCM_Entropy"]
    assert clean == pytest.approx(quirk - 2 * rare * np.log2(rare))


def counts(table, direction):
    here = table.matrix == direction
    return {
        (int(i), int(j)): int(n)
        for i, j, n in zip(table.level[here], table.size[here], table.count[here], strict=True)
    }


ROW = FORWARD_3D.index((0, 0, 1))


def test_run_length_is_a_distance_in_bins_of_the_diagonal():
    # Spacing 2 mm along the row; values 0 0 0 1: a run of three voxels spans 4 mm, single voxels 0 mm.
    # Diagonal of the box of 4 voxels: sqrt(1 + 1 + 64) = 8.124 mm; 4 / 8.124 * 10 = 4.92, so length 5.
    r, image = roi(line(0, 0, 0, 1), spacing=(1.0, 1.0, 2.0))
    table = captk_run_table(r, image, bins=10)
    assert counts(table, ROW) == {(1, 5): 1, (10, 1): 1}
    clean = extract(r.context, {"m": image}, bins=2, aggregation="merge").features["m"]
    assert clean["GLRLM_HighGreyLevelRunEmphasis"] == pytest.approx((12 * 3 + 1 + 4 * 13) / (12 * 3 + 1 + 13))


def test_runs_may_leave_the_mask():
    # The mask holds the first two voxels; the value goes on outside for two more.
    image = line(0, 0, 0, 0, 9, 5)
    mask = np.zeros(image.shape, dtype=bool)
    mask[0, 0, [0, 1, 5]] = True
    r, _ = roi(image, mask)
    # Diagonal sqrt(1 + 1 + 36) = 6.164; the run of 3 mm lies in bin floor(3 / 6.164 * 10) = 4, so length 5.
    assert counts(captk_run_table(r, image, bins=10), ROW) == {(1, 5): 1, (10, 1): 1}
    # Undefined outside the mask, the run ends there: 1 mm, length floor(1.62) + 1 = 2.
    closed = np.where(mask, image, np.nan)
    assert counts(captk_run_table(r, closed, bins=10), ROW) == {(1, 2): 1, (10, 1): 1}


def test_a_run_rejoining_the_mask_counts_once():
    image = line(0, 0, 0, 1)
    mask = np.array([[[True, False, True, True]]])
    r, _ = roi(image, mask)
    assert sum(counts(captk_run_table(r, image, bins=10), ROW).values()) == 2


def test_runs_longer_than_the_diagonal_are_dropped():
    image = np.zeros((1, 1, 12))
    image[0, 0, 1] = 1.0
    mask = np.zeros(image.shape, dtype=bool)
    mask[0, 0, 1:3] = True  # diagonal sqrt(1 + 1 + 4) = 2.449 mm, the run from the third voxel on spans 9 mm
    r, _ = roi(image, mask)
    assert counts(captk_run_table(r, image, bins=10), ROW) == {(10, 1): 1}


def test_run_bins_default_to_256_levels():
    r, image = roi(np.arange(60.0).reshape(3, 4, 5))
    table = captk_run_table(r, image, bins=EXECUTED.glrlm_bins)
    assert table.level.max() == 256
    assert set(table.size.tolist()) == {1}


def plain_physical_runs(image, mask, step, spacing, bins):
    """Run counts with a table of visited voxels, as the filter keeps them."""
    low, high = image[mask].min(), image[mask].max()
    edges = [low + (high - low) / bins * k for k in range(bins)] + [high]
    extent = np.ptp(np.argwhere(mask), axis=0) + 1
    diagonal = np.linalg.norm(extent * spacing)
    visited, found = np.zeros(image.shape, bool), Counter()
    for voxel in map(tuple, np.argwhere(mask)):
        if visited[voxel]:
            continue
        level = max(k for k in range(bins) if image[voxel] >= edges[k])
        n, there = 0, tuple(np.add(voxel, step))
        while all(0 <= t < s for t, s in zip(there, image.shape, strict=True)):
            v = image[there]
            if not (edges[level] <= v and (v < edges[level + 1] or (level == bins - 1 and v == high))):
                break
            visited[there] = True
            n, there = n + 1, tuple(np.add(there, step))
        distance = n * np.linalg.norm(np.multiply(step, spacing))
        if distance <= diagonal:
            found[level + 1, min(int(distance / diagonal * bins), bins - 1) + 1] += 1
    return dict(found)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 10, 256]))
def test_physical_runs_equal_the_plain_loop(seed, bins):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 4, (3, 5, 6)).astype(float)
    mask = rng.random(image.shape) < 0.6
    mask[0, 0, 0], image[0, 0, 0], image[0, 0, 1], mask[0, 0, 1] = True, 9.0, 0.0, True
    spacing = (2.0, 0.7, 0.9)
    r, _ = roi(image, mask, spacing)
    table = captk_run_table(r, image, bins=bins)
    for number, step in enumerate(FORWARD_3D):
        assert counts(table, number) == plain_physical_runs(image, mask, step, spacing, bins), step


def test_radius_three_has_171_directions():
    r, image = roi(np.random.default_rng(1).random((7, 8, 9)))
    assert len(cube(3)) == 171
    table = captk_run_table(r, image, bins=128, radius=3)
    assert table.matrix.max() == 170
    assert np.isfinite(captk_glrlm(r, image, ISPY1)["GLRLM_LowGreyLevelRunEmphasis"])


def test_the_maximum_forms_zones_of_its_own():
    # 18.5 .. 20 all lie in the highest of 20 bins over [0, 20] (19 and above) or just below.
    r, image = roi(line(0, 19.2, 19.6, 20, 19.4))
    quirk = captk_glszm(r, EXECUTED)
    # Zones: 0 | 19.2 19.6 | 20 | 19.4, the last three stored in row 20.
    assert quirk["GLSZM_ZonePercentage"] == pytest.approx(4 / 5)
    assert quirk["GLSZM_GreyLevelMean"] == pytest.approx((1 + 20 * 3) / 4)
    clean = extract(r.context, {"m": image}, bins=20).features["m"]
    assert clean["GLSZM_ZonePercentage"] == pytest.approx(2 / 5)


def test_radius_joins_zones_that_far_apart():
    r, _ = roi(line(0, 5, 0, 5, 0, 5))
    assert captk_glszm(r, EXECUTED)["GLSZM_ZonePercentage"] == 1.0
    assert captk_glszm(r, replace(EXECUTED, glszm_radius=3))["GLSZM_ZonePercentage"] == pytest.approx(2 / 6)


def test_tone_difference_radius():
    # Levels 1 20 1 20 in a row. Radius 4 sees all others: s = |1 - 41/3|, |20 - 22/3|, ...
    r, image = roi(line(0, 1, 0, 1))
    wide, near = captk_ngtdm(r, EXECUTED), captk_ngtdm(r, replace(EXECUTED, ngtdm_radius=1))
    assert wide["NGTDM_Coarsness"] == pytest.approx(1 / (2 * 0.5 * (41 / 3 - 1) + 2 * 0.5 * (20 - 22 / 3)))
    # Radius 1: |1 - 20| + |1 - 20| for the dark voxels, the same for the bright ones.
    assert near["NGTDM_Coarsness"] == pytest.approx(1 / (0.5 * 38 + 0.5 * 38))
    clean = extract(r.context, {"m": image}, bins=20).features["m"]
    assert clean["NGTDM_Coarsness"] == pytest.approx(near["NGTDM_Coarsness"])


def test_voxels_without_neighbours_add_their_level():
    # Two neighbours of level 1 and 20, and one lone voxel of level 20 far away.
    image = line(0, 1, 5, 5, 5, 5, 5, 5, 1)
    mask = np.array([[[True, True, False, False, False, False, False, False, True]]])
    r, _ = roi(image, mask)
    quirk = captk_ngtdm(r, replace(EXECUTED, ngtdm_radius=1))
    # s_1 = 19, s_20 = 19 + 20; p = 1/3 and 2/3.
    assert quirk["NGTDM_Coarsness"] == pytest.approx(1 / (19 / 3 + 39 * 2 / 3))
    clean = extract(r.context, {"m": image}, bins=20).features["m"]
    assert clean["NGTDM_Coarsness"] == pytest.approx(1 / (19 / 2 + 19 / 2))


def test_radius_zero_makes_a_function_of_the_histogram():
    values = np.random.default_rng(3).random((4, 5, 6))
    shuffled = np.random.default_rng(4).permutation(values.ravel()).reshape(values.shape)
    first, second = (captk_ngtdm(roi(v)[0], LATER) for v in (values, shuffled))
    assert first == pytest.approx(second)


def test_coarseness_is_capped():
    r, _ = roi(np.full((3, 3, 3), 4.0))
    assert captk_ngtdm(r, EXECUTED)["NGTDM_Coarsness"] == 1e6


def test_maps_are_taken_one_at_a_time():
    rng = np.random.default_rng(5)
    image = rng.random((4, 5, 6))
    context = MaskContext(np.ones(image.shape, dtype=bool), UNIT)
    together = extract(context, {"first": image * 9, "second": image}, mode="captk").features["second"]
    alone = extract(context, {"second": image}, mode="captk").features["second"]
    # A single call of CaPTk with both would add the variance and energy of the first to the second.
    assert together["Intensity_Variance"] == alone["Intensity_Variance"] == pytest.approx(image.var(ddof=1))
    assert together["Intensity_Energy"] == pytest.approx((image**2).sum())


def test_only_the_exact_label_counts():
    # A mask that was interpolated linearly and not cut again loses its border of partial voxels.
    labels = np.zeros((3, 4, 7))
    labels[:, :, 1:6] = [0.5, 1.0, 1.0, 1.0, 0.5]
    assert MaskContext.from_labels(labels, 1, UNIT).voxels == 3 * 4 * 3
    assert MaskContext(labels >= 0.5, UNIT).voxels == 3 * 4 * 5


def test_local_binary_pattern():
    image = np.zeros((3, 3, 5))
    image[1, 1, 1:4] = [1.0, 3.0, 2.0]
    context = MaskContext(np.ones(image.shape, dtype=bool), UNIT)
    plain = extract(context, {"m": image}, mode="captk")
    assert np.isnan(plain.features["m"]["LBP_LBP"])
    assert "not reproducible" in plain.reasons["m", "LBP_LBP"]
    # Interior voxels 1, 3, 2: one, none and one of the six neighbours are brighter.
    switched = extract(context, {"m": image}, mode="captk", lbp=True)
    assert switched.features["m"]["LBP_LBP"] == pytest.approx((1 + 0 + 1) / 3)
    assert [i.code for i in switched.issues] == ["radiomics.lbp_substitute"]
    # Brighter on two opposite sides only: not uniform, code 7.
    image = np.zeros((3, 3, 3))
    image[1, 1] = [5.0, 1.0, 5.0]
    image[1, 1, 1] = 1.0
    context = MaskContext(np.ones(image.shape, dtype=bool), UNIT)
    assert extract(context, {"m": image}, lbp=True).features["m"]["LBP_LBP"] == 7


FILE = """FeatureName,ParamName,Type,Range,Default,Comments
Generic,Quantization,String,,ROI,
Generic,Resampling,Float,,3.0,
Intensity,,,,,
Morphologic,Dimension,string,,3D,
Morphologic,Range,Int,,0,
Histogram,Bins,Int,,16,
GLCM,Bins,Int,,12,
GLCM,Directions,Int,,27,
GLCM,Radius,Int,,2,
GLCM,Offset,string,,Average,
GLRLM,Bins,int,,14,
GLRLM,Offset,string,,Individual,
GLRLM,Range,int,,4,
GLSZM,Bins,int,,18,
GLSZM,Radius,int,,2,
NGTDM,Radius,Int,,2,
NGLDM,Bins,Int,,20,
NGLDM,Radius,Int,,1,
Lattice,Window,mm,,10.0,
"""


def test_parameter_file():
    read = parse_parameters(FILE, name="mine")
    bins = {"histogram_bins": 16, "glcm_bins": 12, "glrlm_bins": 14, "glszm_bins": 18}
    assert read.preset == replace(DOCUMENTED, name="mine", glszm_radius=2, ngtdm_radius=2, **bins)
    assert [(i.where, i.message.split(",")[0]) for i in read.unsupported] == [
        ("Generic", "asks for Resampling 3.0"),
        ("GLCM", "asks for Radius 2"),
        ("GLRLM", "asks for Offset Individual"),
        ("NGLDM", "asks for the family"),
        ("Lattice", "asks for the family"),
    ]
