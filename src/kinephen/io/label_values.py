"""The labels of a mask: whole numbers from 0 on, of which one is the region."""

from __future__ import annotations

import numpy as np

from kinephen.errors import InputError
from kinephen.types import AnyArray, BoolVolume

WHERE = "mask file"
NAME_ONE = (
    "name the one that is the lesion (--mask-label N; --label N of features, --segment N of review import), "
    "or write it to a file of its own"
)
_LISTED = 8


def labels_of(array: AnyArray) -> list[int]:
    """Return the labels of a mask, ascending, without 0.

    Raises
    ------
    InputError
        ``mask.values`` for values that are not whole numbers from 0 on.
    """
    unknown = 0 if array.dtype.kind in "uib" else int(np.count_nonzero(~np.isfinite(array)))
    if unknown:
        raise InputError(
            f"{unknown:,} of {array.size:,} voxels of the mask are NaN or infinite; expected whole numbers "
            "from 0 on",
            code="mask.values",
            where=WHERE,
            hint="write 0 where nothing is marked",
        )
    found = np.unique(array)
    odd = found[(found < 0) | (found != np.rint(found))]
    if odd.size:
        raise InputError(
            f"a mask must hold whole numbers from 0 on; found {listed(odd)}",
            code="mask.values",
            where=WHERE,
            hint="a mask that was interpolated must be cut at 0.5 first",
        )
    return [int(value) for value in found if value != 0]


def inside_label(array: AnyArray, label: int | None) -> BoolVolume:
    """Return the voxels of a label, or of the only one that there is; none of a mask that marks nothing.

    Raises
    ------
    InputError
        ``mask.values`` as `labels_of`, for several labels of which none was named, and for a label that the
        mask does not hold.
    """
    labels = labels_of(array)
    if label is None and len(labels) > 1:
        raise InputError(
            f"the mask holds several labels ({listed(labels)})",
            code="mask.values",
            where=WHERE,
            hint=NAME_ONE,
        )
    if label is not None and labels and label not in labels:
        raise InputError(
            f"the mask does not hold label {label}; it holds {listed(labels)}",
            code="mask.values",
            where=WHERE,
        )
    inside: BoolVolume = array != 0 if label is None else array == label
    return inside


def listed(values: AnyArray | list[int]) -> str:
    """Return the first values as text."""
    text = ", ".join(f"{v:g}" if isinstance(v, np.floating) else str(v) for v in values[:_LISTED])
    return f"{text} and more" if len(values) > _LISTED else text or "none"
