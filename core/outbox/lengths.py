"""How long an SMS is: in which alphabet it travels, and as how many parts it is sent and paid."""

from dataclasses import dataclass

# GSM 03.38: the basic table, and what costs two places because it is escaped.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
GSM7, UCS2 = "GSM-7", "UCS-2"
_PLACES = {GSM7: (160, 153), UCS2: (70, 67)}  # in a single part, in each of several


@dataclass(frozen=True, slots=True)
class Length:
    """The length of one SMS."""

    alphabet: str
    places: int  # what counts: an emoji takes two of UCS-2
    parts: int
    left: int  # places left in the last part


def measure(text: str) -> Length:
    """Count a text as the network does."""
    is_gsm = all(c in _BASIC or c in _ESCAPED for c in text)
    alphabet = GSM7 if is_gsm else UCS2
    places = sum(2 if c in _ESCAPED else 1 for c in text) if is_gsm else len(text.encode("utf-16-le")) // 2
    single, each = _PLACES[alphabet]
    parts = 1 if places <= single else -(-places // each)
    room = single if parts == 1 else parts * each
    return Length(alphabet, places, parts, room - places)
