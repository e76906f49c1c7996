"""Sort of 64-bit keys by digits."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.kernels.compiler import kernel

BITS = 11
BUCKETS = 1 << BITS
PASSES = 6


@kernel("void(uint64[::1], uint64[::1])")
def radix_sort(keys, scratch):  # type: ignore[no-untyped-def]
    """Sort `keys` in place, least significant digit first; digits that all keys share are skipped."""
    places = np.zeros((PASSES, BUCKETS), dtype=np.int64)
    for key in keys:
        for digit in range(PASSES):
            places[digit, (key >> np.uint64(digit * BITS)) & np.uint64(BUCKETS - 1)] += 1
    source, target = keys, scratch
    moved = 0
    for digit in range(PASSES):
        line = places[digit]
        shift = np.uint64(digit * BITS)
        if line[(source[0] >> shift) & np.uint64(BUCKETS - 1)] == keys.size:
            continue
        total = 0
        for bucket in range(BUCKETS):
            count = line[bucket]
            line[bucket] = total
            total += count
        for key in source:
            bucket = (key >> shift) & np.uint64(BUCKETS - 1)
            target[line[bucket]] = key
            line[bucket] += 1
        source, target = target, source
        moved += 1
    if moved % 2:
        keys[:] = scratch
