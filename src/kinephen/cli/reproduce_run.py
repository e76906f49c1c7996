"""Steps of ``kinephen reproduce``: tables, a run of the images if there are any, the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kinephen.cli.analysis import Analysis, analyse
from kinephen.config.load import load_study
from kinephen.core.counted import counted
from kinephen.errors import CohortError, UsageError
from kinephen.reproduce.claims import Article, load_article
from kinephen.reproduce.evidence import UNUSABLE, Evidence, Inputs, make_ledger, read_evidence
from kinephen.reproduce.ledger import Ledger
from kinephen.reproduce.ledger_files import write_ledger
from kinephen.reproduce.study import DEPARTURES, has_images, write_public_study
from kinephen.reproduce.tables_report import tables_report

if TYPE_CHECKING:
    from kinephen.report.schema import Report

PRIVATE = "private"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for; see `kinephen.cli.reproduce.reproduce`."""

    article: str
    out: Path
    ispy1: Path | None = None
    nact: Path | None = None
    geo: tuple[Path, ...] = ()
    study: Path | None = None
    changes: tuple[str, ...] = ()
    replicates: int | None = None
    seed: int = 1
    workers: int | None = None
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """What came of it.

    Parameters
    ----------
    ledger : Ledger
    files : dict of str to Path
        The ledger's files.
    pages : dict of str to Path
        Reports that were written.
    failures : list of dict
        Case, visit, code and message of each exam that failed.
    notes, unusable : tuple of str
        What was noticed, and what was given but could not be used.
    """

    ledger: Ledger
    files: dict[str, Path]
    pages: dict[str, Path]
    failures: list[dict[str, str]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return what the command prints: what is missing first."""
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self.ledger.counts.items())
        return [
            *(f"missing: {m}" for m in self.ledger.missing),
            *(f"given but unusable: {u}" for u in self.unusable),
            *(f"given: {g}" for g in self.ledger.given),
            *(f"note: {n}" for n in self.notes),
            *(
                [f"{counted(len(self.failures), 'exam')} failed; they stand in the report"]
                if self.failures
                else []
            ),
            *(f"{b.n:>5}  {b.label}" for b in self.ledger.flow),
            f"{counted(len(self.ledger.rows), 'claim')}: {counts}",
            *(f"{what}: {path}" for what, path in self.pages.items()),
            f"ledger: {self.files['html']}",
        ]

    def to_dict(self) -> dict[str, object]:
        """Return plain fields for ``--json``."""
        ledger = self.ledger.to_dict()
        del ledger["rows"]
        return {
            **ledger,
            "claims": len(self.ledger.rows),
            "files": {k: str(v) for k, v in self.files.items()},
            "pages": {k: str(v) for k, v in self.pages.items()},
            "failures": self.failures,
            "notes": list(self.notes),
            "unusable": list(self.unusable),
        }


def run_reproduction(request: Request, *, tell: Callable[[str], None]) -> Reproduction:
    """Do everything that what is given allows.

    Parameters
    ----------
    request : Request
    tell : callable
        Takes one line for people.

    Raises
    ------
    UsageError
        ``reproduce.nothing`` if nothing was given, ``reproduce.article`` for an unknown article.
    KinephenError
        A folder does not exist, or the study of `request` cannot be run.
    """
    article = load_article(request.article)
    if not (request.ispy1 or request.nact or request.geo or request.study):
        raise UsageError(
            "nothing was given to reproduce the article from",
            code="reproduce.nothing",
            hint="give --ispy1 DIR (tables are enough), --nact DIR, --geo FILE, or --study study.toml",
        )
    if not request.quiet:
        tell("reading tables and fitting what they allow, about ten seconds ...")
    inputs = Inputs(ispy1=request.ispy1, nact=request.nact, geo=request.geo)
    evidence = read_evidence(inputs, seed=request.seed, replicates=request.replicates)
    notes = [
        f"{i.where}: {i.message}" if i.where else i.message for i in evidence.issues if i.where != UNUSABLE
    ]
    analysis = _run_images(request, evidence, notes)
    report = None if analysis is None else analysis.report
    simulated = report is not None and report.study.simulated
    ledger = make_ledger(article, evidence, report, simulated=simulated, seed=request.seed)
    pages = _tables_page(request, evidence, article)
    if analysis is not None:
        pages["report"] = analysis.page
    return Reproduction(
        ledger=ledger,
        files=write_ledger(ledger, request.out),
        pages=pages,
        failures=[] if analysis is None else analysis.failures,
        notes=tuple(notes),
        unusable=tuple(i.message for i in evidence.issues if i.where == UNUSABLE),
    )


def _tables_page(request: Request, evidence: Evidence, article: Article) -> dict[str, Path]:
    report: Report | None = tables_report(article, evidence, request.seed)
    if report is None:
        return {}
    from kinephen.report.render import render_report

    return {"report of the tables": render_report(report, request.out / "tables-report")}


def _run_images(request: Request, evidence: Evidence, notes: list[str]) -> Analysis | None:
    """Run the study that was given, or the one of the fetched folders; None without images."""
    path = request.study
    if path is None:
        path = _public_study(request, evidence, notes)
    if path is None:
        return None
    changes = (*DEPARTURES, *request.changes)
    study = load_study(path, preset="chitalia2023", changes=changes)
    try:
        return analyse(study, path.parent, request.out / "run", workers=request.workers, quiet=request.quiet)
    except CohortError as error:
        if request.study is not None:
            raise
        notes.append(f"the images could not be analysed: {error}")
        return None


def _public_study(request: Request, evidence: Evidence, notes: list[str]) -> Path | None:
    if not has_images(evidence.ispy1):
        return None
    if evidence.cohorts is None or not len(evidence.cohorts.discovery):
        notes.append(
            "images were found, but no discovery cohort can be told from the tables: they were not run"
        )
        return None
    assert evidence.ispy1 is not None
    scored = evidence.analysis is not None and evidence.analysis.signatures is not None
    return write_public_study(
        evidence.ispy1,
        evidence.nact,
        evidence.cohorts,
        request.geo if scored else (),
        request.out / PRIVATE,
        request.seed,
    )
