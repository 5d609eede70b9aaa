"""The page of the desk, put together for the agent who looks at it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from flask import g, render_template
from flask_login import current_user
from markupsafe import Markup, escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.contacts.reveals import reveals_left
from core.i18n import _, language, said_day, said_moment
from core.web import settings
from followup.callbacks import choices, queries, taking, words
from followup.callbacks.attempts import last_at
from followup.callbacks.forms import DeskForm, ReasonForm
from followup.callbacks.outcomes import offered
from followup.callbacks.own_fields import TURN, prefix_for
from followup.callbacks.taking import Agent
from followup.cases import labels
from followup.models import Attempt, Callback
from surveys import script

AT_ONCE = timedelta(minutes=2)  # a callback that was taken so soon after a call is wrapped up on its page


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page is made of, read in one transaction."""

    desk: queries.Desk
    done: int  # calls of the agent today
    left: int
    phrases: tuple[choices.Choice, ...]
    back: tuple[choices.Choice, ...]  # reasons to give a callback back
    reveals_left: int
    wrapping: int | None  # seconds since the call before this one ended


def agent() -> Agent:
    """Return who makes the call."""
    return Agent(current_user.id, current_user.name)


def read(session: Session, callback: Callback) -> Shown:
    """Read everything that the desk shows of a callback."""
    return Shown(
        desk=queries.desk(session, callback, now=g.now),
        done=queries.calls_today(session, current_user.id, now=g.now),
        left=taking.left_for(session, current_user.id, g.now),
        phrases=tuple(choices.active(session, "phrase")),
        back=tuple(choices.active(session, "skip")),
        reveals_left=reveals_left(session, current_user.name, g.now),
        wrapping=_wrapping(session, callback),
    )


def page(
    shown: Shown,
    form: DeskForm,
    given: Any,
    *,
    errors: dict[str, str] | None = None,
    problem: str = "",
    failed: str | None = None,
    confirm: str | None = None,
) -> str:
    """Render the desk; ``given`` is what was typed, posted just now or kept before."""
    desk, lang = shown.desk, language()
    values = _values(desk)
    back = ReasonForm(prefix="back-")  # an item of the questionnaire may be called "reason"
    back.reason.choices = [(each.code, each.said(lang)) for each in shown.back]
    definition = desk.version.definition
    opening = definition.opening.get(lang) or next(iter(definition.opening.values()), "")
    return render_template(
        "followup/callbacks/desk.html",
        desk=desk,
        shown=shown,
        form=form,
        typed=given if hasattr(given, "getlist") else _Draft(given),
        give_back=back,
        effects=_effects(desk),
        first=offered(desk.outcomes, "first"),
        more_codes=offered(desk.outcomes, "more"),
        outcomes=desk.outcomes,
        words=words,
        labels=labels,
        turn_name=TURN,
        turn=f"{token_hex(8)}.0",
        own=prefix_for(item.item_key for item in desk.version.items),
        fill=lambda text: _marked(script.filled(text, values)),
        opening=opening,
        closing=definition.closing.get(lang, ""),
        lease_seconds=_seconds_left(desk),
        long_call=settings().long_call_seconds,
        long_wrap_up=settings().long_wrap_up_seconds,
        errors=errors or {},
        problem=problem,
        failed=failed,
        confirm=confirm,
    )


class _Draft(dict[str, str]):
    """A kept draft, read like a posted form; the codes of a multiple choice are kept in one text."""

    def getlist(self, key: str) -> list[str]:
        """Return the values of a field."""
        return self.get(key, "").split("\x1f") if self.get(key) else []


def _effects(desk: queries.Desk) -> dict[str, str]:
    """Say under each outcome what it leads to."""
    zone, effects = settings().zone, {}
    for code, decision in desk.decisions.items():
        ready_at = decision.ready_at if decision else None
        said = said_moment(ready_at, language(), zone, g.now) if ready_at else ""
        effects[str(code)] = words.effect(
            desk.outcomes[code],
            decision,
            said,
            number=desk.counted + 1,
            at_most=desk.max_attempts,
        )
    return effects


def _values(desk: queries.Desk) -> dict[str, str]:
    """Return what the script may say; the name as it stands on the page, masked until the number is shown."""
    return {
        "customer": desk.customer if desk.has_name else "",
        "case": desk.case.number,
        "title": desk.title,
        "registered": _day(desk.case.registered_at),
        "closed": _day(desk.case.closed_at),
        "agent": current_user.display_name,
        "organisation": settings().organisation_en if language() == "en" else settings().organisation_zh,
        "hotline": settings().hotline,
    }


def _day(at: datetime | None) -> str:
    zone = settings().zone
    return said_day(at.astimezone(zone).date(), language(), g.now.astimezone(zone).date()) if at else ""


def _marked(pieces: tuple[script.Piece, ...]) -> Markup:
    """Render a spoken text; what is missing is marked, with a word for who hears the page."""
    return Markup("").join(
        Markup('<mark class="desk-missing">{}</mark>').format(_("[%(what)s?]", what=piece.words))
        if piece.missing
        else escape(piece.words)
        for piece in pieces
    )


def _wrapping(session: Session, callback: Callback) -> int | None:
    """Count the seconds since the agent's last call, where this callback was taken right after it."""
    last = select(func.max(Attempt.ended_at)).where(
        Attempt.agent_id == current_user.id, Attempt.ended_at > g.now - timedelta(hours=1)
    )
    ended = session.scalar(last)
    if ended is None or callback.state != "claimed":
        return None
    taken = last_at(session, callback, "claim")
    return int((g.now - ended).total_seconds()) if taken and taken - ended <= AT_ONCE else None


def _seconds_left(desk: queries.Desk) -> int:
    until = desk.callback.lease_until
    return int((until - g.now).total_seconds()) if until else 0
