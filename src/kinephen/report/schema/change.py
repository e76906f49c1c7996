"""Which way the change of features is shown."""

from __future__ import annotations

from pydantic import Field

from kinephen.report.schema.base import Model, Text


class ChangeSigns(Model):
    """Whether the change of features is sign-adjusted, and of which.

    Parameters
    ----------
    adjusted : bool
        False in the literal form of change, where a sign cancels.
    features : int
        All features of change.
    reversed : tuple of str
        Those whose change is multiplied by -1, as ``MAP_Family_Name``.
    oriented : int
        Those of which a higher value, as shown, means a more heterogeneous lesion.
    """

    adjusted: bool
    features: int = Field(ge=0)
    reversed: tuple[Text, ...] = ()
    oriented: int = Field(ge=0)
