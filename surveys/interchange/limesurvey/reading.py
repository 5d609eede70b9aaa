"""Reading an .lss file into a definition."""

from typing import Any

from core.i18n import _
from surveys.interchange.assembly import Assembly
from surveys.interchange.choices import Choice, Offered, foreign_scale, offered, plain_words
from surveys.interchange.languages import known, settle
from surveys.interchange.limesurvey import kinds
from surveys.interchange.limesurvey.logic import from_conditions, parsed
from surveys.interchange.limesurvey.structure import Group, Question, Survey, names_of, survey_of
from surveys.interchange.limesurvey.tables import tables_of
from surveys.interchange.logic import LogicError, Node
from surveys.interchange.notes import Imported, UnreadableError, listed
from surveys.interchange.wording import is_recommendation

_READ = {
    "", "answers", "answer_l10ns", "groups", "group_l10ns", "questions", "question_l10ns", "subquestions",
    "question_attributes", "surveys", "surveys_languagesettings", "conditions",
}  # fmt: skip
_IGNORED = {
    "themes",
    "themes_inherited",
    "themeoptions",
    "survey_url_parameters",
    "plugin_settings",
    "languages",
}
_USED_ATTRIBUTES = {
    "min_num_value_n", "max_num_value_n", "maximum_chars", "other_replace_text", "hidden", "date_min",
    "date_max",
}  # fmt: skip
_LAYOUT = (  # how a page or a chart looks there; nothing that is asked depends on it
    "hide_tip", "page_break", "public_statistics", "save_as_default", "scale_export", "statistics_", "css",
    "question_template", "use_dropdown", "array_filter_style", "display_", "text_input_width", "answer_width",
    "width_", "repeat_headings", "dropdown_", "slider_rating", "other_position", "time_limit_", "input_size",
    "label_input_columns", "alphasort", "printable_help", "parent_order", "keep_aspect", "placeholder",
)  # fmt: skip


def read(content: bytes, *, language: str | None = None) -> Imported:
    """Read a survey of LimeSurvey; what cannot be asked or said here is named.

    Raises
    ------
    UnreadableError
        When it is none, or could do harm.
    """
    tables = tables_of(content)
    survey = survey_of(tables)
    reader = _Reader(survey)
    strange = sorted(name for name, rows in tables.items() if name not in _READ | _IGNORED and rows)
    if strange:
        reader.assembly.note("", _("These tables were not read: %(names)s.", names=listed(strange)))
    return reader.read(language)


