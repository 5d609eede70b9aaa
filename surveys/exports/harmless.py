"""Texts that do no harm in a file: no control characters, no numbers of people, no more than a cell holds."""

import re

# Control characters, bidi overrides, lone surrogates, and the two code points that XML does not know.
_UNWRITABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
HIDDEN = "***"
_D = "[0-9０-９]"
_GAP = "[ \u3000\\-－—.·]?"
_IDENTIFYING = re.compile(
    "|".join((
        r"[A-Za-z0-9.!#$%&'*+/=?^`{|}~_-]{1,64}[@＠][A-Za-z0-9-]+(?:[.．][A-Za-z0-9-]+)*",  # e-mail addresses
        r"(?<=/[so]/)[^/\s]+",  # links of ours
        rf"(?:\+|＋|00)?{_D}{{2,4}}{_GAP}\(?1[3-9]{_D}{_GAP}{_D}{{4}}{_GAP}{_D}{{4}}(?!{_D})",
        rf"(?<!{_D})[1１][3-9３-９]{_D}{_GAP}{_D}{{4}}{_GAP}{_D}{{4}}(?!{_D})",  # mobiles, 3-4-4
        rf"(?<!{_D})[1１][3-9３-９]{_D}{{2}}{_GAP}{_D}{{4}}{_GAP}{_D}{{3}}(?!{_D})",  # 4-4-3
        rf"(?<!{_D})[(（]?[0０]{_D}{{2,3}}[)）]?{_GAP}{_D}{{3,4}}{_GAP}{_D}{{4}}(?!{_D})",  # landlines
        rf"[+＋]{_D}(?:{_GAP}{_D}){{6,16}}",  # international numbers
        rf"(?<!{_D}){_D}{{6}}{_GAP}{_D}{{8}}{_GAP}{_D}{{3}}[0-9０-９XxＸｘ](?!{_D})",  # identity cards
        rf"(?<!{_D})(?:{_D}{{4}}{_GAP}){{3,4}}{_D}{{1,4}}(?!{_D})",  # bank cards
        rf"{_D}{{7,}}[XxＸｘ]?",  # any other long number: a household, a contract, an account
    ))
)  # fmt: skip
_ACCOUNT = re.compile(r"(微信|wechat|weixin|\bvx|\bqq)([号:：\s是]{0,4})[A-Za-z0-9_-]{5,20}", re.IGNORECASE)
CELL_UTF16 = 32_767  # what a cell of a spreadsheet holds
SPSS_BYTES = 32_767  # what a string variable holds


def tidy(text: str) -> str:
    """Return a text without what some format cannot write; line ends become ``\\n``."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def masked(text: str) -> str:
    """Hide numbers and addresses by which a person could be reached or told."""
    return _ACCOUNT.sub(rf"\1\2{HIDDEN}", _IDENTIFYING.sub(HIDDEN, text))


def cut_utf16(text: str, units: int) -> str:
    """Cut a text to so many UTF-16 units, never inside a character."""
    if len(text) * 2 <= units:
        return text
    return text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore")


def cut_utf8(text: str, size: int) -> str:
    """Cut a text to so many bytes, never inside a character."""
    if len(text) * 4 <= size:
        return text
    return text.encode("utf-8")[:size].decode("utf-8", "ignore")
