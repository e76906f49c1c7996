"""Features of many cases: workers, and going on where a run stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from kinephen.core.plain import write_json
from kinephen.core.pool import run_jobs
from kinephen.errors import KinephenError
from kinephen.study.tables.features import Case, CaseResult, Settings, compute_case, lost_case


def run_cases(
    cases: list[Case],
    settings: Settings,
    *,
    workers: int = 1,
    store: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> list[CaseResult]:
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
    progress : callable
        Told how many cases are done.
    """
    results: list[CaseResult | None] = [None] * len(cases)
    keys = [_key(case, settings, store) for case in cases]
    for number, key in enumerate(keys):
        results[number] = _stored(store, key)
    todo = [n for n, result in enumerate(results) if result is None]
    done = len(cases) - len(todo)
    progress(done)
    for number, result in _computed([(n, cases[n]) for n in todo], settings, workers):
        results[number] = result
        _keep(store, keys[number], result)
        progress(done := done + 1)
    return [result for result in results if result is not None]


def _computed(
    todo: list[tuple[int, Case]], settings: Settings, workers: int
) -> Iterator[tuple[int, CaseResult]]:
    if workers <= 1 or len(todo) < 2:
        for number, case in todo:
            yield number, compute_case(case, settings)
        return
    task = partial(compute_case, settings=settings)
    for position, result in run_jobs(task, [case for _, case in todo], workers=workers, lost=lost_case):
        yield todo[position][0], result


def _key(case: Case, settings: Settings, store: Path | None) -> str:
    if store is None or not case.known_by_content:
        return ""
    try:
        return case.key(settings)
    except KinephenError:
        return ""  # the case reports the same error when it is computed


def _stored(store: Path | None, key: str) -> CaseResult | None:
    if store is None or not key or not (store / f"{key}.json").is_file():
        return None
    try:
        return CaseResult.model_validate_json((store / f"{key}.json").read_bytes())
    except ValueError:
        return None


def _keep(store: Path | None, key: str, result: CaseResult) -> None:
    if store is not None and key and result.error is None:
        write_json(store / f"{key}.json", result)
