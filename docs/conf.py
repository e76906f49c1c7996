"""How the documentation site is built; `make docs` calls it with warnings as errors."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

import kinephen  # noqa: E402

project = "kinephen"
author = "kinephen developers"
version = release = kinephen.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "kinephen_docs",
]
exclude_patterns = ["_build", "_ext"]
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
# Types of parameters are words for people ("ndarray, shape (n,)"), not names to be looked up.
napoleon_use_param = False
nitpicky = True
# Only our own names must resolve; those of other libraries would need their sites.
nitpick_ignore_regex = [
    ("py:class", r"kinephen\.imaging\.orient\.Scalar"),  # a type variable
    ("py:.*", r"(?!kinephen\.).*"),
    ("py:.*", r"kinephen\.report\.schema\..*"),  # on the page of report.json
    ("py:.*", r"kinephen\.((core\.pool|study\.engine)\.(Job|Result)|study\.recorded\.R)"),
    ("py:.*", r"kinephen\.io\.hash_(chain|line)\.T"),  # type variables
]
# Classes of the same name live in several rooms.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_math_renderer = "mathml"
html_title = f"kinephen {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
copybutton_exclude = ".linenos, .gp, .go"


def setup(app):
    """Show CSV as plain text."""
    from pygments.lexers.special import TextLexer

    app.add_lexer("csv", TextLexer)
