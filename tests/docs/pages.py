"""Pages of the documentation as data: code blocks with directives, headings, links, inline code."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("sh", "python", "r", "toml", "csv", "json", "text", "bibtex", "{toctree}", "{include}", "")
DIRECTIVES = ("setup", "no-run", "exit", "file", "hidden")
COMMENT = re.compile(r"<!--\s*([a-z-]+)\s*:(.*?)-->", re.DOTALL)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


@dataclass(frozen=True)
class Block:
    """One fenced block, or the hidden commands of a comment.

    Parameters
    ----------
    language : str
        First word after the fence.
    text : str
    line : int
        Line of the fence in the page, from 1.
    directives : dict of str to str
        From the comments directly above.
    """

    language: str
    text: str
    line: int
    directives: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        return self.language in ("sh", "python", "r") and "no-run" not in self.directives


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    blocks: tuple[Block, ...]
    setups: tuple[str, ...]
    anchors: frozenset[str]
    links: tuple[tuple[str, int], ...]
    inline: tuple[tuple[str, int], ...]

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()


def page_paths() -> list[Path]:
    """Return README.md, CONTRIBUTING.md and every written page below docs/."""
    below = (ROOT / "docs").rglob("*.md")
    written = [p for p in below if not {"_build", "generated"} & set(p.relative_to(ROOT).parts)]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(written)]


def read_page(path: Path) -> Page:
    """Read and parse a page; raises ValueError with file and line where the convention is broken."""
    return parse_page(path.read_text(encoding="utf-8"), path)


def parse_page(text: str, path: Path) -> Page:
    """Parse the text of a page that stands, or will stand, at `path`."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    blocks: list[Block] = []
    setups: list[str] = []
    waiting: dict[str, str] = {}
    for token in tokens:
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block":
            for key, value in _directives(token, path, line):
                if key == "setup":
                    setups += [name.strip() for name in value.split(",")]
                elif key == "hidden":
                    blocks.append(Block("sh", value, line, {"hidden": ""}))
                else:
                    waiting[key] = value
        elif token.type == "fence":
            words = token.info.split()
            blocks.append(Block(words[0] if words else "", token.content, line, waiting))
            waiting = {}
        elif waiting:
            raise ValueError(f"{path}:{line}: {sorted(waiting)} stands above no code block")
    headings = [tokens[i + 1] for i, t in enumerate(tokens) if t.type == "heading_open"]
    return Page(
        path,
        tuple(blocks),
        tuple(setups),
        frozenset([*_slugs(headings), *ANCHOR.findall(text)]),
        tuple(_links(tokens)),
        tuple(
            (child.content, token.map[0] + 1)
            for token in tokens
            if token.type == "inline" and token.map
            for child in token.children or ()
            if child.type == "code_inline"
        ),
    )


def _directives(token: Token, path: Path, line: int) -> list[tuple[str, str]]:
    found = [(key, html.unescape(value).strip()) for key, value in COMMENT.findall(token.content)]
    for key, value in found:
        if key not in DIRECTIVES:
            raise ValueError(f"{path}:{line}: unknown directive {key!r}; known: {', '.join(DIRECTIVES)}")
        if not value:
            raise ValueError(f"{path}:{line}: {key} needs a value")
    return found


def _slugs(headings: list[Token]) -> list[str]:
    # GitHub's rule, and myst-parser's: lower case, no punctuation, blanks to hyphens, copies numbered.
    seen: dict[str, int] = {}
    found = []
    for heading in headings:
        text = "".join(c.content for c in heading.children or () if c.type in ("text", "code_inline")).strip()
        kept = (c for c in text.lower() if c in "-_ " or unicodedata.category(c)[0] in "LN")
        slug = "".join(kept).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.append(slug if count == 0 else f"{slug}-{count}")
    return found


def _links(tokens: list[Token]) -> list[tuple[str, int]]:
    found = []
    for token in tokens:
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else None
            target = child.attrGet("src") if child.type == "image" else target
            if target:
                found.append((str(target), token.map[0] + 1 if token.map else 0))
    return found
