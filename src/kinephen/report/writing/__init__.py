"""What a run says of itself in words: facts with their places in report.json, methods text, references."""

from kinephen.report.writing.methods import methods_markdown, methods_parts
from kinephen.report.writing.references import bibtex, cited_references

__all__ = ["bibtex", "cited_references", "methods_markdown", "methods_parts"]
