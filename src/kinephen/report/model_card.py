"""The model card of a fitted model as Markdown and as a page."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from kinephen.core.files import write_whole
from kinephen.model.schema import FittedFile
from kinephen.records.covariate import Covariate
from kinephen.report.formats import format_value
from kinephen.report.schema.base import clean_text
from kinephen.report.templating import page_environment


def card_markdown(file: FittedFile) -> str:
    """Return the card as Markdown."""
    card = file.card
    parts = [f"# {_line(card.title)}", f"**{card.not_for}**"]
    parts += [f"## {title}\n\n{_line(text)}" for title, text in _sections(file)]
    parts.append("## Performance\n\n" + "\n".join(f"- {_line(p)}" for p in card.performance))
    parts.append("## Limits\n\n" + "\n".join(f"- {_line(p)}" for p in card.limits))
    rows = "\n".join(f"| {_line(c.meaning)} | {c.kind} | {_seen(c.low, c.high)} |" for c in _covariates(file))
    parts.append(f"## Covariates\n\n| covariate | kind | training range |\n|---|---|---|\n{rows}")
    parts.append(f"Checksum `{file.checksum}`")
    return "\n\n".join(parts) + "\n"


def card_page(file: FittedFile) -> str:
    """Return the card as a page without script or requests."""
    environment = page_environment()
    environment.filters["number"] = format_value
    environment.filters["clean"] = clean_text
    loader = environment.loader
    assert loader is not None
    return environment.get_template("model_card.html.j2").render(
        file=file,
        sections=_sections(file),
        style=Markup(loader.get_source(environment, "style.css")[0]),  # noqa: S704  (our own file)
    )


def write_card(file: FittedFile, model: Path) -> tuple[Path, Path]:
    """Write ``NAME.card.md`` and ``NAME.card.html`` beside the model file, and return their paths."""
    markdown, page = (model.with_name(f"{model.stem}.card{suffix}") for suffix in (".md", ".html"))
    write_whole(markdown, card_markdown(file).encode("utf-8"))
    write_whole(page, card_page(file).encode("utf-8"))
    return markdown, page


def _sections(file: FittedFile) -> list[tuple[str, str]]:
    card = file.card
    return [
        ("Intended use", card.intended_use),
        ("Training data", card.training_data),
        ("Method", card.method),
        ("Privacy", card.privacy),
    ]


def _covariates(file: FittedFile) -> list[Covariate]:
    return list(file.training.covariates.values())


def _seen(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.4g} to {high:.4g}"


def _line(text: str) -> str:
    return " ".join(str(clean_text(text)).split()).replace("|", "\\|")
