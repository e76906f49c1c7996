"""A complete extraction of an image and of its responses to the filters of a protocol."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from kinephen.radiomics.complete import Measured, Prepared, measure, prepare
from kinephen.radiomics.filters import parse_filters
from kinephen.radiomics.filters.responses import responses
from kinephen.radiomics.protocol import Discretisation, Protocol, Resegmentation, VolumeHistogram
from kinephen.types import BoolVolume, FloatVolume

T = TypeVar("T")


def by_protocol(
    image: FloatVolume, mask: BoolVolume, spacing: tuple[float, float, float], protocol: Protocol
) -> Measured:
    """Return the features of one map in one mask and of its responses, ``RESPONSE_FAMILY_FEATURE``.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    mask : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        mm along (slice, row, column).
    protocol : Protocol
        Filters are applied to the resampled image; the intensity mask is that of the image, not of the
        response.

    Raises
    ------
    InputError
        As `kinephen.radiomics.complete.prepare` and `kinephen.radiomics.filters.filtered`.
    """
    prepared = prepare(image, mask, spacing, protocol)
    found = measure(prepared, protocol)
    filters = parse_filters(protocol.filtering.filters)
    if not filters:
        return found
    made = responses({"": prepared.image}, prepared.context.spacing, filters)
    how = _of_responses(protocol)
    for name in filters:
        part = measure(Prepared(made.arrays[f".{name}"], prepared.context, prepared.keep), how)
        found = joined(found, part, name)
    return replace(found, issues=(*found.issues, *made.issues))


def joined(found: Measured, part: Measured, response: str) -> Measured:
    """Return what was measured with what was measured of a response, under its name."""
    return Measured(
        features=found.features | _named(part.features, response),
        reasons=found.reasons | _named(part.reasons, response),
        diagnostics=found.diagnostics | _named(part.diagnostics, response),
        issues=(*found.issues, *part.issues),
    )


def _named(values: dict[str, T], response: str) -> dict[str, T]:
    return {f"{response}_{key}": value for key, value in values.items()}


def _of_responses(protocol: Protocol) -> Protocol:
    """Return the protocol for responses: range and width are in the unit of the image, not of a response."""
    families = tuple(f for f in protocol.features.families if f != "morphology")
    return replace(
        protocol,
        resegmentation=Resegmentation(),
        discretisation=Discretisation(bins=protocol.discretisation.bins),
        ivh=VolumeHistogram(bins=protocol.ivh.bins),
        features=replace(protocol.features, families=families),
    )
