"""The archive's own SER and PE maps of an exam, to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry, Volume
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_pixels import read_slice
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_stack import stack_geometry
from kinephen.io.nifti import align


@dataclass(frozen=True)
class ReferenceMap:
    """A derived map of an exam.

    Parameters
    ----------
    kind : str
        ``"SER"``, ``"PE1"`` or ``"PE2"`` (the digit is the phase that was taken as early).
    headers : tuple of Header
    """

    kind: str
    headers: tuple[Header, ...]

    def read(self, geometry: Geometry) -> Volume:
        """Return the map as `placed` does, without its issues."""
        return self.placed(geometry)[0]

    def placed(self, geometry: Geometry) -> tuple[Volume, tuple[Issue, ...]]:
        """Return the map on the exam's grid, rescaled: SER as ratio, PE in percent; 0 where not computed.

        A map that lies exactly half a voxel off is matched by index, with a note.

        Raises
        ------
        InputError
            ``geometry.mismatch`` if the map lies elsewhere; as `stack_geometry` and `read_slice`.
        """
        ordered = sorted(self.headers, key=lambda h: tuple(h.position or ()))
        along = np.array([h.position for h in ordered]) @ geometry.directions[:, 0]
        stack = [ordered[i] for i in np.argsort(along, kind="stable")]
        own = stack_geometry(stack, where=f"{self.kind} map")
        issues: tuple[Issue, ...] = ()
        difference = own.difference(geometry)
        half = geometry.half_voxel_off(own) if difference else ""
        if half:
            text = f"{self.kind} map: it lies half a voxel off, {half}, and was matched by index"
            own, issues = geometry, (Issue("maps.half_voxel", text, "maps"),)
        elif difference:
            raise InputError(
                f"{self.kind} map and exam lie on different grids: {difference}",
                code="geometry.mismatch",
                hint="export exam and map again from their archive",
            )
        array = np.stack([read_slice(h) for h in stack])
        unit = "1" if self.kind == "SER" else "%"
        return Volume(align(array, own, geometry), geometry, unit), issues


def reference_maps(series: Sequence[Series]) -> tuple[ReferenceMap, ...]:
    """Return the derived maps among the series of an exam."""
    return tuple(ReferenceMap(s.map_kind, s.images) for s in series if s.map_kind)
