"""Downloading chosen exams: whole or not at all, checked against the index, going on where it stopped."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pydicom

from kinephen.core.machine import raise_machine_fault
from kinephen.errors import InputError, KinephenError, UsageError
from kinephen.io.dicom_headers import quiet_pydicom
from kinephen.io.idc_choice import ChosenExam, ChosenSeries
from kinephen.io.idc_index import INSTALL

Downloader = Callable[[Sequence[str], Path], None]
"""Takes SeriesInstanceUIDs and an existing folder, into which it puts the files of all of them, flat."""
Progress = Callable[[int, int], None]
"""Called with (exams done, all exams)."""

PARTIAL = ".partial"
_AGAIN = "run the same command again: what is whole is kept"
MARGIN = 100_000_000
"""Bytes that stay free beyond the images, for tables and the file system."""
FAILURES_IN_A_ROW = 3
"""After so many exams that fail one after the other the fault is not theirs."""


@dataclass(frozen=True)
class Fetched:
    """What is in the folder now.

    Parameters
    ----------
    complete : tuple of ChosenExam
        Exams that are there and agree with the index.
    already : int
        How many of them were there before.
    failures : dict of str to str
        Exam folder to reason.
    """

    complete: tuple[ChosenExam, ...]
    already: int
    failures: dict[str, str] = field(default_factory=dict)


def missing(exams: Sequence[ChosenExam], images: Path) -> tuple[ChosenExam, ...]:
    """Return the exams that are not below `images` as the index describes them."""
    return tuple(e for e in exams if _disagreement(e, images / e.folder))


def free_space(out: Path) -> int:
    """Return the free bytes where `out` is or will be."""
    place = next(p for p in (out, *out.resolve().parents) if p.exists())
    return shutil.disk_usage(place).free


def require_space(size: int, free: int) -> None:
    """Raise ``InputError`` (``fetch.space``) if `free` bytes do not hold `size` bytes and a margin."""
    if free < size + MARGIN:
        raise InputError(
            f"{(size + MARGIN) / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free",
            code="fetch.space",
            where="--out",
            hint="give a folder on a larger disk, or fewer visits or patients (--visits, --limit)",
        )


def fetch_exams(
    exams: Sequence[ChosenExam], out: Path, download: Downloader, *, progress: Progress
) -> Fetched:
    """Download what is missing of `exams` into ``out/images``.

    Parameters
    ----------
    exams : sequence of ChosenExam
    out : Path
    download : Downloader
        May leave files of an earlier attempt where it finds them; every file is checked afterwards.
    progress : callable

    Returns
    -------
    Fetched
        An exam is complete if each series has the number of instances and of bytes that the index gives, and
        each file says that it belongs to it. One that is not is tried twice, then listed in `failures`.

    Raises
    ------
    InputError
        ``fetch.stopped`` after several failures in a row.
    """
    images = out / "images"
    todo = {e.folder for e in missing(exams, images)}
    already = len(exams) - len(todo)
    failures: dict[str, str] = {}
    row = 0
    progress(already, len(exams))
    for exam in exams:
        if exam.folder not in todo:
            continue
        reason = _fetch(exam, out, download)
        row = row + 1 if reason else 0
        if reason:
            failures[exam.folder] = reason
        if row == FAILURES_IN_A_ROW:
            raise _stopped(row, reason)
        todo.discard(exam.folder)
        progress(len(exams) - len(todo), len(exams))
    shutil.rmtree(out / PARTIAL, ignore_errors=True)
    complete = tuple(e for e in exams if e.folder not in failures)
    return Fetched(complete, already, failures)


def network_downloader() -> Downloader:
    """Return the downloader of the Imaging Data Commons: the one place that reaches the network.

    Raises
    ------
    UsageError
        ``fetch.extra`` naming the extra to install.
    """
    try:
        from idc_index import IDCClient
    except ImportError as error:
        raise UsageError(
            "downloading needs the package idc-index, which is not installed",
            code="fetch.extra",
            hint=INSTALL,
        ) from error
    logging.getLogger("idc_index").setLevel(logging.ERROR)
    client = IDCClient()

    def download(series: Sequence[str], folder: Path) -> None:
        try:
            client.download_from_selection(
                downloadDir=str(folder),
                seriesInstanceUID=list(series),
                dirTemplate=None,
                use_s5cmd_sync=True,
                show_progress_bar=False,
            )
        except Exception as error:  # the client raises many kinds; what matters is that the exam is not there
            raise_machine_fault(error)
            raise InputError(
                f"the download client failed ({type(error).__name__})",
                code="fetch.client",
                hint="check the connection, and run the same command again",
            ) from error

    return download


def _fetch(exam: ChosenExam, out: Path, download: Downloader) -> str:
    """Download one exam; return why that failed, or an empty string."""
    partial = out / PARTIAL / exam.folder
    reason = ""
    for _ in range(2):
        reason = _attempt(exam, partial, download)
        if not reason:
            _publish(partial / "sorted", out / "images" / exam.folder)
            shutil.rmtree(partial)
            return ""
        # What lies there may be damaged: the second attempt begins anew.
        shutil.rmtree(partial, ignore_errors=True)
    return reason


def _attempt(exam: ChosenExam, partial: Path, download: Downloader) -> str:
    raw, ordered = partial / "raw", partial / "sorted"
    raw.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(ordered, ignore_errors=True)
    try:
        download([s.uid for s in exam.series], raw)
        _sort(exam, raw, ordered)
    except KinephenError as error:
        return error.message
    except OSError as error:
        raise_machine_fault(error)
        return f"{type(error).__name__}: {error.strerror or 'the download failed'}"
    return _disagreement(exam, ordered)


def _sort(exam: ChosenExam, raw: Path, ordered: Path) -> None:
    """Move each file to the folder of its series, under a running number."""
    names = _series_folders(exam)
    counts = dict.fromkeys(names, 0)
    for path in sorted(p for p in raw.rglob("*") if p.is_file()):
        uid = _series_uid(path)
        if uid not in names:
            raise InputError("a file of another series was downloaded", code="fetch.verify", hint=_AGAIN)
        counts[uid] += 1
        target = ordered / names[uid] / f"{counts[uid]:04d}.dcm"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _series_uid(path: Path) -> str:
    try:
        with quiet_pydicom():
            data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"])
        return str(data.SeriesInstanceUID)
    except Exception as error:  # pydicom raises many kinds on files that were cut off
        raise_machine_fault(error)
        raise InputError(
            "a file that is no DICOM object was downloaded", code="fetch.verify", hint=_AGAIN
        ) from error


def _series_folders(exam: ChosenExam) -> dict[str, str]:
    return {s.uid: f"{number:02d}-{s.role}" for number, s in enumerate(exam.series, start=1)}


def _disagreement(exam: ChosenExam, folder: Path) -> str:
    """Return the first difference between the files of an exam and the index; empty if there is none."""
    if not folder.is_dir():
        return "not there"
    names = _series_folders(exam)
    return next((text for s in exam.series if (text := _differs(s, folder / names[s.uid]))), "")


def _differs(series: ChosenSeries, folder: Path) -> str:
    sizes = [p.stat().st_size for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
    if len(sizes) != series.instances:
        return f"series {folder.name}: {len(sizes)} files, the index says {series.instances}"
    if sum(sizes) != series.size:
        return f"series {folder.name}: {sum(sizes)} bytes, the index says {series.size}"
    return ""


def _publish(ordered: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists():
        shutil.rmtree(final)
    ordered.rename(final)


def _stopped(row: int, reason: str) -> InputError:
    return InputError(
        f"{row} exams failed one after the other; the last: {reason}",
        code="fetch.stopped",
        hint="check the network and run the same command again: what is there already is kept",
    )
