"""The lines under a stem: options with or without letters, ranges such as 1~5, rows and columns."""

import re
from collections.abc import Sequence

from surveys.interchange.choices import Choice

_LETTER = re.compile(r"^\s*[(（]?([A-Za-zＡ-Ｚ])\s*(?:[.．、:：)）]|(?=\s)|(?=[\u4e00-\u9fff]))\s*")
_DIGIT = re.compile(r"^\s*[(（]?(\d{1,2})\s*[.．、)）](?!\d)\s*")
_BULLET = re.compile(r"^\s*(?:[-–]\s+|(?:[•·○●◯□☐■▢◻]|[(（]\s*[)）]|\[\s*\])\s*)")
_ON_ONE_LINE = re.compile(r"(?:^|\s+)[(（]?([A-ZＡ-Ｚ])\s*[.．、:：)）]\s*")
RANGE = re.compile(r"^\s*(-?\d{1,3})\s*(?:分)?\s*(?:~|～|—+|-+|－|–|至|到)\s*(\d{1,3})\s*(?:分)?\s*$")
_WRITE = re.compile(r"\s*(?:[_＿]{2,}|\{_\}|[﹍]{2,})\s*")
_SAY = re.compile(
    r"\s*[(（]\s*请(?:注明|说明|填写|写明|具体说明)[^)）]{0,12}[)）]\s*$|[,，:：]?\s*请(?:注明|说明|填写|写明)\s*[:：]?\s*$"
)
_OTHER = re.compile(r"^(?:其他|其它|other\b)", re.IGNORECASE)
_JUMP = re.compile(
    r"\s*[(（\[【]?\s*(?:请\s*)?(?:跳至|跳到|跳转到?|直接跳|结束问卷|终止问卷|跳答)[^)）\]】]{0,20}[)）\]】]?\s*$"
)
_SPACES = re.compile(r"\s*\t\s*|\s{2,}")


def split_row(line: str) -> list[str]:
    """Part the labels of one line: by tabs or wide gaps where there are some, else by each space."""
    wide = [part for part in _SPACES.split(line.strip()) if part]
    return wide if len(wide) > 1 else line.split()


def option_lines(body: Sequence[str]) -> list[str]:
    """Return one text an option; letters, numbers and bullets before them go."""
    lines = [part for line in body for part in _parted(line)]
    if len(lines) == 1 and (parts := _words_of(lines[0])):
        lines = parts
    for pattern in (_LETTER, _DIGIT):
        marks = [pattern.match(line) for line in lines]
        if len(lines) > 1 and all(marks) and _in_order([m[1] for m in marks if m]):
            return [line[m.end() :].strip() or line for line, m in zip(lines, marks, strict=True) if m]
    return [_BULLET.sub("", line).strip() or line for line in lines]


def _parted(line: str) -> list[str]:
    """Part ``A.男  B.女``."""
    marks = list(_ON_ONE_LINE.finditer(line))
    if len(marks) < 2 or marks[0].start() > 0 or not _in_order([mark[1] for mark in marks]):
        return [line]
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    return [line[mark.start() : end].strip() for mark, end in zip(marks, ends, strict=True)]


def _words_of(line: str) -> list[str]:
    """Part a single line of options; English words are only parted by wide gaps."""
    wide = [part for part in _SPACES.split(line.strip()) if part]
    if len(wide) > 1:
        return wide
    narrow = line.split()
    return narrow if len(narrow) > 1 and all(not part.isascii() for part in narrow) else []


def _in_order(marks: list[str]) -> bool:
    if marks[0].isdigit():
        return [int(mark) for mark in marks] == list(range(1, len(marks) + 1))
    letters = [ord(mark.upper()) - 0xFEE0 if ord(mark) > 0xFF00 else ord(mark.upper()) for mark in marks]
    return letters == list(range(ord("A"), ord("A") + len(marks)))


def choices(texts: Sequence[str]) -> tuple[list[Choice], list[str]]:
    """Return the options, and those that led to another question."""
    made, jumps = [], []
    for number, text in enumerate(texts, start=1):
        said = _JUMP.sub("", text)
        if said != text:
            jumps.append(text)
        has_line = bool(_WRITE.search(said)) or (bool(_SAY.search(said)) and bool(_OTHER.match(said)))
        if has_line:
            said = _SAY.sub("", _WRITE.sub(" ", said)).strip(" ：:，,") or said
        made.append(Choice(str(number), {"": said.strip() or text}, other=has_line))
    return made, jumps


def numbers(low: int, high: int) -> list[Choice]:
    """Return the steps of a range as options."""
    return [Choice(str(number), {"": str(number)}) for number in range(low, high + 1)]


def range_of(body: Sequence[str]) -> tuple[int, int] | None:
    """Return the ends of ``1~5`` where that is all there is."""
    found = RANGE.match(body[0]) if len(body) == 1 else None
    if found is None or not int(found[1]) < int(found[2]):
        return None
    return int(found[1]), int(found[2])


def rows_and_columns(body: Sequence[str]) -> tuple[list[str], list[str]]:
    """Read a matrix in either dialect.

    One names both (行： … 列： …, the columns possibly a range such as 1~5); in the other the first line
    holds the columns, parted by spaces, and each further line is a row.
    """
    marks = {index: line.strip().rstrip("：:") for index, line in enumerate(body)}
    heads = {name: index for index, name in marks.items() if name in {"行", "列"}}
    ranges = [line for line in body if RANGE.match(line)]
    if "行" in heads:
        rest = [line for line in body[heads["行"] + 1 :] if line not in ranges]
        at = heads.get("列", len(body)) - heads["行"] - 1
        columns = rest[at + 1 :] if "列" in heads else []
        rows = rest[:at] if "列" in heads else rest
        return option_lines(rows), option_lines(columns) or ranges[:1]
    if not body:
        return [], []
    if RANGE.match(body[-1]) and len(body) > 1:
        return option_lines(body[:-1]), [body[-1]]
    return option_lines(body[1:]), [body[0]] if RANGE.match(body[0]) else split_row(body[0])
