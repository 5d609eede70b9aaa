"""The rows of the tables put together: groups, questions, subquestions and answers with their texts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from surveys.interchange.limesurvey.tables import Row
from surveys.interchange.texts import without_markup

Texts = dict[str, str]  # language -> text
OFF = {"", "0", "N", "none"}  # values of settings that say nothing


@dataclass(slots=True)
class Answer:
    """One answer offered."""

    code: str
    order: int
    scale: str
    texts: Texts


@dataclass(slots=True)
class Question:
    """A question or subquestion."""

    qid: str
    parent: str
    gid: str
    sid: str
    type: str
    code: str
    order: int
    scale: str
    mandatory: str
    other: bool
    relevance: str | None
    texts: Texts = field(default_factory=dict)
    helps: Texts = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    subquestions: list["Question"] = field(default_factory=list)
    attributes: dict[str, Texts] = field(default_factory=dict)  # name -> language ("" for none) -> value
    conditions: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """A group of questions."""

    gid: str
    order: int
    relevance: str
    titles: Texts = field(default_factory=dict)
    about: Texts = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)


@dataclass(slots=True)
class Survey:
    """A whole survey."""

    sid: str = ""
    language: str = ""
    anonymous: bool = False
    title: Texts = field(default_factory=dict)
    welcome: Texts = field(default_factory=dict)
    end: Texts = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)


def survey_of(tables: dict[str, list[Row]]) -> Survey:
    """Put the tables together."""
    settings = _first(tables, "surveys")
    survey = Survey(
        sid=settings.get("sid", ""),
        language=settings.get("language", ""),
        anonymous=settings.get("anonymized") == "Y",
    )
    for row in tables.get("surveys_languagesettings", ()):
        tag = row.get("surveyls_language", "")
        _put(survey.title, tag, row.get("surveyls_title", ""))
        for name in ("surveyls_description", "surveyls_welcometext"):
            _put(survey.welcome, tag, row.get(name, ""))
        _put(survey.end, tag, row.get("surveyls_endtext", ""))
    questions = _questions(tables)
    _attach(tables, questions)
    groups = _groups(tables)
    for question in sorted(questions.values(), key=lambda each: each.order):
        if question.parent in questions and question.parent != question.qid:
            questions[question.parent].subquestions.append(question)
        elif question.gid in groups:
            groups[question.gid].questions.append(question)
    survey.groups = sorted(groups.values(), key=lambda each: each.order)
    return survey


def _first(tables: dict[str, list[Row]], name: str) -> Row:
    return next(iter(tables.get(name, [])), {})


def _put(texts: Texts, tag: str, text: str) -> None:
    """Add a text without its markup under the language of the row."""
    said = without_markup(text)
    if said:
        texts[tag] = "\n".join(filter(None, (texts.get(tag, ""), said)))


def _groups(tables: dict[str, list[Row]]) -> dict[str, Group]:
    """Read groups: one row a language in the older layout, a table of texts beside them in the newer."""
    groups: dict[str, Group] = {}
    for row in [*tables.get("groups", ()), *tables.get("group_l10ns", ())]:
        gid = row.get("gid", "")
        group = groups.setdefault(gid, Group(gid, _order(row, "group_order"), row.get("grelevance", "")))
        tag = row.get("language", "")
        if tag not in group.titles:
            _put(group.titles, tag, row.get("group_name", ""))
            _put(group.about, tag, row.get("description", ""))
    return groups


def _questions(tables: dict[str, list[Row]]) -> dict[str, Question]:
    found: dict[str, Question] = {}
    for row in [*tables.get("questions", ()), *tables.get("subquestions", ())]:
        qid = row.get("qid", "")
        question = found.setdefault(qid, _question(row))
        _say(question, row)
    for row in tables.get("question_l10ns", ()):
        known = found.get(row.get("qid", ""))
        if known is not None:
            _say(known, row)
    return found


def _question(row: Row) -> Question:
    return Question(
        qid=row.get("qid", ""),
        parent=row.get("parent_qid", "0"),
        gid=row.get("gid", ""),
        sid=row.get("sid", ""),
        type=row.get("type", "").strip(),
        code=row.get("title", "").strip(),
        order=_order(row, "question_order"),
        scale=row.get("scale_id", "0") or "0",
        mandatory=row.get("mandatory", ""),
        other=row.get("other") == "Y",
        relevance=row.get("relevance"),
    )


def _say(question: Question, row: Row) -> None:
    tag = row.get("language", "")
    if tag not in question.texts:
        _put(question.texts, tag, row.get("question", ""))
        _put(question.helps, tag, row.get("help", ""))


def _attach(tables: dict[str, list[Row]], questions: dict[str, Question]) -> None:
    """Give answers, attributes and conditions to their questions."""
    said: dict[str, Texts] = defaultdict(dict)
    for row in tables.get("answer_l10ns", ()):
        _put(said[row.get("aid", "")], row.get("language", ""), row.get("answer", ""))
    for row in tables.get("answers", ()):
        question = questions.get(row.get("qid", ""))
        if question is not None:
            _answer(question, row, said.get(row.get("aid", ""), {}))
    for row in tables.get("question_attributes", ()):
        question = questions.get(row.get("qid", ""))
        if question is not None and row.get("value", "").strip():
            values = question.attributes.setdefault(row.get("attribute", ""), {})
            values[row.get("language", "")] = row["value"].strip()
    for row in tables.get("conditions", ()):
        question = questions.get(row.get("qid", ""))
        if question is not None:
            question.conditions.append(row)
    for question in questions.values():
        question.answers.sort(key=lambda each: each.order)


def _answer(question: Question, row: Row, said: Texts) -> None:
    code, scale = row.get("code", "").strip(), row.get("scale_id", "0") or "0"
    answer = next((a for a in question.answers if (a.code, a.scale) == (code, scale)), None)
    if answer is None:
        answer = Answer(code, _order(row, "sortorder"), scale, dict(said))
        question.answers.append(answer)
    _put(answer.texts, row.get("language", ""), row.get("answer", ""))


def _order(row: Row, name: str) -> int:
    text = row.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def names_of(attributes: Iterable[dict[str, Texts]]) -> list[str]:
    """Return the names of all attributes that are switched on."""
    return list(
        dict.fromkeys(name for each in attributes for name, said in each.items() if set(said.values()) - OFF)
    )
