"""Splitting the slices of one series into phases (time points), and joining phases of several series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_stack import cluster_offsets, numbered_backwards, plane_key, slice_offsets
from kinephen.io.dicom_values import SECONDS_PER_DAY
from kinephen.types import FloatArray

SAME_PHASE_S = 2.0
"""Times closer than this belong to one phase: a phase may carry two."""

HALF_DAY_S = SECONDS_PER_DAY / 2


@dataclass(frozen=True)
class Phase:
    """The slices of one time point, in array order."""

    slices: tuple[Header, ...]

    @property
    def uids(self) -> frozenset[str]:
        """SOP instance UIDs of the slices."""
        return frozenset(h.uid for h in self.slices)


@dataclass(frozen=True)
class Split:
    """The phases of one series in order of time, and the key that told them apart."""

    phases: tuple[Phase, ...]
    rule: str


@dataclass(frozen=True)
class Key:
    """One header value that may order the slices of one position."""

    name: str
    value: Callable[[Header], float | None]
    gap: float = 0.0
    overlap: bool = False


# Content time is what several archives kept. Instance numbers may run slice by slice: phases interleave.
KEYS = (
    Key("TemporalPositionIdentifier", lambda h: _float(h.temporal_position)),
    Key("TemporalPositionTimeOffset", lambda h: h.times.offset, SAME_PHASE_S),
    Key("AcquisitionTime", lambda h: h.acquired, SAME_PHASE_S),
    Key("ContentTime", lambda h: h.content, SAME_PHASE_S),
    Key("DynamicScanBeginTime", lambda h: h.times.begin, SAME_PHASE_S),
    Key("TriggerTime", lambda h: h.trigger, SAME_PHASE_S),
    Key("AcquisitionNumber", lambda h: _float(h.acquisition_number)),
    Key("InstanceNumber", lambda h: _float(h.instance_number), overlap=True),
)


_WEAKER = {
    "ContentTime": ("AcquisitionTime",),
    "AcquisitionNumber": ("TemporalPositionIdentifier", "AcquisitionTime", "ContentTime", "TriggerTime"),
    "InstanceNumber": (
        *("TemporalPositionIdentifier", "AcquisitionTime", "ContentTime", "TriggerTime"),
        "AcquisitionNumber",
    ),
}
"""Keys that tell more than a given one: images that share their value are of one time."""


def split_series(headers: Sequence[Header], *, where: str) -> Split:
    """Split the slices of one series into phases.

    Slices are grouped by position along the normal (0.01 mm). At each position the first key of `KEYS`
    decides whose values differ at every position and whose phases do not overlap.

    Parameters
    ----------
    headers : sequence of Header
        Image slices of one series.
    where : str
        Named in errors.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        ``dicom.geometry`` for several planes in one series, ``dicom.two_stacks`` for two blocks of slices,
        ``dicom.slice_count`` if positions hold unequal numbers of slices, ``dicom.same_time`` if different
        images share place and time, ``dicom.phase_key`` if no key separates the phases.
    """
    _require_one_plane(headers, where)
    positions, labels = cluster_offsets(slice_offsets(headers))
    _require_one_stack(positions, where)
    counts = np.bincount(labels, minlength=len(positions))
    if counts.min() != counts.max():
        raise _unequal(positions, counts, headers, where)
    n_phases = int(counts[0])
    by_position = [
        [h for h, own in zip(headers, labels, strict=True) if own == k] for k in range(len(positions))
    ]
    if n_phases == 1:
        return Split(_phases([[group[0] for group in by_position]]), "one phase a series")
    for key in KEYS:
        columns = _ordered_by(key, by_position)
        if columns is not None:
            _require_no_shared_time(by_position, key, where)
            return Split(_phases(columns), key.name)
    raise InputError(
        f"{n_phases} slices stand at each of {len(positions)} positions, but neither "
        + ", ".join(k.name for k in KEYS)
        + f" divides them into {n_phases} phases",
        code="dicom.phase_key",
        where=where,
        hint="name the files of each phase in a manifest",
    )


def aligned(phases: Sequence[Phase]) -> tuple[Phase, ...]:
    """Bring the slices of phases from several series into the direction of the first phase."""
    first = phases[0].slices
    along = slice_offsets(first)[-1] - slice_offsets(first)[0]
    ordered = [phases[0]]
    for phase in phases[1:]:
        offsets = slice_offsets((first[0], *phase.slices))[1:]
        backwards = (offsets[-1] - offsets[0]) * along < 0
        ordered.append(Phase(tuple(reversed(phase.slices))) if backwards else phase)
    return tuple(ordered)


def unwrapped(times: Sequence[float] | FloatArray) -> FloatArray:
    """Return times so that midnight lies between two phases and not before the first.

    Times of one date, of two dates that follow each other, or without a date, that span more than half a day,
    are the clock of one examination over midnight if they then span less than half a day: the date stayed, or
    changed with a later series only. Dates do not count where some times have none.
    """
    found = np.array(times, dtype=np.float64)
    dated = found >= SECONDS_PER_DAY
    if dated.any() and not dated.all():
        found = found % SECONDS_PER_DAY
    if not found.size or np.ptp(found) <= HALF_DAY_S:
        return found
    days = found // SECONDS_PER_DAY
    clock = found % SECONDS_PER_DAY
    if np.ptp(days) > 1 or (clock < HALF_DAY_S).all() or (clock >= HALF_DAY_S).all():
        return found
    turned = days.min() * SECONDS_PER_DAY + clock + np.where(clock < HALF_DAY_S, SECONDS_PER_DAY, 0.0)
    one_day = np.ptp(days) == 0
    return turned if one_day or np.ptp(turned) < HALF_DAY_S else found


def time_groups(headers: Sequence[Header]) -> tuple[tuple[Header, ...], ...]:
    """Return images of one series by phase, whether or not each phase is whole.

    The first key of `KEYS`, instance numbers aside, that puts no two images of a group at one position.
    One group of all images if none does.
    """
    _, labels = cluster_offsets(slice_offsets(headers))
    for key in KEYS:
        values = [key.value(h) for h in headers]
        if key.overlap or any(v is None for v in values):
            continue
        times = unwrapped([v for v in values if v is not None])
        order = np.argsort(times, kind="stable")
        group = np.cumsum(np.diff(times[order], prepend=times[order[0]]) > key.gap)
        places = set(zip(group.tolist(), labels[order].tolist(), strict=True))
        if group[-1] > 0 and len(places) == len(headers):
            return tuple(tuple(headers[i] for i in order[group == g]) for g in range(group[-1] + 1))
    return (tuple(headers),)


def _ordered_by(key: Key, by_position: list[list[Header]]) -> list[list[Header]] | None:
    flat = [key.value(h) for group in by_position for h in group]
    if any(v is None for v in flat):
        return None
    values = unwrapped([v for v in flat if v is not None]).reshape(len(by_position), -1)
    order = np.argsort(values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    steps = np.diff(ranked, axis=1)
    if (steps <= 0).any() or (steps < key.gap).any():
        return None
    if not key.overlap and (ranked[:, :-1].max(axis=0) >= ranked[:, 1:].min(axis=0)).any():
        return None
    return [[group[order[k, p]] for k, group in enumerate(by_position)] for p in range(values.shape[1])]


def _phases(columns: list[list[Header]]) -> tuple[Phase, ...]:
    backwards = numbered_backwards(columns[0])
    return tuple(Phase(tuple(reversed(c) if backwards else c)) for c in columns)


def _require_one_plane(headers: Sequence[Header], where: str) -> None:
    planes = Counter(plane_key(h) for h in headers)
    if len(planes) > 1:
        sizes = ", ".join(str(n) for n in sorted(planes.values(), reverse=True))
        raise InputError(
            f"slices of {len(planes)} geometries (matrix, spacing, orientation) in one series: {sizes}",
            code="dicom.geometry",
            where=where,
            hint="name the files of each phase in a manifest",
        )


def _require_one_stack(positions: FloatArray, where: str) -> None:
    """Refuse two blocks of evenly spaced slices with a gap of several slices between them: both breasts."""
    steps = np.diff(positions)
    if steps.size < 3:
        return
    usual = float(np.median(steps))
    wide = np.flatnonzero(steps > 2.5 * usual)
    if wide.size == 1 and 0 < wide[0] < steps.size - 1:
        below, above = int(wide[0]) + 1, int(steps.size - wide[0])
        raise InputError(
            f"stacks of {below} and {above} slices lie {steps[wide[0]]:.1f} mm apart in one series "
            "(both breasts?)",
            code="dicom.two_stacks",
            where=where,
            hint="name the files of each phase of one stack in a manifest, or export missing slices",
        )


def _require_no_shared_time(by_position: list[list[Header]], chosen: Key, where: str) -> None:
    """Refuse several different images at one place and time that only a weaker key tells apart.

    Two times of which one is shared are a scan before contrast and one of several phases after it.
    """
    if chosen.name not in _WEAKER:
        return
    for key in KEYS:
        if key.name not in _WEAKER[chosen.name]:
            continue
        values = [[key.value(h) for h in group] for group in by_position]
        if any(v is None for group in values for v in group):
            continue
        shares = [Counter(group).values() for group in values]
        fewest, most = min(min(s) for s in shares), max(max(s) for s in shares)
        times = min(len(s) for s in shares)
        if most > 1 and (times > 2 or (times == 2 and fewest == most)):
            raise InputError(
                f"{most} different images share a place and {key.name}; the header does not tell which of "
                "them belong together",
                code="dicom.same_time",
                where=where,
                hint="other images stand among the phases; name the files of each phase in a manifest",
            )


def _unequal(positions: FloatArray, counts: np.ndarray, headers: Sequence[Header], where: str) -> InputError:
    usual = Counter(counts.tolist()).most_common(1)[0][0]
    odd = np.flatnonzero(counts != usual)
    named = ", ".join(f"{positions[k]:.2f} mm ({counts[k]})" for k in odd[:5]) + (
        ", ..." if odd.size > 5 else ""
    )
    groups = time_groups(headers)
    sizes = f"; phases of {', '.join(str(len(g)) for g in groups)} slices" if len(groups) > 1 else ""
    return InputError(
        f"slice positions hold unequal numbers of images: usually {usual}, but at {named}{sizes}",
        code="dicom.slice_count",
        where=where,
        hint="slices are missing or doubled (aborted?), or images of another kind stand among them; "
        "export again, or name the files or parts of the series in a manifest",
    )


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)
