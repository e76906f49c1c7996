"""Page of the attributes that tell when a phase was acquired, from their table."""

from __future__ import annotations

from kinephen.core.phase_times import AGREE_S, EQUAL_SHARE, FIRST_POST_S, LAST_POST_S, LONGEST_S
from kinephen.io.phase_times.duration import ALONE_S
from kinephen.io.phase_times.injection import LATEST_S
from kinephen.io.phase_times.starts import LEAST_SHARE, LONGEST_EXAM_S
from kinephen.io.phase_times.table import DURATION_SOURCES, EXPORT_S, SAME_S, TIME_SOURCES, rank
from kinephen_docs.markdown import code, page, table, text

_RECORDED = (
    "1",
    "private header",
    "(0117,xx34) of UCSF's derived maps and segmentations",
    "s",
    "middle of each phase after injection",
    "the public archive of UCSF",
)
_NOMINAL = (
    "last",
    "nominal",
    "",
    "s",
    "middles that the caller gives (`nominal_times_s`), flagged on every output; never taken unasked",
    "",
)


def phase_times() -> str:
    """Return the page of the attributes that tell times and durations of phases."""
    sources = [
        (str(rank(s.name)), code(s.name), text(s.tag), text(s.unit), text(s.meaning), text(s.makers))
        for s in TIME_SOURCES
    ]
    lasting = [
        (str(n), code(s.name), text(s.tag), text(s.unit), text(s.meaning), text(s.makers))
        for n, s in enumerate(DURATION_SOURCES, start=1)
    ]
    columns = ["rank", "attribute", "tag", "unit", "what it is", "believed of"]
    return page(
        "Phase times of DICOM",
        _INTRO,
        "## Starts",
        table(columns, [_RECORDED, *sources, _NOMINAL]),
        _USABLE,
        "## Durations",
        table(columns, lasting),
        _DURATION,
        "## Injection",
        _INJECTION,
        "## Checks",
        _CHECKS,
    )


_INTRO = (
    "The first attribute of the table that tells the start of every phase counts. The time of a phase is its "
    "middle, seconds after injection: start, and half of the phase's own duration. `kinephen inspect` says "
    "which attribute counted, where durations and the injection come from, what it was checked against, and "
    "why an attribute that is there was not used. An exam that tells no times keeps the order of its phases: "
    "FTV, PE and SER are given, WIS and WOS are undefined. Private elements are found through the block that "
    "their creator reserved, whatever its number; in objects of many frames, attributes are read from the "
    "groups of the frame, then the shared groups, then the object."
)
_USABLE = (
    f"An attribute is not used where it is missing from all or more than {1 - LEAST_SHARE:.0%} of the images "
    f"of a phase; where phases do not follow each other by at least {SAME_S:g} s, or overlap; where offsets "
    f"differ by {SAME_S:g} s or more inside a phase, or count from series of different starts; where "
    f"ContentTime or SeriesTime of all phases lie within {EXPORT_S:g} s; where phases lie more than "
    f"{LONGEST_EXAM_S / 3600:g} h apart (which stops the exam if the clock of the acquisition says so). A "
    "phase starts with its earliest image. Clocks go over midnight with and without dates, and over a change "
    "of the clock where zones are stated."
)
_DURATION = (
    f"A duration counts if the shortest phase after contrast lies within {EQUAL_SHARE:.0%} of the smallest "
    "distance of these phases; one that may be of the whole series is first shared among the phases of that "
    "series. If none fits, the smallest distance stands in, with a note, or a warning that names what did "
    "not fit. With one phase after contrast there is no distance: a stated duration of "
    f"{ALONE_S[0]:g} to {ALONE_S[1]:g} s is taken; without one the time is not known, since a start of 0 "
    "would be a divisor."
)
_INJECTION = (
    "1. The private header of UCSF. 2. ContrastBolusStartTime (0018,1042), typed by hand: only where it lies "
    f"between the middle of the last phase before contrast and {LATEST_S:g} s into the first after it, and "
    "before the middle of that. 3. Else it is assumed at the start of the first phase after contrast. A "
    "stated injection that is not used is named in a warning."
)
_CHECKS = (
    f"Every other usable attribute is compared, counted from the first phase after contrast: {AGREE_S:g} s "
    "is agreement, more is a warning that names both with their values (a note if a third source agrees). "
    "Unusual times are findings: the phase before contrast after the injection; the middle of the first "
    f"phase after contrast outside {FIRST_POST_S[0]:g} to {FIRST_POST_S[1]:g} s, of the last outside "
    f"{LAST_POST_S[0]:g} to {LAST_POST_S[1]:g} s; {LONGEST_S / 60:g} min or more from first to last; "
    f"distances after contrast that differ by more than {EQUAL_SHARE:.0%}."
)
