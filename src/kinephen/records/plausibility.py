"""What was checked of an exam before any number was made of it, and what was found."""

from __future__ import annotations

from collections.abc import Iterable

from kinephen.core.cohort import Issue, Level
from kinephen.records.base import IssueRecord, Number, Record


class Finding(IssueRecord):
    """Something that was found in an exam, and how much it weighs.

    Parameters
    ----------
    level : {"note", "warning", "stop"}
        Good to know; numbers may be off; no number is given unless the user accepts the code.
    """

    level: Level = "note"


class PhaseOrder(Record):
    """What the signal says of the order of the phases; see `kinephen.imaging.roles.PhaseRoles`.

    Parameters
    ----------
    verdict : str
        ``right``, ``several_pre``, ``reversed``, ``swapped``, ``lost``, ``identical`` or ``no_arrival``.
    pre : int
        The phase that is taken as the one before contrast, as read, from 0.
    first_post : int, optional
        The first phase with contrast.
    asymmetry, rises, falls : tuple of float
        Of every phase against the first: asymmetry of the difference (-1 to 1), shares of tissue that rise
        and fall by more than the threshold (0 to 1).
    drift : float, optional
        Median change of normal tissue from early to late, as a share of the signal before contrast.
    """

    verdict: str
    pre: int
    first_post: int | None
    asymmetry: tuple[float, ...]
    rises: tuple[float, ...]
    falls: tuple[float, ...]
    drift: Number


class PhaseLikeness(Record):
    """How far one phase looks like a phase; see `kinephen.imaging.phase_likeness`.

    Parameters
    ----------
    verdict : str
    mean_ratio : float, optional
        Mean in the body to that of the first phase.
    zeros : float, optional
        Share of zeros in the body.
    correlation : float, optional
        With the first phase.
    difference : float, optional
        Largest correlation with the difference of two other phases.
    """

    verdict: str
    mean_ratio: Number
    zeros: Number
    correlation: Number
    difference: Number


class PhaseGain(Record):
    """Signal of one phase over that of the first where contrast changes nothing.

    See `kinephen.imaging.phase_gain.FrameGain`.

    Parameters
    ----------
    air, tissue : float, optional
        Mean of the air, and the tissue that takes up least; None: not known.
    """

    air: Number
    tissue: Number


class Shift(Record):
    """Where one phase lies against the one before contrast; see `kinephen.imaging.shift.FrameShift`.

    Parameters
    ----------
    frame : int
        Of the phases as read, from 0.
    shift_mm : tuple of float, optional
        Along (slice, row, column); None where it is not known, with the reason.
    size_mm : float, optional
    match : float
        Correlation of the edges, up to 1.
    closure_mm, halves_mm : float, optional
        Disagreement of the way round over another phase, and of two halves of the image.
    reason : str
    """

    frame: int
    shift_mm: tuple[float, float, float] | None
    size_mm: Number
    match: float
    closure_mm: Number
    halves_mm: Number
    reason: str = ""


class Region(Record):
    """Where the checks looked.

    Parameters
    ----------
    body_share : float
        Of the image that is body, 0 to 1.
    breast_share : float
        Of the image that is breast, or what stands in for it.
    breast_prominence_mm, plane_scatter_mm : float, optional
        How far the breast stands out in front of the chest, and how well the plane of the chest fits.
    reason : str
        Why the breast was not found; empty if it was.
    """

    body_share: float
    breast_share: float
    breast_prominence_mm: Number
    plane_scatter_mm: Number
    reason: str = ""


class PhaseTimes(Record):
    """What the times of the phases rest on; see `kinephen.core.phase_times.TimeEvidence`.

    Parameters
    ----------
    rule, attribute, durations_from, injection_from : str
        The rule by its name; where starts, durations and the injection were read, empty where nowhere.
    rank : int
        Place of the attribute in the order of precedence, 1 first; 0 for none, or for times that were given.
    passed_over : tuple of tuple of str
        Attributes that the exam has and that do not tell its times, each with why.
    checked_against : str
        An independent source of the same distances; empty without one.
    difference_s : float, optional
    agreed : bool, optional
        None where nothing could be compared.
    """

    rule: str
    attribute: str = ""
    rank: int = 0
    durations_from: str = ""
    injection_from: str = ""
    passed_over: tuple[tuple[str, str], ...] = ()
    checked_against: str = ""
    difference_s: Number = None
    agreed: bool | None = None


class Plausibility(Record):
    """The checks of one exam.

    Parameters
    ----------
    findings : tuple of Finding
        Stops first, then warnings, then notes.
    accepted : tuple of str
        Codes of stops that the exam's own manifest accepts.
    times : PhaseTimes, optional
        None for an exam whose files hold no times of their own.
    order, region : optional
        None where the images could not be looked at, with a finding that says why.
    likeness : tuple of PhaseLikeness
        One for each phase as read.
    gains : tuple of PhaseGain
        One for each phase as read.
    shifts : tuple of Shift
        One for each phase after contrast.
    edge_residual : float, optional
        Mean difference of the early phase on edges that do not enhance, as a share of the signal there.
    """

    findings: tuple[Finding, ...] = ()
    accepted: tuple[str, ...] = ()
    times: PhaseTimes | None = None
    order: PhaseOrder | None = None
    region: Region | None = None
    likeness: tuple[PhaseLikeness, ...] = ()
    gains: tuple[PhaseGain, ...] = ()
    shifts: tuple[Shift, ...] = ()
    edge_residual: Number = None

    def phase_as_read(self, phase: int) -> int:
        """Return the number, among the phases as read, of a phase of the series that is measured.

        Where several phases lie before contrast the series begins with the last of them.
        """
        order = self.order
        if order is None or order.first_post is None or order.first_post < 2:
            return phase
        return order.pre if phase == 0 else order.first_post + phase - 1

    @property
    def stops(self) -> tuple[Finding, ...]:
        """What forbids numbers unless it is accepted."""
        return tuple(f for f in self.findings if f.level == "stop")

    @property
    def largest_shift_mm(self) -> Number:
        """Length of the largest shift; None where none is known."""
        return max((s.size_mm for s in self.shifts if s.size_mm is not None), default=None)


def level_of(issue: IssueRecord) -> Level:
    """Return how much something that was noticed weighs: whatever is no finding of the checks is a note."""
    return issue.level if isinstance(issue, Finding) else "note"


def finding_records(issues: Iterable[Issue]) -> tuple[Finding, ...]:
    """Return what was noticed as records, in the same order."""
    return tuple(
        Finding(code=i.code, message=i.message, where=i.where, count=i.count, level=i.level) for i in issues
    )


def findings(issues: Iterable[Issue]) -> tuple[Finding, ...]:
    """Return what was noticed of an exam, once: stops first, then warnings, then notes."""
    order: tuple[Level, ...] = ("stop", "warning", "note")
    return tuple(sorted(finding_records(dict.fromkeys(issues)), key=lambda f: order.index(f.level)))
