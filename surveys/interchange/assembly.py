"""Putting together what a reader finds one after the other: groups, loose texts, questions."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from core.i18n import _
from surveys.conditions import write_condition
from surveys.interchange.keys import Keys
from surveys.interchange.logic import Known, LogicError, Node, boxes_named, resolved, together
from surveys.interchange.notes import ITEMS, Note, too_many_items
from surveys.interchange.wording import is_overall

Texts = dict[str, str]  # name of a language in the file -> text
DEPTH = 20  # groups in groups


@dataclass(slots=True)
class Group:
    """A group of questions that is being read."""

    name: str
    titles: Texts
    condition: Node | None = None
    about: Texts = field(default_factory=dict)
    announced: bool = False  # its title stands above some section already


@dataclass(slots=True)
class Assembly:
    """A questionnaire on its way in; languages still have the names of the file."""

    title: Texts = field(default_factory=dict)
    intro: Texts = field(default_factory=dict)
    closing: Texts = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)  # name in the file -> item
    members: dict[str, tuple[Known, str]] = field(
        default_factory=dict
    )  # name of a box -> its question and code
    keys: Keys = field(default_factory=Keys)
    sections: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    matrices: dict[str, Texts] = field(default_factory=dict)
    _groups: list[Group] = field(default_factory=list)
    _places: Keys = field(default_factory=Keys)  # keys of sections and matrices
    _loose: Texts = field(default_factory=dict)  # a text that waits for the next question
    _section: tuple[Group | None, str] = (None, "")

    def note(self, where: str, said: str) -> None:
        """Name something that was not understood or was changed."""
        self.notes.append(Note(where, said))

    def open_group(self, name: str, titles: Mapping[str, str], condition: Node | None = None) -> None:
        """Begin a group; one without a title only carries its condition."""
        self._groups.append(Group(name, dict(titles), condition))

    def close_group(self) -> None:
        """End the innermost group."""
        if self._groups:
            self._groups.pop()

    @property
    def depth(self) -> int:
        """Count the groups that are open."""
        return len(self._groups)

    def paragraph(self, texts: Mapping[str, str]) -> None:
        """Take a text that is no question: the introduction, what a section is about, or what follows."""
        group = next((group for group in reversed(self._groups) if group.titles), None)
        if group and not group.announced:
            join(group.about, texts)
        elif not self.items:
            join(self.intro, texts)
        else:
            join(self._loose, texts)

    def open_matrix(self, name: str, stems: Mapping[str, str]) -> str:
        """Begin a matrix and return its key."""
        key = self._places.make(name, f"matrix_{len(self.matrices) + 1}")
        self.matrices[key] = dict(stems)
        return key

    def ask(
        self,
        name: str,
        item: dict[str, Any],
        *,
        where: str,
        codes: Mapping[str, int] | None = None,
        condition: Node | None = None,
        aliases: Iterable[str] = (),
    ) -> str:
        """Add a question and return its key."""
        if len(self.items) >= ITEMS:
            raise too_many_items()
        key = self.keys.make(name, f"q{len(self.items) + 1}")
        item = {
            "key": key,
            "section": self._here(),
            **deepcopy(item),
        }  # options are shared by the rows of a matrix
        self._add_loose(item, where)
        whole = together(*(group.condition for group in self._groups), condition)
        self._condition(item, whole, where)
        self.items.append(item)
        sure = bool(item.get("required")) and "show_if" not in item and not item.get("only")
        for alias in (name, *aliases):
            self.known[alias] = Known(key, item["kind"], codes or {}, sure)
        return key

    def _here(self) -> str:
        """Return the key of the section for the next question; a group left and entered again has two."""
        group = next((group for group in reversed(self._groups) if group.titles), None)
        if group is self._section[0]:
            return self._section[1]
        key = ""
        if group:
            key = self._places.make(group.name, f"part_{len(self.sections) + 1}")
            self.sections[key] = self._heading(group)
        self._section = (group, key)
        return key

    def _heading(self, group: Group) -> dict[str, dict[str, str]]:
        """Titles of outer groups that have no question of their own stand before the inner one's."""
        above: dict[str, list[str]] = {}
        for each in self._groups:
            if each is group or (each.titles and not each.announced):
                for tag, title in each.titles.items():
                    above.setdefault(tag, []).append(title)
                if each is not group:
                    join(group.about, each.about)
                each.announced = True
            if each is group:
                break
        said = {tag: {"title": " · ".join(titles)} for tag, titles in above.items()}
        for tag, about in group.about.items():
            if tag in said:
                said[tag]["text"] = about
        group.about = {}
        return said

    def _add_loose(self, item: dict[str, Any], where: str) -> None:
        """Put a text that stood before a question into its hint."""
        if not self._loose:
            return
        for tag, said in item["texts"].items():
            if tag in self._loose:
                said["hint"] = "\n".join(filter(None, (self._loose[tag], said.get("hint", ""))))
        self._loose = {}
        self.note(where, _("The text that stood before this question became its hint."))

    def _condition(self, item: dict[str, Any], condition: Node | None, where: str) -> None:
        if condition is None:
            return
        try:
            show_if, notes = resolved(boxes_named(condition, self.members), self._everything())
        except LogicError as error:
            self.unsaid(where, str(error))
            return
        for said in notes:
            self.note(where, said)
        if show_if:
            item["show_if"] = write_condition(show_if)

    def _everything(self) -> dict[str, Known]:
        """Return the items by every name, boxes under the name of their question."""
        return self.known | {item.key: item for item, _code in self.members.values()}

    def unsaid(self, where: str, why: str) -> None:
        """Note that a condition was left out."""
        self.note(where, _("Its condition cannot be said here (%(why)s), so it is always asked.", why=why))

    def finish(self, *, guess_roles: bool = True) -> dict[str, Any]:
        """Return the definition, still with the languages of the file."""
        if self._loose:
            join(self.closing, self._loose)
        if guess_roles:
            self._guess_roles()
        self.notes += self.keys.note()
        whole = {
            "title": self.title,
            "intro": self.intro,
            "closing": self.closing,
            "sections": self.sections,
            "matrices": self.matrices,
            "items": self.items,
        }
        return {name: value for name, value in whole.items() if value or name in {"title", "items"}}

    def _guess_roles(self) -> None:
        """The first scale about the whole is the overall rating, which callbacks and analysis look at."""
        for item in self.items:
            stems = {tag: said["text"] for tag, said in item["texts"].items()}
            if item["kind"] == "likert" and not item.get("matrix") and is_overall(stems):
                item["role"] = "overall"
                self.note(item["key"], _("It was taken as the overall rating."))
                return


def join(into: Texts, texts: Mapping[str, str]) -> None:
    """Add texts under those that are there."""
    for tag, text in texts.items():
        into[tag] = "\n".join(filter(None, (into.get(tag, ""), text)))
