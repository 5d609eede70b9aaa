"""Reading a workbook into a definition, row by row."""

import re
from collections.abc import Mapping
from typing import Any

from core.i18n import _
from surveys.interchange import choices as answers
from surveys.interchange.assembly import DEPTH, Assembly
from surveys.interchange.choices import Offered
from surveys.interchange.languages import settle
from surveys.interchange.logic import LogicError, Node
from surveys.interchange.notes import Imported, UnreadableError, listed
from surveys.interchange.texts import plain, without_markup
from surveys.interchange.wording import is_recommendation
from surveys.interchange.xlsform import expressions
from surveys.interchange.xlsform.lists import Lists
from surveys.interchange.xlsform.own import OwnParts
from surveys.interchange.xlsform.sheets import Line, Sheet, sheets_of
from surveys.interchange.xlsform.types import RowType, row_type

_KNOWN = {
    "survey": {
        "type", "name", "label", "hint", "required", "relevant", "constraint", "appearance", "parameters",
        "choice_filter", "constraint_message", "required_message", "kind", "role", "scale", "spoken", "short",
        "only", "soft", "not_applicable", "single_line", "part", "repeat_count",
    },
    "choices": {"list_name", "name", "label", "other"},
    "settings": {
        "form_title", "form_id", "id_string", "version", "default_language", "anonymous", "changes",
        "huifang", "instance_name", "style",
    },
}  # fmt: skip
_YES = {"yes", "true", "true()", "1", "y", "是"}
_NO = {"", "no", "false", "false()", "0", "n", "否"}
_REFERENCE = re.compile(r"\$\{[^}]{1,200}\}")
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_PARAMETER = re.compile(r"\b(start|end)\s*=\s*(-?\d+(?:\.\d+)?)")


def read(content: bytes, *, language: str | None = None) -> Imported:
    """Read an XLSForm; sheets, columns, rows and expressions that are not understood are named.

    Raises
    ------
    HuifangError
        When it is no workbook, could do harm, or has no sheet “survey”.
    """
    sheets = sheets_of(content)
    survey = sheets.get("survey")
    if survey is None or "type" not in survey.columns:
        raise UnreadableError(
            _("The workbook should have a sheet “survey” with the columns “type” and “name”.")
        )
    form = _Form(sheets, survey)
    form.name_unknown_parts(sheets)
    return form.read(language)


