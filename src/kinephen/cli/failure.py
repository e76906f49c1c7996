"""An error that ended a command, told in one sentence, and its exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import typer

from kinephen.core.error_trace import shown_trace
from kinephen.core.machine import machine_fault, unreadable
from kinephen.errors import ExitCode, ExplainedError, InputError, InternalError, MachineError, UsageError

DEBUG = "KINEPHEN_DEBUG"
_CLICK_ERROR = typer.BadParameter.__mro__[2]
"""``ClickException`` of the click that typer uses, its own or the package."""
_PATHS = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTEMPTY)


def report_failure(error: Exception) -> int:
    """Tell what ended a command, on standard error and for ``--json`` on standard output; return the code."""
    if type(error).__name__ == "NoArgsIsHelpError":  # a group without a command: its help has been shown
        return int(ExitCode.USAGE)
    shown = explain(error)
    lines = [f"error [{shown.code}]: {shown.where + ': ' if shown.where else ''}{shown.message}"]
    if shown.hint:
        lines.append(f"what to do: {shown.hint}")
    with suppress(OSError):  # nobody reads it, or the disk behind it is full: the exit code says it
        sys.stderr.write("\n".join(lines) + "\n")
    if os.environ.get(DEBUG):
        sys.stderr.write(shown_trace(error))
    if "--json" in sys.argv:
        from kinephen.cli.output import emit_json

        with suppress(OSError):
            emit_json({"error": shown.to_dict()})
            sys.stdout.flush()
    return int(shown.exit_code)


def explain(error: Exception) -> ExplainedError:
    """Return what is told of an error: a fault of the machine, of what was given, or of kinephen itself."""
    fault = machine_fault(error)
    if fault is not None:
        return _with_place(fault)
    if isinstance(error, ExplainedError):
        return error
    return _misuse(error) or unreadable(error) or _path_fault(error) or _internal(error)


def _misuse(error: Exception) -> UsageError | None:
    """Return what is told of an option or argument that the command does not take."""
    if not isinstance(error, _CLICK_ERROR):
        return None
    context = getattr(error, "ctx", None)
    told = getattr(error, "format_message", error.__str__)
    message = " ".join(str(told()).split()).rstrip(".")
    command = "kinephen" if context is None else context.command_path
    hint = f"`{command} --help` shows what it takes"
    return UsageError(f"{message[:1].lower()}{message[1:]}", code="usage.command", where=command, hint=hint)


def _with_place(fault: MachineError) -> MachineError:
    """Name the folder that the command writes to where the system did not say which."""
    if fault.where or fault.code not in ("machine.full", "machine.permission"):
        return fault
    place = next((v for k, v in zip(sys.argv, sys.argv[1:], strict=False) if k in ("--out", "-o")), "")
    return MachineError(fault.message, code=fault.code, where=place, hint=fault.hint)


def _path_fault(error: Exception) -> ExplainedError | None:
    if not isinstance(error, OSError) or error.filename is None:
        return None
    what = (error.strerror or type(error).__name__).lower()
    if error.errno == errno.ENOENT:
        return InputError(what, code="path.missing", where=str(error.filename), hint="check the path")
    if error.errno in _PATHS:
        return UsageError(what, code="path.unusable", where=str(error.filename), hint="give another path")
    return None


def _internal(error: Exception) -> InternalError:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return InternalError(
        f"internal error, {type(error).__name__}{place}",
        code="internal",
        hint=f"please report it; with {DEBUG}=1 the same command shows the traceback to send",
    )
