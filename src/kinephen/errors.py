"""One family of errors: each says what was found, what was expected, where, and what to do."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line returns to the shell."""

    OK = 0
    USAGE = 2
    CONFIGURATION = 3
    INPUT = 4
    CASES_FAILED = 5
    COHORT = 6
    MACHINE = 7
    INTERNAL = 8
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class ExplainedError(Exception):
    """An error that says what was found, where, and what to do; see its two kinds below.

    Parameters
    ----------
    message : str
        What was found and what was expected. Never holds a patient's name or identifier from a file.
    code : str
        Stable short name for machines, for example ``"dicom.no_phases"``.
    hint : str, optional
        What the user can do about it.
    where : str, optional
        File, column, key or array that the error is about.
    """

    exit_code: ExitCode = ExitCode.INPUT

    def __init__(self, message: str, *, code: str, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.where = where

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders in the engines; keyword-only arguments need this.
        return (_rebuild, (type(self), self.message, self.code, self.hint, self.where))

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.hint})" if self.hint else text

    def to_dict(self) -> dict[str, str]:
        """Return the error as plain text fields for ``--json`` and ``failure.json``."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "where": self.where}


def _rebuild(cls: type[ExplainedError], message: str, code: str, hint: str, where: str) -> ExplainedError:
    return cls(message, code=code, hint=hint, where=where)


class KinephenError(ExplainedError):
    """Base of all errors in what kinephen is given: files, settings, numbers."""


class MachineError(ExplainedError):
    """The machine could not go on: a full disk, no memory, no permission to write, a worker that was ended.

    It says nothing of the data, so it is no `KinephenError`: what catches those to note that an exam or an
    analysis failed lets this one pass, and the command ends.
    """

    exit_code = ExitCode.MACHINE


class InternalError(ExplainedError):
    """A mistake in kinephen itself."""

    exit_code = ExitCode.INTERNAL


class UsageError(KinephenError):
    """The command was called in a way it does not offer."""

    exit_code = ExitCode.USAGE


class ConfigError(KinephenError):
    """The study file or a setting is wrong."""

    exit_code = ExitCode.CONFIGURATION


class InputError(KinephenError):
    """An image, mask or table cannot be used as it is."""

    exit_code = ExitCode.INPUT


class CohortError(KinephenError):
    """A step over all patients is impossible, for example a survival model without events."""

    exit_code = ExitCode.COHORT
