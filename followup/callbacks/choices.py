"""The lists that the organisation keeps for its desk: phrases for the note, reasons of dissatisfaction,
reasons to give a callback back and to pause.

``DELIVERED`` is what comes with the program; rows of ``desk_choices`` stand over it. A code that was used
once is in figures and histories for good, so a choice is renamed or switched off, never deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.errors import InputError, NotFoundError
from core.i18n import _, text_in
from core.installation import wait_for_turn
from core.texts import clean_text
from followup.callbacks.models import DeskChoice

KINDS = ("phrase", "reason", "skip", "pause")
WORDS_LIMIT = 40
AT_MOST = {"phrase": 12, "reason": 8, "skip": 12, "pause": 12}  # a reason has a digit key of its own


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list, with its words by language."""

    code: str
    words: Mapping[str, str]
    active: bool = True

    def said(self, language: str) -> str:
        """Return the words in a language, or in the one there is."""
        return text_in(dict(self.words), language) or self.code


def every(session: Session, kind: str) -> list[Choice]:
    """Return a whole list in its order, with what is switched off."""
    wanted = select(DeskChoice).where(DeskChoice.kind == kind).order_by(DeskChoice.position, DeskChoice.id)
    kept = [Choice(row.code, row.words, row.active) for row in session.scalars(wanted)]
    codes = {choice.code for choice in kept}
    return kept + [choice for choice in DELIVERED[kind] if choice.code not in codes]


def active(session: Session, kind: str) -> list[Choice]:
    """Return what is offered."""
    return [choice for choice in every(session, kind) if choice.active]


def word(session: Session, kind: str, code: str, language: str) -> str:
    """Return how a code is said, also one that is offered no more."""
    return next((choice.said(language) for choice in every(session, kind) if choice.code == code), code)


def get(session: Session, kind: str, code: str) -> Choice:
    """Return one choice, or raise ``NotFoundError``."""
    found = next((choice for choice in every(session, kind) if choice.code == code), None)
    if found is None:
        raise NotFoundError(_("There is no such line; the lists of the desk show all of them."))
    return found


def add(session: Session, kind: str, words: Mapping[str, str], *, actor: str, now: datetime) -> str:
    """Put a choice at the end of its list; return its code."""
    rows = _rows(session, kind)
    checked = _checked(rows, words)
    _require_room(kind, rows)
    code = f"own_{1 + sum(row.code.startswith('own_') for row in rows)}"
    row = DeskChoice(kind=kind, code=code, words=checked, position=len(rows) + 1, active=True)
    session.add(row)
    session.flush()
    _record(session, row, "desk_choice.add", actor=actor, now=now)
    return code


