"""The signature step's record: each patient has the scores of the own sample, and what is missing is said."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.expression_sample import planted, signatures

from kinephen.config.presets import preset_settings
from kinephen.molecular.score import score_cohort
from kinephen.study.steps.signatures import SignatureInputs, SignatureSettings, compute_signatures

SETTINGS = SignatureSettings.of(preset_settings("quick").signatures)
TABLE = planted(20, platform="arrays")
SAMPLES = list(TABLE.values.index)


def made(folder, link, values=TABLE.values):
    path = folder / "arrays.txt"
    values.T.rename_axis("symbol").to_csv(path, sep="\t", float_format="%.17g")
    inputs = SignatureInputs(files=(path,), platforms=(None,), link=link, er=None)
    return compute_signatures(SETTINGS, inputs)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Two samples of nobody, two of one patient, the others in reverse order of cases."""
    link = {s: f"case-{20 - i:04d}" for i, s in enumerate(SAMPLES)}
    link |= {SAMPLES[3]: None, SAMPLES[9]: link[SAMPLES[4]]}
    del link[SAMPLES[5]]
    return made(tmp_path_factory.mktemp("scores"), link)


def test_scores_are_those_of_the_sample_of_each_patient(record):
    expected = score_cohort(TABLE, signatures()).table
    left_out = {SAMPLES[i] for i in (3, 5, 9)}
    cases = {s: f"case-{20 - i:04d}" for i, s in enumerate(SAMPLES) if s not in left_out}
    assert set(record.scores) == set(cases.values())
    for sample, case in cases.items():
        row = pd.Series(record.scores[case], dtype=object)
        for column in ("gene70_cosine", "ror_s"):
            assert row[column] == pytest.approx(expected.loc[sample, column], rel=1e-9)
        for column in ("gene70_class", "pam50_call", "p53_class", "ror_s_group"):
            assert row[column] == expected.loc[sample, column]


def test_samples_of_nobody_and_second_samples_are_counted(record):
    found = {i.code: (i.count, i.where, i.message) for i in record.issues}
    assert found["molecular.unlinked"] == (2, "expression", "samples belong to no patient of the study")
    assert found["molecular.repeated"] == (
        1,
        "expression",
        "patients have more than one sample; the first is used",
    )


def test_a_link_of_all_samples_has_nothing_to_say(tmp_path):
    record = made(tmp_path, {s: f"case-{i:04d}" for i, s in enumerate(SAMPLES)})
    assert len(record.scores) == 20
    assert {i.code for i in record.issues}.isdisjoint({"molecular.unlinked", "molecular.repeated"})


def test_a_signature_that_lacks_genes_is_undefined_and_the_others_stay(tmp_path):
    few = TABLE.values[[*signatures("pam50")[0].genes.index]]
    record = made(tmp_path, {s: f"case-{i:04d}" for i, s in enumerate(SAMPLES)}, few)
    whole = made(tmp_path, {s: f"case-{i:04d}" for i, s in enumerate(SAMPLES)})
    assert {case: row["ror_s"] for case, row in record.scores.items()} == {
        case: pytest.approx(row["ror_s"]) for case, row in whole.scores.items()
    }
    assert {row["gene70_cosine"] for row in record.scores.values()} == {None}
