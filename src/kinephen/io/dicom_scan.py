"""All DICOM objects below a folder, with notes on the files that are none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from kinephen.core.cohort import Issue, Level
from kinephen.core.machine import raise_machine_fault
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header, quiet_pydicom, read_header
from kinephen.io.dicom_multiframe import expand_frames
from kinephen.io.dicom_pixel_headers import NotDicomError
from kinephen.io.dicom_stack import without_rounding
from kinephen.io.dicom_writer import uid_from_names
from kinephen.io.files import walk_files

_CODES = {"not DICOM": "dicom.other_file", "damaged DICOM": "dicom.damaged"}


@dataclass(frozen=True)
class Scan:
    """Headers below one folder, by path, and what was left out.

    `conflicts` are objects that share their SOP instance UID with a different one: reading their study stops.
    """

    headers: tuple[Header, ...]
    issues: tuple[Issue, ...]
    conflicts: tuple[Header, ...] = ()

    def of_study(self, study: str) -> Scan:
        """Return what belongs to one study, without the folder's notes."""
        headers = tuple(h for h in self.headers if h.study == study)
        return Scan(headers, (), tuple(h for h in self.conflicts if h.study == study))

    def require_one_of_each(self) -> None:
        """Raise ``InputError`` (``dicom.duplicate``) if two different objects share one SOP instance UID."""
        if self.conflicts:
            raise InputError(
                "two different objects carry the same SOP instance UID",
                code="dicom.duplicate",
                where="exam folder",
                hint="keep one of the two exports in the folder",
            )


def scan_folder(root: Path) -> Scan:
    """Read the headers of all DICOM files below `root`.

    Parameters
    ----------
    root : Path
        A folder, nested as it likes, or one file.

    Returns
    -------
    Scan
        Copies of one SOP instance count once.

    Raises
    ------
    InputError
        As `walk_files`.
    """
    walk = walk_files(root)
    headers: list[Header] = []
    refused: Counter[str] = Counter()
    with quiet_pydicom():
        for path in walk.files:
            try:
                header = read_header(path)
                if not header.uid:
                    # Images are told apart by it; what a file does not say cannot clash with what others do.
                    header = replace(header, uid=uid_from_names("object without UID", len(headers)))
                headers += expand_frames(header)
            except NotDicomError as error:
                refused[str(error)] += 1
            except OSError as error:
                raise_machine_fault(error)
                refused["unreadable"] += 1
    unique, copies, conflicts = _without_copies(headers)
    issues = [*walk.issues, *(_refusal(reason, count) for reason, count in sorted(refused.items()))]
    issues += _no_images(unique)
    if copies:
        issues.append(Issue("dicom.copies", "copies of instances already read were left out", "", copies))
    return Scan(without_rounding(unique), tuple(issues), tuple(conflicts))


def _no_images(headers: list[Header]) -> list[Issue]:
    """Say why MR images cannot be slices of a phase."""
    images = [h for h in headers if h.modality == "MR" and h.pixels is not None and not h.is_image]
    coloured = [h for h in images if h.pixels is not None and not h.pixels.grey]
    several = [h for h in images if h not in coloured and h.pixels is not None and h.pixels.frames > 1]
    reasons = (
        ("dicom.colour", len(coloured), "image(s) in colour, which are no signals, were left out"),
        ("dicom.frames", len(several), "object(s) of several frames that state no place were left out"),
        (
            "dicom.no_place",
            len(images) - len(coloured) - len(several),
            "image(s) without position, orientation or pixel spacing were left out",
        ),
    )
    return [Issue(code, f"{n} {text}", "", n) for code, n, text in reasons if n]


def _refusal(reason: str, count: int) -> Issue:
    code = _CODES.get(reason, "dicom." + reason.split(",")[0].split()[0])
    level: Level = "note" if code == "dicom.other_file" else "warning"
    return Issue(code, f"{count} file(s) left out: {reason}", "", count, level=level)


def _without_copies(headers: list[Header]) -> tuple[list[Header], int, list[Header]]:
    kept: dict[str, Header] = {}
    conflicts: list[Header] = []
    copies = 0
    for header in headers:
        first = kept.setdefault(header.uid, header)
        if first is header:
            continue
        if _same_object(first, header):
            copies += 1
            kept[header.uid] = min(first, header, key=_stated)
        else:
            conflicts.append(header)
    return list(kept.values()), copies, conflicts


def _stated(header: Header) -> str:
    """Return a header without its path: of copies that say different things, names choose none."""
    return repr(replace(header, path=Path()))


def _same_object(first: Header, second: Header) -> bool:
    if (first.series, first.position, first.content) != (second.series, second.position, second.content):
        return False
    return _pixel_bytes(first) == _pixel_bytes(second)


def _pixel_bytes(header: Header) -> bytes:
    if header.pixels is None or header.pixels.start < 0 or header.pixels.compressed:
        return header.path.read_bytes()
    with header.path.open("rb") as stream:
        stream.seek(header.pixels.start)
        return stream.read(header.pixels.length)
