"""The ledger's page: one HTML file that needs nothing else and asks nobody for anything."""

from __future__ import annotations

from markupsafe import Markup

from kinephen.report.templating import page_environment, script_hash
from kinephen.reproduce.ledger import Ledger
from kinephen.reproduce.verdicts import VERDICTS

MEANING = {
    "reproduced": "equal at the printed precision, or the statement holds",
    "close": "within the tolerance that the row states",
    "contradicted": "computed, and outside the tolerance",
    "internally inconsistent": "the article's own numbers disagree",
    "not checkable": "needs what was not given; the row says what",
    "simulated: not comparable": "a value of a simulated trial, shown to prove that it is computed",
}
MARKS = {
    "reproduced": ("good", "\u2713"),
    "close": ("near", "\u2248"),
    "contradicted": ("bad", "\u2717"),
    "internally inconsistent": ("odd", "!"),
    "not checkable": ("open", "?"),
    "simulated: not comparable": ("sham", "\u25cb"),
}


def ledger_page(ledger: Ledger) -> str:
    """Return the page: HTML with inline style and script; its policy forbids every request."""
    environment = page_environment()
    loader = environment.loader
    assert loader is not None
    styles = [loader.get_source(environment, name)[0] for name in ("style.css", "ledger.css")]
    script = loader.get_source(environment, "ledger.js")[0]
    return environment.get_template("ledger.html.j2").render(
        ledger=ledger,
        verdicts=[v for v in VERDICTS if v in ledger.counts],
        meaning=MEANING,
        marks=MARKS,
        places=list(dict.fromkeys(row.place for row in ledger.rows)),
        style=Markup("\n".join(styles)),  # noqa: S704  (our own files)
        script=Markup(script),  # noqa: S704  (our own file)
        script_hash=script_hash(script),
    )
