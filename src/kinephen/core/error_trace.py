"""Where an error arose, as may be shown to others: frames and kinds of errors, without any message."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

HEADER = "Traceback (most recent call last; messages are left out, since they may hold a path or a name):"


def error_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it, the last first."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def shown_trace(error: BaseException) -> str:
    """Return the frames that led to an error, the first error first.

    Parameters
    ----------
    error : BaseException
        What `shown_trace` noted at it in another process comes first.

    Returns
    -------
    str
        A line for each frame (module, line, function) and for each error (its kind, and its code if it is one
        of ours). Messages, source lines and folders are not in it: a library's message may hold a whole path,
        and a path a patient's name.
    """
    lines = [HEADER]
    for link in reversed(list(error_chain(error))):
        for note in getattr(link, "__notes__", ()):
            lines += note.splitlines()[1:] if note.startswith(HEADER) else ()
        for frame, line in traceback.walk_tb(link.__traceback__):
            module = frame.f_globals.get("__name__", "?")
            lines.append(f"  {module}:{line} in {frame.f_code.co_name}")
        lines.append(_kind(link))
    return "\n".join(lines) + "\n"


def _kind(error: BaseException) -> str:
    code = getattr(error, "code", None)
    kind = type(error)
    ours = kind.__module__ == "kinephen.errors" and isinstance(code, str)
    return f"{kind.__module__}.{kind.__qualname__}" + (f" [{code}]" if ours else "")
