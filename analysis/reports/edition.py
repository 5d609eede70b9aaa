"""For whom, in which language and when a report is made; nothing of it is read from a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from analysis import labels
from analysis.queries import Thresholds, thresholds_of
from analysis.texts import N_, Translate
from core.settings import Settings
from surveys.exports.words import translator

LIST, NEXT = N_(", "), N_("; ")
_VALUES = N_("%(dimension)s: %(values)s")


@dataclass(frozen=True)
class Edition:
    """The language, the moment and the installation of a report."""

    language: str
    now: datetime
    settings: Settings

    @property
    def translate(self) -> Translate:
        """What says a text of the source in the report's language."""
        return translator(self.language)

    @property
    def today(self) -> date:
        """The local day on which it is made."""
        return self.now.astimezone(self.settings.zone).date()

    @property
    def made(self) -> str:
        """The local time at which it is made."""
        return self.now.astimezone(self.settings.zone).strftime("%Y-%m-%d %H:%M")

    @property
    def organisation(self) -> str:
        """Whose report it is."""
        settings = self.settings
        return settings.organisation_en if self.language == "en" else settings.organisation_zh

    @property
    def thresholds(self) -> Thresholds:
        """From how many answers figures are shown and judged."""
        return thresholds_of(self.settings)

    def say(self, text: str, **values: object) -> str:
        """Say a text of the source with its values."""
        said = self.translate(text)
        return said % values if values else said

    def word(self, label: object) -> str:
        """Say a label of the pages, which outside a request speaks English."""
        return self.translate(str(label))

    def value(self, dimension: str, value: str) -> str:
        """Say one value of a dimension."""
        return self.translate(labels.value_label(dimension, value))

    def listed(self, texts: list[str]) -> str:
        """Put names behind each other."""
        return self.say(LIST).join(texts)

    def population(self, where: Mapping[str, tuple[str, ...]]) -> str:
        """Say whose answers count; empty where all do."""
        return self.say(NEXT).join(
            self.say(
                _VALUES, dimension=self.word(labels.DIMENSION[name]),
                values=self.listed([self.value(name, value) for value in values]),
            )
            for name, values in where.items()
        )  # fmt: skip

    def address(self, arguments: Mapping[str, object]) -> str:
        """Return the address at which the same question can be asked again."""
        return f"{self.settings.public_url.rstrip('/')}/analysis?{urlencode(arguments, doseq=True)}"
