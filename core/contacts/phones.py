"""Phone numbers: one form to store and find them (E.164), one to show them."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat as Format
from phonenumbers import PhoneNumberType as Type

from core.errors import InputError

_EXTENSION = re.compile(r"\s*(?:转|轉|分机|ext\.?|;ext=|x|#)\s*(\d{1,8})$", re.IGNORECASE)
_CHINESE_MOBILE = re.compile(r"\+861[3-9]\d{9}$")  # new prefixes appear faster than numbering plans
_MOBILE = frozenset({Type.MOBILE, Type.FIXED_LINE_OR_MOBILE})


@dataclass(frozen=True, slots=True)
class Number:
    """One number: what identifies the line, the extension behind it, and whether it can get an SMS."""

    line: str  # E.164
    extension: str
    kind: str  # mobile | landline

    @property
    def stored(self) -> str:
        return f"{self.line};ext={self.extension}" if self.extension else self.line


@lru_cache(maxsize=2048)  # an import checks, looks up and stores each number of a chunk
def normalise(text: str, region: str) -> Number:
    """Read a number as people of ``region`` write it: 138 1234 5678, 010-62345678转801, +49 30 123456.

    Raises
    ------
    InputError
        With a sentence that says what was expected.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _EXTENSION.search(plain)
    extension = found.group(1) if found else ""
    try:
        parsed = phonenumbers.parse(plain[: found.start()] if found else plain, region)
    except phonenumbers.NumberParseException:
        raise InputError(_expected(text, region)) from None
    line = phonenumbers.format_number(parsed, Format.E164)
    if not (phonenumbers.is_valid_number(parsed) or _CHINESE_MOBILE.match(line)):
        raise InputError(_expected(text, region))
    is_mobile = phonenumbers.number_type(parsed) in _MOBILE or bool(_CHINESE_MOBILE.match(line))
    return Number(line, extension, "mobile" if is_mobile else "landline")


def shown(stored: str, region: str) -> str:
    """Return a stored number as people of ``region`` read it: 13812345678, 010-62345678."""
    line, _, extension = stored.partition(";ext=")
    parsed = phonenumbers.parse(line, None)
    if phonenumbers.region_code_for_country_code(parsed.country_code or 0) != region:
        text = phonenumbers.format_number(parsed, Format.INTERNATIONAL)
    else:
        text = phonenumbers.format_number(parsed, Format.NATIONAL)
        if region == "CN":
            area, _, rest = text.partition(" ")
            text = (f"{area}-{rest}" if area.startswith("0") else text).replace(" ", "")
    return f"{text}-{extension}" if extension else text


def _expected(text: str, region: str) -> str:
    example = phonenumbers.example_number_for_type(region, Type.MOBILE)
    mobile = phonenumbers.format_number(example, Format.NATIONAL) if example else "+49 30 123456"
    area = "010-62345678" if region == "CN" else "with its area code"
    return (
        f"{text.strip()[:40]!r} is not a phone number; write a mobile such as {mobile} or a landline {area}."
    )
