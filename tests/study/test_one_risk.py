"""What `predict` says of a patient of the study is what the patient's page shows, digit for digit."""

from __future__ import annotations

import pytest
from tests.same_as_page import compare, pages

from kinephen.report.predictions import write_predictions


@pytest.fixture(scope="module")
def predicted(everyone, fitted, tmp_path_factory):
    """Return the folder of the predictions of all patients of the study."""
    folder = tmp_path_factory.mktemp("predictions")
    write_predictions(fitted, everyone[1], folder, str)
    return folder


def test_pages_and_predictions_are_the_same_digit_for_digit(finished, predicted, fitted):
    differs, counts = compare(finished[2], predicted)
    assert differs == []
    assert counts["patients"] == 24
    assert counts["distances"] >= 40
    assert counts["limits"] >= 40 * len(fitted.file.horizons) / 2
    assert counts["delta"] >= 20 * len(fitted.phenotypes.features)
    assert {3.0, 5.0} & set(fitted.file.horizons)


def test_the_page_tells_of_a_label_that_is_not_the_nearest_centroid(finished):
    out = finished[2]
    for case, (row, page) in pages(out).items():
        html = (out / "patients" / f"{case}.html").read_text()
        differs = bool(page["nearest"]) and page["nearest"] != row["phenotype"]
        assert ("Nearest centroid" in html) == differs
        if page["risks"]:
            assert "log(-log)" in html
