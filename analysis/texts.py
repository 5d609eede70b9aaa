"""How texts of pure modules reach the catalogue: marked here, translated where they are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.errors import InputError

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 (the name by which Babel collects texts that are translated later)
    """Mark a text for the catalogue and return it as it is; also the ``translate`` of English."""
    return text


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
