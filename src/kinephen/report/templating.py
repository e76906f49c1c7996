"""The template environment of every page: what it prints is escaped, what is undefined is refused."""

from __future__ import annotations

import base64
import hashlib

import jinja2


def page_environment() -> jinja2.Environment:
    """Return an environment over the package's templates, which escapes text and knows no undefined name."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("kinephen.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def script_hash(script: str) -> str:
    """Return the hash by which a page's policy allows its own inline script."""
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
