"""Study files and ``--set``: what is refused, and what the message suggests."""

from __future__ import annotations

import pytest

from kinephen.config.load import load_changes, load_study, recipe_settings, resolve
from kinephen.config.presets import PRESET_NAMES, departures, flatten, preset_settings
from kinephen.config.schema import Ftv, Landmark, StudyFile
from kinephen.errors import ConfigError
from kinephen.study.cases import all_settings


def test_unknown_key_suggests_the_nearest(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("[settings.ftv]\npe_treshold = 90\n")
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    assert caught.value.code == "config.unknown_key"
    assert "'ftv.pe_treshold'" in str(caught.value)
    assert "did you mean 'pe_threshold'?" in str(caught.value)


def test_unknown_section_and_top_level_key_are_named():
    with pytest.raises(ConfigError, match="unknown key 'ftw'.*did you mean 'ftv'"):
        resolve({"settings": {"ftw": {}}})
    with pytest.raises(ConfigError, match="unknown key 'sed'.*did you mean 'seed'"):
        resolve({"sed": 3})


def test_value_out_of_range_names_key_and_value():
    with pytest.raises(ConfigError, match=r"cross_validation\.folds.*found 1"):
        resolve({"settings": {"cross_validation": {"folds": 1}}})


def test_unknown_preset_suggests():
    with pytest.raises(ConfigError, match="did you mean 'recommended'"):
        load_changes("recomended", ())


@pytest.mark.parametrize("text", ["ftv.pe_threshold", "=3", "ftv.=3"])
def test_set_without_a_value_is_refused(text):
    with pytest.raises(ConfigError, match="section.key=value"):
        load_changes("recommended", [text])


def test_set_reads_numbers_text_and_none():
    study = load_changes(
        "chitalia2023", ["ftv.pe_threshold=90", "filters.iqr_limit=none", "bias.method=none", "seed=7"]
    )
    assert study.settings.ftv.pe_threshold == 90.0
    assert study.settings.filters.iqr_limit is None
    assert study.settings.bias.method == "none"
    assert study.seed == 7


def test_file_settings_stand_over_the_preset_and_set_over_both(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('preset = "chitalia2023"\n[settings.bias]\nscope = "shared"\n')
    assert load_study(path).settings.bias.scope == "shared"
    assert load_study(path).settings.delta.form == "literal"
    assert load_study(path, changes=["bias.scope=per_frame"]).settings.bias.scope == "per_frame"
    assert load_study(path, preset="recommended").settings.delta.form == "symmetric"


def test_missing_and_broken_files_say_so(tmp_path):
    with pytest.raises(ConfigError, match="no such study file"):
        load_study(tmp_path / "absent.toml")
    path = tmp_path / "broken.toml"
    path.write_text("preset = \n")
    with pytest.raises(ConfigError, match="not a TOML file"):
        load_study(path)


def test_settings_never_change_after_loading():
    with pytest.raises(ValueError, match="frozen"):
        preset_settings("recommended").bias.method = "none"


def test_every_preset_is_valid_and_quick_departs_in_counts_only():
    for name in PRESET_NAMES:
        preset_settings(name)
    for key, usual, small in departures(preset_settings("recommended"), preset_settings("quick")):
        assert isinstance(usual, int), key
        assert small < usual, key


def test_chitalia2023_holds_the_values_of_the_article():
    values = flatten(preset_settings("chitalia2023"))
    expected = {
        "bias.method": "n3",
        "bias.scope": "per_frame",
        "maps.variant": "paper",
        "resample.matrix": 256,
        "features.mode": "captk",
        "delta.form": "literal",
        "filters.skewness_limit": 5.0,
        "filters.iqr_limit": 1.0,
        "components.variance": 0.85,
        "tumours.linkage": "ward",
        "groups.linkage": "average",
        "tumours.k_rule": "last_gain",
        "sigclust.covariance": "soft",
        "signatures.gene70_cut": 0.4,
        "cross_validation.folds": 5,
        "cross_validation.replicates": 100,
        "cross_validation.estimator": "fold_mean",
        "inference.multiplicity": "bonferroni_table",
    }
    assert {k: values[k] for k in expected} == expected


def test_an_icc_limit_needs_perturbed_repeats():
    with pytest.raises(ConfigError, match=r"icc_limit needs features\.perturbations of at least 2"):
        load_changes("recommended", ["filters.icc_limit=0.75"])
    study = load_changes("recommended", ["filters.icc_limit=0.75", "features.perturbations=3"])
    assert study.settings.features.perturbations == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (["ftv.pe_threshold=80"], "config.recipe"),
        (["study.name=other"], "config.recipe"),
        (["seed=3"], "config.recipe"),
        (["tumours.linkage=nearest"], "config.value"),
        (["tumours.linkages=average"], "config.unknown_key"),
        (["tumours.linkage"], "config.set"),
    ],
)
def test_a_recipe_that_no_run_could_follow_is_refused_at_once(changes, code):
    with pytest.raises(ConfigError) as error:
        resolve({"recipes": {"also": [changes]}})
    assert error.value.code == code


def test_a_recipe_is_the_study_with_its_changes():
    study = resolve(
        {"preset": "quick", "recipes": {"also": [["tumours.linkage=average", "bias.method=none"]]}}
    )
    found = recipe_settings(study, study.recipes.also[0])
    assert (found.tumours.linkage, found.bias.method) == ("average", "none")
    assert found.tumours.resamples == study.settings.tumours.resamples == 200
    assert recipe_settings(study, ()) == study.settings


def test_a_folder_is_answered_with_the_study_file_in_it(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_study(tmp_path)
    assert caught.value.hint == f"give {tmp_path / 'study.toml'}"


def test_presets_beside_share_what_describes_the_study():
    study = StudyFile(preset="quick", beside=("chitalia2023",))
    own = study.settings.model_copy(
        update={"landmark": Landmark(use=True, days=20.0), "ftv": Ftv(pe_threshold=80.0)}
    )
    beside = all_settings(study.model_copy(update={"settings": own}))["chitalia2023"]
    assert (beside.landmark, beside.ftv, beside.resample) == (own.landmark, own.ftv, own.resample)
    assert beside.delta.form == "literal"
