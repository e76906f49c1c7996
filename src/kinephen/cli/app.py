"""The command line from start to end: signals, and how errors become sentences and exit codes.

What is imported here is small, so that a signal is heard from the first moment on.
"""

from __future__ import annotations

import os
import sys

try:
    from kinephen.cli.stopping import Stopping
    from kinephen.errors import ExitCode
except KeyboardInterrupt:  # before there is anything that could hear it
    os.write(2, b"stopped; run the same command again to go on from here\n")
    os._exit(130)


def main() -> None:
    """Run the command line and exit with a code of `kinephen.errors.ExitCode`."""
    stopping = Stopping()
    try:
        with stopping:
            code = _ended()
    except KeyboardInterrupt:  # between two of our own lines
        code = ExitCode.INTERRUPTED
    if stopping.signal and code != ExitCode.OK:
        # At once: what Python does at its end takes time, and may change the exit code after an interrupt.
        stopping.end_now()
    sys.exit(code)


def _ended() -> int:
    """Run a command and return its exit code; errors have been told."""
    try:
        from kinephen.cli import program

        program.register()
        # What a command ends with is returned, and a wrong call raised, so that both are told here.
        code = program.app(standalone_mode=False)
        if code:
            return _code_of(SystemExit(code))
        _flush()
    except SystemExit as end:
        return _code_of(end)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _without_reader()
    except Exception as error:
        from kinephen.cli.failure import report_failure

        return report_failure(error)
    return ExitCode.OK


def _code_of(end: SystemExit) -> int:
    code = end.code if isinstance(end.code, int) else 0
    if code == 1:  # what typer makes of a pipe that nobody reads
        return _without_reader()
    try:
        _flush()
    except BrokenPipeError:
        return _without_reader()
    except OSError as error:
        from kinephen.cli.failure import report_failure

        return report_failure(error)
    return code


def _flush() -> None:
    sys.stdout.flush()


def _without_reader() -> int:
    """The reader of our output went away (a closed pager); not an error of ours."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return ExitCode.OK


if __name__ == "__main__":
    main()
