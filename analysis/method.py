"""The chapter of the documentation that says how figures are made, as a page."""

from functools import cache
from pathlib import Path

from markupsafe import Markup


@cache
def read_method(path: Path) -> Markup:
    """Return the document as HTML; made once, it comes with the program and holds no HTML of its own."""
    from markdown import Markdown  # noqa: PLC0415 # only who reads it pays for it
    from markdown.extensions.tables import TableExtension  # noqa: PLC0415

    aligned = TableExtension(use_align_attribute=True)  # styles in the page are not allowed
    return Markup(Markdown(extensions=["toc", "sane_lists", aligned]).convert(path.read_text("utf-8")))  # noqa: S704
