"""From the results of a run to ``report.json``: every number is put in one place here."""

from kinephen.report.numbers.build import build_report

__all__ = ["build_report"]
