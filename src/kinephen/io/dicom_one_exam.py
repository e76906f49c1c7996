"""Whether the phases are of one examination, and whether their headers agree on their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import Phase

FIELD_TOLERANCE_T = 0.2
"""Makers round the field of one magnet differently (1.494, 1.5; 2.89, 3)."""

_NUMBERS: tuple[tuple[str, Callable[[Header], int | None]], ...] = (
    ("TemporalPositionIdentifier", lambda h: h.temporal_position),
    ("AcquisitionNumber", lambda h: h.acquisition_number),
    ("InstanceNumber", lambda h: h.instance_number),
)


def one_exam_issues(phases: Sequence[Phase]) -> tuple[Issue, ...]:
    """Return a stop where phases are of several patients or scanners.

    Signals of two scanners have no common scale, so enhancement from one to the other means nothing; phases
    with two identifiers of patients may be of two women. Both can be the work of an anonymiser, so who knows
    better may go on.

    Parameters
    ----------
    phases : sequence of Phase
    """
    images = [h for phase in phases for h in phase.slices]
    issues = []
    patients = {h.patient for h in images} - {""}
    if len(patients) > 1:
        text = f"the phases carry {len(patients)} patient identifiers, expected one"
        issues.append(Issue("dicom.several_patients", text, "phases", len(patients), level="stop"))
    differing = _scanner_differences(images)
    if differing:
        text = (
            f"phases are of several scanners ({', '.join(differing)} differ), expected one: signals of "
            "two have no common scale"
        )
        issues.append(Issue("dicom.several_scanners", text, "phases", len(differing), level="stop"))
    return tuple(issues)


def order_issues(phases: Sequence[Phase]) -> tuple[Issue, ...]:
    """Return a warning for each number in the headers that would put the phases into another order.

    Parameters
    ----------
    phases : sequence of Phase
        In the order that counts. Numbers are compared within one series: another one may begin again at 1.
    """
    issues = []
    for name, value in _NUMBERS:
        against = sum(_falls(first, second, value) for first, second in pairwise(phases))
        if against:
            text = f"{name} falls where the order of the phases rises; the rule of the phases counts"
            issues.append(Issue("dicom.phase_order_differs", text, "phases", against, level="warning"))
    return tuple(issues)


def shared_time_issues(phases: Sequence[Phase], key: str) -> tuple[Issue, ...]:
    """Return a warning where phases that a number alone tells apart share place and time of acquisition.

    Images that were computed from a phase, and do not say so, often keep its time.

    Parameters
    ----------
    phases : sequence of Phase
    key : str
        Header value that told the phases apart.
    """
    starts = [tuple(h.acquired for h in phase.slices) for phase in phases]
    if key not in ("InstanceNumber", "AcquisitionNumber") or any(None in s for s in starts):
        return ()
    shared = len(starts) - len(set(starts))
    if not shared or len(set(starts)) == 1:
        return ()
    text = f"phases share place and time of acquisition with another one; {key} alone tells them apart"
    return (Issue("dicom.shared_time", text, "phases", shared, level="warning"),)


def _falls(first: Phase, second: Phase, value: Callable[[Header], int | None]) -> bool:
    """Tell whether a number falls at each position from one phase to the next one of the same series."""
    if {h.series for h in first.slices} != {h.series for h in second.slices}:
        return False
    pairs = [(value(a), value(b)) for a, b in zip(first.slices, second.slices, strict=False)]
    return all(a is not None and b is not None and b < a for a, b in pairs)


def _scanner_differences(images: Sequence[Header]) -> list[str]:
    stated: dict[str, set[str]] = {
        "manufacturer": {_maker(h.manufacturer) for h in images},
        "model": {" ".join(h.model.upper().split()) for h in images},
        "serial number": {h.scanner_serial for h in images},
    }
    found = [name for name, values in stated.items() if len(values - {""}) > 1]
    fields = np.array([h.field_strength_t for h in images if h.field_strength_t is not None])
    if fields.size and np.ptp(fields) > FIELD_TOLERANCE_T:
        found.append("field strength")
    return found


def _maker(text: str) -> str:
    """Return the first word of a manufacturer: the rest of the name changes with the software."""
    words = text.upper().replace("-", " ").replace("_", " ").split()
    return words[0] if words else ""
