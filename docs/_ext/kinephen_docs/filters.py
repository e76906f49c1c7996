"""Page of the convolutional filters, from their catalogue."""

from __future__ import annotations

from kinephen.radiomics.filters import KINDS, parse_filter
from kinephen.radiomics.filters.base import BOUNDARIES, MOST_REACH
from kinephen.radiomics.filters.catalogue import FilterKind, written
from kinephen_docs.markdown import code, page, table, text

CONVENTIONS = (
    "**Units.** Scales are in mm and written with their unit (`sigma=3mm`), angles in degrees "
    "(`step=45deg`); numbers without a unit are voxels or plain. A scale is turned into voxels with the "
    "spacing of each axis, so that a filter has no direction on unequal spacing; Laws kernels, mean and "
    "wavelets go by voxels: resample to equal voxels first where direction matters.",
    "**Axes.** Kernels and subbands name the columns (x) first, then rows (y), then slices (z). Two letters, "
    "or `dimensions=2`, work slice by slice.",
    "**Rotations.** `invariant=yes` pools the responses to all right-angled rotations of the filter: 4 in "
    "the plane, 24 in space. A wavelet's filter of even length gets a zero at its end, and is rotated with "
    "it.",
    "**Numbers** are 64-bit inside. Every voxel needs a value: filter an image that is complete, not a map "
    "that is defined in the lesion only.",
)


def filters() -> str:
    """Return the page of the filters."""
    intro = (
        f"{len(KINDS)} filters of the Image Biomarker Standardisation Initiative, chapter 2, each giving an "
        "image on the same grid, the response, of which features are taken in the same mask. "
        "They are off unless asked for. [Agreement with the reference](../ibsi-filters.md). Code: "
        "`kinephen.radiomics.filters`; `kinephen info filters` prints this page's table."
    )
    known = ", ".join(code(b) for b in BOUNDARIES)
    boundary = (
        f"**Boundary**: `boundary=` {known}. Beyond the image lie zeros, the voxel at the edge, the image "
        "again, or (`mirror`, if nothing is said) the image reflected at its outer faces, so that the voxel "
        f"at the edge occurs twice. A kernel may reach {MOST_REACH} voxels to each side."
    )
    return page("Filters", intro, boundary, *CONVENTIONS, *(_section(kind) for kind in KINDS))


def _section(kind: FilterKind) -> str:
    facts = [
        ("IBSI", code(kind.ibsi_code)),
        ("definition", code(kind.formula)),
        ("unit of the response", text(kind.unit)),
        ("linear", "yes" if kind.linear else "no"),
        ("written", code(kind.example)),
        ("name of that response", code(parse_filter(kind.example).name)),
    ]
    defaults = kind.defaults()
    rows = [
        [
            code(written(field)),
            text(meaning),
            code(_shown(defaults[field])) if field in defaults else "needed",
        ]
        for field, meaning in kind.parameters.items()
    ]
    heading = f"## {text(kind.title)} ({code(kind.kind)})"
    parts = [heading, table(["", ""], facts), table(["parameter", "meaning", "if left out"], rows)]
    return "\n\n".join(parts)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
