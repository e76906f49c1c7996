"""Scores of gene signatures reach their own patient, under their own name."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from kinephen.core.plain import read_json, write_json
from kinephen.errors import InputError
from kinephen.records.signatures import SignaturesRecord
from kinephen.study.frame import with_signatures
from kinephen.study.steps.signatures import KEPT, signature_columns, signature_inputs

RECORD = SignaturesRecord(
    scores={
        "case-0003": {"gene70_cosine": 0.31, "gene70_class": "low", "ror_s": 61.5},
        "case-0001": {"gene70_cosine": -0.2, "gene70_class": "high", "ror_s": None},
    },
    columns=("gene70_cosine", "gene70_class", "ror_s"),
)


def test_scores_are_joined_by_case_whatever_their_order():
    frame = pd.DataFrame({"age": [40.0, 50.0, 60.0]}, index=["case-0001", "case-0002", "case-0003"])
    joined = with_signatures(frame, signature_columns(RECORD))
    assert joined["gene70_class"].tolist()[::2] == ["high", "low"]
    assert joined["gene70_cosine"].tolist()[::2] == [-0.2, 0.31]
    assert joined.loc["case-0003", "ror_s"] == 61.5
    assert joined.loc["case-0002"].isna().sum() == 3
    assert math.isnan(joined.loc["case-0001", "ror_s"])


def test_a_study_without_expression_has_no_columns():
    frame = pd.DataFrame({"age": [40.0]}, index=["case-0001"])
    assert with_signatures(frame, signature_columns(None)) is frame


def test_the_record_is_read_as_it_was_written(tmp_path):
    write_json(tmp_path / "molecular.json", RECORD.model_dump(mode="json"))
    assert SignaturesRecord.model_validate(read_json(tmp_path / "molecular.json")) == RECORD
    assert read_json(tmp_path / "molecular.json")["scores"]["case-0001"]["ror_s"] is None
    with pytest.raises(ValueError, match="extra"):
        SignaturesRecord.model_validate({**RECORD.model_dump(), "shift": 1.0})


def test_the_columns_that_are_kept_are_those_that_models_and_curves_read():
    from kinephen.records.names import SIGNATURE_CLASSES
    from kinephen.study.steps.ladder import CLASSES, CONTINUOUS

    assert set(CONTINUOUS.values()) | set(CLASSES.values()) | set(SIGNATURE_CLASSES) <= set(KEPT)


def linked(plan, text, folder):
    """Return what the step is given of a plan with this link file."""
    (folder / "link.csv").write_text(text)
    own = plan.study.study
    files = tuple(str(plan.root / f) for f in own.expression.files)
    platforms = tuple(str(plan.root / f) if f else "" for f in own.expression.platforms)
    new = own.expression.model_copy(update={"files": files, "platforms": platforms, "link": "link.csv"})
    study = plan.study.model_copy(update={"study": own.model_copy(update={"expression": new})})
    return signature_inputs(replace(plan, study=study, root=folder)).link


def test_a_link_file_gives_each_sample_its_patient(finished, tmp_path):
    plan = finished[0].plan
    (first, one), (second, two), *_ = plan.patient_ids.items()
    text = f"sample_id,array,patient_id\ns1,a,{two}\ns2,b,{one}\ns2,c,{one}\ns3,d,nobody\ns4,e,\n"
    assert linked(plan, text, tmp_path) == {"s1": second, "s2": first, "s3": None}


@pytest.mark.parametrize(
    ("header", "absent"), [("sample,patient_id", "sample_id"), ("gsm,id", "patient_id and sample_id")]
)
def test_a_link_file_without_its_columns_is_refused(finished, tmp_path, header, absent):
    with pytest.raises(InputError, match=f"no column {absent}; found {header.replace(',', ', ')}") as raised:
        linked(finished[0].plan, f"{header}\na,b\n", tmp_path)
    assert (raised.value.code, raised.value.where) == ("expression.link", "link.csv")
    assert "columns patient_id and sample_id" in raised.value.hint


def test_a_sample_of_two_patients_is_refused_without_naming_them(finished, tmp_path):
    plan = finished[0].plan
    one, two, *_ = plan.patient_ids.values()
    text = f"sample_id,patient_id\ns1,{one}\ns1,{two}\ns2,{two}\n"
    with pytest.raises(InputError, match="1 sample of more than one patient") as raised:
        linked(plan, text, tmp_path)
    assert one not in str(raised.value)
    assert "s1" not in str(raised.value)


def test_platform_tables_that_do_not_fit_the_files_are_refused_before_the_store_is_asked(finished):
    plan = finished[0].plan
    study, own = plan.study, plan.study.study
    files, tables = len(own.expression.files), len(own.expression.platforms) + 3
    more = own.expression.model_copy(update={"platforms": ("",) * tables})
    other = study.model_copy(update={"study": own.model_copy(update={"expression": more})})
    with pytest.raises(InputError, match=f"{files} expression files and {tables} platform tables"):
        signature_inputs(replace(plan, study=other))
