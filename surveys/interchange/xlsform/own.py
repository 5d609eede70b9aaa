"""What only our own workbooks say: columns and rows that other programs pass over."""

import json
import re
from typing import Any

from core.i18n import _
from surveys.definition import KINDS, ONLY, ROLES
from surveys.interchange.assembly import Assembly
from surveys.interchange.xlsform import expressions
from surveys.interchange.xlsform.sheets import Line
from surveys.interchange.xlsform.types import RowType

_YES = {"yes", "true", "1"}
_FITS = {
    "select": {"likert", "rating", "yesno", "single", "multiple"},
    "number": {"number"},
    "date": {"date"},
    "text": {"text"},
}
_PART = re.compile(r"(intro|opening|closing|other|section|about|matrix)(?:\s+(.*))?", re.DOTALL)
_NEEDS_SCALE = {"likert", "rating", "yesno"}


class OwnParts:
    """Reads the rows and columns of a workbook that we wrote."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._open: list[tuple[str, str]] = []  # (section | matrix, key)
        self._whole: dict[str, dict[str, str]] = {}

    def takes(self, line: Line, kind: RowType) -> bool:
        """Take a row that is no question; tell whether it was one."""
        if kind.what == "end" and self._open:
            self._open.pop()
            return True
        found = _PART.fullmatch(line.cell("part"))
        if found is None:
            return False
        part, key = found[1], found[2] or ""
        if part in {"section", "matrix"} and kind.what == "begin":
            self._begin(line, part, key)
        elif part == "about" and kind.what == "note":
            for tag, said in line.said("label").items():
                self._assembly.sections.get(key, {}).get(tag, {})["text"] = said
        elif part in {"intro", "opening", "closing"} and kind.what == "note":
            self._whole[part] = line.said("label")
        return part == "other" or kind.what in {"begin", "note"}

    def _begin(self, line: Line, part: str, key: str) -> None:
        self._open.append((part, key))
        texts = line.said("label")
        if part == "section":
            self._assembly.sections[key] = {tag: {"title": said} for tag, said in texts.items()}
        else:
            self._assembly.matrices[key] = texts

    def extras(self, line: Line, item: dict[str, Any]) -> dict[str, Any]:
        """Read the columns that only we write."""
        places = dict(self._open)
        extras: dict[str, Any] = {"section": places.get("section", ""), "matrix": places.get("matrix", "")}
        for name, allowed in (("role", ROLES), ("only", ONLY)):
            if line.cell(name) in allowed:
                extras[name] = line.cell(name)
        for name in ("not_applicable", "single_line"):
            if line.cell(name).lower() in _YES:
                extras[name] = True
        if line.cell("soft"):
            found, _strange = expressions.limits(line.cell("soft"), item["kind"])
            extras |= {**found, "soft": True}
        kind = line.cell("kind")
        if kind in KINDS and kind != item["kind"] and kind in _NEEDS_SCALE and item["kind"] in _NEEDS_SCALE:
            extras["kind"] = kind
        return extras

    def lost_scale(self, line: Line, item: dict[str, Any]) -> list[str]:
        """Say that a list no longer has the words of its scale."""
        scale = line.cell("scale")
        if not scale or item.get("scale") == scale:
            return []
        return [_("Its answers no longer have the words of the scale %(scale)s.", scale=scale[:40])]

    def finish(self, definition: dict[str, Any], settings: dict[str, str]) -> None:
        """Add what belongs to the whole."""
        definition |= {name: texts for name, texts in self._whole.items() if texts}
        if settings.get("anonymous", "").lower() in _YES:
            definition["anonymous"] = True
        changes = _changes(settings.get("changes", ""))
        if changes:
            definition["changes"] = changes


def _changes(cell: str) -> dict[str, str]:
    try:
        found = json.loads(cell) if cell else {}
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(said) for key, said in found.items()} if isinstance(found, dict) else {}
