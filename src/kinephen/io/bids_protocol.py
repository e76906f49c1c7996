"""Scanner and protocol in the sidecars of NIfTI files: BIDS has the names of DICOM, and times in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kinephen.io.dicom_phases import SAME_PHASE_S
from kinephen.io.privacy import shown, shown_or_hashed
from kinephen.io.protocol import NUMBERS, TEXTS, protocol_from, protocol_of_phases, tesla
from kinephen.records.protocol import FAT_SUPPRESSED, NOT_FAT_SUPPRESSED, Protocol

_SECONDS = ("RepetitionTime", "EchoTime", "InversionTime")
_EXCITATION = "RepetitionTimeExcitation"
"""Beside ``RepetitionTime``, which is of volumes in a 4-D file."""
_MODEL = "ManufacturersModelName"
_WRITTEN = {
    "ScanningSequence": "scanning_sequence",
    "SequenceVariant": "sequence_variant",
    "ScanOptions": "scan_options",
    "SequenceName": "sequence_name",
    "MRAcquisitionType": "acquisition_type",
    "ReceiveCoilName": "coil",
    "ContrastBolusAgent": "contrast_agent",
    "ContrastBolusRoute": "contrast_route",
}
_SUPPRESSION = {FAT_SUPPRESSED: "FAT", NOT_FAT_SUPPRESSED: "NONE"}


@dataclass(frozen=True)
class Acquired:
    """What sidecars state of scanner and protocol, as in `kinephen.io.dicom_exam.Exam`.

    Parameters
    ----------
    manufacturer, scanner_model : str
    field_strength_t : float, optional
    protocol : Protocol
    """

    manufacturer: str = ""
    scanner_model: str = ""
    field_strength_t: float | None = None
    protocol: Protocol = field(default_factory=Protocol)


def sidecar_acquired(sidecars: Sequence[Mapping[str, object]]) -> Acquired:
    """Return what the sidecars of the phases state, in order of time; values of other types are ignored."""
    first = sidecars[0]
    return Acquired(
        manufacturer=shown(str(first.get("Manufacturer", ""))),
        scanner_model=shown_or_hashed(str(first.get(_MODEL, ""))),
        field_strength_t=tesla(first.get("MagneticFieldStrength")),
        protocol=protocol_of_phases([_protocol(s) for s in sidecars]),
    )


def acquired_fields(acquired: Acquired) -> dict[str, object]:
    """Return scanner and protocol as fields of a sidecar, from which `sidecar_acquired` reads the same."""
    protocol = acquired.protocol
    found: dict[str, object] = {
        "Manufacturer": acquired.manufacturer,
        # A hash would be hashed again.
        _MODEL: "" if acquired.scanner_model.startswith("#") else acquired.scanner_model,
        "MagneticFieldStrength": acquired.field_strength_t,
        **{name: getattr(protocol, own) for name, own in _WRITTEN.items()},
        "SpectrallySelectedSuppression": _SUPPRESSION.get(protocol.fat_suppression),
    }
    for name, (own, _, _) in NUMBERS.items():
        value = getattr(protocol, own)
        found[name] = round(value / 1000.0, 9) if value is not None and name in _SECONDS else value
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if value not in (None, "", ())
    }


def _protocol(content: Mapping[str, object]) -> Protocol:
    stated = {name: content.get(name) for name in (*NUMBERS, *TEXTS)}
    times = {name: _milliseconds(stated[name]) for name in _SECONDS}
    repetition = times["RepetitionTime"]
    if repetition is not None and repetition >= 1000.0 * SAME_PHASE_S:  # the distance of volumes
        times["RepetitionTime"] = None
    stated |= times
    if content.get(_EXCITATION) is not None:
        stated["RepetitionTime"] = _milliseconds(content[_EXCITATION])
    return protocol_from(stated)


def _milliseconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e9:
        return None
    return float(value) * 1000.0
