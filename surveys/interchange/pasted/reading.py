"""Reading a pasted text into a definition."""

import re
from typing import Any

from core.i18n import _
from surveys.interchange import choices as answers
from surveys.interchange.assembly import Assembly
from surveys.interchange.choices import Offered
from surveys.interchange.languages import settle
from surveys.interchange.notes import MIB, Imported, UnreadableError, listed
from surveys.interchange.pasted import options
from surveys.interchange.pasted.lines import LINES, Block, taken_apart
from surveys.interchange.texts import decoded, plain
from surveys.interchange.wording import is_recommendation

LARGEST = MIB
_BLANK = re.compile(r"\{_\}|[_＿]{2,}")
_ASKED = {"single", "multiple", "judge", "scale", "nps", "slider", ""}
_MATRIX = {"matrix_scale", "matrix_single", "matrix_multiple", "matrix_text"}


def read(content: bytes, *, language: str | None = None) -> Imported:
    """Read a pasted text; every line that is not understood is named.

    Raises
    ------
    UnreadableError
        When there is no question in it.
    """
    if len(content) > LARGEST:
        raise UnreadableError(_("The text has more than %(mib)d MiB; split it.", mib=1))
    text = plain(decoded(content), LARGEST)
    if text.count("\n") > LINES:
        raise UnreadableError(_("The text has more than %(n)d lines; split it.", n=LINES))
    paste = taken_apart(text)
    if not any(not block.is_part and block.stem.kind != "page" for block in paste.blocks):
        raise UnreadableError(
            _("There is no question in the text; expected lines such as “1. 题干[单选题]”, options below.")
        )
    reader = _Reader(paste.blocks)
    reader.assembly.title = {"": plain(paste.title, 200)} if paste.title else {}
    if paste.intro:
        reader.assembly.intro = {"": plain("\n".join(paste.intro))}
    if paste.closing:
        reader.assembly.closing = {"": plain("\n".join(paste.closing))}
    return reader.read(language)


