"""The site's own analysis of an exam, and its SER map with UCSF's private header."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import PrivateBlock

from kinephen.imaging.ftv import FtvResult, FtvRule, functional_tumour_volume
from kinephen.io.dicom_writer import (
    SeriesContent,
    Slice,
    clock,
    decimal,
    plane_attributes,
)
from kinephen.simulate.exam import SimulatedExam
from kinephen.simulate.identity import MR_IMAGE, ExamIdentity, acquisition_header
from kinephen.simulate.layouts import instance_uid
from kinephen.types import BoolArray

CREATOR = "UCSF BIRP PRIVATE CREATOR 011710xx"
GROUP = 0x0117
MIN_NEIGHBOURS = 4
SER_UNIT = 0.001
SER_CLIP = 3.0


@dataclass(frozen=True)
class SiteAnalysis:
    """What the site's own software found in the exam.

    Parameters
    ----------
    voi : ndarray of bool, shape (nz, ny, nx)
        The region of interest.
    tissue : ndarray of bool, shape (nz, ny, nx)
        Tissue inside it.
    ftv : FtvResult
    ser : ndarray, shape (nz, ny, nx)
        Signal enhancement ratio wherever a voxel passes, in the whole image; 0 elsewhere.
    """

    voi: BoolArray
    tissue: BoolArray
    ftv: FtvResult
    ser: NDArray[np.float64]


def analyse(exam: SimulatedExam) -> SiteAnalysis:
    """Apply the published rule to the stored images, as the site did."""
    protocol = exam.protocol
    pre, early, late = (
        exam.stored[i].astype(np.float64) * protocol.slope for i in (0, protocol.early, protocol.late)
    )
    voi = np.zeros(exam.geometry.shape, dtype=np.bool_)
    voi[tuple(slice(a, b + 1) for a, b in zip(exam.box_first, exam.box_last, strict=True))] = True
    rule = FtvRule(pe_threshold=float(protocol.pe_threshold_percent), min_neighbours=MIN_NEIGHBOURS)
    volume = exam.geometry.voxel_volume_mm3
    ftv = functional_tumour_volume(pre, early, late, voxel_volume_mm3=volume, voi=voi, rule=rule)
    fixed = FtvRule(ftv.tissue_threshold, 60.0, rule.pe_threshold, MIN_NEIGHBOURS)
    everywhere = functional_tumour_volume(
        pre, early, late, voxel_volume_mm3=volume, voi=np.ones_like(voi), rule=fixed
    ).by_pe
    ser = np.zeros(pre.shape)
    np.divide(early - pre, late - pre, out=ser, where=everywhere)
    return SiteAnalysis(voi, voi & (pre >= ftv.tissue_threshold), ftv, ser)


def ser_series(
    exam: SimulatedExam, identity: ExamIdentity, analysis: SiteAnalysis, *, source: int
) -> SeriesContent:
    """Return the SER map of an exam: thousandths, clipped at 3, with sources and private header.

    Parameters
    ----------
    exam, identity, analysis
    source : int
        Number of the series that the map was made from.
    """
    protocol = exam.protocol
    header = acquisition_header(identity, exam)
    header.ImageType = ["DERIVED", "PRIMARY", "DCE", "SER"]
    header.SeriesDescription = f"{protocol.description}: SER"
    header.SeriesNumber, header.SeriesInstanceUID = source * 10000 + 1000, identity.uid("series", "ser")
    header.SeriesTime = header.ContentTime = clock(identity.injection_s + 3600)
    phases = (0, protocol.early, protocol.late)
    header.DerivationDescription = (
        "Signal Enhancement Ratio from Contrast Enhanced MRI = PctEnhance(early)/PctEnhance(late)\r\n"
        f"Map derived from time points (0=pre-contrast): {','.join(str(p) for p in phases)}"
    )
    header.RescaleSlope, header.RescaleIntercept = decimal(SER_UNIT), "0"
    header.update(private_header(exam, identity, analysis))
    stored = np.rint(np.clip(analysis.ser, 0.0, SER_CLIP) / SER_UNIT).astype(np.uint16)
    slices = [
        Slice(
            stored[k],
            identity.uid("ser", k),
            {"InstanceNumber": k + 1, **plane_attributes(exam.geometry, k)},
            extra=_sources([instance_uid(identity, phase, k) for phase in phases]),
        )
        for k in range(exam.geometry.shape[0])
    ]
    return SeriesContent(header, slices, folder="ser")


def private_header(exam: SimulatedExam, identity: ExamIdentity, analysis: SiteAnalysis) -> Dataset:
    """Return UCSF's private group 0117: thresholds, box, phase times and volumes."""
    protocol = exam.protocol
    data = Dataset()
    block = data.private_block(GROUP, CREATOR, create=True)
    block.add_new(
        0x10,
        "SQ",
        [
            _parameter("PE_threshold", "Percent Enhancement Cutoff", protocol.pe_threshold_percent),
            _parameter("minimum_neighbor_count", "Min Conn Pixels Initial Masking", MIN_NEIGHBOURS),
            _parameter("PCT_background_threshold", "Background threshold, percent", 60),
            _parameter(
                "pre_contrast_threshold",
                "Pre-contrast threshold",
                int(np.ceil(analysis.ftv.tissue_threshold)),
            ),
        ],
    )
    block.add_new(0x20, "SQ", [_box(exam)])
    block.add_new(0x30, "IS", len(protocol.starts_s))
    block.add_new(0x31, "DS", decimal(protocol.duration_s))
    block.add_new(0x33, "TM", clock(identity.injection_s))
    block.add_new(0x34, "DS", [decimal(t) for t in protocol.middles_s])
    block.add_new(0x35, "IS", [0, protocol.early, protocol.late])
    block.add_new(0x3A, "LO", "AUTOMATIC")
    block.add_new(0xA1, "US", list(reversed(exam.box_first)))
    block.add_new(0xA2, "US", list(reversed(exam.box_last)))
    threshold = protocol.pe_threshold_percent
    ftv = analysis.ftv
    block.add_new(
        0xB0,
        "SQ",
        [
            _volume(0.0, ftv.pe_voxels, ftv.pe_cc, f"FTVpe(PEearly>{threshold}%)"),
            _volume(0.9, ftv.ser_voxels or 0, ftv.ser_cc, f"FTVser(PEearly>{threshold}%, SER>0.9)"),
        ],
    )
    return data


