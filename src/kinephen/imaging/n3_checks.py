"""Checks of an N3 field. The stop rule says that the field no longer moves, not that it is right.

The check that sees failures is to run N3 again on its own result; two more tell of fragile solutions. The
entropy of the histogram and the range of the field do not tell and are not used.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinephen.imaging.n3 import N3Fit, N3Problem, N3Settings, estimate, variation
from kinephen.types import FloatArray

RERUN_LIMIT = 0.008
"""Field found on the corrected image: above this (coefficient of variation) N3 did not converge."""
DOUBT_LIMIT = 0.005
"""Field found on the corrected image: between this and `RERUN_LIMIT` N3 may have taken two tissues that lie
apart, such as bright muscle behind the breast, for one tissue under a field, and a sharper try decides."""
SHARP_LIMIT = 0.003
"""The same for the sharper try, which is held to more since it moves less: above this it fails too."""
SHARPER = 2.0 / 3.0
"""Width of the blur of the sharper try, as a share of the settings': tissues 20 % apart stay two peaks."""
RAMP_LIMIT = 0.02
"""Field less the planted ramp against the first field: above this the solution is fragile."""
KNOT_LIMIT = 0.03
"""Field with knots at 60 mm against the first field: above this a warning."""
MASK_LIMIT = 0.02
"""Field from a mask of the body against that from Otsu's: above this the field depends on the mask."""
CLOSE_KNOTS_MM = 60.0
RAMP = 0.1


def rerun(problem: N3Problem, fit: N3Fit, settings: N3Settings) -> float:
    """Return the variation of the field that N3 finds on the corrected image; valid for knots at 200 mm."""
    again = estimate(replace(problem, log_image=problem.log_image - fit.log_field), settings)
    return variation(np.exp(again.log_field))


def planted_ramps(problem: N3Problem, fit: N3Fit, settings: N3Settings) -> float:
    """Return the largest variation left after six ramps were planted, found and taken away again.

    The image is multiplied by ``exp(+-0.1 x)``, and so along y and z, with x from -1 to 1 over the field of
    view.
    """
    worst = 0.0
    for ramp in _ramps(problem):
        for sign in (RAMP, -RAMP):
            moved = estimate(replace(problem, log_image=problem.log_image + sign * ramp), settings)
            left = moved.log_field - sign * ramp - fit.log_field
            worst = max(worst, variation(np.exp(left)))
    return worst


def close_knots(problem: N3Problem, fit: N3Fit, settings: N3Settings) -> float:
    """Return the variation of the ratio between a field with knots at 60 mm and the field."""
    dense = replace(settings, distance_mm=CLOSE_KNOTS_MM)
    spline = problem.smoother.with_distance(dense.distance_mm)
    again = estimate(replace(problem, smoother=spline), dense)
    return variation(np.exp(again.log_field - fit.log_field))


def other_mask(problem: N3Problem, fit: N3Fit, other: N3Problem, settings: N3Settings) -> float:
    """Return the variation of the ratio between the field from another mask and the field, in the first mask.

    Parameters
    ----------
    problem, other : N3Problem
        One image on one grid, in two masks.
    fit : N3Fit
        Of `problem`.
    settings : N3Settings
    """
    again = estimate(other, settings)
    return variation(np.exp(problem.smoother.at_samples(again.coefficients) - fit.log_field))


def _ramps(problem: N3Problem) -> list[FloatArray]:
    grid, inside = problem.smoother.grid, problem.smoother.inside
    places = np.unravel_index(inside, grid.counts())
    return [2.0 * grid.sample_positions(axis)[place] - 1.0 for axis, place in enumerate(places)]
