"""Which files may lie with a case, told by what is in them and not by what they are called."""

import io
import re
import unicodedata
import zipfile

from core.errors import InputError
from core.i18n import _
from core.texts import clean_text

MEDIA = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "amr": "audio/amr",
    "m4a": "audio/mp4",
}
ENDINGS = {"jpeg": "jpg", "heif": "heic"}  # other spellings of an ending
NAME_LIMIT = 100
_STARTS = {
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"%PDF-": "pdf",
    b"ID3": "mp3",
    b"#!AMR": "amr",
}
_BRANDS = {
    "heic": (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"),
    "m4a": (b"M4A ", b"M4B ", b"mp42", b"mp41", b"isom", b"iso2", b"3gp4", b"3gp5", b"3gp6"),
}
_OFFICE = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_MOST_PARTS = 2000  # of an office file; a longer table of contents is not read
_MARKUP = re.compile(
    r"<\s*(!doctype|html|head|body|script|svg|iframe|img|object|embed|meta|hta:\w+|\?xml)\b", re.IGNORECASE
)
_ACTIVE = re.compile(  # parts of an office file that run: macros of both kinds, programs, scripts, pages
    r"vbaproject|(^|[/\\])macrosheets[/\\]|\.(exe|dll|scr|com|msi|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|jar|lnk|html?)$",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


class FileTypeError(InputError):
    """This kind of file cannot be kept with a case."""


def kind_of(content: bytes, name: str) -> str:
    """Return the ending that the content deserves, such as ``pdf``; refuse whatever is not in the list."""
    found = _kind(content)
    named = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if found is None or ENDINGS.get(named, named) != found:
        raise FileTypeError(
            _("“%(name)s” is not one of the kinds that can be kept: %(kinds)s.",
              name=clean_text(name, 60), kinds=" ".join(MEDIA))
        )  # fmt: skip
    return found


def safe_name(name: str, kind: str) -> str:
    """Return a file name that means nothing to any file system: no path, no device, our own ending."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last else last
    stem = clean_text(_FORBIDDEN.sub("_", clean_text(stem)), NAME_LIMIT).strip(" .") or "file"
    return f"{'_' if _DEVICES.fullmatch(stem.split('.', 1)[0]) else ''}{stem}.{kind}"


def _kind(content: bytes) -> str | None:
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(content[8:12])
    if content[4:8] == b"ftyp":
        return next((kind for kind, brands in _BRANDS.items() if content[8:12] in brands), None)
    if content[:4] == b"PK\x03\x04":
        return _office(content)
    if len(content) > 3 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:  # a frame of MPEG layer III
        return "mp3"
    return "txt" if _is_plain(content) else None


def _office(content: bytes) -> str | None:
    """Tell a document from a workbook by its parts; one with macros is neither. Nothing is unpacked."""
    if content.count(b"PK\x01\x02") > _MOST_PARTS:  # counted first: reading a long one takes many seconds
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    if any(_ACTIVE.search(name) for name in names):
        return None
    return next((kind for part, kind in _OFFICE.items() if part in names), None)


def _is_plain(content: bytes) -> bool:
    """Tell whether this is text without markup that a browser might run, in UTF-8 or GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return bool(text.strip()) and not _CONTROL.search(text) and not _MARKUP.search(text)
    return False
