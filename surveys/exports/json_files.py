"""JSON: one document with its codebook, or one line a response. Missing answers stand apart."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from surveys.exports import codebook
from surveys.exports.cells import raw
from surveys.exports.columns import META
from surveys.exports.writing import Content, Written
from surveys.models import Missing


def write(path: Path, content: Content) -> Written:
    """Write one document."""
    done = Written()
    head = json.dumps(_head(content), ensure_ascii=False)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(head[:-1] + ', "responses": [')
        for number, response in enumerate(_responses(content, done)):
            file.write(",\n" if number else "\n")
            file.write(_dump(response))
        file.write("\n]}\n")
    return done


def write_lines(path: Path, content: Content) -> Written:
    """Write one document a line, a line a response."""
    done = Written()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for response in _responses(content, done):
            file.write(_dump(response) + "\n")
    return done


def _head(content: Content) -> dict[str, Any]:
    stamp, span = content.stamp, content.span
    return {
        "questionnaire": stamp.key,
        "title": stamp.title,
        "exported": {"by": stamp.by, "at": stamp.at.isoformat(timespec="seconds"), "number": stamp.number},
        "period": {"first": _plain(span.first), "last": _plain(span.last)},
        "language": content.language,
        "versions": [
            {"number": version.number, "content_hash": version.content_hash}
            for version in content.layout.versions
        ],
        "columns": codebook.document(content.layout, content.language),
    }


def _responses(content: Content, done: Written) -> Iterator[dict[str, Any]]:
    names = [column.name for column in content.layout.columns]
    for row in done.counted(content.rows(raw())):
        response: dict[str, Any] = dict(zip(META, row, strict=False))
        answers: dict[str, object] = {}
        missing: dict[str, str] = {}
        for name, cell in zip(names, row[len(META) :], strict=True):
            if isinstance(cell, Missing):
                missing[name] = cell.key
            elif cell is not None:
                answers[name] = cell
        yield response | {"answers": answers, "missing": missing}


def _dump(response: dict[str, Any]) -> str:
    return json.dumps(response, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
