"""Sorting the images of a study, one by one: which of them can be phases, and what the others are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kinephen.core.cohort import Issue, Level
from kinephen.core.counted import counted
from kinephen.errors import InputError
from kinephen.io.dicom_copies import copies
from kinephen.io.dicom_dixon import choose_part, parts_by_name
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_kind import DIXON, SPARE, Kind, kind_of
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_stack import cluster_offsets, plane_key, slice_offsets

MANY_PLANES = 4
"""So many orientations beside a stack are the views of a turning projection; localizers have up to three."""


@dataclass(frozen=True)
class Sorting:
    """The series of a study with the images that can be phases.

    Parameters
    ----------
    acquired : tuple of Series
        With the acquired images alone; of the parts of a Dixon sequence with the chosen one alone.
    spare : tuple of Series
        Series of derived images, which may be phases where nothing acquired makes an exam.
    joined : tuple of Series
        The acquired series together with the derived images of the same series.
    doubtful : tuple of Series
        Acquired images whose series description alone says that they are no phases.
    maps : tuple of Series
        SER and PE maps.
    kinds : dict of str to Kind
        What each image is, by UID.
    error : InputError, optional
        Why parts of a Dixon sequence were left out; to be raised if nothing else makes an exam.
    """

    acquired: tuple[Series, ...]
    spare: tuple[Series, ...] = ()
    joined: tuple[Series, ...] = ()
    doubtful: tuple[Series, ...] = ()
    maps: tuple[Series, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    error: InputError | None = None

    @property
    def images(self) -> frozenset[str]:
        """The UIDs of all images that can be phases."""
        return frozenset(h.uid for s in (*self.acquired, *self.spare, *self.doubtful) for h in s.headers)

    def _joined_images(self) -> Iterator[Header]:
        return (h for s in self.joined for h in s.headers)

    def holds_acquired(self, series: Series) -> bool:
        """Tell whether acquired images of a series can be phases."""
        return any(s.uid == series.uid for s in self.acquired)

    def counts(self, series: Series) -> dict[str, int]:
        """Return how many images of a series are of each kind, most first."""
        if series.map_kind:
            return {f"{series.map_kind} map": len(series.images)}
        found = Counter(str(self.kinds[h.uid]) for h in series.images)
        return dict(sorted(found.items(), key=lambda k: (-k[1], k[0])))

    def issues(self, used: Collection[str]) -> tuple[Issue, ...]:
        """Return one note for each kind of images that were left aside, and on derived ones that were not.

        Parameters
        ----------
        used : collection of str
            UIDs of the images of the phases.
        """
        aside = Counter(kind for uid, kind in self.kinds.items() if uid not in used)
        derived = Counter(kind for uid, kind in self.kinds.items() if uid in used and kind in _ASIDE)
        among = any(h.uid not in used and self.kinds[h.uid] is Kind.PROCESSED for h in self._joined_images())
        return (
            *(
                replace(
                    note,
                    count=aside[kind],
                    level="warning" if among and kind is Kind.PROCESSED else "note",
                )
                for kind, note in _ASIDE.items()
                if aside[kind]
            ),
            *(_derived(kind, derived[kind]) for kind in Kind if kind not in DIXON and derived[kind]),
        )


_ASIDE = {
    Kind.WATER: Issue("dicom.dixon_part", "images left out: Dixon water", "phases"),
    Kind.FAT: Issue("dicom.dixon_part", "images left out: Dixon fat", "phases"),
    Kind.IN_PHASE: Issue("dicom.dixon_part", "images left out: Dixon in-phase", "phases"),
    Kind.OPPOSED: Issue("dicom.dixon_part", "images left out: Dixon opposed-phase", "phases"),
    Kind.BESIDE: Issue("dicom.dixon_part", "images left out: beside the parts of a Dixon sequence", "phases"),
    Kind.PROCESSED: Issue("dicom.derived", "images left out: derived without a stated way", "phases"),
    Kind.REFORMAT: Issue("dicom.reformat", "images left out: reformatted", "phases"),
    Kind.SUBTRACTION: Issue("dicom.subtraction", "images left out: subtraction", "phases"),
    Kind.PROJECTION: Issue("dicom.projection", "images left out: projection", "phases"),
    Kind.COMPUTED: Issue("dicom.computed", "images left out: computed map", "phases"),
    Kind.COMPLEX: Issue("dicom.complex", "images left out: phase, real or imaginary part", "phases"),
    Kind.LOCALIZER: Issue("dicom.localizer", "images left out: localizer", "phases"),
    Kind.COPY: Issue("dicom.sent_twice", "images left out: sent twice", "phases"),
}


def _derived(kind: Kind, count: int) -> Issue:
    text = f"images of the phases are called {kind} by their header"
    level: Level = "note" if kind is Kind.PROCESSED else "warning"
    return Issue("dicom.derived_phases", text, "phases", count, level=level)


def sort_images(series: Sequence[Series]) -> Sorting:
    """Sort the images of one study by what their headers and their places say.

    Pixels are read only of images that repeat the place and the times of another one.

    Parameters
    ----------
    series : sequence of Series

    Returns
    -------
    Sorting
    """
    return _Sorter(series).result()


class _Sorter:
    """What is known of the images of one study while they are sorted."""

    def __init__(self, series: Sequence[Series]) -> None:
        self.maps = tuple(s for s in series if s.map_kind)
        self.series = tuple(s for s in series if not s.map_kind)
        self.sources = {uid for s in self.maps for h in s.images for uid in h.sources}
        named = self.sources | {uid for s in series for h in s.headers if not h.is_image for uid in h.sources}
        images = [h for s in self.series for h in s.images]
        self.kinds: dict[str, Kind] = {}
        self.uncertain: set[str] = set()
        self.parts: set[str] = set()
        self.error: InputError | None = None
        self._by_header(images)
        for kind in (Kind.ACQUIRED, *DIXON, *SPARE):
            repeated = copies([h for h in images if self.kinds[h.uid] is kind], named)
            self.kinds |= dict.fromkeys(repeated, Kind.COPY)
        self._choose_parts(images)

    def result(self) -> Sorting:
        acquired: list[Series] = []
        spare: list[Series] = []
        joined: list[Series] = []
        doubtful: list[Series] = []
        for one in self.series:
            images = self._phases_of(one.images)
            acquired.append(self._series(one, images))
            derived = [h for h in one.images if self.kinds[h.uid] in SPARE and h.uid not in self.uncertain]
            if images:
                joined.append(self._series(one, [*images, *self._on_one_grid(derived)]))
            else:
                spare.append(self._series(one, self._on_one_grid(derived)))
            left = [h for h in one.images if h.uid in self.uncertain]
            doubtful.append(self._series(one, self._on_one_grid(left)))
        found = [tuple(s for s in series if s.headers) for series in (acquired, spare, joined, doubtful)]
        return Sorting(found[0], found[1], found[2], found[3], self.maps, self.kinds, self.error)

    def _by_header(self, images: Sequence[Header]) -> None:
        for image in images:
            verdict = kind_of(image)
            self.kinds[image.uid] = verdict.kind
            if not verdict.certain:
                self.uncertain.add(image.uid)
        open_to_names = (Kind.ACQUIRED, Kind.PROCESSED)
        self.kinds |= parts_by_name([h for h in images if self.kinds[h.uid] in open_to_names])
        for uid in self.sources & self.kinds.keys():
            # What a map was made from is an image of the exam, whatever its header says.
            self.uncertain.discard(uid)
            if self.kinds[uid] not in DIXON:
                self.kinds[uid] = Kind.ACQUIRED

    def _choose_parts(self, images: Sequence[Header]) -> None:
        grids: defaultdict[tuple[object, ...], list[Header]] = defaultdict(list)
        for image in images:
            if self.kinds[image.uid] in DIXON:
                grids[plane_key(image)].append(image)
        for own in grids.values():
            try:
                chosen = choose_part(self.kinds, own, self.sources)
            except InputError as error:
                self.error = self.error or error
                continue
            self.parts |= {h.uid for h in own if self.kinds[h.uid] is chosen}

    def _phases_of(self, images: Sequence[Header]) -> list[Header]:
        """Return the images of one series that can be phases."""
        plain = [h for h in images if self.kinds[h.uid] is Kind.ACQUIRED]
        parts = [h for h in images if h.uid in self.parts]
        if parts and plain:
            if len(parts) < len(plain):
                self.error = self.error or _parts_among_others(len(parts), len(plain))
                return []
            # Echoes stand beside the parts that were made of them.
            self.kinds |= dict.fromkeys((h.uid for h in plain), Kind.BESIDE)
            plain = []
        return self._on_one_grid(plain or parts)

    def _on_one_grid(self, images: Sequence[Header]) -> list[Header]:
        """Return `images` without the few that stand in other planes beside a whole stack."""
        planes: defaultdict[tuple[object, ...], list[Header]] = defaultdict(list)
        for image in images:
            planes[plane_key(image)].append(image)
        if len(planes) < 2:
            return list(images)
        main = max(planes.values(), key=len)
        strays = [own for own in planes.values() if own is not main]
        if len({str(key[-1]) for key in planes}) > 2 and len(main) * 2 <= len(images):
            strays, main = list(planes.values()), []
        elif max(len(own) for own in strays) >= _slices(main):
            return list(images)
        kind = Kind.PROJECTION if len(planes) > MANY_PLANES else Kind.LOCALIZER
        self.kinds |= dict.fromkeys((h.uid for own in strays for h in own), kind)
        return main

    def _series(self, series: Series, images: Sequence[Header]) -> Series:
        part = next((str(self.kinds[h.uid]) for h in images if h.uid in self.parts), "")
        return replace(series, headers=tuple(images), part=part)


def _parts_among_others(parts: int, plain: int) -> InputError:
    return InputError(
        f"a series holds {counted(parts, 'image')} of one Dixon part among {plain} that are none; phases of "
        "both are never mixed",
        code="dicom.dixon",
        where="exam folder",
        hint="export all water images, or name each phase in a manifest; image_type there picks one part",
    )


def _slices(images: Sequence[Header]) -> int:
    """Return the number of positions of images on one grid; 0 unless all hold as many images."""
    each = _at_each_position(images)
    return len(images) // each if each else 0


def _at_each_position(images: Sequence[Header]) -> int:
    """Return how many images stand at each position; 0 if their numbers differ or positions are not told."""
    try:
        _, labels = cluster_offsets(slice_offsets(images))
    except InputError:  # directions that are none are said where the images are read
        return 0
    counts = set(Counter(labels.tolist()).values())
    return counts.pop() if len(counts) == 1 else 0
