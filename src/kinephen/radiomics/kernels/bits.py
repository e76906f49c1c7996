"""The place of a single set bit among sixteen, without a loop."""

from __future__ import annotations

import numpy as np

# Every window of four bits of this number is different, so that a shift by k is told by its highest four.
DE_BRUIJN = 0x09AF
PLACES = np.zeros(16, dtype=np.int64)
PLACES[[(((1 << k) * DE_BRUIJN) & 0xFFFF) >> 12 for k in range(16)]] = np.arange(16)
