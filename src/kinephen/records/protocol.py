"""How the images of an exam were acquired, as its files state it."""

from __future__ import annotations

from kinephen.records.base import Number, Record

OTHER = "OTHER"
"""Stands for codes that are on no list."""
FAT_SUPPRESSED = "fat suppressed"
NOT_FAT_SUPPRESSED = "no fat suppression stated among the scan options"


class Protocol(Record):
    """How the dynamic series was acquired; None or empty where the files are silent.

    Parameters
    ----------
    scanning_sequence, sequence_variant, scan_options : tuple of str
        Codes of DICOM and of makers; `OTHER` for one that is on no list.
    sequence_name, coil : str
        As the file has it, or ``"stated, not shown"`` where it holds words that are not of imaging.
    acquisition_type : str
        ``"1D"``, ``"2D"`` or ``"3D"``.
    fat_suppression : str
        `FAT_SUPPRESSED`, `NOT_FAT_SUPPRESSED` or empty.
    repetition_ms, echo_ms, inversion_ms, flip_degrees : float, optional
    echo_train, averages : float, optional
    slice_thickness_mm : float, optional
    parallel_factor : float, optional
        Of parallel imaging in plane; 1 is none.
    contrast_agent, contrast_route : str
        Generic, see `kinephen.io.contrast_agents`.
    contrast_volume_ml : float, optional
        As injected, diluted or not.
    contrast_dose_ml : float, optional
        Of the undiluted agent.
    differences : tuple of str
        What the phases do not have in common though the signal depends on it, with the value of each phase.
    """

    scanning_sequence: tuple[str, ...] = ()
    sequence_variant: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    sequence_name: str = ""
    acquisition_type: str = ""
    fat_suppression: str = ""
    repetition_ms: Number = None
    echo_ms: Number = None
    inversion_ms: Number = None
    flip_degrees: Number = None
    echo_train: Number = None
    averages: Number = None
    slice_thickness_mm: Number = None
    parallel_factor: Number = None
    coil: str = ""
    contrast_agent: str = ""
    contrast_route: str = ""
    contrast_volume_ml: Number = None
    contrast_dose_ml: Number = None
    differences: tuple[str, ...] = ()
