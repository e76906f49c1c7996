"""Filters as settings write them."""

from __future__ import annotations

from kinephen.errors import ConfigError


def known_filters(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts if each describes a filter and none occurs twice.

    Raises
    ------
    ValueError
        As pydantic wants it, with the words of `kinephen.radiomics.filters.parse_filters`.
    """
    if texts:
        from kinephen.radiomics.filters import parse_filters  # numba is behind it

        try:
            parse_filters(texts)
        except ConfigError as error:
            raise ValueError(str(error)) from None
    return texts
