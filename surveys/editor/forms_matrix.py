"""A matrix as a form: the question above, one way of answering, and a row for each aspect."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.i18n import _
from surveys.definition import CHOSEN, ONLY, Definition, ItemDefinition, ItemText, Option
from surveys.editor import drafting
from surveys.editor.forms import Form, Input, Row, read_rows, stepped, without_blanks
from surveys.editor.forms_items import code_of, rows_of
from surveys.editor.kinds import IN_MATRIX, as_kind, kind_of, offered_scales
from surveys.editor.options import Line, coded
from surveys.editor.wording import LIMITS


@dataclass
class MatrixInput(Input):
    """Everything that the rows share, and the rows."""

    stem: dict[str, str] = field(default_factory=dict)
    kind: str = "scale"
    scale: str = "sat5.1"
    rows: list[Row] = field(default_factory=list)
    options: list[Row] = field(default_factory=list)
    only: str = ""
    required: bool = False
    not_applicable: bool = True

    @classmethod
    def of(cls, definition: Definition, matrix: str) -> "MatrixInput":
        """Fill the form with a matrix of the draft."""
        items = [item for item in definition.items if item.matrix == matrix]
        languages, first = definition.languages, items[0]
        return cls(
            languages,
            stem=dict(definition.matrices.get(matrix, {})),
            kind=kind_of(first),
            scale=first.scale,
            rows=[
                Row(i.key, {code: getattr(i.texts.get(code), "text", "") for code in languages})
                for i in items
            ],
            options=rows_of(first, languages),
            only=first.only,
            required=first.required,
            not_applicable=first.not_applicable,
        )

    @classmethod
    def read(cls, form: Form, languages: tuple[str, ...], press: str) -> "MatrixInput":
        """Read what was typed; ``press`` is the button, which may move a line."""
        given = cls(languages)
        for name in ("kind", "scale", "only"):
            setattr(given, name, form.get(name, "")[:60])
        given.required = form.get("required", "") == "1"
        given.not_applicable = form.get("not_applicable", "") == "1"
        given.stem = given.texts(form, "stem", LIMITS["text"])
        given.rows = stepped(read_rows(form, "r", given, LIMITS["text"]), press, "r")
        given.options = stepped(read_rows(form, "o", given, LIMITS["option"]), press, "o")
        given.needs(given.stem, "stem")
        return given

    def scales(self, own: str) -> list[str]:
        """Return the scales to choose from."""
        return offered_scales(own)

    def items(
        self, definition: Definition, matrix: str, history: Sequence[Definition], section: str
    ) -> list[ItemDefinition]:
        """Return the rows as items; what is wrong stands in ``errors``."""
        old = [item for item in definition.items if item.matrix == matrix]
        own = old[0].scale if old else ""
        if self.kind not in IN_MATRIX and not (old and kind_of(old[0]) == self.kind):
            self.errors["kind"] = _("Choose how the rows are answered.")
        if self.kind == "scale" and self.scale not in self.scales(own):
            self.errors["scale"] = _("Choose a scale.")
        if not self.rows:
            self.errors[f"r0.{self.languages[0]}"] = _("Write at least one row.")
        if self.errors:
            return old
        made: list[ItemDefinition] = []
        taken = definition
        for row in self.rows:
            base = next((item for item in old if item.key == row.id), None)
            if base is None or base.key in {item.key for item in made}:
                base = self._new_row(drafting.next_key(taken, history), matrix, section)
                taken = replace(taken, items=(*taken.items, base))
            made.append(self._row(base, row))
        return self._with_options(made, old, history)

    def _new_row(self, key: str, matrix: str, section: str) -> ItemDefinition:
        role = "driver" if self.kind == "scale" else "none"
        return ItemDefinition(key, "", {}, role=role, matrix=matrix, section=section)

    def _row(self, base: ItemDefinition, row: Row) -> ItemDefinition:
        texts = {}
        for code in self.languages:
            before = base.texts.get(code) or ItemText("")
            if row.texts.get(code) or before != ItemText(before.text):
                texts[code] = replace(before, text=row.texts.get(code, ""))
        return replace(
            as_kind(base, self.kind, self.scale),
            texts=texts or {self.languages[0]: ItemText("")},
            required=self.required,
            not_applicable=self.not_applicable,
            only=self.only if self.only in ONLY else "",
        )

    def _with_options(
        self, rows: list[ItemDefinition], old: Sequence[ItemDefinition], history: Sequence[Definition]
    ) -> list[ItemDefinition]:
        """Give every row the same options, with codes that none of the rows ever used for another."""
        if rows[0].kind not in CHOSEN:
            return rows
        lines = [Line(without_blanks(row.texts), code_of(row.id), row.other) for row in self.options]
        if len(lines) < 2:
            self.errors[f"o0.{self.languages[0]}"] = _("Give at least two answers to choose from.")
        present = old[0].options if old else ()
        seen = [item for d in history for item in d.items if item.matrix == rows[0].matrix]
        past = [Definition({}, (replace(item, key="row"),)) for item in seen]
        options: tuple[Option, ...] = coded(lines, "row", present=present, history=past)
        return [replace(row, options=options) for row in rows]
