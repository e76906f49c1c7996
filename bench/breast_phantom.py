"""A breast with known bias field: a sagittal exam of 256 x 256 x 60 voxels of 0.7 x 0.7 x 2 mm.

Breast on a chest wall: fat, fibroglandular tissue, muscle, a lobulated lesion of about 14 mm radius and a
vessel, with enhancement of each tissue, Rician noise, and a smooth field of given strength whose mean in the
breast is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SHAPE = (60, 256, 256)
SPACING = (2.0, 0.7, 0.7)
NOISE = 7.0

# signal before contrast, relative enhancement early and late
TISSUES = {
    "fat": (180.0, 0.03, 0.05),
    "gland": (320.0, 0.18, 0.35),
    "muscle": (260.0, 0.30, 0.40),
    "rim": (330.0, 1.60, 1.25),
    "core": (330.0, 0.95, 1.10),
    "vessel": (330.0, 1.90, 1.50),
}


@dataclass(frozen=True)
class Phantom:
    """Frames without field or noise, shape (3, nz, ny, nx), and regions of shape (nz, ny, nx)."""

    clean: np.ndarray
    breast: np.ndarray
    lesion: np.ndarray
    shape: tuple[int, int, int]

    def field(self, strength: float) -> np.ndarray:
        """Return ``exp(a (1.6 x + 2 y^2 - 0.6 z + 1.2 x y))``, scaled to mean 1 in the breast."""
        z, y, x = coordinates(self.shape)
        log_field = strength * (1.6 * x + 2.0 * y**2 - 0.6 * z + 1.2 * x * y)
        field = np.exp(np.broadcast_to(log_field, self.shape))
        return field / field[self.breast].mean()

    def frames(self, field: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the frames under a field, with Rician noise, float32."""
        real = self.clean * field + rng.normal(0.0, NOISE, self.clean.shape)
        imaginary = rng.normal(0.0, NOISE, self.clean.shape)
        return np.hypot(real, imaginary).astype(np.float32)


def coordinates(shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return z, y, x from -0.5 to 0.5 along slices, rows, columns, ready to broadcast."""
    z, y, x = (np.linspace(-0.5, 0.5, n) for n in shape)
    return z[:, None, None], y[None, :, None], x[None, None, :]


def make_phantom(*, seed: int = 2023, shape: tuple[int, int, int] = SHAPE) -> Phantom:
    """Build the phantom; the field of view is the same for any `shape`."""
    rng = np.random.default_rng(seed)
    extent = np.array(SHAPE) * SPACING
    z, y, x = (c * e for c, e in zip(coordinates(shape), extent, strict=True))
    breast = ((z / 52) ** 2 + (y / 72) ** 2 + ((x - 40) / 98) ** 2 < 1) & (x < 40)
    inner = ((z / 40) ** 2 + (y / 54) ** 2 + ((x - 30) / 74) ** 2 < 1) & (x < 30)
    muscle = (x >= 40) & (x < 62) & (np.abs(y) < 84) & (np.abs(z) < 58)
    sigma = 7.0 / (extent / shape)
    grain = ndimage.gaussian_filter(rng.normal(size=shape), sigma)
    gland = inner & (grain > np.quantile(grain[inner], 0.55))
    bumps = ndimage.gaussian_filter(rng.normal(size=shape), 4.0 / (extent / shape))
    radius = np.sqrt((z - 8) ** 2 + (y + 12) ** 2 + (x + 8) ** 2) + 1.5 * bumps / bumps.std()
    vessel = ((y - 30) ** 2 + (z + 18) ** 2 < 2.2**2) & breast & (x > -20)
    regions = {"fat": breast, "gland": gland, "muscle": muscle, "vessel": vessel}
    regions |= {"rim": radius < 14, "core": radius < 8}
    clean = np.zeros((3, *shape))
    for name in ("fat", "gland", "muscle", "vessel", "rim", "core"):
        signal, early, late = TISSUES[name]
        clean[:, np.broadcast_to(regions[name], shape)] = signal * np.array([[1], [1 + early], [1 + late]])
    return Phantom(clean, breast, radius < 14, shape)