class _Form:
    """One workbook on its way in."""

    def __init__(self, sheets: Mapping[str, Sheet], survey: Sheet) -> None:
        self.assembly = Assembly()
        self.lists = Lists(sheets.get("choices") or Sheet())
        self._survey = survey
        lines = (sheets.get("settings") or Sheet()).lines
        self.settings = dict(lines[0].cells) if lines else {}
        self.own = OwnParts(self.assembly) if "huifang" in self.settings else None
        self._meta: list[str] = []
        self._open: list[str] = []  # kinds of the groups that are open
        self._matrix: tuple[str, object] | None = None  # key, and what its rows offer
        self._stem: dict[str, str] = {}  # of the next matrix
        self._told: set[str] = set()  # lists whose notes were given

    def name_unknown_parts(self, sheets: Mapping[str, Sheet]) -> None:
        """Name every sheet and column that nothing is done with."""
        strange = [name for name in sheets if name not in _KNOWN]
        if strange:
            self.assembly.note("", _("These sheets were not read: %(names)s.", names=listed(strange)))
        for name, columns in _KNOWN.items():
            found = sheets.get(name) or Sheet()
            filled = {column.partition("::")[0] for line in found.lines for column in line.cells} | {
                column for line in found.lines for column in line.texts
            }
            unknown = sorted(column for column in filled - columns if not column.startswith("title_["))
            if unknown:
                where = _("sheet %(name)s", name=name)
                said = _("These columns were not taken over: %(names)s.", names=listed(unknown, 12))
                self.assembly.note(where, said)

    def read(self, language: str | None) -> Imported:
        for line in self._survey.lines:
            self._row(line)
        if self._open:
            self.assembly.note("", _("A group is not closed; it was taken to end with the sheet."))
        if self._meta:
            said = _("What a device would record was left out: %(names)s.", names=listed(self._meta))
            self.assembly.note(_("sheet %(name)s", name="survey"), said)
        self.assembly.title = self._title()
        definition = self.assembly.finish(guess_roles=self.own is None)
        if self.own:
            self.own.finish(definition, self.settings)
        definition, notes = settle(
            definition, default=self.settings.get("default_language", ""), wanted=language
        )
        if len(definition["title"]) > 1 and not self.own:
            self.assembly.note("", _("The title stands in one language only; it was taken for all of them."))
        if not definition["items"]:
            raise UnreadableError(_("There is no question in the sheet “survey” that can be asked here."))
        return Imported(definition, self.assembly.notes + notes, key=self._key())

    def _title(self) -> dict[str, str]:
        own = {column[7:-1]: said for column, said in self.settings.items() if column.startswith("title_[")}
        if own:
            return own
        title = plain(self.settings.get("form_title") or self.settings.get("form_id", ""), 200)
        if not title:
            title = _("Untitled questionnaire")
            self.assembly.note("", _("The workbook has no title in its sheet settings."))
        tags = dict.fromkeys(tag for item in self.assembly.items for tag in item["texts"])
        return dict.fromkeys(tags, title) or {"": title}

    def _key(self) -> str:
        return self.settings.get("form_id") or self.settings.get("id_string", "")

    def _row(self, line: Line) -> None:
        kind = row_type(line.cell("type"))
        if not kind.named:
            return
        where = _("sheet %(name)s, row %(row)d", name="survey", row=line.number)
        if self.own and self.own.takes(line, kind):
            return
        if kind.what == "begin":
            self._begin(line, kind, where)
        elif kind.what == "end":
            self._end(where)
        elif kind.what == "meta":
            self._meta.append(kind.named)
        elif kind.what == "note":
            self._paragraph(line, where)
        elif kind.what in {"unasked", "unknown"}:
            said = next(iter(line.said("label").values()), line.cell("name"))
            self.assembly.note(
                where,
                _(
                    "A row of the type “%(kind)s” cannot be asked here and was left out: %(text)s.",
                    kind=kind.named,
                    text=plain(said, 80) or "—",
                ),
            )
        elif "label" in line.cell("appearance").split() and kind.what == "select":
            self._stem = self._texts(line, "label")  # the head of a table: its answers only
        else:
            self._question(line, kind, where)

    def _begin(self, line: Line, kind: RowType, where: str) -> None:
        if len(self._open) >= DEPTH:
            raise UnreadableError(_("The workbook has groups more than %(n)d deep.", n=DEPTH))
        is_table = "table-list" in line.cell("appearance")
        self._open.append("table" if is_table else kind.group)
        self._matrix = None
        titles = self._texts(line, "label")
        if kind.group != "group":
            self.assembly.note(where, _("What may be repeated there is asked once here."))
        if is_table:
            self._stem = titles
        self.assembly.open_group(line.cell("name"), {} if is_table else titles, self._condition(line, where))

    def _end(self, where: str) -> None:
        if not self._open:
            self.assembly.note(where, _("A group ends that did not begin."))
            return
        self._open.pop()
        self._matrix, self._stem = None, {}
        self.assembly.close_group()

    def _paragraph(self, line: Line, where: str) -> None:
        texts = self._texts(line, "label")
        if line.cell("relevant"):
            self.assembly.note(where, _("This note has a condition, which was left out."))
        self._warn_of_references(texts, where)
        self.assembly.paragraph(texts)

    def _question(self, line: Line, kind: RowType, where: str) -> None:
        name = line.cell("name")
        where = f"{where} ({name[:60]})" if name else where
        texts = self._said(line, where)
        stem = {tag: said["text"] for tag, said in texts.items()}
        made = self._answers(line, kind, stem, where)
        for said in made.notes:
            self.assembly.note(where, said)
        item = {**made.item, **self._range(line, made.item["kind"], where), "texts": texts}
        item |= self._required(line, where)
        if self.own:
            item |= self.own.extras(line, item)
        elif kind.what == "select":
            item |= self._in_matrix(line, item)
        self.assembly.ask(name, item, where=where, codes=made.codes, condition=self._condition(line, where))

    def _answers(self, line: Line, kind: RowType, stem: dict[str, str], where: str) -> Offered:
        if kind.what == "select":
            return self._chosen(line, kind, where)
        if kind.what == "yesno":
            return Offered({"kind": "yesno", "scale": "yesno"}, notes=[_("It is asked as yes or no.")])
        if kind.named.lower() == "range":
            return _range_question(line, stem)
        made = Offered({"kind": kind.what})
        if kind.named.lower() in {"datetime", "time"}:
            made.notes.append(
                _(
                    "The type “%(kind)s” is asked as %(as)s.",
                    kind=kind.named,
                    **{"as": _("a date") if kind.what == "date" else _("free text")},
                )
            )
        if kind.named.lower() in {"time", "barcode", "phone number", "email"}:
            made.item["single_line"] = True
        return made

    def _chosen(self, line: Line, kind: RowType, where: str) -> Offered:
        if kind.choices not in self.lists:
            self.assembly.note(
                where, _("There is no list “%(name)s” in the sheet choices.", name=kind.choices[:60])
            )
        elif line.cell("appearance").startswith(("search(", "pulldata(")):
            self.assembly.note(where, _("Its answers come from another file, which was not read."))
        elif line.cell("choice_filter"):
            self.assembly.note(
                where, _("Its answers depend on another answer there; here all of them are offered.")
            )
        found = self.lists.choices(kind.choices, own=self.own is not None, other=kind.other)
        found = [
            answers.Choice(c.name, {t: self._clean(s) for t, s in c.texts.items()}, c.other) for c in found
        ]
        as_options = self.own is not None and line.cell("kind") == "single"
        made = answers.offered(found, multiple=kind.multiple, scales=not as_options)
        if kind.choices in self._told and "options" in made.item:
            made.notes = []
        self._told.add(kind.choices)
        if self.own:
            made.notes += self.own.lost_scale(line, made.item)
        return made

    def _range(self, line: Line, kind: str, where: str) -> dict[str, Any]:
        expression = line.cell("constraint")
        if not expression:
            return {}
        found, strange = expressions.limits(expression, kind)
        if strange:
            self.assembly.note(where, _("Its check was left out: %(text)s.", text=listed(strange)))
        return found

    def _required(self, line: Line, where: str) -> dict[str, bool]:
        cell = line.cell("required").lower()
        if cell not in _YES | _NO:
            self.assembly.note(where, _("It is required under a condition there; here it is not."))
        return {"required": True} if cell in _YES else {}

    def _condition(self, line: Line, where: str) -> Node | None:
        expression = line.cell("relevant")
        if not expression:
            return None
        try:
            return expressions.parsed(expression)
        except LogicError:
            self.assembly.unsaid(where, expression[:100])
            return None

    def _in_matrix(self, line: Line, item: dict[str, Any]) -> dict[str, Any]:
        """A row of a table belongs to a matrix with the rows beside it, as long as they offer the same."""
        in_table = bool(self._open) and self._open[-1] == "table"
        if not (in_table or "list-nolabel" in line.cell("appearance")) or not self._stem:
            self._matrix = None
            return {}
        offer = repr([item.get(name) for name in ("kind", "scale", "options", "not_applicable")])
        if self._matrix is None or self._matrix[1] != offer:
            self._matrix = (self.assembly.open_matrix("", self._stem), offer)
        return {"matrix": self._matrix[0]}

    def _said(self, line: Line, where: str) -> dict[str, dict[str, str]]:
        labels = self._texts(line, "label")
        if not labels:
            labels = {"": line.cell("name") or "?"}
            self.assembly.note(where, _("It has no label; its name stands in for one."))
        texts = {tag: {"text": label} for tag, label in labels.items()}
        self._warn_of_references(labels, where)
        for name in ("hint", "spoken", "short"):
            for tag, said in self._texts(line, name).items():
                place = tag if tag in texts else next(iter(texts)) if not tag else ""
                if place in texts:
                    texts[place][name] = said
        return texts

    def _texts(self, line: Line, name: str) -> dict[str, str]:
        return {tag: said for tag, text in line.said(name).items() if (said := self._clean(text))}

    def _clean(self, text: str) -> str:
        """Our own texts stay as they are; in others markup is taken off."""
        if self.own:
            return plain(text, 10_000)
        return _HEADING.sub("", _BOLD.sub(r"\1", without_markup(text)))

    def _warn_of_references(self, texts: Mapping[str, str], where: str) -> None:
        if any(_REFERENCE.search(text) for text in texts.values()):
            self.assembly.note(
                where, _("Its text holds the answer to another question, which is not filled in here.")
            )


def _range_question(line: Line, stem: dict[str, str]) -> Offered:
    ends = {name: float(value) for name, value in _PARAMETER.findall(line.cell("parameters"))}
    low, high = ends.get("start", 1.0), ends.get("end", 10.0)
    if (low, high) == (0, 10) and is_recommendation(stem):
        return Offered({"kind": "rating", "scale": "rating10"}, {str(n): n for n in range(11)})
    return Offered(
        {"kind": "number", "minimum": low, "maximum": high}, notes=[_("A slider is asked as a number.")]
    )
