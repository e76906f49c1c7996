"""What an interrupted or impossible simulation leaves behind."""

from __future__ import annotations

import pytest

from kinephen.errors import ConfigError, UsageError
from kinephen.simulate.settings import make_settings
from kinephen.simulate.study import write_study

TINY = make_settings({"patients": 2, "validation": 0, "image": {"matrix": 24, "slices": 6}})


class StopError(Exception):
    """Stands for an interruption."""


def interrupted(done: int, total: int) -> None:
    raise StopError


def test_an_interrupted_run_leaves_no_half_study_and_can_be_repeated(tmp_path):
    out = tmp_path / "study"
    with pytest.raises(StopError):
        write_study(out, TINY, seed=1, progress=interrupted)
    assert not out.exists()
    assert write_study(out, TINY, seed=1).patients == 2
    assert [p.name for p in tmp_path.iterdir()] == ["study"]


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "study").mkdir()
    assert write_study(tmp_path / "study", TINY, seed=1).exam_count == 4


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "study").write_text("mine")
    with pytest.raises(UsageError, match="exists and is not empty"):
        write_study(tmp_path / "study", TINY, seed=1)


def test_a_number_of_processes_that_is_not_offered_is_refused(tmp_path):
    with pytest.raises(UsageError, match="expected 1 or 2 processes, found 3"):
        write_study(tmp_path / "study", TINY, seed=1, processes=3)


@pytest.mark.parametrize("volume", [1.5, 45.0])
def test_extreme_lesions_fit_into_small_images(volume):
    from dataclasses import replace

    from kinephen.core.streams import stream
    from kinephen.simulate.exam import simulate_exam
    from kinephen.simulate.settings import ImageSettings
    from kinephen.simulate.tumour import draw_baseline

    state = replace(draw_baseline(stream(1, "s")), volume_cc=volume)
    image = ImageSettings(matrix=24, slices=6)
    for seed in range(4):
        exam = simulate_exam(image, state, vendor="ge", names=("w", "T1"), laterality="L", seed=seed)
        assert exam.lesion.any()
        assert exam.stored.max() > 0


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"outcome": {"log_hr_increasin": 1.0}}, "did you mean 'log_hr_increasing'?"),
        ({"phenotyp": {"separation": 1.0}}, "did you mean 'phenotype'?"),
        ({"phenotype": {"separation": 9.0}}, "phenotype.separation: Input should be less than or equal to 4"),
    ],
)
def test_a_wrong_setting_is_named_with_the_nearest_key_or_its_range(values, says):
    with pytest.raises(ConfigError) as caught:
        make_settings(values)
    assert says in caught.value.message
