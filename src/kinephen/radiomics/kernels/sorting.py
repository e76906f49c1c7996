"""Sort of floating-point numbers by the digits of their bit patterns."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.kernels.compiler import kernel

BITS = 11
BUCKETS = 1 << BITS
PASSES = 6
LOW = np.uint64(BUCKETS - 1)
SIGN = np.uint64(1 << 63)


@kernel("void(uint64[::1], uint64[::1])")
def radix_sort(keys, scratch):  # type: ignore[no-untyped-def]
    """Sort the bit patterns of float64 numbers in place by the order of the numbers.

    Least significant digit first; digits that all keys share are skipped.
    """
    places = np.zeros((PASSES, BUCKETS), dtype=np.int64)
    for n in range(keys.size):
        key = keys[n]
        # Negative numbers ascend as their patterns descend, and stand before the positive ones.
        key = ~key if key & SIGN else key | SIGN
        keys[n] = key
        for digit in range(PASSES):
            places[digit, (key >> np.uint64(digit * BITS)) & LOW] += 1
    source, target = keys, scratch
    for digit in range(PASSES):
        line = places[digit]
        shift = np.uint64(digit * BITS)
        if line[(source[0] >> shift) & LOW] == keys.size:
            continue
        total = 0
        for bucket in range(BUCKETS):
            count = line[bucket]
            line[bucket] = total
            total += count
        for n in range(keys.size):
            key = source[n]
            bucket = (key >> shift) & LOW
            target[line[bucket]] = key
            line[bucket] += 1
        source, target = target, source
    for n in range(keys.size):
        key = source[n]
        keys[n] = key ^ SIGN if key & SIGN else ~key
