"""Whether two people read the same on one sheet: pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from surveys.models import Missing
from surveys.parsing import Given
from surveys.queries import LoadedVersion

NOBODY_WROTE = frozenset({Missing.NOT_ASKED, Missing.SKIPPED})
_NO_MATTER = re.compile(r"[\W_]+")  # blanks and punctuation: how somebody types, not what was written


@dataclass(frozen=True, slots=True)
class Compared:
    """The questions that both looked at, and those that they read differently, by item key."""

    looked_at: list[str]
    differing: list[str]


def compare(version: LoadedVersion, first: Mapping[str, Given], second: Mapping[str, Given]) -> Compared:
    """Compare item by item.

    What was not asked of either says nothing. One "not asked" and one "left blank" differ only because an
    earlier answer does, and that one is listed.
    """
    looked_at, differing = list[str](), list[str]()
    for item in version.items:
        one, other = first[item.item_key], second[item.item_key]
        if Missing.NOT_ASKED in {one.missing, other.missing} and {one.missing, other.missing} <= NOBODY_WROTE:
            continue
        looked_at.append(item.item_key)
        if _bare(one) != _bare(other):
            differing.append(item.item_key)
    return Compared(looked_at, differing)


def _bare(given: Given) -> Given:
    words = unicodedata.normalize("NFKC", given.words).casefold()
    return replace(given, words=_NO_MATTER.sub("", words) or ("…" if words else ""))