class _Reader:
    """One survey on its way in."""

    def __init__(self, survey: Survey) -> None:
        self.assembly = Assembly(title=survey.title, intro=survey.welcome)
        self._survey = survey
        self._tags = list(survey.title) or [survey.language or "en"]
        self._left: list[Question] = []

    def read(self, language: str | None) -> Imported:
        for group in self._survey.groups:
            self._group(group)
        for tag, said in self._survey.end.items():
            self.assembly.closing[tag] = "\n".join(filter(None, (self.assembly.closing.get(tag, ""), said)))
        if not self.assembly.items:
            raise UnreadableError(_("There is no question in the survey that can be asked here."))
        if not self.assembly.title:
            self.assembly.title = dict.fromkeys(self._tags, _("Untitled questionnaire"))
        questions = [question for group in self._survey.groups for question in group.questions]
        unused = [name for name in names_of(q.attributes for q in questions) if not _is_settled(name)]
        if unused:
            said = _("These settings of questions were not taken over: %(names)s.", names=listed(unused, 40))
            self.assembly.note("", said)
        definition = self.assembly.finish()
        if self._survey.anonymous:
            definition["anonymous"] = True
            self.assembly.note(
                "", _("The survey is anonymous there, so this questionnaire is anonymous too.")
            )
        definition, notes = settle(definition, default=self._survey.language, wanted=language)
        return Imported(definition, self.assembly.notes + notes)

    def _group(self, group: Group) -> None:
        where = _("group %(name)s", name=next(iter(group.titles.values()), group.gid)[:60])
        self.assembly.open_group("", group.titles, self._relevance(group.relevance, where))
        if group.about:
            self.assembly.paragraph(group.about)
        for question in group.questions:
            self._question(question)
        self.assembly.close_group()

    def _relevance(self, equation: str | None, where: str) -> Node | None:
        if not equation or equation.strip() == "1":
            return None
        try:
            return parsed(equation)
        except LogicError:
            self.assembly.unsaid(where, equation.strip()[:100])
            return None

    def _condition(self, question: Question, where: str) -> Node | None:
        if question.relevance is not None or not question.conditions:
            return self._relevance(question.relevance, where)
        try:
            return from_conditions(question.conditions)
        except LogicError:
            self.assembly.unsaid(where, _("more than one scenario"))
            return None

    def _question(self, question: Question) -> None:
        where = _("question %(name)s", name=question.code[:40] or question.qid)
        if not question.texts:
            question.texts = dict.fromkeys(self._tags, question.code or "?")
            self.assembly.note(where, _("It has no text; its code stands in for one."))
        hidden = "1" in question.attributes.get("hidden", {}).values()
        if hidden or (question.relevance or "").strip() == "0" or question.type in kinds.LEFT_OUT:
            said = _("It is hidden there and was left out: %(text)s.", text=_short(question))
            if question.type in kinds.LEFT_OUT:
                said = _(
                    "A question of the kind “%(kind)s” cannot be asked here and was left out: %(text)s.",
                    kind=str(kinds.LEFT_OUT[question.type]),
                    text=_short(question),
                )
            self.assembly.note(where, said)
        elif question.type == "X":
            self.assembly.paragraph(question.texts)
        elif question.type in kinds.ARRAYS:
            self._array(question, where)
        else:
            self._single(question, where)
        if any("{" in text for text in question.texts.values()):
            self.assembly.note(where, _("Its text holds a part in { }, which is not filled in here."))

    def _single(self, question: Question, where: str) -> None:
        made, aliases = self._answers(question)
        for said in made.notes:
            self.assembly.note(where, said)
        self.assembly.ask(
            question.code,
            self._item(question, made.item, question.texts, question.helps),
            where=where,
            codes=made.codes,
            condition=self._condition(question, where),
            aliases=self._names(question),
        )
        item = self.assembly.known[question.code]
        for name, code in aliases.items():
            self.assembly.members[name] = (item, code)

    def _answers(self, question: Question) -> tuple[Offered, dict[str, str]]:
        """Return what is offered, and for a multiple choice the name of each box."""
        if question.type in kinds.MULTIPLE:
            return self._boxes(question)
        if question.type in kinds.LISTS:
            return self._list(question), {}
        fixed = kinds.fixed(question.type, self._tags)
        if fixed:
            made = offered(fixed, counted=True)
            if question.type == "5":
                made.notes.append(_("Its five points have no words, so it became a choice of one."))
            return made, {}
        made = Offered({"kind": kinds.WRITTEN.get(question.type, "text")})
        if question.type not in kinds.WRITTEN:
            made.notes.append(
                _("Its kind “%(kind)s” is not known, so it is asked as free text.", kind=question.type)
            )
        if question.type == "S":
            made.item["single_line"] = True
        return made, {}

    def _list(self, question: Question) -> Offered:
        choices = [Choice(a.code, a.texts or dict.fromkeys(self._tags, a.code)) for a in question.answers]
        if [c.name for c in choices] in (kinds.TEN, kinds.TEN[::-1]) and is_recommendation(question.texts):
            return Offered({"kind": "rating", "scale": "rating10"}, {name: int(name) for name in kinds.TEN})
        if question.other:
            choices.append(Choice("-oth-", self._other_words(question), other=True))
        made = offered(choices)
        if question.type == "O":
            made.notes.append(_("The comment beside its answers was left out."))
        return made

    def _boxes(self, question: Question) -> tuple[Offered, dict[str, str]]:
        choices = [
            Choice(s.code, s.texts or dict.fromkeys(self._tags, s.code)) for s in question.subquestions
        ]
        names = {
            f"{name}{mark}{s.code}": s.code
            for s in question.subquestions
            for name, mark in self._prefixes(question)
        }
        if question.other:
            choices.append(Choice("other", self._other_words(question), other=True))
        made = offered(choices, multiple=True)
        if question.type == "P":
            made.notes.append(_("The comments beside its answers were left out."))
        return made, names

    def _other_words(self, question: Question) -> dict[str, str]:
        own = question.attributes.get("other_replace_text", {})
        words = {"zh_Hans": "其他", "en": "Other"}
        return {tag: own.get(tag) or own.get("") or words[known(tag) or "en"] for tag in self._tags}

    def _array(self, question: Question, where: str) -> None:
        made = self._columns(question)
        if question.type == "1":
            made.notes.append(_("Only the first of its two scales was taken over."))
        rows = [row for row in question.subquestions if row.scale == "0"] or question.subquestions
        for said in made.notes:
            self.assembly.note(where, said)
        if not rows:
            self.assembly.note(
                where, _("This matrix has no rows and was left out: %(text)s.", text=_short(question))
            )
            return
        matrix = self.assembly.open_matrix(question.code, question.texts)
        condition = self._condition(question, where)
        for row in rows:
            texts = row.texts or dict.fromkeys(self._tags, row.code or "?")
            item = self._item(question, {**made.item, "matrix": matrix}, texts, {})
            names = [f"{name}{mark}{row.code}" for name, mark in self._prefixes(question)]
            self.assembly.ask(
                f"{question.code}_{row.code}",
                item,
                where=where,
                codes=made.codes,
                condition=condition,
                aliases=names,
            )
        if question.helps:
            first = self.assembly.items[-len(rows)]
            for tag, said in question.helps.items():
                first["texts"].get(tag, {})["hint"] = said

    def _columns(self, question: Question) -> Offered:
        if question.type in kinds.WRITTEN_ARRAYS:
            return Offered(dict(kinds.WRITTEN_ARRAYS[question.type]))
        fixed = kinds.fixed(question.type, self._tags)
        if fixed:
            made = offered(fixed, counted=True)
            if question.type in {"A", "B"}:
                made.notes.append(_("Its points have no words, so each row became a choice of one."))
            return made
        choices = [
            Choice(a.code, a.texts or dict.fromkeys(self._tags, a.code))
            for a in question.answers
            if a.scale == "0"
        ]
        made = offered(choices)
        if plain_words(choices, made):
            made.notes.append(foreign_scale())
        return made

    def _item(
        self, question: Question, parts: dict[str, Any], texts: dict[str, str], helps: dict[str, str]
    ) -> dict[str, Any]:
        said = {
            tag: {"text": text, **({"hint": helps[tag]} if tag in helps else {})}
            for tag, text in texts.items()
        }
        item = {**parts, "texts": said, **kinds.limits(question, parts["kind"])}
        return item | ({"required": True} if question.mandatory == "Y" else {})

    def _prefixes(self, question: Question) -> list[tuple[str, str]]:
        return [(question.code, "_"), (f"{question.sid}X{question.gid}X{question.qid}", "")]

    def _names(self, question: Question) -> list[str]:
        return [f"{question.sid}X{question.gid}X{question.qid}"]


def _is_settled(name: str) -> bool:
    """Tell whether a setting was used, or says only how something looks."""
    return name in _USED_ATTRIBUTES or name.startswith(_LAYOUT)


def _short(question: Question) -> str:
    return next(iter(question.texts.values()), question.code)[:80]
