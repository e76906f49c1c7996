"""A complete extraction of an image and of its responses to the filters of a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from kinephen.radiomics.context import MaskContext
from kinephen.radiomics.filters import parse_filters
from kinephen.radiomics.filters.responses import responses
from kinephen.radiomics.measured import Measured, measure
from kinephen.radiomics.prepare import Prepared, on_grid, prepare
from kinephen.radiomics.protocol import Discretisation, Protocol, Resegmentation, VolumeHistogram
from kinephen.radiomics.shape.morphology import mask_morphology
from kinephen.radiomics.undefined import Value
from kinephen.types import FloatVolume

T = TypeVar("T")


def by_protocol(
    maps: Mapping[str, FloatVolume], context: MaskContext, protocol: Protocol
) -> dict[str, Measured]:
    """Return the features of each map in one mask, and of its responses as ``RESPONSE_FAMILY_FEATURE``.

    Parameters
    ----------
    maps : mapping of str to ndarray, shape of the mask
    context : MaskContext
        The lesion on the grid of the maps.
    protocol : Protocol
        Filters are applied to the resampled image; the intensity mask is that of the image, not of the
        response.

    Raises
    ------
    InputError
        As `kinephen.radiomics.prepare.prepare` and `kinephen.radiomics.filters.filtered`.
    """
    target = on_grid(context, protocol)
    shape = mask_morphology(target, protocol.features.mesh)
    return {
        name: _with_responses(name, prepare(image, context, protocol, target=target), protocol, shape)
        for name, image in maps.items()
    }


def _with_responses(name: str, prepared: Prepared, protocol: Protocol, shape: dict[str, Value]) -> Measured:
    found = measure(name, prepared, protocol, shape)
    filters = parse_filters(protocol.filtering.filters)
    if not filters:
        return found
    prepared.context.require_square("filters")
    made = responses({name: prepared.image}, prepared.context.spacing, filters)
    how = _of_responses(protocol)
    for response in filters:
        image = made.arrays[f"{name}.{response}"]
        part = measure(name, Prepared(image, prepared.context, prepared.keep), how, shape)
        found = joined(found, part, response)
    return replace(found, issues=tuple(dict.fromkeys((*found.issues, *made.issues))))


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
