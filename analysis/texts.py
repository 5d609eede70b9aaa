"""How texts of pure modules reach the catalogue: marked here, translated where they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import InputError
from core.translating import N_, Translate

__all__ = ["N_", "AskedError", "Note", "Translate"]


@dataclass(frozen=True)
class Note:
    """A sentence that goes with some figures, said in the reader's language when it is shown."""

    template: str
    values: Mapping[str, str] = field(default_factory=dict)

    def say(self, translate: Translate = N_) -> str:
        """Return the sentence."""
        return translate(self.template) % self.values


class AskedError(InputError):
    """This comparison cannot be made."""

    def __init__(self, template: str, **values: str) -> None:
        self.note = Note(template, values)
        super().__init__(self.sentence())

    def sentence(self, translate: Translate = N_) -> str:
        """Say in the reader's language what was expected."""
        return self.note.say(translate)
