"""What headers say of stored values, and what that does to the numbers made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.counted import counted
from kinephen.io.dicom_codecs import CODECS
from kinephen.io.dicom_phases import Phase
from kinephen.io.dicom_pixel_headers import Pixels

WHERE = "pixel data"
_SAME_SLOPE = 1e-3


def value_issues(phases: Sequence[Phase]) -> tuple[Issue, ...]:
    """Return what is odd about the stored values of an exam, though they are read.

    Parameters
    ----------
    phases : sequence of Phase

    Returns
    -------
    tuple of Issue
        ``dicom.lossy``, ``dicom.zero_slope``, ``dicom.padding``, ``dicom.real_world``,
        ``dicom.philips_scale``.
    """
    pixels = [[h.pixels for h in phase.slices if h.pixels is not None] for phase in phases]
    flat = [p for phase in pixels for p in phase]
    found = (
        _lossy(flat),
        _count(
            flat,
            [p.slope_is_zero for p in flat],
            "dicom.zero_slope",
            "state a rescale slope of 0, which was taken as 1",
        ),
        _padding(flat),
        _real_world(flat),
        _philips(pixels),
    )
    return tuple(issue for issue in found if issue is not None)


def _count(pixels: list[Pixels], odd: list[bool], code: str, text: str) -> Issue | None:
    n = sum(odd)
    return Issue(code, f"{n} of {len(pixels)} images {text}", WHERE, n, level="warning") if n else None


def _lossy(pixels: list[Pixels]) -> Issue | None:
    odd = [p.lossy or (p.syntax in CODECS and CODECS[p.syntax].lossy) for p in pixels]
    text = "were compressed with loss: their signals, and every number made of them, differ from the acquired"
    return _count(pixels, odd, "dicom.lossy", text)


def _padding(pixels: list[Pixels]) -> Issue | None:
    n = sum(p.padding is not None and p.padding != (0, 0) for p in pixels)
    text = f"{counted(n, 'image')} with a padding value: voxels that hold it show nothing, and count as 0"
    return Issue("dicom.padding", text, WHERE, n) if n else None


def _real_world(pixels: list[Pixels]) -> Issue | None:
    n = sum(p.real_world for p in pixels)
    text = (
        f"{counted(n, 'image')} with a mapping to real-world values, which was left aside: the numbers are "
        "ratios of rescaled signals"
    )
    return Issue("dicom.real_world", text, WHERE, n) if n else None


def _philips(phases: list[list[Pixels]]) -> Issue | None:
    """Note the private scale slope: a common factor drops out of every ratio of signals."""
    stated = [sorted({p.scale_slope for p in phase if p.scale_slope}) for phase in phases]
    every = np.array([v for phase in stated for v in phase])
    if not every.size:
        return None
    if np.ptp(every) <= _SAME_SLOPE * np.abs(every).max():
        text = (
            "the private scale slope of Philips is the same in all phases and was not applied: it drops out "
            "of every ratio of signals"
        )
        return Issue("dicom.philips_scale", text, WHERE)
    text = (
        "the private scale slope of Philips differs between images and was not applied, for displayed values "
        "are read: if the phases were scaled each by itself, their signals are not comparable"
    )
    return Issue("dicom.philips_scale", text, WHERE, level="warning")
