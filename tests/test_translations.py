"""The Chinese catalogue is complete, has no doubtful entry, and keeps the placeholders of the source."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "N_": None}
METHODS = [(f"{folder}/**.py", "python") for folder in ("core", "surveys", "followup", "analysis")] + [
    ("app.py", "python"),
    ("templates/**.html", "jinja2"),
]


def source_texts() -> set[str]:
    found = extract_from_dir(
        str(ROOT), METHODS, {}, KEYWORDS, directory_filter=lambda path: ".venv" not in path
    )
    return {(m[0] if isinstance(m, tuple) else m) for _file, _line, m, _comments, _context in found} - {""}


def placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"%\(\w+\)[sd]", text)))


def test_every_text_is_translated_into_chinese() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    assert source_texts(), "the extraction found nothing"
    missing = sorted(
        text for text in source_texts() if not (entry := catalogue.get(text)) or not entry.string
    )
    assert missing == []


def test_no_translation_is_doubtful_or_drops_a_placeholder() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    for entry in catalogue:
        if not entry.id:
            continue
        assert not entry.fuzzy, entry.id
        source = entry.id[-1] if isinstance(entry.id, tuple) else entry.id
        for text in entry.string if isinstance(entry.string, tuple) else (entry.string,):
            assert placeholders(text) == placeholders(source), source


def test_the_catalogue_compiles_without_a_remark() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    remarks = [(message.id, [str(error) for error in errors]) for message, errors in catalogue.check()]
    assert remarks == []
