"""The genes that are simulated and the profile that is planted in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.molecular.signature import Signature
from kinephen.simulate.molecular import MolecularClass, subtype_profile
from kinephen.types import FloatArray, IntArray

LOG2_OF_10 = float(np.log2(10.0))
RISK70_FACTOR = {"low": 1.5, "high": -0.3}
"""Multiples of the good-prognosis template (log10 ratios) in low-risk and high-risk tumours."""
OWNERS = ("pam50", "p53", "gene70")


@dataclass(frozen=True)
class GeneSet:
    """All simulated genes.

    Parameters
    ----------
    table : DataFrame
        Running index; columns ``symbol``, ``entrez`` (text, empty if unknown), ``agilent`` (tuple of probe
        names).
    signatures : mapping of str to Signature
        By the names in `OWNERS`.
    places, positions : mapping of str to ndarray of int
        Rows of `table` that take their planted values from a signature, and the gene's row in that signature.
    """

    table: pd.DataFrame
    signatures: Mapping[str, Signature]
    places: Mapping[str, IntArray]
    positions: Mapping[str, IntArray]


def gene_set(signatures: Mapping[str, Signature], *, background: int) -> GeneSet:
    """Return the genes of all signatures, each Entrez id once, and `background` genes without signal.

    A gene of several signatures takes its values from the first in `OWNERS`, so that planted classes do not
    add up in it. Genes without an Entrez id are on no array.
    """
    rows: list[dict[str, object]] = []
    seen: set[str] = set()
    places: dict[str, list[int]] = {name: [] for name in OWNERS}
    positions: dict[str, list[int]] = {name: [] for name in OWNERS}
    for name in OWNERS:
        for position, gene in enumerate(signatures[name].genes.to_dict("records")):
            entrez = str(gene["entrez"])
            if not entrez or entrez in seen:
                continue
            seen.add(entrez)
            places[name].append(len(rows))
            positions[name].append(position)
            symbols = tuple(gene["symbols"])
            rows.append({"symbol": symbols[-1], "entrez": entrez, "agilent": tuple(gene["agilent"])})
    rows += [{"symbol": f"SIMGENE{n:04d}", "entrez": "", "agilent": ()} for n in range(1, background + 1)]
    return GeneSet(
        pd.DataFrame(rows, columns=["symbol", "entrez", "agilent"]),
        dict(signatures),
        {name: np.array(v, dtype=np.int64) for name, v in places.items()},
        {name: np.array(v, dtype=np.int64) for name, v in positions.items()},
    )


def planted_profiles(patients: Sequence[MolecularClass], genes: GeneSet) -> FloatArray:
    """Return the profiles without noise, shape (n_patients, n_genes), log2; background genes 0."""
    profiles = np.zeros((len(patients), len(genes.table)))
    for row, patient in enumerate(patients):
        for name, values in _planted(patient, genes.signatures).items():
            profiles[row, genes.places[name]] = values[genes.positions[name]]
    return profiles


def _planted(patient: MolecularClass, signatures: Mapping[str, Signature]) -> dict[str, FloatArray]:
    template = signatures["gene70"].profiles["good"].to_numpy(dtype=np.float64)
    return {
        "pam50": subtype_profile(patient.subtype, patient.lean, signatures["pam50"]),
        "p53": signatures["p53"].profiles[patient.p53].to_numpy(dtype=np.float64),
        "gene70": RISK70_FACTOR[patient.risk70] * LOG2_OF_10 * template,
    }
