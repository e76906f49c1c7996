"""How patients came into the analysis and where they left it."""

from __future__ import annotations

from pydantic import Field

from kinephen.report.schema.base import Key, Model, Text


class Exclusion(Model):
    """Patients who left at one step for one reason."""

    reason: Text
    n: int = Field(ge=0)


class FlowStep(Model):
    """One box of the flow diagram.

    Parameters
    ----------
    key : str
    label : str
        For example ``"Both visits readable"``.
    n : int
        Patients who remain.
    parent : str, optional
        Key of the step above; several steps with one parent are branches.
    excluded : tuple of Exclusion
        Who left between the step above and this one.
    """

    key: Key
    label: Text
    n: int = Field(ge=0)
    parent: Key | None = None
    excluded: tuple[Exclusion, ...] = ()
