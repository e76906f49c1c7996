"""One scoring run of the command line: read, score, link, write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kinephen.cli.signatures_page import write_page
from kinephen.core.cohort import ExpressionTable, issues_frame
from kinephen.errors import InputError, UsageError
from kinephen.io.geo import read_expression
from kinephen.io.molecular_files import read_centring, write_molecular
from kinephen.io.signatures import load_platform_medians, load_signature
from kinephen.molecular.centring import reference_centring
from kinephen.molecular.distribution import distribution_table
from kinephen.molecular.genefu import score_genefu
from kinephen.molecular.learn import CentringChoice
from kinephen.molecular.link import SampleLink, link_samples, patient_column
from kinephen.molecular.prepare import coverage_summary
from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings
from kinephen.phenotype.harmonise import fit_combat

REFERENCE = "reference:"


@dataclass(frozen=True)
class Request:
    """What the command was asked for; see its help."""

    expression: tuple[Path, ...]
    platforms: tuple[Path, ...]
    signatures: tuple[str, ...]
    centre: str
    ror_variant: str
    settings: ScoreSettings
    clinical: Path | None = None
    link: Path | None = None
    genefu: str | None = None
    combat: bool = False


def run(request: Request, out: Path) -> dict[str, Any]:
    """Score and write; return what the command prints."""
    tables = read_tables(request.expression, request.platforms)
    signatures = {s.name: s for s in (load_signature(name) for name in request.signatures)}
    result = score_cohort(
        tables,
        signatures,
        centring=centring_choice(request.centre),
        ror_variant=request.ror_variant,
        clinical=_clinical(request.clinical),
        harmonise=combat_genes if request.combat else None,
        settings=request.settings,
    )
    link = None if request.link is None else _link(request.link, tables)
    genefu = None
    if request.genefu is not None:
        genefu = pd.concat([score_genefu(t, signatures, std=request.genefu) for t in tables])  # type: ignore[arg-type]
    written = write_molecular(result, out, link=link, genefu=genefu)
    written["page"] = write_page(result, out / "index.html")
    linked = None if link is None else link.pairs["sample_id"]
    return {
        "folder": str(out),
        "files": {name: str(path) for name, path in written.items()},
        "samples": len(result.table),
        "settings": result.settings,
        "distribution": distribution_table(result, linked).to_dict("records"),
        "coverage": coverage_summary(result.coverage).to_dict("records"),
        "undefined": len(result.reasons),
        "link": None if link is None else _link_summary(link),
        "issues": issues_frame(result.issues).to_dict("records"),
        "notices": [s.notice for s in result.signatures if s.notice],
    }


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
        known = (
            patients.dropna(subset=["sample_id"])
            .drop_duplicates("sample_id")
            .set_index("sample_id")["patient_id"]
        )
        return link_samples(known.reindex(samples), patients["patient_id"].dropna(), by_number=False)
    identifiers = pd.concat([patient_column(t.samples) for t in tables])
    return link_samples(identifiers, patients["patient_id"].dropna())


def _link_summary(link: SampleLink) -> dict[str, Any]:
    return {
        "linked": len(link.pairs),
        "unmatched_samples": link.unmatched_samples.to_dict("records"),
        "patients_without_sample": len(link.unmatched_patients),
    }
