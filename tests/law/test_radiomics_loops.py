"""Every texture family equals a plain loop over voxels, written from the definition."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.radiomics.aggregate import Levelled, pair_table, run_table
from kinephen.radiomics.glcm import glcm_features, pair_counts
from kinephen.radiomics.ibsi import zonal_features
from kinephen.radiomics.joint import joint_features
from kinephen.radiomics.ngldm import dependence_counts
from kinephen.radiomics.ngtdm import ToneTable, ngtdm_features, tone_tables
from kinephen.radiomics.offsets import FORWARD_3D
from kinephen.radiomics.region import Region
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.runs import follow_chains
from kinephen.radiomics.undefined import Undefined
from kinephen.radiomics.zones import edge_distances, join, measure_joined

DIRECTIONS = [d for d in itertools.product((-1, 0, 1), repeat=3) if d > (0, 0, 0)]
NEIGHBOURS = [d for d in itertools.product((-1, 0, 1), repeat=3) if d != (0, 0, 0)]


@st.composite
def levelled(draw):
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(2, 6)))
    n_levels = draw(st.integers(1, 4))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < draw(st.sampled_from([0.4, 0.8, 1.0]))
    mask.flat[0] = True
    region = Region.of(mask)
    levels = rng.integers(1, n_levels + 1, region.size)
    at = {tuple(c): int(v) for c, v in zip(region.coordinates.tolist(), levels, strict=True)}
    return Levelled(region, region.grid(levels), n_levels), at


def moved(voxel, step, times=1):
    return tuple(v + times * s for v, s in zip(voxel, step, strict=True))


@given(levelled())
def test_pair_counts(case):
    data, at = case
    counts = pair_counts(data.region, data.grid, data.n_levels, steps=FORWARD_3D, bounds=data.region.whole)[0]
    for number, step in enumerate(FORWARD_3D):
        expected = Counter((at[v], at[moved(v, step)]) for v in at if moved(v, step) in at)
        found = {(i + 1, j + 1): int(counts[number, i, j]) for i, j in np.argwhere(counts[number])}
        assert found == dict(expected)


def plain_runs(at, step):
    runs = Counter()
    for voxel, level in at.items():
        if at.get(moved(voxel, step, -1)) == level:
            continue
        length = 1
        while at.get(moved(voxel, step, length)) == level:
            length += 1
        runs[level, length] += 1
    return runs


@given(levelled())
def test_run_counts(case):
    data, at = case
    chains = follow_chains(data.region, data.grid, data.n_levels, steps=FORWARD_3D, bounds=data.region.whole)
    counts = chains.runs[0]
    for number, step in enumerate(FORWARD_3D):
        found = {(i + 1, j + 1): int(counts[number, i, j]) for i, j in np.argwhere(counts[number])}
        assert found == dict(plain_runs(at, step))
        # Every voxel lies in one run of every direction.
        assert sum(length * n for (_, length), n in found.items()) == data.region.size


def plain_zones(at):
    left, zones = dict(at), []
    while left:
        voxel, level = next(iter(left.items()))
        stack, zone = [voxel], []
        del left[voxel]
        while stack:
            here = stack.pop()
            zone.append(here)
            for step in NEIGHBOURS:
                there = moved(here, step)
                if left.get(there) == level:
                    del left[there]
                    stack.append(there)
        zones.append((level, zone))
    return zones


def plain_distance(at, voxel):
    """Steps over faces to the nearest voxel outside."""
    reach, seen, distance = {voxel}, {voxel}, 0
    while True:
        distance += 1
        reach = {
            moved(v, step) for v in reach for step in NEIGHBOURS if sum(abs(s) for s in step) == 1
        } - seen
        seen |= reach
        if any(v not in at for v in reach):
            return distance


@given(levelled())
def test_zones_sizes_and_distances(case):
    data, at = case
    region = data.region
    distances = edge_distances(region)[region.positions]
    parents = join(region, data.grid, FORWARD_3D)
    together = data.chains_in_volume.parents.copy()
    zones = measure_joined(region, data.grid, parents, bounds=region.whole, distances=distances)
    again = measure_joined(region, data.grid, together, bounds=region.whole, distances=distances)
    assert again.size.tolist() == zones.size.tolist()
    expected = Counter(
        (level, len(zone), min(plain_distance(at, v) for v in zone)) for level, zone in plain_zones(at)
    )
    found = Counter(zip(zones.level.tolist(), zones.size.tolist(), zones.distance.tolist(), strict=True))
    assert found == expected
    assert zones.size.sum() == region.size


@given(levelled())
def test_tone_tables(case):
    data, at = case
    region = data.region
    (table,) = tone_tables(
        region, data.grid, data.n_levels, neighbours=region.neighbours, radii=(1, 1, 1), bounds=region.whole
    )
    n, s = Counter(), Counter()
    for voxel, level in at.items():
        around = [at[moved(voxel, step)] for step in NEIGHBOURS if moved(voxel, step) in at]
        if around:
            n[level] += 1
            s[level] += abs(level - sum(around) / len(around))
    assert dict(zip(table.level, table.n, strict=True)) == n
    assert dict(zip(table.level, table.s, strict=True)) == pytest.approx(dict(s))


@given(levelled())
def test_dependence_counts(case):
    data, at = case
    found = dependence_counts(data.region, data.grid, FORWARD_3D)
    expected = [1 + sum(at.get(moved(v, s)) == at[v] for s in NEIGHBOURS) for v in at]
    assert found.tolist() == expected


def plain_joint(entries, voxels):
    """The sixteen features from a list of (level, size) observations, by the formulas of IBSI."""
    counts, total = Counter(entries), len(entries)
    by_level, by_size = Counter(i for i, _ in entries), Counter(j for _, j in entries)
    mean_i, mean_j = (sum(e[k] for e in entries) / total for k in (0, 1))

    def over(weight):
        return sum(weight(i, j) for i, j in entries) / total

    return {
        "small_emphasis": over(lambda i, j: 1 / j**2),
        "large_emphasis": over(lambda i, j: j**2),
        "low_level_emphasis": over(lambda i, j: 1 / i**2),
        "high_level_emphasis": over(lambda i, j: i**2),
        "small_low_emphasis": over(lambda i, j: 1 / (i * j) ** 2),
        "small_high_emphasis": over(lambda i, j: (i / j) ** 2),
        "large_low_emphasis": over(lambda i, j: (j / i) ** 2),
        "large_high_emphasis": over(lambda i, j: (i * j) ** 2),
        "level_non_uniformity": sum(n**2 for n in by_level.values()) / total,
        "level_non_uniformity_normalised": sum(n**2 for n in by_level.values()) / total**2,
        "size_non_uniformity": sum(n**2 for n in by_size.values()) / total,
        "size_non_uniformity_normalised": sum(n**2 for n in by_size.values()) / total**2,
        "percentage": total / voxels,
        "level_variance": over(lambda i, j: (i - mean_i) ** 2),
        "size_variance": over(lambda i, j: (j - mean_j) ** 2),
        "entropy": -sum(n / total * np.log2(n / total) for n in counts.values()),
    }


@given(levelled())
def test_joint_features_of_zones_and_dependence(case):
    data, at = case
    context = _Context(data.region)
    found = zonal_features(data, Roi(context, data.region, np.ones(data.region.size)))
    zones = [(level, len(zone)) for level, zone in plain_zones(at)]
    dependence = list(zip(at.values(), dependence_counts(data.region, data.grid, FORWARD_3D), strict=True))
    for family, entries in (("glszm", zones), ("ngldm", dependence)):
        for name, value in plain_joint([(int(i), int(j)) for i, j in entries], data.region.size).items():
            assert found[family, name, "3D"] == pytest.approx(value), (family, name)


class _Context:
    """Stands for a mask context whose lesion is the region."""

    def __init__(self, region):
        self.region = region
        self.depths = edge_distances(region)


@given(levelled())
def test_averaged_and_merged_run_features(case):
    data, at = case
    runs = [[key for key, n in plain_runs(at, step).items() for _ in range(n)] for step in FORWARD_3D]
    averaged = joint_features(run_table(data, "3D_avg"))
    merged = joint_features(run_table(data, "3D_mrg"))
    each = [plain_joint(entries, data.region.size) for entries in runs]
    together = plain_joint(list(itertools.chain.from_iterable(runs)), 13 * data.region.size)
    for name in averaged:
        assert averaged[name] == pytest.approx(np.mean([one[name] for one in each])), name
        assert merged[name] == pytest.approx(together[name]), name


def plain_glcm(pairs):
    """Seven features of one symmetric matrix from a list of ordered pairs."""
    both = pairs + [(j, i) for i, j in pairs]
    n = len(both)
    p = {key: count / n for key, count in Counter(both).items()}
    mu = sum(i * v for (i, _), v in p.items())
    variance = sum((i - mu) ** 2 * v for (i, _), v in p.items())
    return {
        "joint_entropy": -sum(v * np.log2(v) for v in p.values()),
        "energy": sum(v**2 for v in p.values()),
        "contrast": sum((i - j) ** 2 * v for (i, j), v in p.items()),
        "inverse_difference_moment": sum(v / (1 + (i - j) ** 2) for (i, j), v in p.items()),
        "cluster_shade": sum((i + j - 2 * mu) ** 3 * v for (i, j), v in p.items()),
        "cluster_prominence": sum((i + j - 2 * mu) ** 4 * v for (i, j), v in p.items()),
        "joint_variance": variance,
        "inverse_variance": sum(v / (i - j) ** 2 for (i, j), v in p.items() if i != j),
    }


@given(levelled())
def test_averaged_and_merged_glcm_features(case):
    data, at = case
    pairs = [[(at[v], at[moved(v, s)]) for v in at if moved(v, s) in at] for s in FORWARD_3D]
    pairs = [p for p in pairs if p]
    averaged, merged = (glcm_features(pair_table(data, how)) for how in ("3D_avg", "3D_mrg"))
    if not pairs:
        assert all(isinstance(v, Undefined) for v in averaged.values())
        return
    each = [plain_glcm(p) for p in pairs]
    for name in each[0]:
        assert averaged[name] == pytest.approx(np.mean([one[name] for one in each]), abs=1e-9), name
    for name, value in plain_glcm(list(itertools.chain.from_iterable(pairs))).items():
        assert merged[name] == pytest.approx(value, abs=1e-9), name


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 4)), min_size=1, max_size=30))
def test_ngtdm_features(voxels):
    level, difference = (np.array(x) for x in zip(*voxels, strict=True))
    found = ngtdm_features(ToneTable.of(level.astype(int), difference.astype(float)))
    total = len(voxels)
    n = Counter(level.tolist())
    p = {i: c / total for i, c in n.items()}
    s = {i: float(difference[level == i].sum()) for i in n}
    pairs = list(itertools.product(p, repeat=2))
    expected = {
        "complexity": sum(abs(i - j) * (p[i] * s[i] + p[j] * s[j]) / (p[i] + p[j]) for i, j in pairs) / total
    }
    if len(p) > 1:
        spread = sum(p[i] * p[j] * (i - j) ** 2 for i, j in pairs) / (len(p) * (len(p) - 1))
        expected["contrast"] = spread * sum(s.values()) / total
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12)
    assert isinstance(found["coarseness"], Undefined) == (sum(p[i] * s[i] for i in p) == 0)
