"""What must not stand in the text of a measure: what leads to a person, counts of very few people."""

import re

from core.masking import mask

_COUNT = re.compile(r"(?<!\d)(?<!\d[.,:/-])\d{1,3}(?!\d|[.,:/-]\d|\s?[%％]|-)")
_RANGE = re.compile(r"(?<![\d.,:/-])\d[-–~至到]\d(?![\d.,:/%％-])")  # 3-4 families
_COUNT_IN_WORDS = re.compile(r"[一二两三四五六七八九](?=[位人名户家]|个?(?:住户|居民|家庭|老人|客户|用户))")
_COUNT_IN_ENGLISH = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|one\s+(?:person|family|household|customer|resident))\b",
    re.IGNORECASE,
)
_CASE_NUMBER = re.compile(r"(?<!\d)20\d{6}-(?:\d{4,}|M\d{3,})(?!\d)")  # ours, and no telephone


def holds_personal_data(*texts: str) -> bool:
    """Tell whether a number, an address or an announced name that leads to a person stands in a text."""
    return any(mask(text) != text for text in (_CASE_NUMBER.sub("", each) for each in texts))


def small_counts(text: str, min_cell: int) -> list[str]:
    """Return the numbers in a text that may count so few people that they could be known."""
    digits = [found for found in _COUNT.findall(text) if 0 < int(found) < min_cell]
    return [*digits, *_RANGE.findall(text), *_COUNT_IN_WORDS.findall(text), *_COUNT_IN_ENGLISH.findall(text)]
