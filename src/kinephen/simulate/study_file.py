"""The study file of a simulated trial."""

from __future__ import annotations

from kinephen.config.template import write_study_file
from kinephen.simulate.study import StudyFolder


def add_study_file(folder: StudyFolder, *, seed: int, preset: str) -> None:
    """Write ``study.toml`` into a simulated study.

    Maps stay on the grid as acquired: the exams of a simulated trial share one matrix, and enlarging a small
    one to 256 x 256 would only repeat what is there.

    Parameters
    ----------
    folder : StudyFolder
    seed : int
        Of the analysis.
    preset : str
    """
    study: dict[str, object] = {
        "name": "Simulated neoadjuvant trial",
        "exams": folder.exams,
        "clinical": folder.clinical,
        "visits": list(folder.visits),
        "truth": folder.truth,
        "outcome": {"time_origin": "the first visit"},
    }
    if folder.expression:
        study["expression"] = {
            "files": [matrix for matrix, _ in folder.expression],
            "platforms": [platform for _, platform in folder.expression],
            "link": folder.expression_link,
        }
    content = {
        "preset": preset,
        "beside": ["chitalia2023"],
        "seed": seed,
        "study": study,
        "settings": {"resample": {"matrix": 0}},
    }
    write_study_file(folder.root / "study.toml", content)
