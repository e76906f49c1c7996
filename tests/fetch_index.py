"""A small index of a public collection, and a downloader that makes its files without a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

BYTES = 700


def series_row(patient: str, study: str, date: str, number: int, description: str, **more: object) -> dict:
    """Return one row as the index has it."""
    return {
        "collection_id": "ispy1",
        "PatientID": patient,
        "StudyInstanceUID": study,
        "StudyDate": date,
        "SeriesInstanceUID": f"{study}.{number}",
        "Modality": "MR",
        "SeriesDescription": description,
        "instanceCount": 4,
        "license_short_name": "CC BY 3.0",
        **more,
    }


def exam_rows(patient: str, study: str, date: str, *, source: str = "dyn", dynamic: Sequence[int] = (12,)):
    """Return the series of one analysed exam: dynamic series, maps, segmentations and what is not needed."""
    rows = [
        series_row(patient, study, date, 20 + n, source, instanceCount=count)
        for n, count in enumerate(dynamic)
    ]
    rows += [
        series_row(patient, study, date, 1, "localiser"),
        series_row(patient, study, date, 1000, f"{source}: SER"),
        series_row(patient, study, date, 1001, f"{source}: PE1"),
    ]
    for number, text in ((2100, "VOI PE Segmentation thresh=70"), (2101, "VOI Breast Tissue Segmentation")):
        rows.append(series_row(patient, study, date, number, text, Modality="SEG", instanceCount=1))
    rows.append(series_row(patient, study, date, 9, "Report", Modality="SR", instanceCount=1))
    return rows


def index_table(rows: Sequence[dict]) -> pd.DataFrame:
    """Return the index, with the size of each series as `FakeArchive` makes it."""
    frame = pd.DataFrame(rows)
    frame["series_size_MB"] = frame["instanceCount"] * BYTES / 1e6
    return frame


class FakeArchive:
    """A downloader: writes the files of series, of which `damage` may spoil some.

    Parameters
    ----------
    frame : DataFrame
        The index.
    damage : callable, optional
        Called with (call number, folder) after each download.
    """

    def __init__(self, frame: pd.DataFrame, damage=None) -> None:
        self.counts = dict(zip(frame["SeriesInstanceUID"], frame["instanceCount"], strict=True))
        self.damage = damage
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, series: Sequence[str], folder: Path) -> None:
        self.calls.append(tuple(series))
        for uid in series:
            for n in range(self.counts[uid]):
                path = folder / f"{uid.replace('.', '')}-{n:03d}.dcm"
                path.write_bytes(dicom_bytes(folder, uid, f"{uid}.{n + 1}"))
        if self.damage is not None:
            self.damage(len(self.calls), folder)


def dicom_bytes(folder: Path, series: str, instance: str) -> bytes:
    """Return an object of exactly `BYTES` bytes."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    data.file_meta.MediaStorageSOPInstanceUID = instance
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    data.SOPInstanceUID = instance
    data.SeriesInstanceUID = series
    path = folder / "one.tmp"
    data.save_as(path, enforce_file_format=True)
    missing = BYTES - path.stat().st_size - 12
    data.add_new(0x00420011, "OB", bytes(missing))
    data.save_as(path, enforce_file_format=True)
    content = path.read_bytes()
    path.unlink()
    assert len(content) == BYTES
    return content
