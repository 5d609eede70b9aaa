"""The choices of a workbook, by list."""

from dataclasses import replace

from core.i18n import _
from surveys.interchange.choices import Choice
from surveys.interchange.languages import known
from surveys.interchange.xlsform.sheets import Sheet

NOT_APPLICABLE = "na"  # the choice that stands for it in what we export
OTHER = {"zh_Hans": "其他", "en": "Other"}


class Lists:
    """The answers offered under each name of a list."""

    def __init__(self, sheet: Sheet) -> None:
        self._lists: dict[str, list[Choice]] = {}
        for line in sheet.lines:
            name = line.cell("list_name")
            texts = line.said("label")
            code = line.cell("name")
            if name and (code or texts):
                other = line.cell("other").lower() in {"yes", "true", "1"}
                self._lists.setdefault(name, []).append(Choice(code, texts or {"": code}, other=other))

    def __contains__(self, name: object) -> bool:
        return name in self._lists

    def choices(self, name: str, *, own: bool, other: bool) -> list[Choice]:
        """Return the answers of a list; "not applicable" of our own lists is no answer."""
        found = self._lists.get(name, [])
        if own:
            found = [choice for choice in found if choice.name != NOT_APPLICABLE]
        if not other:
            return found
        last = next((choice for choice in found if choice.name.lower() == "other"), None)
        if last:
            return [replace(choice, other=choice is last) for choice in found]
        tags = dict.fromkeys(tag for choice in found for tag in choice.texts)
        texts = {tag: OTHER[known(tag) or "en"] for tag in tags}
        return [*found, Choice("other", texts or {"": _("Other")}, other=True)]
