"""Why an exam could not be analysed."""

from __future__ import annotations

from kinephen.records.base import Record


class Failure(Record):
    """What ended the analysis of an exam; safe to show.

    ``code`` names the kind of fault, ``message`` says what was found, ``hint`` what to do about it, ``where``
    the place.
    """

    code: str
    message: str
    hint: str = ""
    where: str = ""