def rename(
    session: Session, kind: str, code: str, words: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Say a choice anew, in one language or in all."""
    rows = _rows(session, kind)
    row = _row(rows, code)
    before, row.words = dict(row.words), _checked(rows, words, but=row)
    if row.words != before:
        _record(session, row, "desk_choice.rename", actor=actor, now=now, before=before)


def switch(session: Session, kind: str, code: str, *, active: bool, actor: str, now: datetime) -> None:
    """Offer a choice, or offer it no more."""
    rows = _rows(session, kind)
    row = _row(rows, code)
    if row.active == active:
        return
    if active:
        _require_room(kind, rows)
    elif kind != "phrase" and sum(each.active for each in rows) == 1:
        raise InputError(_("This is the last one of its list, and one is needed; switch another on first."))
    row.active = active
    _record(session, row, "desk_choice.on" if active else "desk_choice.off", actor=actor, now=now)


def move(session: Session, kind: str, code: str, *, up: bool, actor: str, now: datetime) -> None:
    """Change places with the line above or below."""
    rows = _rows(session, kind)
    row = _row(rows, code)
    place = rows.index(row)
    other = place + (-1 if up else 1)
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for position, each in enumerate(rows, start=1):
        each.position = position
    _record(session, row, "desk_choice.move", actor=actor, now=now)


def _rows(session: Session, kind: str) -> list[DeskChoice]:
    """Wait for who changes this list just now, and return all of it as rows."""
    if kind not in KINDS:
        raise NotFoundError(_("There is no such list."))
    wait_for_turn(session, f"desk choices {kind}")
    wanted = select(DeskChoice).where(DeskChoice.kind == kind).order_by(DeskChoice.position, DeskChoice.id)
    rows = list(session.scalars(wanted.execution_options(populate_existing=True)))
    codes = {row.code for row in rows}
    for choice in DELIVERED[kind]:
        if choice.code not in codes:
            words = dict(choice.words)
            rows.append(
                DeskChoice(kind=kind, code=choice.code, words=words, position=len(rows) + 1, active=True)
            )
            session.add(rows[-1])
    session.flush()
    return rows


def _row(rows: list[DeskChoice], code: str) -> DeskChoice:
    for row in rows:
        if row.code == code:
            return row
    raise NotFoundError(_("There is no such line; the lists of the desk show all of them."))


def _require_room(kind: str, rows: list[DeskChoice]) -> None:
    if sum(row.active for row in rows) >= AT_MOST[kind]:
        raise InputError(
            _("This list offers %(n)d lines at most; switch another one off first.", n=AT_MOST[kind])
        )


def _checked(
    rows: list[DeskChoice], words: Mapping[str, str], but: DeskChoice | None = None
) -> dict[str, str]:
    """Return the words that were given, on one line each, or raise ``InputError``."""
    cleaned = {language: " ".join(clean_text(text).split()) for language, text in words.items()}
    cleaned = {language: text for language, text in cleaned.items() if text}
    if not cleaned:
        raise InputError(_("Write the words in one language at least."))
    if any(len(text) > WORDS_LIMIT for text in cleaned.values()):
        raise InputError(_("The words are too long; use at most %(n)d characters.", n=WORDS_LIMIT))
    for row in rows:
        for language, text in cleaned.items():
            if row is not but and row.words.get(language) == text:
                raise InputError(_("“%(words)s” stands in this list already.", words=text))
    return cleaned


def _record(
    session: Session, row: DeskChoice, action: str, *, actor: str, now: datetime, **detail: object
) -> None:
    subject = f"desk_choice:{row.kind}.{row.code}"
    audit.record(
        session, actor=actor, action=action, subject=subject, now=now, words=dict(row.words), **detail
    )


def _list(*lines: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(code, MappingProxyType({"en": en, "zh_Hans": zh})) for code, en, zh in lines)


DELIVERED: Mapping[str, tuple[Choice, ...]] = {
    "phrase": _list(
        ("dialect", "Speaks dialect", "讲方言"),
        ("family", "Family answered", "由家属代答"),
        ("bad_line", "Bad line", "通话听不清"),
        ("in_a_hurry", "In a hurry", "客户赶时间"),
        ("thanks", "Thanks the crew", "感谢师傅"),
        ("faster", "Wants it faster", "希望更快"),
        ("visit", "Wants a visit", "要求上门"),
        ("bill", "Bill in question", "对费用有疑问"),
        ("came_back", "It came back", "问题又出现了"),
    ),
    "reason": _list(
        ("not_solved", "The matter is not solved", "问题没有解决"),
        ("came_back", "It came back", "问题又出现了"),
        ("slow", "Too slow", "处理太慢"),
        ("quality", "Poor work", "维修质量不好"),
        ("attitude", "Unfriendly", "服务态度不好"),
        ("no_word", "Was not told what happens", "没有告知进展"),
        ("charges", "The charges", "收费有疑问"),
        ("other", "Something else", "其他"),
    ),
    "skip": _list(
        ("not_my_language", "The customer speaks a language I do not", "客户的语言我听不懂"),
        ("known", "I know the customer", "我认识这位客户"),
        ("break", "I have to stop now", "我现在要离开"),
        ("technical", "The line does not work", "线路故障"),
    ),
    "pause": _list(
        ("break", "Short break", "小憩"),
        ("meal", "Meal", "用餐"),
        ("meeting", "Meeting", "开会"),
        ("training", "Training", "培训"),
        ("other_work", "Other work", "其他工作"),
        ("technical", "Technical trouble", "设备故障"),
    ),
}
