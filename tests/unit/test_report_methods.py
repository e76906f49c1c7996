"""The methods text: every number from the report, sensible words for every kind of run."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.report.checklists import with_texts
from kinephen.report.formats import format_value
from kinephen.report.pointer import resolve
from kinephen.report.writing import methods_markdown, methods_parts
from kinephen.report.writing.methods import sentence_text

MADE = runpy.run_path(str(Path(__file__).parents[1] / "checklist_report.py"))["report"]
NAMES = re.compile(r"\[@[^\]]*\]|\bN[34]\b|\b70-gene\b|\bp53\b|\bPAM50\b|\bFTV2\b")
"""Names with digits, which are no numbers of a run."""
ODD = re.compile(r"\bNone\b|\bnan\b|\binf\b|–|\{|\}|  | ,| \.|\.\.|,\.|\(\)|;;")


def text(report):
    return methods_markdown(with_texts(report))


def sentences(report):
    return [s for part in methods_parts(report) for s in part.sentences]


def check(report):
    """Assert that no digit stands outside a placeholder and that the words are whole."""
    document = report.model_dump(mode="json")
    for sentence in sentences(report):
        for literal, name in sentence.pieces():
            assert not re.search(r"\d", NAMES.sub("", literal)), sentence.text
            if name is not None:
                ref = sentence.refs[name]
                value = resolve(document, ref.pointer)
                assert value is not None, ref.pointer
                assert format_value(value, ref.format) in sentence_text(sentence, document)
        shown = sentence_text(sentence, document)
        assert not ODD.search(shown), shown
        assert shown.endswith(".")
        assert shown[0].isupper()


def test_the_numbers_of_a_run_are_in_its_text():
    found = text(MADE())
    for words in (
        "40 patients of the discovery cohort (15 with an event) and "
        "20 patients of the validation cohort (8 with",
        "Of 66 patients listed, left out were 6 (second visit missing).",
        "Median follow-up of the discovery cohort was 5.5 years",
        "MAKER A (50 exams), MAKER B (30 exams)",
        "Slices were median 2.00 mm (range 1.60 to 3.00) and rows 0.700 mm apart.",
        "a reader confirmed 64 masks",
        "N3 [@sled1998]",
        "fixed number of 32 bins",
        "Of 416 features of change, 12 were kept",
        "over 1000 subsamples of 80% of the items",
        "5-fold cross-validation, dealt so that events are balanced, repeated 100 times",
        "kinephen 9.8.7 under Python 3.13.5, with NumPy 2.4.6 and SciPy 1.17.1",
        "from the seed 7.",
    ):
        assert words in found, words


@pytest.mark.parametrize(
    ("change", "words", "absent"),
    [
        ({"bias.method": "none"}, "No bias field was corrected.", "N3"),
        ({"bias.method": "n4"}, "corrected with N4 [@tustison2010]", "[@sled1998]"),
        ({"bias.scope": "per_frame"}, "a field for each frame", "one field"),
        ({"bias.stiff_start": 0.0}, "N3 [@sled1998]", "stiff"),
        ({"maps.normalise_wos": False}, "from the frame of the peak", "divided by the signal"),
        ({"maps.wos_from_peak": False}, "divided by the signal before contrast", "of the peak"),
        ({"maps.zero_otherwise": True}, "were set to zero", "stayed undefined"),
        ({"resample.isotropic_mm": 1.5}, "isotropic voxels of 1.50 mm", "as acquired"),
        ({"resample.matrix": 256}, "to 256 rows and columns", "as acquired"),
        ({"resample.matrix": 0}, "nothing was interpolated", "resampled"),
        ({"features.mode": "captk"}, "(variant 1.7.1 as executed)", "bins over the range"),
        ({"features.bins": 64}, "fixed number of 64 bins", "32"),
        (
            {"features.filters": ["log:sigma=3mm", "mean:support=5"]},
            "(log:sigma=3mm; mean:support=5); beyond",
            "response of each map to filter ",
        ),
        ({"features.filters": []}, "Grey levels", "whybra2024"),
        ({"features.perturbations": 8}, "on 8 repeats", "intraclass correlation below"),
        ({"features.perturbations": 8, "filters.icc_limit": 0.75}, "correlation below 0.750", "for it"),
        ({"tumours.fixed_k": 3}, "their number was set to 3 by hand", "Phenotypes were found by"),
        ({"harmonise.method": "combat"}, "ComBat [@johnson2007]", "not harmonised"),
        ({"cross_validation.nested_replicates": 0}, "repeated 100 times", "learned anew"),
        ({"cross_validation.stratified": False}, "cross-validation repeated", "balanced,"),
        ({"inference.multiplicity": "bonferroni_table"}, "by Bonferroni", "Holm"),
        ({"delta.form": "literal"}, "divided by the first value", "mean size"),
        ({"sigclust.covariance": "sample"}, "SigClust [@liu2008] on", "huang"),
    ],
)
def test_the_text_follows_the_settings(change, words, absent):
    report = MADE(changes=change)
    check(report)
    found = text(report)
    assert words in found
    assert absent not in found


def test_what_a_run_has_not_is_not_spoken_of():
    assert "Gene signatures" not in text(MADE(expression=False))
    assert "validation cohort" not in text(MADE(validation=False))
    assert "Cox models" not in text(MADE(phenotypes=1))
    assert "scanners of" not in text(MADE(acquisition=False))
    assert "follow-up" not in text(MADE(follow_up=None))


def test_the_published_settings_are_named_as_such():
    found = text(MADE(preset="chitalia2023"))
    assert "with the settings of the text (preset chitalia2023)" in found
    assert "those with a skewness above" in found


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "bias.method": st.sampled_from(["none", "n3", "n4"]),
        "bias.scope": st.sampled_from(["shared", "per_frame"]),
        "bias.stiff_start": st.sampled_from([0.0, 0.1]),
        "maps.normalise_wos": st.booleans(),
        "maps.wos_from_peak": st.booleans(),
        "bias.fallback": st.sampled_from(["none", "n4", "fail"]),
        "maps.variant": st.sampled_from(["paper", "lab"]),
        "maps.zero_otherwise": st.booleans(),
        "resample.matrix": st.integers(0, 2048),
        "resample.isotropic_mm": st.floats(0, 10),
        "features.mode": st.sampled_from(["ibsi", "captk"]),
        "features.bins": st.integers(2, 1024),
        "features.filters": st.lists(st.sampled_from(["log:sigma=3mm", "mean:support=5"]), unique=True),
        "features.perturbations": st.integers(0, 100),
        "filters.icc_limit": st.none() | st.floats(0.1, 0.9),
        "filters.iqr_limit": st.none() | st.floats(0.1, 3),
        "filters.skewness_absolute": st.booleans(),
        "filters.drop_duplicates": st.booleans(),
        "filters.mask_only_copies": st.sampled_from(["keep", "one"]),
        "delta.form": st.sampled_from(["literal", "signed", "symmetric", "log_ratio", "difference"]),
        "groups.linkage": st.sampled_from(["average", "complete", "single", "ward"]),
        "groups.k_rule": st.sampled_from(
            ["null_pac", "combined", "last_gain", "first_below", "first_below_shifted"]
        ),
        "groups.fixed_k": st.none() | st.integers(1, 20),
        "tumours.k_rule": st.sampled_from(
            ["null_pac", "combined", "last_gain", "first_below", "first_below_shifted"]
        ),
        "sigclust.covariance": st.sampled_from(["sample", "soft", "hard", "auto"]),
        "sigclust.shc": st.booleans(),
        "signatures.centring": st.sampled_from(
            ["none", "cohort-median", "platform-median", "balanced", "auto"]
        ),
        "cox.ties": st.just("efron"),
        "cox.firth": st.sampled_from(["auto", "never"]),
        "cross_validation.estimator": st.sampled_from(["fold_mean", "pooled_pairs"]),
        "cross_validation.interval": st.sampled_from(["split_noise", "jackknife", "nadeau_bengio"]),
        "cross_validation.nested_replicates": st.integers(0, 10),
        "inference.multiplicity": st.sampled_from(["bonferroni_table", "holm_family"]),
        "harmonise.method": st.sampled_from(["none", "combat"]),
    },
)


@given(
    SETTINGS,
    st.sampled_from(["recommended", "chitalia2023", "quick"]),
    st.fixed_dictionaries(
        {
            "expression": st.booleans(),
            "validation": st.booleans(),
            "phenotypes": st.sampled_from([1, 2, 4]),
            "acquisition": st.booleans(),
            "follow_up": st.none() | st.floats(0.1, 20),
            "flow": st.booleans(),
            "undefined": st.booleans(),
        }
    ),
)
def test_any_run_has_a_sensible_text(changes, preset, shape):
    report = MADE(preset=preset, changes=changes, **shape)
    check(report)
    filled = with_texts(report)
    document = filled.model_dump(mode="json")
    for item in (i for c in filled.checklists for i in c.items):
        for sentence in item.sentences:
            assert not ODD.search(sentence_text(sentence, document)), sentence.text


def test_every_value_of_a_setting_that_is_put_into_words_has_words():
    """A new choice in the settings must not be passed over in silence."""
    from typing import get_args

    from kinephen.config import schema
    from kinephen.report.writing.facts import features, models, phenotypes

    fields = schema.Delta.model_fields["form"].annotation
    assert set(get_args(fields)) == set(features._FORMS)
    assert set(get_args(schema.KRule)) == set(phenotypes._RULES)
    assert set(get_args(schema.CrossValidation.model_fields["interval"].annotation)) == set(models._INTERVALS)
    assert set(get_args(schema.CrossValidation.model_fields["estimator"].annotation)) == set(
        models._ESTIMATORS
    )
