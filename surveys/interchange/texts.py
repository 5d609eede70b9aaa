"""Texts of foreign files: bytes to text, HTML to plain words."""

import re
from html.parser import HTMLParser

from core.i18n import _
from core.texts import clean_text
from surveys.interchange.notes import TEXT, UnreadableError

_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_LARGEST_HTML = 60_000  # characters of one label, with its markup
_LOOKS_LIKE_HTML = re.compile(r"</?[a-zA-Z][^>]{0,2000}>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_NEW_LINE = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}
_UNSEEN = {"script", "style", "head", "template", "iframe", "object", "noscript"}


def decoded(content: bytes) -> str:
    """Decode UTF-8 with or without a mark, UTF-16 with one, else GB18030.

    Raises
    ------
    UnreadableError
        When it is none of these.
    """
    encodings = [_MARKS[content[:2]]] if content[:2] in _MARKS else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise UnreadableError(_("The file holds NUL bytes, which no text has; save it as UTF-8 text."))
        return text.removeprefix("\ufeff")
    raise UnreadableError(_("The file is neither UTF-8 nor GB18030 text; save it as UTF-8 text."))


def plain(value: object, limit: int = TEXT) -> str:
    """Return a cell or label as one clean text."""
    return clean_text(str(value), limit) if isinstance(value, str | int | float) else ""


def without_markup(label: str) -> str:
    """Return what a reader of an HTML label would see; scripts and styles vanish."""
    label = label[:_LARGEST_HTML]
    if not _LOOKS_LIKE_HTML.search(label):
        return plain(label)
    reader = _Words()
    reader.feed(label)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.words).split("\n")]
    return plain("\n".join(line for line in lines if line))


class _Words(HTMLParser):
    """Collects the words of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _UNSEEN and not self._unseen:
            self._unseen = tag
        elif tag in _NEW_LINE:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""
        elif tag in _NEW_LINE:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data.replace("\n", " "))


def has_chinese(text: str) -> bool:
    """Tell whether Chinese characters prevail over Latin letters."""
    chinese = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
    latin = sum(sign.isascii() and sign.isalpha() for sign in text)
    return chinese * 3 >= latin and chinese > 0  # a Chinese word has two signs, an English one six
