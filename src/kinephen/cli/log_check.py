"""How the check of a log is shown, of recipes as of readers' decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kinephen.core.counted import counted
from kinephen.errors import ExitCode

if TYPE_CHECKING:
    from kinephen.io.hash_chain import LogCheck


def show_check(check: LogCheck, what: str, *, as_json: bool) -> None:
    """Print what checking a log found; exit with code 4 if it is not as it was written.

    Parameters
    ----------
    check : LogCheck
    what : str
        What a line of it is, for example ``"decision"``.
    as_json : bool
    """
    from kinephen.cli.output import emit_json, say

    if as_json:
        emit_json(
            {"lines": check.lines, "head": check.head, "problems": check.problems, "intact": check.intact}
        )
    else:
        say(f"{counted(check.lines, what)}; last hash {check.head}")
        for problem in check.problems:
            say(f"problem: {problem}")
        say("intact" if check.intact else "NOT as it was written")
    if not check.intact:
        raise typer.Exit(int(ExitCode.INPUT))
