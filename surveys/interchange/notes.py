"""What reading a foreign file gives: a definition, and what was not understood or was changed, by name."""

from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.i18n import _

MIB = 1024 * 1024
LARGEST = 20 * MIB  # of a file
ITEMS = 500  # a longer file is refused; what may be published is fewer still
OPTIONS = 200  # of one question
TEXT = 3000  # characters of one text


class UnreadableError(InputError):
    """The file cannot be read as a questionnaire."""


@dataclass(frozen=True, slots=True)
class Note:
    """One part of the file that was not understood or was changed."""

    where: str  # sheet and row, line, or question; empty for the whole file
    said: str

    def __str__(self) -> str:
        return f"{self.where}: {self.said}" if self.where else self.said


@dataclass(slots=True)
class Imported:
    """What was understood of a file."""

    definition: dict[str, Any]  # for surveys.definition.from_dict
    notes: list[Note] = field(default_factory=list)
    key: str = ""  # the key that the file suggests, where it does


def too_many_items() -> UnreadableError:
    """Say how many questions a file may have."""
    return UnreadableError(_("The file has more than %(n)d questions; split it.", n=ITEMS))


def listed(names: list[str], most: int = 6) -> str:
    """Name the first few of many."""
    shown = ", ".join(name[:60] for name in names[:most])
    return f"{shown}, … ({len(names)})" if len(names) > most else shown
