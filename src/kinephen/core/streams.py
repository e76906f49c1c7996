"""Random streams by name, so that neither order nor engine changes a result."""

from __future__ import annotations

import hashlib

import numpy as np

from kinephen.types import Rng


def stream(seed: int, *names: str | int) -> Rng:
    """Return the generator that belongs to `seed` and the path `names`.

    Parameters
    ----------
    seed : int
        The study's seed, >= 0.
    *names : str or int
        Where the stream is used, for example ``("case-0001", "motion")``.

    Returns
    -------
    numpy.random.Generator
        PCG64 seeded from the SHA-256 of seed and names: the same for the same arguments on any machine,
        independent for different ones.
    """
    text = "\x1f".join([str(int(seed)), *(str(n) for n in names)])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([int(w) for w in words])))
