"""Sphinx extension: reference pages from the registries at each build, and formulas as MathML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinephen_docs.pages import all_pages

GENERATED = Path("reference") / "generated"


def setup(app: Any) -> dict[str, Any]:
    """Write the pages as soon as the build begins."""
    from kinephen_docs.mathml import register_math

    register_math(app)
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(app: Any) -> None:
    write_pages(Path(app.srcdir))


def write_pages(docs: Path) -> None:
    """Write all generated pages below `docs`; files that are the same stay untouched, old ones go."""
    folder = docs / GENERATED
    pages = {folder / name: text for name, text in all_pages().items()}
    for old in set(folder.rglob("*.md")) - set(pages):
        old.unlink()
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
