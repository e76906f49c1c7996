"""Features of responses beside those of their maps."""

from __future__ import annotations

from dataclasses import replace

from kinephen.radiomics.catalogue import MASK_ONLY
from kinephen.radiomics.extract import Extraction
from kinephen.radiomics.filters.responses import Responses


def without_repeats(found: Extraction, made: Responses) -> Extraction:
    """Return what was found of maps and responses without what a response shares with its map.

    Parameters
    ----------
    found : Extraction
        Of maps and of `made`.
    made : Responses
        Their 21 features of the mask alone are left out.
    """
    if not made.names:
        return found
    shared = {(name, key) for name in made.names for key in MASK_ONLY}
    return replace(
        found,
        features={
            name: {key: value for key, value in row.items() if (name, key) not in shared}
            for name, row in found.features.items()
        },
        reasons={place: text for place, text in found.reasons.items() if place not in shared},
    )
