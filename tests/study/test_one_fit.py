"""Hazard ratios that are shown and risks that are predicted come from models with the same coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from tests.patients_sample import patients_frame
from tests.survival_sample import few, survival

from kinephen.errors import InternalError
from kinephen.study.steps.cox_models import frozen_ladder, require_same_fits


@pytest.fixture(scope="module")
def ladder():
    return survival().ladder


@pytest.fixture(scope="module")
def frozen(ladder):
    columns = {n: m.columns for n, m in ladder.models.items()}
    return frozen_ladder(patients_frame(), columns, few().cox.firth)


def test_every_model_that_predicts_has_the_coefficients_that_are_shown(ladder, frozen):
    assert list(frozen.models) == list(ladder.models)
    assert len(ladder.models) == 8
    for name, shown in ladder.models.items():
        model = frozen.models[name]
        np.testing.assert_allclose(model.frozen.coef, [c.coef for c in shown.coefficients], rtol=1e-9)
        error = np.sqrt(np.diag(model.frozen.vcov))
        np.testing.assert_allclose(error, [c.se for c in shown.coefficients], rtol=1e-9)
    require_same_fits(frozen, ladder)


@pytest.mark.parametrize("change", ["coefficient", "method", "patients", "length"])
def test_two_fits_of_one_model_end_the_run(ladder, frozen, change):
    shown = ladder.models["m2"]
    first, *others = shown.coefficients
    altered = {
        "coefficient": {"coefficients": (first.model_copy(update={"coef": first.coef * 1.001}), *others)},
        "method": {"method": "another"},
        "patients": {},
        "length": {"coefficients": tuple(others)},
    }[change]
    other = ladder.model_copy(
        update={
            "models": {**ladder.models, "m2": shown.model_copy(update=altered)},
            "n": ladder.n + (change == "patients"),
        }
    )
    with pytest.raises(InternalError, match="other coefficients") as error:
        require_same_fits(frozen, other)
    assert error.value.code == "survival.two_fits"


def test_the_fewest_events_for_a_coefficient_are_those_of_one_of_the_models(ladder):
    each = {n: ladder.events / len(m.coefficients) for n, m in ladder.models.items()}
    assert ladder.fewest_per_coefficient == pytest.approx(min(each.values()))
    assert ladder.model_copy(update={"models": {}}).fewest_per_coefficient is None
