"""Which format a file has, and the reader and writer of each."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.i18n import LANGUAGES, _
from surveys.definition import Definition, from_dict
from surveys.interchange import limesurvey, pasted, plain, xlsform
from surveys.interchange.keys import slugged
from surveys.interchange.notes import LARGEST, MIB, Imported, UnreadableError


class Reader(Protocol):
    """What every format offers."""

    def __call__(self, content: bytes, *, language: str | None = None) -> Imported: ...


READERS: dict[str, Reader] = {
    "xlsform": xlsform.read,
    "text": pasted.read,
    "limesurvey": limesurvey.read,
    "json": plain.read,
}
WRITERS: dict[str, Callable[..., bytes]] = {"xlsx": xlsform.write, "json": plain.write}
MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_ENDINGS = {
    ".xlsx": "xlsform", ".xlsm": "xlsform", ".xls": "xlsform", ".txt": "text", ".md": "text",
    ".lss": "limesurvey", ".json": "json",
}  # fmt: skip


def read(content: bytes, *, name: str = "", format: str = "", language: str = "") -> Imported:  # noqa: A002
    """Read a questionnaire from a file of any known format.

    Raises
    ------
    HuifangError
        With one sentence, when the file cannot be used as a whole.
    """
    if len(content) > LARGEST:
        raise UnreadableError(_("The file has more than %(mib)d MiB; split it.", mib=LARGEST // MIB))
    if not content.strip():
        raise UnreadableError(_("The file is empty."))
    if language and language not in LANGUAGES:
        raise UnreadableError(_("The language should be one of %(all)s.", all=", ".join(LANGUAGES)))
    reader = READERS.get(format or guessed(content, name))
    if reader is None:
        raise UnreadableError(_("The format should be one of %(all)s.", all=", ".join(READERS)))
    imported = reader(content, language=language or None)
    from_dict(imported.definition)  # whatever was read can be stored
    imported.key = slugged(imported.key) or slugged(Path(name).stem)
    return imported


def guessed(content: bytes, name: str) -> str:
    """Return the format of a file by its beginning, else by its ending."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "limesurvey" if name.lower().endswith(".lsa") else "xlsform"
    if start.startswith((b"<?xml", b"<document", b"<!DOCTYPE")):
        return "limesurvey"
    ending = _ENDINGS.get(Path(name).suffix.lower(), "")
    if start.startswith(b"{"):
        return ending if ending == "text" else "json"
    return ending or "text"


def write(definition: Definition, ending: str, *, key: str) -> bytes:
    """Write a definition as ``xlsx`` or ``json``."""
    writer = WRITERS.get(ending)
    if writer is None:
        raise UnreadableError(_("The format should be one of %(all)s.", all=", ".join(WRITERS)))
    return writer(definition, key=key)
