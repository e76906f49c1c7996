"""Input that cannot be used, and what the errors say."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kinephen.errors import CohortError, ConfigError, InputError
from kinephen.phenotype.fit import fit_model, fit_phenotypes
from kinephen.phenotype.harmonise import fit_combat
from kinephen.phenotype.sam import sam
from kinephen.phenotype.settings import FilterSettings, PhenotypeSettings
from kinephen.phenotype.sigclust import sigclust
from kinephen.study.phenotype_file import (
    checksum,
    file_content,
    phenotype_model,
    read_phenotypes,
    without_individuals,
    write_phenotypes,
)

SMALL = {"k_max": 4, "resamples": 30, "null_sets": 10, "null_resamples": 20}
QUICK = PhenotypeSettings.from_plain({"groups": SMALL, "tumours": SMALL, "sigclust": {"simulations": 20}})


def _delta(n=20, p=8, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        rng.normal(size=(n, p)), index=[f"w{i}" for i in range(n)], columns=[f"f{j}" for j in range(p)]
    )


def _fit(delta, settings=QUICK):
    return fit_model(delta, settings, rng=np.random.default_rng(0))


def _file(delta, **options):
    return write_phenotypes(*fit_phenotypes(delta, QUICK, rng=np.random.default_rng(0)), **options)


def test_all_features_dropped_lists_the_reasons():
    delta = pd.DataFrame({"a": np.ones(10), "b": [np.nan, *range(9)]}, index=range(10))
    with pytest.raises(
        CohortError, match=r"dropped all 2 features \(undefined 1, constant 1\)|constant 1, undefined 1"
    ):
        _fit(delta, replace(QUICK, filters=FilterSettings(gaps="features")))


def test_a_constant_table():
    with pytest.raises(CohortError, match=r"dropped all 4 features \(constant 4\)"):
        _fit(pd.DataFrame(np.full((12, 4), 0.3), columns=list("abcd")))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_fewer_patients_than_needed(n):
    with pytest.raises(CohortError, match=f"at least 6 patients, found {n}") as caught:
        _fit(_delta().iloc[:n])
    assert caught.value.code == "phenotype.too_few"


def test_the_smallest_cohort_gives_a_model():
    model = _fit(_delta(6))
    assert len(model.labels) == 6
    assert set(model.solutions) >= {2}


def test_patients_without_any_feature():
    delta = _delta()
    delta.iloc[[2, 5]] = np.nan
    with pytest.raises(CohortError, match="2 of 20 patients have no defined delta feature"):
        _fit(delta)


def test_a_patient_with_many_gaps_is_noted():
    delta = _delta()
    delta.iloc[2, :3] = np.nan
    model, found = fit_phenotypes(delta, QUICK, rng=np.random.default_rng(0))
    assert len(model.features) == 8
    assert "phenotype.gaps_patients" in [i.code for i in found.issues]


def test_repeated_patients():
    delta = _delta()
    with pytest.raises(InputError, match="2 row") as caught:
        _fit(pd.concat([delta, delta.iloc[:2]]))
    assert caught.value.code == "table.duplicates"
    assert "w0" not in str(caught.value)


def test_text_columns_are_named():
    with pytest.raises(InputError, match=r"1 column\(s\) are not numeric: arm"):
        _fit(_delta().assign(arm="x"))


def test_missing_features_at_prediction_are_named():
    model = _fit(_delta())
    wrong = _delta().rename(columns={"f3": "PE_GLCM_Energie", "f5": "g5"})
    with pytest.raises(InputError, match=r"2 feature\(s\) that the model uses are missing: f3, f5"):
        model.predict(wrong)


def test_a_number_of_phenotypes_that_was_not_fitted():
    model = _fit(_delta())
    with pytest.raises(InputError, match="k = 7 was not fitted; the model holds k = "):
        model.predict(_delta(), k=7)


def test_settings_out_of_range_are_refused():
    for section, key, value in [
        ("tumours", "k_max", 1),
        ("tumours", "k_max", 2.5),
        ("tumours", "fraction", 1.0),
        ("tumours", "k_rule", "best"),
        ("groups", "linkage", "centroid"),
        ("filters", "skewness_type", 4),
        ("filters", "skewness_limit", -1.0),
        ("filters", "iqr_limit", 0.0),
        ("filters", "icc_limit", 1.5),
        ("components", "variance", 1.0),
        ("sigclust", "alpha", True),
        ("sigclust", "covariance", "best"),
        ("tumours", "fixed_k", 0),
    ]:
        with pytest.raises(ConfigError, match="expected"):
            PhenotypeSettings.from_plain({section: {key: value}})
    with pytest.raises(ConfigError, match="unknown key 'kmax'"):
        PhenotypeSettings.from_plain({"tumours": {"kmax": 3}})
    with pytest.raises(ConfigError, match="unknown section 'tumors'"):
        PhenotypeSettings.from_plain({"tumors": {}})
    with pytest.raises(ConfigError, match="must hold keys"):
        PhenotypeSettings.from_plain({"tumours": 3})


@pytest.fixture(scope="module")
def written():
    return json.loads(json.dumps(file_content(_file(_delta(), identifiers=True))))


def _sealed(data):
    data["checksum"] = checksum(data)
    return data


@pytest.mark.parametrize(
    "data", [{}, {"kind": "other"}, [], None, "text", {"kind": "kinephen.phenotype_model"}]
)
def test_something_else_is_not_a_model(data):
    with pytest.raises(InputError) as caught:
        read_phenotypes(data)
    assert caught.value.code == "phenotype.model_file"


def test_a_newer_schema(written):
    with pytest.raises(InputError, match="written with schema 99, this version reads up to 2"):
        read_phenotypes({**written, "schema": 99})


def test_a_changed_file_fails_its_checksum(written):
    changed = copy.deepcopy(written)
    changed["features"][0]["mean"] += 1e-9
    with pytest.raises(InputError, match="checksum does not match"):
        read_phenotypes(changed)


def _set(path, value):
    def change(data):
        node = data
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return change


HOSTILE = {
    "NaN mean": (_set(["features", 0, "mean"], float("nan")), "features/0/mean"),
    "null mean": (_set(["features", 0, "mean"], None), "features/0/mean"),
    "infinite SD": (_set(["features", 0, "sd"], float("inf")), "features/0/sd"),
    "SD of zero": (_set(["features", 0, "sd"], 0.0), "features/0/sd: Input should be greater than 0"),
    "text for a number": (_set(["features", 0, "sd"], "1"), "features/0/sd: Input should be a valid number"),
    "range upside down": (_set(["features", 0, "low"], 1e9), "lower end is above"),
    "feature twice": (_set(["features", 0, "name"], "f1"), "feature names"),
    "no features": (_set(["features"], []), "features: Tuple should have at least 1 item"),
    "loading beyond 1": (
        _set(["components", 0, "loadings", 0, 0], 3.0),
        "loadings/0/0: Input should be less",
    ),
    "ragged loadings": (_set(["components", 0, "loadings", 0], []), "malformed|loadings"),
    "unknown feature in a group": (_set(["components", 0, "features", 0], "zz"), "features of group 1"),
    "short centre": (_set(["components", 0, "centre"], [0.0]), "shape"),
    "no components": (_set(["components"], []), "shape"),
    "k too large": (_set(["k"], 10**9), "k: Input should be less than or equal to 50"),
    "k as text": (_set(["k"], "2"), "k: Input should be a valid integer"),
    "k without solution": (_set(["k"], 9), "no solution for k = 9"),
    "rule": (_set(["rule"], "guess"), "the rule 'guess'"),
    "labels out of range": (_set(["solutions", "2", "labels", 0], 7), "outside 1 to 2"),
    "labels as fractions": (
        _set(["solutions", "2", "labels", 0], 1.5),
        "labels/0: .* valid integer",
    ),
    "centroids of another shape": (_set(["solutions", "2", "centroids"], [[0.0], [1.0]]), "shape"),
    "negative radius": (
        _set(["solutions", "2", "radius", 0], -1.0),
        "radius/0: Input should be greater",
    ),
    "solution named by text": (_set(["solutions", "two"], {}), "malformed"),
    "identifiers repeated": (_set(["discovery", "ids", 0], "w1"), "identifiers"),
    "scores of another shape": (_set(["discovery", "scores"], [[0.0]]), "shape"),
    "patients as a fraction": (
        _set(["discovery", "patients"], 20.0),
        "patients: .* valid integer",
    ),
    "settings": (_set(["settings", "tumours", "k_max"], -1), "expected a whole number"),
    "groups in another order": (_set(["components", 0, "group"], 2), "feature group 2 in place 1"),
    "feature twice in a group": (
        lambda d: d["components"][0]["features"].__setitem__(0, d["components"][0]["features"][1]),
        "features of group 1",
    ),
    "fewer shares than components": (_set(["components", 0, "explained"], []), "explained shares of group 1"),
    "k of 0": (lambda d: d["solutions"].__setitem__("0", d["solutions"]["2"]), "k = 0"),
    "k of 51": (lambda d: d["solutions"].__setitem__("51", d["solutions"]["2"]), "k = 51"),
    "labels of fewer patients": (lambda d: d["solutions"]["2"]["labels"].pop(), "labels at k = 2"),
    "identifiers of fewer patients": (lambda d: d["discovery"]["ids"].pop(), "identifiers"),
    "radius of another k": (_set(["solutions", "2", "radius"], [1.0]), "radius at k = 2: shape"),
    "origin": (_set(["origin"], {"code": "x"}), "origin"),
    "evidence as a list": (_set(["evidence"], []), "malformed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_refused_even_with_a_valid_checksum(name, written):
    change, message = HOSTILE[name]
    data = copy.deepcopy(written)
    change(data)
    with pytest.raises((InputError, ConfigError), match=message):
        read_phenotypes(_sealed(data))


@pytest.mark.parametrize(
    "key", ["settings", "features", "components", "k", "rule", "solutions", "discovery", "evidence"]
)
def test_a_missing_part_is_refused(key, written):
    data = copy.deepcopy(written)
    del data[key]
    with pytest.raises(InputError, match=f"malformed content .*{key}"):
        read_phenotypes(_sealed(data))


def test_identifiers_stay_out_of_the_file_unless_asked_for():
    model, file = _fit(_delta()), _file(_delta())
    assert "w11" not in json.dumps(file_content(file))
    again = phenotype_model(read_phenotypes(file_content(file)))
    assert list(again.labels.index) == list(range(1, 21))
    assert again.labels.tolist() == model.labels.tolist()


def test_sigclust_refuses_what_it_cannot_test():
    x = np.random.default_rng(0).normal(size=(10, 2))
    with pytest.raises(CohortError, match="at least 4 patients, found 3"):
        sigclust(x[:3], rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="finite data with some spread"):
        sigclust(np.ones((10, 2)), rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="two clusters"):
        sigclust(x, labels=np.ones(10, dtype=int), rng=np.random.default_rng(0))


def test_sigclust_notes_when_the_background_noise_means_nothing():
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.normal(-5, 0.1, size=(20, 2)), rng.normal(5, 0.1, size=(20, 2))])
    notes = sigclust(two, covariance="soft", simulations=20, rng=rng).notes
    assert len(notes) == 2
    assert "exceeds the total variance" in notes[0]
    assert sigclust(two, covariance="sample", simulations=20, rng=rng).notes == ()


@pytest.mark.parametrize("labels", [[1, 1, 1, 1, 1, 2], [1, 1, 1, 3, 3, 3], [1] * 6])
def test_sam_needs_two_classes_of_two(labels):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(6, 3)))
    with pytest.raises(InputError, match="labels 1 and 2, each at least twice"):
        sam(frame, np.array(labels), np.array([labels]))


def _batches(*sizes):
    return pd.Series([name for name, size in zip("ABC", sizes, strict=False) for _ in range(size)])


def _table(n=20):
    return pd.DataFrame(np.random.default_rng(1).normal(size=(n, 4)), columns=list("wxyz"))


@pytest.mark.parametrize(
    ("frame", "batch", "options", "message"),
    [
        (_table(), _batches(20), {}, "at least two batches"),
        (_table(), _batches(19, 1), {}, "batch B holds one patient"),
        (_table(), _batches(10, 10).replace("B", None), {}, "10 patients have no batch"),
        (_table(), _batches(10, 10), {"reference": "C"}, "reference batch 'C' not found"),
        (_table().assign(w=np.nan), _batches(10, 10), {}, r"1 feature\(s\) have undefined values"),
        (_table()[["w"]], _batches(10, 10), {}, "at least two"),
        (
            _table().assign(w=_batches(10, 10).eq("A") * 1.0),
            _batches(10, 10),
            {},
            "constant within every batch",
        ),
        (
            _table(),
            _batches(10, 10),
            {"covariates": pd.DataFrame({"c": _batches(10, 10).eq("A") * 1.0})},
            "confounded",
        ),
        (_table(), _batches(10, 10), {"covariates": pd.DataFrame({"c": [np.nan] * 20})}, "undefined values"),
    ],
)
def test_combat_refuses_what_it_cannot_estimate(frame, batch, options, message):
    with pytest.raises((CohortError, InputError), match=message):
        fit_combat(frame, batch, **options)


def test_combat_does_not_guess_a_new_batch_and_asks_for_its_covariates():
    covariates = pd.DataFrame({"age": np.arange(20.0)})
    fitted = fit_combat(_table(), _batches(10, 10), covariates=covariates)
    with pytest.raises(InputError, match="batch C was not in the cohort"):
        fitted.transform(_table(), _batches(10, 5, 5), covariates=covariates)
    with pytest.raises(InputError, match="covariates age are missing"):
        fitted.transform(_table(), _batches(10, 10))


def test_combat_of_one_patient_in_a_batch_works_on_means_only():
    fitted = fit_combat(_table(), _batches(19, 1), mean_only=True)
    assert fitted.transform(_table(), _batches(19, 1)).shape == (20, 4)


def _as_schema_1(file):
    """Return a file as versions wrote it that called patients women and kept sentences beside numbers."""
    old = {**copy.deepcopy(file_content(file)), "schema": 1}
    old["discovery"]["women"] = old["discovery"].pop("patients")
    for part in (old["discovery"], *old["solutions"].values()):
        for key in [k for k, v in part.items() if v is None]:
            del part[key]
    evidence = old["evidence"]
    if evidence is None:
        old["evidence"] = {}
    else:
        evidence["women"] = evidence.pop("patients")
        for step in ("tumours", "features"):
            evidence[step]["readings"]["meaning"] = {"last_gain": "the last k"}
        evidence["sigclust"] |= {"given_note": "conservative", "wording": "not one Gaussian"}
        evidence["sam"]["caveat"] = "descriptive"
    return _sealed(old)


def test_files_of_schema_1_are_read_with_and_without_individuals():
    file = _file(_delta(), identifiers=True)
    for now in (file, without_individuals(file)):
        read = read_phenotypes(_as_schema_1(now))
        assert read == now
        pd.testing.assert_frame_equal(
            phenotype_model(read).predict(_delta(seed=1)), phenotype_model(now).predict(_delta(seed=1))
        )
