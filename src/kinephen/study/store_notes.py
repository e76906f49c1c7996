"""What a run has to say of its store: damaged results, results of another format, versions that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.core.plain import read_json
from kinephen.study.entry import FORMAT, MANIFEST, made_by
from kinephen.study.store import DAMAGED, Store

WHERE = "store"


def store_issues(store: Store, used: Iterable[Path], *, known: Iterable[str]) -> tuple[Issue, ...]:
    """Return what is to be said of the store after a run.

    Parameters
    ----------
    store : Store
    used : iterable of Path
        Folders of the results that the run used.
    known : iterable of str
        What had been set aside before the run.
    """
    found = {name: reason for name, reason in store.damaged().items() if name not in set(known)}
    return (*_damaged(found), *_other_formats(store.root), *_mixed(used))


def _damaged(found: dict[str, str]) -> list[Issue]:
    kinds = Counter((name.partition("-")[0], reason) for name, reason in found.items())
    return [
        Issue(
            "store.damaged",
            f"a stored result was damaged ({step}: {reason}): it was set aside and computed again",
            where=WHERE,
            count=n,
        )
        for (step, reason), n in sorted(kinds.items())
    ]


def _other_formats(root: Path) -> list[Issue]:
    count = sum(_format(path) != FORMAT for path in root.glob(f"*/*/{MANIFEST}") if DAMAGED not in path.parts)
    text = "results of another format of the store are not used; the folder store can be removed"
    return [Issue("store.format", text, where=WHERE, count=count)] if count else []


def _format(manifest: Path) -> int:
    try:
        return int(read_json(manifest).get("format", 1))
    except (OSError, ValueError, AttributeError):  # damaged, which is said when it is asked for
        return FORMAT


def _mixed(used: Iterable[Path]) -> list[Issue]:
    makers = [made_by(folder) for folder in dict.fromkeys(used)]
    names = sorted({name for made in makers for name in made})
    issues = []
    for name in names:
        counts = Counter(made.get(name, "absent") for made in makers)
        if len(counts) > 1:
            shown = ", ".join(f"{version} ({n})" for version, n in sorted(counts.items()))
            text = f"results of this run were made by different versions of {name}: {shown}"
            issues.append(Issue("store.versions", text, where=WHERE, count=len(makers)))
    return issues