class _Reader:
    """Turns blocks into items."""

    def __init__(self, blocks: list[Block]) -> None:
        self.assembly = Assembly()
        self._blocks = blocks
        marks = [block.stem.required for block in blocks]
        self._unmarked_required = True not in marks  # the format's own rule; with stars, only what has one
        self._pages: list[str] = []

    def read(self, language: str | None) -> Imported:
        for number, block in enumerate(self._blocks, start=1):
            self._read_block(block, number)
        if not self.assembly.title:
            self.assembly.title = {"": _("Untitled questionnaire")}
            self.assembly.note("", _("The text has no title on its first line."))
        if self._pages:
            self.assembly.note(
                listed(self._pages), _("Page breaks were left out: all questions stand on one page.")
            )
        if self._unmarked_required and any(item.get("required") for item in self.assembly.items):
            self.assembly.note(
                "", _("Questions not marked （选填） must be answered, as this format has it.")
            )
        definition, notes = settle(self.assembly.finish(), wanted=language)
        return Imported(definition, self.assembly.notes + notes)

    def _read_block(self, block: Block, number: int) -> None:
        kind = block.stem.kind
        where = _("line %(line)d", line=block.line)
        if block.stem.number is not None:
            where = _("question %(number)d (line %(line)d)", number=block.stem.number, line=block.line)
        if block.is_part:
            self._open_part(block)
        elif kind == "page":
            self._pages.append(where)
        elif kind == "paragraph":
            self.assembly.paragraph({"": plain("\n".join([block.stem.text, *block.body]))})
        elif kind in {"left_out", "unknown"}:
            said = _(
                "A question of the kind %(kind)s cannot be asked here and was left out: “%(text)s”.",
                kind=block.stem.named,
                text=block.stem.text[:80],
            )
            self.assembly.note(where, said)
        elif kind in _MATRIX:
            self._matrix(block, where, f"q{block.stem.number or number}")
        elif kind == "blanks":
            self._blanks(block, where, f"q{block.stem.number or number}")
        else:
            self._question(block, where, f"q{block.stem.number or number}")

    def _open_part(self, block: Block) -> None:
        self.assembly.close_group()
        self.assembly.open_group("", {"": plain(block.stem.text, 200)})
        if block.body:
            self.assembly.paragraph({"": plain("\n".join(block.body))})

    def _question(self, block: Block, where: str, key: str) -> None:
        kind, body = block.stem.kind, block.body
        if kind in _ASKED and (body or kind in {"judge", "nps", "slider"}):
            made = self._chosen(block, where)
        else:
            made = self._written(block, where)
        for said in made.notes:
            self.assembly.note(where, said)
        self.assembly.ask(key, self._item(block, made.item), where=where, codes=made.codes)

    def _item(self, block: Block, parts: dict[str, Any], stem: str | None = None) -> dict[str, Any]:
        text: dict[str, str] = {"text": plain(_BLANK.sub("____", stem or block.stem.text), 1000)}
        if "hint" in parts:
            text["hint"] = parts["hint"]
        required = self._unmarked_required if block.stem.required is None else block.stem.required
        item = {name: value for name, value in parts.items() if name != "hint"}
        return {**item, "texts": {"": text}, **({"required": True} if required else {})}

    def _chosen(self, block: Block, where: str) -> Offered:
        kind, body = block.stem.kind, block.body
        ends = options.range_of(body)
        if kind == "judge" and not body:
            return Offered({"kind": "yesno", "scale": "yesno"})
        if kind == "nps" or (ends == (0, 10) and is_recommendation({"": block.stem.text})):
            return Offered({"kind": "rating", "scale": "rating10"}, {str(n): n for n in range(11)})
        if kind == "slider":
            low, high = ends or (0, 100)
            return Offered(
                {"kind": "number", "minimum": low, "maximum": high},
                notes=[_("A slider is asked as a number from %(low)d to %(high)d.", low=low, high=high)],
            )
        if ends and kind in {"scale", "", "single"}:
            return self._numbered(*ends)
        found, jumps = options.choices([plain(line, 500) for line in options.option_lines(body)])
        if jumps:
            self.assembly.note(
                where, _("The jumps in its answers were left out: %(texts)s.", texts=listed(jumps))
            )
        made = answers.offered(found, multiple=kind == "multiple", counted=True)
        if kind == "scale" and answers.plain_words(found, made):
            made.notes.append(answers.foreign_scale())
        return made

    def _numbered(self, low: int, high: int) -> Offered:
        """A range without words is no scale of ours: its numbers are options, or a number where 0 is one."""
        if low < 1 or high - low > 10:
            said = _(
                "Its range %(low)d~%(high)d has no words, so it is asked as a number.", low=low, high=high
            )
            return Offered({"kind": "number", "minimum": low, "maximum": high}, notes=[said])
        made = answers.offered(options.numbers(low, high))
        made.notes.append(
            _("Its range %(low)d~%(high)d has no words, so it became a choice of one.", low=low, high=high)
        )
        return made

    def _written(self, block: Block, where: str) -> Offered:
        kind = block.stem.kind
        parts: dict[str, Any] = {"kind": kind if kind in {"number", "date"} else "text"}
        if kind == "line":
            parts["single_line"] = True
        lines = [line for line in block.body if _BLANK.sub("", line).strip()]
        if lines:
            parts["hint"] = plain("\n".join(lines), 500)
        if not kind:
            self.assembly.note(
                where, _("It says no kind and offers no answers, so it is asked as free text.")
            )
        return Offered(parts)

    def _blanks(self, block: Block, where: str, key: str) -> None:
        """Several blanks in one question become several questions."""
        lines = [line for line in [block.stem.text, *block.body] if _BLANK.search(line)]
        labels = [part.strip(" ：:，,；;、") for line in lines for part in _BLANK.split(line)[:-1]]
        if len(labels) < 2:
            self._question(Block(block.line, block.stem), where, key)
            return
        lead = "" if _BLANK.search(block.stem.text) else block.stem.text
        for number, label in enumerate(labels, start=1):
            said = " ".join(filter(None, (lead, label))) or f"{block.stem.text} ({number})"
            item = self._item(block, {"kind": "text", "single_line": True}, said)
            self.assembly.ask(f"{key}_{number}", item, where=where)
        self.assembly.note(where, _("Its %(n)d blanks became %(n)d questions.", n=len(labels)))

    def _matrix(self, block: Block, where: str, key: str) -> None:
        if block.stem.kind == "matrix_text":
            rows, made = options.option_lines(block.body), Offered({"kind": "text", "single_line": True})
        else:
            rows, columns = options.rows_and_columns(block.body)
            made = self._columns(block.stem.kind, columns)
        if not rows:
            self.assembly.note(where, _("This matrix has no rows, so it became one question."))
            rows = [block.stem.text]
            self.assembly.ask(key, self._item(block, made.item), where=where, codes=made.codes)
            return
        for said in made.notes:
            self.assembly.note(where, said)
        matrix = self.assembly.open_matrix(key, {"": plain(block.stem.text, 1000)})
        for number, row in enumerate(rows, start=1):
            item = self._item(block, {**made.item, "matrix": matrix}, plain(row, 500))
            self.assembly.ask(f"{key}_{number}", item, where=where, codes=made.codes)

    def _columns(self, kind: str, columns: list[str]) -> Offered:
        ends = options.range_of(columns)
        if ends and kind == "matrix_scale":
            return self._numbered(*ends)
        found, _jumps = options.choices([plain(column, 200) for column in columns])
        made = answers.offered(found, multiple=kind == "matrix_multiple", counted=True)
        if kind == "matrix_scale" and answers.plain_words(found, made):
            made.notes.append(answers.foreign_scale())
        return made
