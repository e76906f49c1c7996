"""Many cases of ``kinephen features``: workers, and going on where a run stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from kinephen.cli.features_cases import Case, Settings, compute_case
from kinephen.errors import KinephenError


def run_cases(
    cases: list[Case], settings: Settings, *, workers: int = 1, store: Path | None = None
) -> list[dict[str, Any]]:
    """Return the results in the order of the cases.

    Parameters
    ----------
    cases : list of Case
    settings : Settings
    workers : int
        Processes.
    store : Path, optional
        Folder with one file for each finished case, named after the hash of its inputs and settings; a case
        whose file is there is not computed again.
    """
    from kinephen.cli.output import progress

    results: list[dict[str, Any] | None] = [None] * len(cases)
    keys = [_key(case, settings, store) for case in cases]
    for number, key in enumerate(keys):
        results[number] = _stored(store, key)
    todo = [n for n, result in enumerate(results) if result is None]
    with progress(quiet=len(cases) < 2) as bar:
        task = bar.add_task("features", total=len(cases), completed=len(cases) - len(todo))
        for number, result in _computed([(n, cases[n]) for n in todo], settings, workers):
            results[number] = result
            _keep(store, keys[number], result)
            bar.advance(task)
    return [result for result in results if result is not None]


def _computed(
    todo: list[tuple[int, Case]], settings: Settings, workers: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    if workers <= 1 or len(todo) < 2:
        for number, case in todo:
            yield number, compute_case(case, settings)
        return
    with ProcessPoolExecutor(max_workers=min(workers, len(todo))) as pool:
        futures = {pool.submit(compute_case, case, settings): number for number, case in todo}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _key(case: Case, settings: Settings, store: Path | None) -> str:
    if store is None:
        return ""
    try:
        return case.key(settings)
    except KinephenError:
        return ""  # the case reports the same error when it is computed


def _stored(store: Path | None, key: str) -> dict[str, Any] | None:
    if store is None or not key or not (store / f"{key}.json").is_file():
        return None
    try:
        found: dict[str, Any] = json.loads((store / f"{key}.json").read_text(encoding="utf-8"))
    except ValueError:
        return None
    return found


def _keep(store: Path | None, key: str, result: dict[str, Any]) -> None:
    from kinephen.core.plain import write_json

    if store is not None and key and result["error"] is None:
        write_json(store / f"{key}.json", result)
