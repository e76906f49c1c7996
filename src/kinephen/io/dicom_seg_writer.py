"""Writing masks as a DICOM segmentation of one phase of an exam."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import ModuleType

import highdicom as hd
import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.sequence import Sequence as Items

from kinephen import __version__
from kinephen.core.files import atomic_path
from kinephen.core.volume import Mask, require_same_grid
from kinephen.errors import InputError, InternalError
from kinephen.io import dicom_codes as terms
from kinephen.io.dicom_headers import quiet_pydicom
from kinephen.io.dicom_reference_phase import ReferencePhase
from kinephen.io.dicom_writer import uid_from_names
from kinephen.io.review_note import UNREVIEWED, ReviewNote

MANUFACTURER = "kinephen"
SERIES_NUMBERS = {"SEG": 9100, "SR": 9101}
FTV, LESION = "FTV", "primary lesion"
_COLOURS = {FTV: (213, 94, 0), LESION: (0, 114, 178)}


@dataclass(frozen=True)
class Segment:
    """One region to be written.

    Parameters
    ----------
    label : str
        ``"FTV"`` or ``"primary lesion"``; also the tracking identifier.
    mask : Mask
    """

    label: str
    mask: Mask


@dataclass(frozen=True)
class Origin:
    """How the regions came about.

    Parameters
    ----------
    parameters : mapping of str to str
        Thresholds and the like, as they are written into the object.
    reviewer : str
        Who answers for the content; empty if nobody reviewed it, and where `review` tells.
    review : ReviewNote, optional
        The decision that stands on the lesion's mask. It does not concern the functional tumour volume, which
        follows from thresholds.
    moment : datetime
        Time of writing, on the local clock. No offset from UTC is written: it would claim to hold for the
        dates and times that were copied from the source too.
    """

    parameters: Mapping[str, str]
    reviewer: str = ""
    review: ReviewNote | None = None
    moment: datetime = field(default_factory=lambda: datetime.now().astimezone())

    @property
    def person(self) -> str:
        """Who answers for the content, as a DICOM person name; empty if nobody does."""
        if self.reviewer or self.review is None or self.review.state == "changed":
            return self.reviewer
        return self.review.person()

    def comment(self, label: str) -> str:
        """Return what is known of the review of a region."""
        if label != LESION:
            return "by thresholds; a review is of the lesion alone"
        return UNREVIEWED if self.review is None else self.review.text()

    def uid(self, phase: ReferencePhase, *names: str) -> str:
        """Return a UID of an object made from `phase` at this time."""
        return uid_from_names(
            "kinephen", str(phase.images[0].SOPInstanceUID), self.moment.isoformat(), *names
        )


def make_segmentation(
    phase: ReferencePhase, segments: Sequence[Segment], origin: Origin
) -> hd.seg.Segmentation | None:
    """Return a BINARY segmentation of the regions that are not empty.

    Frames without a voxel are omitted. Regions may overlap; they are numbered from 1 in the order given.

    Parameters
    ----------
    phase : ReferencePhase
    segments : sequence of Segment
    origin : Origin

    Returns
    -------
    Segmentation or None
        None if all regions are empty: a volume of zero is a measurement without a segment. The object
        carries the patient and study modules of the source images, so that it is filed with the exam.

    Raises
    ------
    InputError
        ``geometry.mismatch`` if a region does not lie on the grid of the phase; ``export.source`` if the
        headers of its images cannot be copied.

    References
    ----------
    DICOM PS3.3, A.51 Segmentation IOD; C.8.20.2 Segmentation Image Module.
    """
    for segment in segments:
        require_same_grid(phase.geometry, segment.mask.geometry, what="source images and segment")
    kept = [s for s in segments if s.mask.voxels]
    if not kept:
        return None
    with built_from_source():
        data = _segmentation(phase, kept, origin)
    stamp(data, origin)
    return data


def _segmentation(phase: ReferencePhase, kept: Sequence[Segment], origin: Origin) -> hd.seg.Segmentation:
    data = hd.seg.Segmentation(
        source_images=phase.images,
        pixel_array=_volume(phase, kept),
        segmentation_type="BINARY",
        segment_descriptions=[_description(phase, n, s, origin) for n, s in enumerate(kept, start=1)],
        series_instance_uid=origin.uid(phase, "SEG", "series"),
        series_number=SERIES_NUMBERS["SEG"],
        sop_instance_uid=origin.uid(phase, "SEG", "instance"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=__version__,
        device_serial_number="0",
        content_label="FTV",
        content_description="Functional tumour volume and primary lesion",
        omit_empty_frames=True,
    )
    data.SeriesDescription = "Functional tumour volume and primary lesion"
    # Empty means that nobody reviewed the content; the element itself may not be absent.
    data.ContentCreatorName = origin.person
    if phase.frame_numbers:
        _keep_frames_of_phase(data, phase.frame_numbers)
    return data


def _keep_frames_of_phase(data: Dataset, numbers: frozenset[int]) -> None:
    """Refer to the frames of one phase alone where the source object holds several at each position."""
    for frame in data.PerFrameFunctionalGroupsSequence:
        derivation = frame.DerivationImageSequence[0]
        derivation.SourceImageSequence = Items(
            [i for i in derivation.SourceImageSequence if int(i.ReferencedFrameNumber) in numbers]
        )


def segment_numbers(segmentation: Dataset | None) -> dict[str, int]:
    """Return the number of each segment by its label."""
    items = () if segmentation is None else segmentation.SegmentSequence
    return {str(item.SegmentLabel): int(item.SegmentNumber) for item in items}


def stamp(data: Dataset, origin: Origin) -> None:
    """Give an object, its series and its content the time of writing, and a character set for any name."""
    data.SpecificCharacterSet = "ISO_IR 192"
    day, time = origin.moment.strftime("%Y%m%d"), origin.moment.strftime("%H%M%S.%f")
    data.InstanceCreationDate, data.InstanceCreationTime = day, time
    data.SeriesDate, data.SeriesTime = day, time
    data.ContentDate, data.ContentTime = day, time


@contextmanager
def built_from_source() -> Iterator[None]:
    """Name the source where its headers cannot be copied; what they hold is never repeated.

    Raises
    ------
    InputError
        ``export.source`` if the headers are at fault.
    InternalError
        ``internal.library`` if highdicom or pydicom, as installed, lacks what is asked of it.
    """
    with quiet_pydicom():
        try:
            yield
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            if _misfit(error):
                raise InternalError(
                    f"highdicom {hd.__version__} with pydicom {pydicom.__version__} does not do what is"
                    f" asked of it ({type(error).__name__}); the images are not at fault",
                    code="internal.library",
                    hint="install the versions that kinephen asks for (see `pip check`), or report it",
                ) from error
            raise InputError(
                "the headers of the source images break DICOM's rules, so no object can refer to them",
                code="export.source",
                where="exam",
                hint="leave out --seg and --sr, or export the series again from its archive",
            ) from error


def _misfit(error: Exception) -> bool:
    """Tell whether a call did not fit the library: a name it lacks, or arguments that it does not take."""
    if isinstance(error, AttributeError) and isinstance(error.obj, Dataset):
        return tag_for_keyword(error.name) is None
    if isinstance(error, AttributeError) and isinstance(error.obj, type | ModuleType):
        return True
    if not isinstance(error, AttributeError | TypeError):
        return False
    # Python refuses a call in the frame of the caller; what the library itself refuses lies deeper.
    frames = list(traceback.walk_tb(error.__traceback__))
    return str(frames[-1][0].f_globals["__name__"]).startswith("kinephen.")


def write_dicom(path: Path, data: Dataset) -> None:
    """Write an object, whole or not at all."""
    with atomic_path(path) as temporary, quiet_pydicom():
        data.save_as(temporary, enforce_file_format=True)


def _volume(phase: ReferencePhase, segments: Sequence[Segment]) -> hd.Volume:
    return hd.Volume(
        np.stack([s.mask.array.astype(np.uint8) for s in segments], axis=-1),
        affine=np.array(phase.geometry.affine),
        coordinate_system="PATIENT",
        frame_of_reference_uid=phase.frame_of_reference,
        channels={"SegmentNumber": list(range(1, len(segments) + 1))},
    )


def _description(
    phase: ReferencePhase, number: int, segment: Segment, origin: Origin
) -> hd.seg.SegmentDescription:
    algorithm = hd.AlgorithmIdentificationSequence(
        name="kinephen functional tumour volume",
        family=terms.ALGORITHM_FAMILY,
        version=__version__,
        parameters={"source": segment.mask.source, **origin.parameters},
    )
    manual = segment.label == LESION and origin.review is not None and origin.review.drawn_by_hand
    description = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=segment.label,
        segmented_property_category=terms.MORPHOLOGY,
        segmented_property_type=terms.NEOPLASM,
        # A reader drew the box in every case; a mask that owes nothing to thresholds is drawn by hand.
        algorithm_type="MANUAL" if manual else "SEMIAUTOMATIC",
        algorithm_identification=None if manual else algorithm,
        tracking_uid=phase.tracking_uid(segment.label),
        tracking_id=segment.label,
        anatomic_regions=[terms.BREAST],
        display_color=_colour(segment.label),
    )
    description.SegmentDescription = origin.comment(segment.label)
    if phase.laterality:
        side = hd.sr.CodedConcept.from_code(terms.SIDES[phase.laterality])
        description.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = Items([side])
    return description


def _colour(label: str) -> hd.color.CIELabColor | None:
    rgb = _COLOURS.get(label)
    return None if rgb is None else hd.color.CIELabColor.from_rgb(*rgb)
