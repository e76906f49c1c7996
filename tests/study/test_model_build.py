"""From a run's records to a model file: each field again from the records that it comes from."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from tests import exam_records
from tests.model_results import AGAIN, CROSSED, LEARNED, exams, results, steps

from kinephen import __version__
from kinephen.config.presets import preset_settings
from kinephen.config.schema import Harmonise
from kinephen.core.plain import canonical_json, hash_json, hash_text
from kinephen.errors import CohortError, ConfigError
from kinephen.model.build import build_model, catalogue_hash, sealed, step_versions
from kinephen.model.load import parse_fitted
from kinephen.radiomics.catalogue import as_records
from kinephen.records.signatures import CentringRecord, SignaturesRecord
from kinephen.study.phenotype_file import without_individuals

CENTRING = CentringRecord(
    format=1, mode="cohort-median", n_samples={"GPL9": 12, "GPL1": 8}, er_share=None, centres={}, probes={}
)


@cache
def content(form="symmetric"):
    return build_model(results(form))


def test_what_made_it_and_what_it_is_about():
    data = content()
    assert data["made_by"] == {
        "kinephen": __version__,
        "catalogue": catalogue_hash(),
        "steps": step_versions(),
        "preset": "quick",
        "seed": 77,
    }
    assert data["study"] == {
        "name": "the trial",
        "visits": ["T1", "T2"],
        "end_point": "relapse",
        "time_origin": "surgery",
        "time_unit": "years",
    }
    assert (data["kind"], data["schema"]) == ("kinephen.model", 1)
    assert (data["horizons"], data["phenotype_names"]) == ([2.0, 5.0], ["decreasing", "increasing"])
    assert data["settings"]["delta"]["form"] == "symmetric"
    assert "3.5 events for each coefficient" in data["card"]["limits"][3]
    at_landmark = build_model(results(landmark=SimpleNamespace(use=True)))
    assert at_landmark["study"]["time_origin"] == "the second visit"


def test_the_hash_of_the_catalogue_is_of_its_rows():
    assert catalogue_hash() == hash_text(canonical_json(as_records()))


def test_the_seal_is_of_all_else_and_may_be_renewed():
    whole = sealed({"b": 1, "a": [2.5]})
    assert whole == {"b": 1, "a": [2.5], "checksum": hash_json({"b": 1, "a": [2.5]})}
    assert sealed(whole) == whole
    assert sealed({**whole, "b": 2})["checksum"] == hash_json({"b": 2, "a": [2.5]})
    data = content()
    assert data["checksum"] == hash_json({k: v for k, v in data.items() if k != "checksum"})
    assert set(parse_fitted(data, json.dumps(data)).cox) == {"m1", "m4"}


def test_how_features_are_made():
    delta, found, _, _ = steps("symmetric")
    names = [f.name for f in found.model.features]
    assert content()["features"] == {
        "form": "symmetric",
        "signs": {f: delta.signs[f] for f in names},
        "scale": None,
        "units": exam_records.UNITS,
    }
    by_sd, found, _, _ = steps("difference")
    rules = content("difference")["features"]
    first = exams().table("quick", "T1").loc[LEARNED]
    assert rules["form"] == "difference"
    assert list(rules["scale"]) == [f.name for f in found.model.features]
    for name, scale in rules["scale"].items():
        assert scale == by_sd.scale[name] == pytest.approx(first[name].std(ddof=1), rel=0.2)


def test_cox_models_stand_with_every_number_of_the_fit():
    models = steps("symmetric")[3].models
    assert [c["name"] for c in content()["cox"]] == list(models)
    for written in content()["cox"]:
        model = models[written["name"]]
        frozen, again = model.frozen, AGAIN if model.name == "m4" else None
        assert written == {
            "name": model.name,
            "title": model.title,
            "terms": [{"column": t.column, "level": t.level} for t in model.terms],
            "coef": list(frozen.coef),
            "vcov": [list(r) for r in frozen.vcov],
            "means": list(frozen.means),
            "method": model.method,
            "ties": "efron",
            "n": 17,
            "events": model.events,
            "last_time": frozen.last_time,
            "time": list(frozen.steps.time),
            "cumulative": list(frozen.steps.cumulative),
            "variance": list(frozen.steps.variance),
            "pull": [list(r) for r in frozen.steps.pull],
            "c_cross_validated": CROSSED[model.name].model_dump(include={"value", "low", "high"}),
            "c_refitted": again and again.model_dump(include={"value", "low", "high"}),
            "c_apparent": {"m1": 0.7, "m4": 0.75}[model.name],
        }
        assert 0 < model.events < 17


def test_the_training_is_of_the_patients_that_the_phenotypes_were_learned_on():
    delta, found, frame, ladder = steps("symmetric")
    seen = content()["training"]
    assert sorted(found.learned()) == LEARNED
    counts = frame.loc[LEARNED, "phenotype"].value_counts()
    assert seen["cohort"] == {
        "patients": 19,
        "analysed": 17,
        "events": int(ladder.rows["event"].sum()),
        "median_follow_up": 4.25,
        "phenotypes": {k: int(counts[k]) if counts[k] >= 5 else None for k in sorted(counts.index)},
    }
    assert seen["covariates"] == {n: c.model_dump(mode="json") for n, c in ladder.known.items()}
    names = [f.name for f in found.model.features]
    for visit in ("T1", "T2"):
        table = exams().table("quick", visit).loc[LEARNED]
        assert seen["visits"][visit] == {f: [table[f].min(), table[f].max()] for f in names}
    rows = [found.rows("discovery")[c].scores for c in LEARNED]
    for name, limits in seen["components"].items():
        assert limits == [min(r[name] for r in rows), max(r[name] for r in rows)]
    assert seen["exams"]["exams"] == 38
    assert seen["exams"]["early_s"] == [100.0, 119.0]
    change = delta.frame().loc[LEARNED, names].to_numpy()
    assert seen["outside"]["features"] == most_beyond(change)
    assert seen["outside"]["components"] == most_beyond(np.array([list(r.values()) for r in rows]))


def most_beyond(values):
    """Return in how many columns one row lies beyond all others, at most."""
    found = []
    for i, row in enumerate(values):
        rest = np.delete(values, i, axis=0)
        found.append(int(((row < rest.min(axis=0)) | (row > rest.max(axis=0))).sum()))
    return max(found)


def test_rows_of_patients_are_written_only_when_asked():
    model = steps("symmetric")[1].model
    assert content()["phenotypes"] == without_individuals(model).model_dump(mode="json", by_alias=True)
    with_rows = build_model(results(), individuals=True)
    assert with_rows["phenotypes"] == model.model_dump(mode="json", by_alias=True)
    assert len(with_rows["phenotypes"]["discovery"]["scores"]) == 19
    assert (
        "running numbers" in content()["card"]["privacy"],
        "running numbers" in with_rows["card"]["privacy"],
    ) == (
        False,
        True,
    )


def molecular(**changes):
    values = {"scores": {}, "columns": (), "settings": {"nature": "re-creation"}, "centring": CENTRING}
    return SignaturesRecord(**(values | changes))


def test_signatures_are_written_where_they_were_scored_and_centred():
    assert content()["signatures"] is None
    assert build_model(results(molecular=molecular()))["signatures"] == {
        "names": ["gene70", "pam50", "p53"],
        "centring": CENTRING.model_dump(mode="json"),
        "platforms": ["GPL1", "GPL9"],
        "nature": "re-creation",
    }
    for lacking in ("settings", "centring"):
        assert build_model(results(molecular=molecular(**{lacking: None})))["signatures"] is None


def test_a_run_that_harmonised_has_no_model_that_travels():
    settings = preset_settings("quick").model_copy(
        update={"harmonise": Harmonise(method="combat", batch="site")}
    )
    with pytest.raises(ConfigError, match="combat by site") as caught:
        build_model(results(settings=settings))
    assert caught.value.code == "fit.harmonise"
    assert "other patients' features" in caught.value.message
    assert "harmonise.method to none" in caught.value.hint


def test_a_run_without_cox_models_has_none():
    with pytest.raises(CohortError, match="no Cox model could be fitted") as caught:
        build_model(results(models={}))
    assert caught.value.code == "fit.no_models"


def test_every_model_of_the_run_needs_its_record():
    ladder = steps("symmetric")[3]
    one = replace(ladder, models={"m1": ladder.models["m1"]})
    assert [c["name"] for c in build_model(results(ladder=one))["cox"]] == ["m1"]
