"""Words for an end point and its clock: given by the study file, or left out."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.io.clinical_layouts import NOT_STATED


@dataclass(frozen=True)
class EndPointWords:
    """An end point as captions, axes and tables name it.

    Parameters
    ----------
    name : str
        With its event where this is known, for example ``"overall survival (event: death)"``;
        ``"not stated"`` where nobody says what counts as the event.
    origin : str
        From when its time counts ("start of treatment"); empty where that is not stated.
    """

    name: str
    origin: str = ""

    @property
    def counted(self) -> str:
        """The end point, and from when it counts where that is stated."""
        return (
            f"{self.name}; time counted from {self.origin}" if self._unknown and self.origin else self._whole
        )

    @property
    def _whole(self) -> str:
        return f"{self.name}, counted from {self.origin}" if self.origin else self.name

    @property
    def _unknown(self) -> bool:
        return self.name == NOT_STATED

    @property
    def caption(self) -> str:
        """The same as the begin of a caption, without full stop."""
        words = f"end point {self.counted}" if self._unknown else self.counted
        return f"{words[:1].upper()}{words[1:]}"

    @property
    def short(self) -> str:
        """The end point without its event, for an axis."""
        return "Free of the event" if self._unknown else self.name.split(" (")[0].capitalize()

    @property
    def time_axis(self) -> str:
        """Label of an axis of time, without unit."""
        return f"Time since {self.origin}" if self.origin else "Time"


def clock_words(training: str, here: str) -> str:
    """Return the caution on times that count from elsewhere than those of training; empty where none is due.

    Parameters
    ----------
    training, here : str
        From when time counts; empty where that is not stated.
    """
    if training.casefold() == here.casefold():
        return ""
    if not here:
        return f"Times of training count from {training}; when those of these patients begin is not stated."
    if not training:
        return f"When times of training begin is not stated; those of these patients count from {here}."
    return f"Times of training count from {training}, those of these patients from {here}."
