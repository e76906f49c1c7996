"""Filters of ``kinephen features``, and the 104 features of responses beside those of their maps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kinephen.radiomics import Extraction
from kinephen.radiomics.complete_responses import joined
from kinephen.radiomics.filters import parse_filters
from kinephen.radiomics.filters.responses import Responses
from kinephen.radiomics.measured import Measured


def read_filters(texts: Iterable[str]) -> tuple[str, ...]:
    """Return filters as they were written, once they are known to be filters.

    Raises
    ------
    ConfigError
        As `kinephen.radiomics.filters.parse_filters`.
    """
    written = tuple(texts)
    parse_filters(written)
    return written


def measured_maps(found: Extraction, made: Responses) -> dict[str, Measured]:
    """Return what was found of each map, the features of its responses as ``RESPONSE_Family_Name``.

    Parameters
    ----------
    found : Extraction
        Of the maps and their responses.
    made : Responses
    """
    result = {name: _part(found, name) for name in found.features if name not in made.names}
    for full, (name, response) in made.names.items():
        result[name] = joined(result[name], _part(found, full), response)
    for issue in made.issues:
        result[issue.where] = replace(result[issue.where], issues=(*result[issue.where].issues, issue))
    return result


def _part(found: Extraction, name: str) -> Measured:
    return Measured(
        features=found.features[name],
        reasons={key: text for (owner, key), text in found.reasons.items() if owner == name},
        diagnostics=found.diagnostics[name],
        issues=tuple(issue for issue in found.issues if issue.where == name),
    )
