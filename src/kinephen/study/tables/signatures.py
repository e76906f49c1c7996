"""Gene signatures of a user's own expression data: read, score, link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.core.cohort import ExpressionTable
from kinephen.core.counted import counted
from kinephen.core.machine import raise_machine_fault
from kinephen.errors import InputError, UsageError
from kinephen.io.geo import read_expression
from kinephen.io.molecular_files import read_centring
from kinephen.io.signatures import load_platform_medians, load_signature
from kinephen.molecular.centring import reference_centring
from kinephen.molecular.distribution import distribution_table
from kinephen.molecular.genefu import score_genefu
from kinephen.molecular.learn import CentringChoice
from kinephen.molecular.link import SampleLink, link_samples, patient_column
from kinephen.molecular.prepare import coverage_summary
from kinephen.molecular.result import RE_CREATION, MolecularResult
from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings
from kinephen.phenotype.harmonise import fit_combat

__all__ = ["BUILT_IN", "RE_CREATION", "Request", "Scored", "score_files"]

REFERENCE = "reference:"
BUILT_IN = ("gene70", "pam50", "p53")


@dataclass(frozen=True, kw_only=True)
class Request:
    """How expression data are scored.

    Parameters
    ----------
    expression, platforms : tuple of Path
        Matrices, and the table of each one's platform.
    signatures : tuple of str
        Built-in or added names, or files.
    centre : str
        A mode, a saved ``centring.json``, or ``reference:ARRAY``.
    ror_variant, collapse : str
    gene70_cut, er_share : float
    min_coverage : float, optional
        Share of genes below which scoring is refused.
    clinical, link : Path, optional
    genefu : str, optional
        Standardisation of genefu's own variant.
    combat : bool
    """

    expression: tuple[Path, ...]
    platforms: tuple[Path, ...] = ()
    signatures: tuple[str, ...] = BUILT_IN
    centre: str = "platform-median"
    ror_variant: str = "parker-code"
    collapse: str = "mean"
    gene70_cut: float = 0.4
    er_share: float = 0.5
    min_coverage: float | None = None
    clinical: Path | None = None
    link: Path | None = None
    genefu: str | None = None
    combat: bool = False


PAM50_CORRELATION = "pam50_cor_"
"""Begins the columns of correlations with the centroids of PAM50."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scores of a cohort and what is shown of them.

    Parameters
    ----------
    result : MolecularResult
    distribution : DataFrame
        Samples in each class: of the linked samples if there is a link, else of all.
    coverage : DataFrame
        Genes found of each signature and platform.
    cuts : dict of str to tuple of float
        Cut-points of the scores that are drawn, by column.
    link : SampleLink, optional
    genefu : DataFrame, optional
        Scores of genefu's variant.
    """

    result: MolecularResult
    distribution: pd.DataFrame
    coverage: pd.DataFrame
    cuts: dict[str, tuple[float, ...]]
    link: SampleLink | None = None
    genefu: pd.DataFrame | None = None

    @property
    def called_correlation(self) -> pd.Series | None:
        """Correlation of each sample with the centroid of its PAM50 call, the largest; None without PAM50."""
        table = self.result.table
        names = [c for c in table.columns if c.startswith(PAM50_CORRELATION)]
        return table[names].max(axis=1) if names else None

    @property
    def notices(self) -> list[str]:
        """What each signature is and is not."""
        return [s.notice for s in self.result.signatures if s.notice]


def score_files(request: Request) -> Scored:
    """Read expression data and score every sample by every signature that is asked for."""
    tables = read_tables(request.expression, request.platforms)
    signatures = {s.name: s for s in (load_signature(name) for name in request.signatures)}
    result = score_cohort(
        tables,
        signatures,
        centring=centring_choice(request.centre),
        ror_variant=request.ror_variant,
        clinical=_clinical(request.clinical),
        harmonise=combat_genes if request.combat else None,
        settings=ScoreSettings(
            collapse=request.collapse,  # type: ignore[arg-type]  # checked there
            min_coverage=request.min_coverage,
            gene70_cut=request.gene70_cut,
            er_share=request.er_share,
        ),
    )
    link = None if request.link is None else _link(request.link, tables)
    genefu = None
    if request.genefu is not None:
        genefu = pd.concat([score_genefu(t, signatures, std=request.genefu) for t in tables])  # type: ignore[arg-type]
    return Scored(
        result=result,
        distribution=distribution_table(result, None if link is None else link.pairs["sample_id"]),
        coverage=coverage_summary(result.coverage),
        cuts=_cuts(result),
        link=link,
        genefu=genefu,
    )


def _cuts(result: MolecularResult) -> dict[str, tuple[float, ...]]:
    cuts: dict[str, tuple[float, ...]] = {"p53_score": (0.0,)}
    by_name = {s.name: s for s in result.signatures}
    if "gene70" in by_name:
        cuts["gene70_cosine"] = by_name["gene70"].rule.cuts
    if "pam50" in by_name:
        model = by_name["pam50"].ror["ror_s"][result.settings["ror_variant"]]
        # From Parker's scale to 0 to 100, as ror_s is.
        cuts["ror_s"] = tuple(100.0 * (c + 0.35) / 0.85 for c in model.cuts or ())
    return cuts


def read_tables(expression: Sequence[Path], platforms: Sequence[Path]) -> list[ExpressionTable]:
    """Read matrices, each with its platform table."""
    return [
        read_expression(path, platform=_platform_of(path, number, len(expression), platforms))
        for number, path in enumerate(expression)
    ]


def centring_choice(text: str) -> CentringChoice:
    """Return what ``--centre`` names: a mode, a saved centring, or published medians."""
    if text.endswith(".json"):
        return read_centring(Path(text))
    if text.startswith(REFERENCE):
        return reference_centring("pam50", load_platform_medians(text.removeprefix(REFERENCE)))
    return text  # type: ignore[return-value]


def combat_genes(genes: pd.DataFrame, platform: pd.Series) -> pd.DataFrame:
    """Take platform effects off by ComBat; missing values stand at their platform's mean meanwhile."""
    filled = genes.fillna(genes.groupby(platform).transform("mean"))
    return fit_combat(filled, platform).transform(filled, platform).where(genes.notna())


