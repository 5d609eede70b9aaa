"""Keys of items, sections and matrices: the names of the file where they can be kept."""

import re
import unicodedata

from core.i18n import _
from surveys.checking import RESERVED
from surveys.interchange.notes import Note, listed

_VALID = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST = 40


class Keys:
    """Hands out keys that are valid and differ from each other."""

    def __init__(self) -> None:
        self._used = set(RESERVED)
        self.renamed: dict[str, str] = {}  # name in the file -> key, where a person would not recognise it

    def make(self, name: str, fallback: str) -> str:
        """Return a key for what the file calls ``name``; ``fallback`` must be valid."""
        slug = slugged(name) or fallback
        key, number = slug, 2
        while key in self._used:
            key = f"{slug[: LONGEST - 1 - len(str(number))]}_{number}"
            number += 1
        self._used.add(key)
        if name and name.lower() != key:
            self.renamed[name] = key
        return key

    def note(self) -> list[Note]:
        """Say which names could not be kept."""
        if not self.renamed:
            return []
        pairs = [f"{name} → {key}" for name, key in self.renamed.items()]
        return [Note("", _("Names that are no keys here were changed: %(names)s.", names=listed(pairs)))]


def slugged(name: str) -> str:
    """Return small letters, digits and _ of a name, starting with a letter; empty when nothing is left."""
    if _VALID.fullmatch(name):
        return name
    ascii_only = unicodedata.normalize("NFKD", name[:200]).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")
    if slug and not slug[0].isalpha():
        slug = f"q_{slug}"
    return slug[:LONGEST].rstrip("_")
