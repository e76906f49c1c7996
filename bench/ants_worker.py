"""Runs inside the ANTs environment: ``ants_worker.py image.npy mask.npy field.npy METHOD SPACING...``.

Writes the estimated field and prints the wall and processor seconds that the correction itself took.
"""

from __future__ import annotations

import sys
import time

import ants
import numpy as np


def main() -> None:
    image_path, mask_path, field_path, method = sys.argv[1:5]
    spacing = [float(s) for s in sys.argv[5:8]]
    values, inside = np.load(image_path), np.load(mask_path)
    image = ants.from_numpy(values.astype(np.float32), spacing=spacing)
    mask = ants.from_numpy(inside.astype(np.float32), spacing=spacing)
    start, used = time.perf_counter(), time.process_time()
    if method == "n4":
        corrected = ants.n4_bias_field_correction(image, mask=mask, shrink_factor=4)
    else:
        corrected = ants.n3_bias_field_correction2(image, mask=mask, shrink_factor=4)
    seconds = (time.perf_counter() - start, time.process_time() - used)
    found = corrected.numpy()
    field = np.divide(values, found, out=np.ones_like(values, dtype=np.float64), where=found > 0)
    np.save(field_path, field)
    print(*seconds)


if __name__ == "__main__":
    main()
