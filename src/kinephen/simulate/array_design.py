"""Array designs: which feature measures which gene, as a platform table of GEO states it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.types import IntArray, Rng

CONTROLS = ("GE_BrightCorner", "DarkCorner", "NegativeControl")
ANNOTATION_COLUMNS = ("ID", "SPOT_ID", "CONTROL_TYPE", "GENE", "GENE_SYMBOL", "GENE_NAME")


@dataclass(frozen=True)
class ArrayDesign:
    """One platform.

    Parameters
    ----------
    platform : str
        Platform code.
    annotation : DataFrame
        Columns `ANNOTATION_COLUMNS`, text; ``ID`` is the feature number, ``SPOT_ID`` the probe's name,
        ``GENE`` the Entrez id.
    gene : ndarray of int
        For each feature the row of the gene table, -1 for control features.
    """

    platform: str
    annotation: pd.DataFrame
    gene: IntArray


def draw_design(genes: pd.DataFrame, platform: str, rng: Rng) -> ArrayDesign:
    """Draw a platform: one or two probes a gene, one to three features a probe, controls between them.

    Parameters
    ----------
    genes : DataFrame
        Columns ``symbol``, ``entrez``, ``agilent``.
    platform : str
    rng : Generator
    """
    rows: list[tuple[str, str, str, str, int]] = [
        (name, "pos", "", "", -1) for name in CONTROLS for _ in range(4)
    ]
    for index, gene in enumerate(genes.to_dict("records")):
        probes = list(gene["agilent"][:2]) or [f"A_99_P{platform[-4:]}{index:05d}"]
        for probe in probes:
            feature = (probe, "FALSE", str(gene["entrez"]), str(gene["symbol"]), index)
            rows += [feature] * int(rng.choice([1, 1, 1, 2, 3]))
    order = rng.permutation(len(rows))
    shuffled = [rows[i] for i in order]
    annotation = pd.DataFrame(
        {
            "ID": [str(n) for n in range(1, len(rows) + 1)],
            "SPOT_ID": [r[0] for r in shuffled],
            "CONTROL_TYPE": [r[1] for r in shuffled],
            "GENE": [r[2] for r in shuffled],
            "GENE_SYMBOL": [r[3] for r in shuffled],
            "GENE_NAME": ["" if r[4] < 0 else f"simulated values for {r[3]}" for r in shuffled],
        },
        columns=list(ANNOTATION_COLUMNS),
    )
    return ArrayDesign(platform, annotation, np.array([r[4] for r in shuffled], dtype=np.int64))
