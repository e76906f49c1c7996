"""The template environment of every page: what it prints is escaped, what is undefined is refused."""

from __future__ import annotations

import base64
import hashlib

import jinja2

from kinephen.core.counted import counted, duration, noun
from kinephen.report.words.change import change_words


def page_environment() -> jinja2.Environment:
    """Return an environment over the package's templates, which escapes text and knows no undefined name."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kinephen.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "noun": noun,
        "counted": counted,
        "duration": duration,
        "change_words": change_words,
    }
    return environment


def script_hash(script: str) -> str:
    """Return the hash by which a page's policy allows its own inline script."""
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
