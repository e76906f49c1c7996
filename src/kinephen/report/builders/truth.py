"""What a simulated trial planted against what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinephen.report.schema.figures import TruthData, TruthMatrix, TruthPoints


def truth_figure(record: Mapping[str, Any]) -> TruthData:
    """Return the figure.

    Parameters
    ----------
    record : mapping
        ``phenotypes`` by cohort (``truth``, ``found``, ``counts``, ``ari``), ``classes`` (``title``, ``truth``,
        ``found``, ``counts``, ``agreement``) and ``volumes`` (``truth``, ``found``, ``correlation``).
    """
    matrices = [
        TruthMatrix(
            title=f"Phenotype, {cohort}",
            truth_labels=tuple(part["truth"]),
            found_labels=tuple(map(str, part["found"])),
            counts=part["counts"],
            agreement="adjusted Rand index",
            agreement_value=part["ari"],
        )
        for cohort, part in record["phenotypes"].items()
        if part["found"]
    ]
    matrices += [
        TruthMatrix(
            title=part["title"],
            truth_labels=tuple(map(str, part["truth"])),
            found_labels=tuple(map(str, part["found"])),
            counts=part["counts"],
            agreement="share in the same class",
            agreement_value=part["agreement"],
        )
        for part in record["classes"]
        if part["found"]
    ]
    volumes = record["volumes"]
    points = TruthPoints(
        title="Functional tumour volume",
        unit="cm\u00b3",
        truth=volumes["truth"],
        found=volumes["found"],
        agreement="correlation",
        agreement_value=volumes["correlation"],
    )
    return TruthData(matrices=tuple(matrices), points=(points,) if volumes["found"] else ())
