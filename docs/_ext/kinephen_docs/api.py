"""Pages of the Python interface: one a room, every public module in it."""

from __future__ import annotations

import pkgutil

import kinephen
from kinephen_docs.markdown import page

ROOMS = {
    "core": "Containers: geometry, volumes, masks, dynamic series, tables over patients.",
    "io": "Reading and writing of files from outside.",
    "imaging": "Bias field, functional tumour volume, lesion, kinetic maps.",
    "radiomics": "Features of a map inside a mask.",
    "molecular": "Gene signatures.",
    "phenotype": "From delta features to phenotypes.",
    "survival": "Curves, tests, models, validation.",
    "stats": "Association, agreement, multiplicity.",
    "config": "Study files, settings, presets.",
    "simulate": "Trials with known truth.",
    "records": "What a study found: one file a record, each quantity once.",
    "study": "Runs: plan, steps, store, engines.",
    "model": "A run's models as one file: write, read, apply, validate.",
    "report": "From report.json to tables, figures and the page.",
}
FORMAT = "kinephen.report.schema"
"""Its keys stand on the page of report.json."""


def modules(room: str) -> list[str]:
    """Return the public modules of a room, compiled kernels and the format of the report aside."""
    package = __import__(f"kinephen.{room}", fromlist=["__path__"])
    found = pkgutil.walk_packages(package.__path__, f"kinephen.{room}.")
    names = (m.name for m in found if not m.name.startswith(FORMAT))
    return sorted(n for n in names if not any(p.startswith("_") or p == "kernels" for p in n.split(".")))


def api() -> dict[str, str]:
    """Return the index of the rooms and a page for each."""
    names = "\n".join(f"- [kinephen.{room}]({room}.md): {about}" for room, about in ROOMS.items())
    toc = "```{toctree}\n:hidden:\n\n" + "\n".join(ROOMS) + "\n```"
    about = (
        f"kinephen {kinephen.__version__}. Functions of arrays and tables, no state; arrays are (slice, row, "
        "column). [Use it from Python](../../../how-to/python.md) shows a whole analysis."
    )
    errors = ["## kinephen.errors", _members("kinephen.errors")]
    pages = {"api/index.md": page("Python", about, names, toc, *errors)}
    for room, about in ROOMS.items():
        parts = [about]
        for name in modules(room):
            parts += [f"## {name}", _members(name)]
        pages[f"api/{room}.md"] = page(f"kinephen.{room}", *parts)
    return pages


def _members(module: str) -> str:
    options = ":members:", ":member-order: bysource", ":ignore-module-all:"
    lines = "\n".join(f"   {option}" for option in options)
    return f"```{{eval-rst}}\n.. automodule:: {module}\n{lines}\n```"
