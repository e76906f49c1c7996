"""Which recipes a study has tried: its own, those beside it, those it lists, those of its log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from kinephen.config.load import SHARED, load_changes, recipe_settings
from kinephen.config.presets import departures, preset_settings
from kinephen.config.schema import Settings, StudyFile
from kinephen.core.options import PresetName
from kinephen.core.plain import hash_json
from kinephen.errors import ConfigError
from kinephen.io.recipe_log import Recipe
from kinephen.study.cases import OF_CASES, all_settings, recipe_table, same_sections


@dataclass(frozen=True, kw_only=True)
class RecipePlan:
    """One recipe that is to be priced, or why it cannot be.

    Parameters
    ----------
    digest : str
        SHA-256 of all that defines the recipe.
    name : str
        For the report.
    preset : str
        Also the name of its random streams.
    settings : Settings
    seed : int
    table : str
        Name of the settings whose feature tables it uses.
    reason : str
        Why it is counted and not run.
    """

    digest: str
    name: str
    preset: PresetName
    settings: Settings
    seed: int
    table: str
    reason: str = ""

    @property
    def changes(self) -> list[str]:
        """``section.key=value`` for what departs from the preset."""
        base = preset_settings(self.preset)
        return [f"{key}={json.dumps(value)}" for key, _, value in departures(base, self.settings)]


def recipe_digest(settings: Settings, seed: int) -> str:
    """Return the SHA-256 of the settings that can change a conclusion, and of the seed."""
    values = settings.model_dump(mode="json")
    del values["features"]["allow_unreviewed"]
    return hash_json({"settings": values, "seed": seed})


def planned_recipes(study: StudyFile, logged: Iterable[Recipe]) -> tuple[RecipePlan, ...]:
    """Return every recipe once: the study's own first.

    Parameters
    ----------
    study : StudyFile
    logged : iterable of Recipe
        Of earlier runs.
    """
    found: dict[str, RecipePlan] = {}

    def add(name: str, preset: PresetName, settings: Settings, table: str) -> None:
        digest = recipe_digest(settings, study.seed)
        found.setdefault(
            digest,
            RecipePlan(
                digest=digest, name=name, preset=preset, settings=settings, seed=study.seed, table=table
            ),
        )

    for name, settings in all_settings(study).items():
        add(name, name, settings, name)
    for number, changes in enumerate(study.recipes.also, start=1):
        settings = recipe_settings(study, changes)
        title = ", ".join(changes) or f"recipe {number}"
        add(title, study.preset, settings, recipe_table(study, settings, number))
    for entry in logged:
        if entry.kind == "run" and entry.recipe not in found:
            found[entry.recipe] = _of_log(study, entry)
    return tuple(found.values())


def _of_log(study: StudyFile, entry: Recipe) -> RecipePlan:
    """Return a recipe of the log; its settings are checked like any that come from outside."""
    title = f"{' '.join([entry.preset, ', '.join(entry.changes)]).strip()} (seed {entry.seed}, earlier run)"
    counted = RecipePlan(
        digest=entry.recipe,
        name=title,
        preset=study.preset,
        settings=study.settings,
        seed=entry.seed,
        table=study.preset,
    )
    try:
        settings = load_changes(entry.preset, entry.changes).settings
    except ConfigError as error:
        return replace(counted, reason=f"its settings: {error.message}")
    reason = ""
    if recipe_digest(settings, entry.seed) != entry.recipe:
        reason = "this version of kinephen has other defaults"
    elif not study.recipes.rerun_logged:
        reason = "recipes.rerun_logged is off"
    elif not same_sections(settings, study.settings, (*SHARED, *OF_CASES)):
        reason = "other features; list it under recipes.also to price it"
    preset = cast(PresetName, entry.preset)  # checked by load_changes
    return replace(counted, preset=preset, settings=settings, reason=reason)