def _platform_of(path: Path, number: int, total: int, platforms: Sequence[Path]) -> Path | None:
    named = [p for p in platforms if p.name.split(".")[0].split("_")[0].split("-")[0] in path.name]
    if len(named) == 1:
        return named[0]
    if not platforms or len(platforms) == 1:
        return next(iter(platforms), None)
    if len(platforms) != total:
        raise UsageError(
            f"{len(platforms)} platform tables for {total} matrices",
            code="signatures.platforms",
            hint="give one for each matrix, in the same order",
        )
    return platforms[number]


def _read_csv(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise_machine_fault(error)
        raise InputError(
            f"cannot be read as CSV: {type(error).__name__}",
            code="table.unreadable",
            where=path.name,
            hint="check it",
        ) from None
    missing = [c for c in needed if c not in table]
    if missing:
        raise InputError(
            f"without the column {', '.join(missing)}; found {', '.join(table.columns[:8])}",
            code="table.columns",
            where=path.name,
            hint="add the column",
        )
    return table


def _clinical(path: Path | None) -> pd.DataFrame | None:
    if path is None:
        return None
    table = _read_csv(path, ["sample_id"]).set_index("sample_id")
    if table.index.has_duplicates:
        raise InputError(
            "a sample stands twice", code="table.duplicates", where=path.name, hint="keep one row each"
        )
    return table


def _link(path: Path, tables: Sequence[ExpressionTable]) -> SampleLink:
    patients = _read_csv(path, ["patient_id"])
    samples = pd.Index([s for t in tables for s in t.values.index])
    if "sample_id" in patients:
        pairs = patients.dropna(subset=["sample_id"]).drop_duplicates(["sample_id", "patient_id"])
        doubtful = int(pairs["sample_id"][pairs["sample_id"].duplicated()].nunique())
        if doubtful:
            raise InputError(
                f"{counted(doubtful, 'sample')} of more than one patient",
                code="table.duplicates",
                where=path.name,
                hint="keep one row for each sample",
            )
        known = pairs.set_index("sample_id")["patient_id"]
        return link_samples(known.reindex(samples), patients["patient_id"].dropna(), by_number=False)
    identifiers = pd.concat([patient_column(t.samples) for t in tables])
    return link_samples(identifiers, patients["patient_id"].dropna())
