"""The place of a single set bit among sixteen, without a loop."""

from __future__ import annotations

import numpy as np

# Every window of four bits of this number is different, so that a shift by k is told by its highest four.
DE_BRUIJN = np.uint64(0x09AF)
LOW_16, TWELVE, ONE = np.uint64(0xFFFF), np.uint64(12), np.uint64(1)
PLACES = np.zeros(16, dtype=np.uint64)
PLACES[[(((1 << k) * 0x09AF) & 0xFFFF) >> 12 for k in range(16)]] = np.arange(16)