def _box(exam: SimulatedExam) -> Dataset:
    box = exam.box
    item, block = _item()
    block.add_new(0x41, "IS", 1)
    # Half vectors along column, row and slice directions; four numbers each, the fourth is 1.
    slices, rows, columns = box.half_vectors_mm
    for offset, vector in ((0x42, box.centre_mm), (0x43, columns), (0x44, rows), (0x45, slices)):
        block.add_new(offset, "DS", [*(decimal(v) for v in vector), "1"])
    block.add_new(0x46, "CS", "VOI")
    return item


def _parameter(name: str, label: str, value: int) -> Dataset:
    item, block = _item()
    block.add_new(0x12, "CS", "INTEGER")
    block.add_new(0x14, "LO", name)
    block.add_new(0x16, "LO", label)
    block.add_new(0x19, "IS", value)
    return item


def _volume(low: float, voxels: int, cc: float, label: str) -> Dataset:
    item, block = _item()
    block.add_new(0xB1, "DS", decimal(low))
    block.add_new(0xB2, "DS", decimal(SER_CLIP))
    block.add_new(0xB3, "IS", voxels)
    block.add_new(0xB4, "DS", decimal(cc))
    block.add_new(0xB5, "LO", label)
    return item


def _item() -> tuple[Dataset, PrivateBlock]:
    item = Dataset()
    return item, item.private_block(GROUP, CREATOR, create=True)


def _sources(uids: list[str]) -> Dataset:
    data = Dataset()
    items = []
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = MR_IMAGE, uid
        items.append(item)
    data.SourceImageSequence = items
    return data
