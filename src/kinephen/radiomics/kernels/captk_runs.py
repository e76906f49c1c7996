"""Run lengths in mm that may leave the mask."""

from __future__ import annotations

from kinephen.radiomics.kernels.compiler import kernel


@kernel(
    "void(float64[:, :, ::1], int32[:, ::1], boolean[:, :, ::1], float64[::1], int32[:, ::1], float64[::1],"
    " float64, int32[:, :, ::1])"
)
def physical_runs(image, voxels, inside, edges, steps, lengths, diagonal, counts):  # type: ignore[no-untyped-def]
    """Add to ``counts[direction, level, length bin]``.

    `voxels` are the mask's in raster order, `steps` lead to later voxels in it. A run that begins at an
    earlier voxel of the mask, even one joined through voxels outside, is not counted again.
    """
    nz, ny, nx = image.shape
    bins = edges.size - 1
    width = (edges[bins] - edges[0]) / bins
    for n in range(voxels.shape[0]):
        z0, y0, x0 = voxels[n]
        value = image[z0, y0, x0]
        level = min(max(int((value - edges[0]) / width), 0), bins - 1)
        while level > 0 and value < edges[level]:
            level -= 1
        while level < bins - 1 and value >= edges[level + 1]:
            level += 1
        low, high, last = edges[level], edges[level + 1], level == bins - 1
        for direction in range(steps.shape[0]):
            dz, dy, dx = steps[direction]
            counted = False
            z, y, x = z0 - dz, y0 - dy, x0 - dx
            while 0 <= z < nz and 0 <= y < ny and 0 <= x < nx:
                v = image[z, y, x]
                if not (v >= low and (v < high or (last and v == high))):
                    break
                if inside[z, y, x]:
                    counted = True
                    break
                z, y, x = z - dz, y - dy, x - dx
            if counted:
                continue
            run = 0
            z, y, x = z0 + dz, y0 + dy, x0 + dx
            while 0 <= z < nz and 0 <= y < ny and 0 <= x < nx:
                v = image[z, y, x]
                if not (v >= low and (v < high or (last and v == high))):
                    break
                run += 1
                z, y, x = z + dz, y + dy, x + dx
            distance = run * lengths[direction]
            if distance <= diagonal:
                counts[direction, level, min(int(distance / diagonal * bins), bins - 1)] += 1
