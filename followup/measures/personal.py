"""What must not stand in the text of a measure: numbers that lead to a person, counts of very few people."""

import re

from core.logs import redact

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])|(?<!\d)\d{15}(?!\d)")  # 身份证
_ACCOUNT = re.compile(r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)")  # bank cards and what looks like one
_COUNT = re.compile(r"(?<![\d.,:/-])\d{1,3}(?![\d.,:/%％-])")
_COUNT_IN_WORDS = re.compile(r"[一二两三四五六七八九](?=[位人名户家])")
_CASE_NUMBER = re.compile(r"(?<!\d)20\d{6}-(?:\d{4,}|M\d{3,})(?!\d)")  # ours, and no telephone


def holds_personal_data(*texts: str) -> bool:
    """Tell whether a telephone, identity or account number or an e-mail address stands in a text."""
    return any(_is_personal(_CASE_NUMBER.sub("", text)) for text in texts)


def small_counts(text: str, min_cell: int) -> list[str]:
    """Return the numbers in a text that may count so few people that they could be known."""
    digits = [found for found in _COUNT.findall(text) if 0 < int(found) < min_cell]
    return digits + _COUNT_IN_WORDS.findall(text)


def _is_personal(text: str) -> bool:
    return bool(_IDENTITY.search(text) or _ACCOUNT.search(text)) or redact(text) != text
