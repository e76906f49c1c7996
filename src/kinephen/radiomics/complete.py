"""A complete IBSI-1 extraction: from image and mask through grid, range and levels to all features."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinephen.errors import InputError
from kinephen.radiomics.aggregate import Levelled
from kinephen.radiomics.discretise import Discretised, fixed_bin_number, fixed_bin_size
from kinephen.radiomics.ibsi import Key, directional_features, zonal_features
from kinephen.radiomics.ibsi_codes import IBSI_CODES
from kinephen.radiomics.ivh import IntensityAxis, ivh_features
from kinephen.radiomics.local_intensity import local_peaks
from kinephen.radiomics.prepare import Prepared
from kinephen.radiomics.protocol import Protocol
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.sample import Sample
from kinephen.radiomics.shape.morphology import map_morphology, mask_morphology
from kinephen.radiomics.statistics import histogram_features, statistics
from kinephen.radiomics.undefined import EMPTY, Undefined, Value
from kinephen.types import FloatVolume


def ibsi_features(
    prepared: Prepared, protocol: Protocol, *, shape: dict[str, Value] | None = None
) -> dict[Key, Value]:
    """Return the features of IBSI-1 that the protocol names, by family, name and aggregation.

    Parameters
    ----------
    prepared : Prepared
    protocol : Protocol
    shape : dict, optional
        What `mask_morphology` gave, where several maps share it.

    References
    ----------
    Zwanenburg A, et al. Image biomarker standardisation initiative, arXiv:1612.07003.
    """
    shape = shape or mask_morphology(prepared.context, protocol.features.mesh)
    roi, image = prepared.roi, prepared.image
    keys = feature_keys(protocol)
    found = _flat("morphology", shape)
    if roi.region.size:
        found |= _of_values(shape, roi, image, protocol) | _of_levels(roi, protocol)
    return {key: found.get(key, EMPTY) for key in keys}


def feature_keys(protocol: Protocol) -> list[Key]:
    """Return the keys of the features that a protocol asks for, in the order of `IBSI_CODES`."""
    directional = dict.fromkeys(("glcm", "glrlm"), protocol.textures.directional)
    zonal = dict.fromkeys(("glszm", "gldzm", "ngtdm", "ngldm"), protocol.textures.zonal)
    return [
        (family, name, aggregation)
        for family, names in IBSI_CODES.items()
        if family in protocol.features.families
        for aggregation in {**directional, **zonal}.get(family, ("",))
        for name in names
    ]


def _of_values(shape: dict[str, Value], roi: Roi, image: FloatVolume, protocol: Protocol) -> dict[Key, Value]:
    """Return what needs intensities but no grey levels."""
    families, volume = protocol.features.families, shape["volume_mesh"]
    found: dict[Key, Value] = {}
    if "morphology" in families:
        found |= _flat(
            "morphology",
            map_morphology(
                roi,
                volume if isinstance(volume, float) else np.nan,
                autocorrelation=protocol.features.autocorrelation,
            ),
        )
    if "local_intensity" in families:
        peaks = local_peaks(image, roi)
        found |= _flat("local_intensity", peaks)
    if "statistics" in families:
        found |= _flat("statistics", statistics(roi.sample))
    if "ivh" in families:
        found |= _flat("ivh", ivh_features(intensity_axis(roi, protocol)))
    return found


def _of_levels(roi: Roi, protocol: Protocol) -> dict[Key, Value]:
    """Return what needs grey levels; undefined where the width of a bin does not suit the map."""
    families = set(protocol.features.families)
    try:
        discretised = discretise(roi, protocol)
    except InputError as error:
        why = Undefined(error.message)
        return {key: why for key in feature_keys(protocol) if key[0] in _BINNED}
    found: dict[Key, Value] = {}
    if "intensity_histogram" in families:
        levels = Sample.of_levels(discretised.levels)
        found |= _flat("intensity_histogram", histogram_features(levels, discretised.n_levels))
    levelled = Levelled(roi.region, roi.region.grid(discretised.levels), discretised.n_levels)
    if families & {"glcm", "glrlm"}:
        found |= directional_features(levelled, protocol.textures.directional)
    if families & {"glszm", "gldzm", "ngtdm", "ngldm"}:
        found |= zonal_features(levelled, roi, protocol.textures.zonal)
    return found


def discretise(roi: Roi, protocol: Protocol) -> Discretised:
    """Return the grey levels for histogram and textures."""
    how = protocol.discretisation
    if how.width is None:
        return fixed_bin_number(roi.values, how.bins)
    lower = protocol.resegmentation.low if how.lower is None else how.lower
    return fixed_bin_size(roi.values, how.width, lower=lower)


def intensity_axis(roi: Roi, protocol: Protocol) -> IntensityAxis:
    """Return the axis of the intensity-volume histogram."""
    how, ends = protocol.ivh, (protocol.resegmentation.low, protocol.resegmentation.high)
    if how.axis == "values":
        return IntensityAxis.of_width(roi.values, 1.0, *ends, centred=False)
    if how.axis == "width":
        return IntensityAxis.of_width(roi.values, how.width, *ends)
    return IntensityAxis.of_levels(fixed_bin_number(roi.values, how.bins).levels, how.bins)


def _flat(family: str, values: Mapping[str, Value]) -> dict[Key, Value]:
    return {(family, name, ""): value for name, value in values.items()}


_BINNED = ("intensity_histogram", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm")
