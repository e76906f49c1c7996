"""Gene expression of the trial: planted profiles plus noise, read by two array designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.core.streams import stream
from kinephen.molecular.signature import Signature
from kinephen.simulate.array_design import ArrayDesign, draw_design
from kinephen.simulate.genes import gene_set, planted_profiles
from kinephen.simulate.patient import Patient
from kinephen.simulate.settings import MolecularSettings
from kinephen.types import FloatArray, Rng

PLATFORMS = ("GPL1708", "GPL4133")
"""Array designs of I-SPY 1; what is simulated of them is the layout of their files."""
SECOND_PLATFORM_EVERY = 4
"""Every fourth patient of a subtype is on the second platform, so that both have an ordinary composition."""
PLATFORM_SHIFT = 1.0
"""SD of the difference of a gene's offset between platforms, log2."""
FEATURE_NOISE = 0.10
"""SD of a feature about its gene's value, log2."""
MISSING_SHARE = 0.003


@dataclass(frozen=True)
class ArrayData:
    """The arrays of one platform.

    Parameters
    ----------
    design : ArrayDesign
    values : DataFrame
        Index: feature numbers; one column a sample; log2 ratios, NaN where missing. The last sample is a
        reference array that belongs to no patient.
    patients : mapping of str to Patient
        By sample.
    """

    design: ArrayDesign
    values: pd.DataFrame
    patients: Mapping[str, Patient]


def simulate_expression(
    patients: Sequence[Patient],
    signatures: Mapping[str, Signature],
    settings: MolecularSettings,
    *,
    seed: int,
) -> tuple[ArrayData, ...]:
    """Simulate the arrays of a trial.

    Parameters
    ----------
    patients : sequence of Patient
    signatures : mapping of str to Signature
        ``"pam50"``, ``"p53"`` and ``"gene70"``.
    settings : MolecularSettings
    seed : int

    Returns
    -------
    tuple of ArrayData
        One a platform that has patients.
    """
    chosen = [w for w in patients if stream(seed, w.patient_id, "array").random() < settings.share]
    genes = gene_set(signatures, background=settings.background_genes)
    offsets = settings.offset * stream(seed, "gene-offsets").standard_normal(len(genes.table))
    by_platform = _platforms(chosen)
    arrays = []
    for platform, members in by_platform.items():
        if not members:
            continue
        rng = stream(seed, "platform", platform)
        design = draw_design(genes.table, platform, rng)
        shift = PLATFORM_SHIFT * rng.standard_normal(len(genes.table))
        profiles = settings.signal * planted_profiles([w.molecular for w in members], genes)
        noise = [stream(seed, w.patient_id, "expression") for w in members]
        values = [
            _read(p + offsets + shift, design, settings.noise, own)
            for p, own in zip(profiles, noise, strict=True)
        ]
        values.append(_read(np.zeros(len(genes.table)), design, 0.2, rng))
        arrays.append(_array_data(design, values, members))
    return tuple(arrays)


def _platforms(patients: Sequence[Patient]) -> dict[str, list[Patient]]:
    counts: dict[str, int] = {}
    found: dict[str, list[Patient]] = {name: [] for name in PLATFORMS}
    for patient in patients:
        subtype = patient.molecular.subtype
        counts[subtype] = counts.get(subtype, 0) + 1
        found[PLATFORMS[int(counts[subtype] % SECOND_PLATFORM_EVERY == 0)]].append(patient)
    return found


def _read(profile: FloatArray, design: ArrayDesign, noise: float, rng: Rng) -> FloatArray:
    """Return what one array reads: gene values with noise, then features about them, some missing."""
    genes = profile + noise * rng.standard_normal(profile.size)
    features = np.where(design.gene >= 0, genes[design.gene], 0.0)
    features = features + FEATURE_NOISE * rng.standard_normal(features.size)
    features[rng.random(features.size) < MISSING_SHARE] = np.nan
    return features.round(3)


def _array_data(design: ArrayDesign, values: list[FloatArray], patients: Sequence[Patient]) -> ArrayData:
    number = 1 + PLATFORMS.index(design.platform)
    samples = [f"SGSM{number}{n:05d}" for n in range(1, len(values) + 1)]
    frame = pd.DataFrame(np.column_stack(values), index=design.annotation["ID"], columns=samples)
    return ArrayData(design, frame, dict(zip(samples, patients, strict=False)))
