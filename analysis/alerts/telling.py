"""Telling people of an alert: the chat tools once when it is found, a person when it is given to them.

The figures are of groups and hold nothing of any customer.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from analysis.alerts import words
from analysis.alerts.models import Alert
from core.auth.addresses import email_of
from core.auth.models import User
from core.db import settings_of
from core.i18n import DEFAULT, LANGUAGES
from core.outbox.actions import enqueue
from core.outbox.channels.chat import names
from core.periods import parse_period
from core.settings import Settings
from core.translating import N_
from surveys.exports.words import translator

PURPOSE = "alert"
SUBJECT = "quality_alert"
_CHINESE = frozenset({"CN", "TW", "HK", "MO", "SG"})
_TITLE = N_("%(what)s: %(who)s")
_GIVEN = N_("An early warning was given to you: %(what)s")
_ALSO = N_("The same was found of: %(groups)s.")
_MORE = N_("%(count)s more")
_NAMED = 5  # groups that a message names
_CLUE = N_("To be looked at and explained here: %(link)s")


def tell_chat(session: Session, alert: Alert, under: Sequence[Alert], now: datetime) -> int:
    """Queue one message for each chat tool of the settings, with what is under it; return how many."""
    settings = settings_of(session)
    language = language_of(settings)
    title, body = said(settings, alert, language, under)
    tools = names(settings)
    for name in tools:
        enqueue(
            session, key=f"alert:{alert.id}:{name}", channel="chat", purpose=PURPOSE, to=name, title=title,
            body=body, language=language, contact_id=None, subject_type=SUBJECT, subject_id=alert.id,
            due_at=now, now=now,
        )  # fmt: skip
    return len(tools)


def tell_person(session: Session, alert: Alert, user: User, now: datetime) -> None:
    """Queue an e-mail for whom an alert was given to; a notice where no address is known."""
    settings = settings_of(session)
    language = user.language if user.language in LANGUAGES else DEFAULT
    title, body = said(settings, alert, language)
    address = email_of(session, user)
    enqueue(
        session, key=f"alert:{alert.id}:person:{user.id}:{int(now.timestamp())}",
        channel="email" if address else "notice", purpose="notice", to=address or user.name,
        title=translator(language)(_GIVEN) % {"what": title}, body=body, language=language, contact_id=None,
        subject_type=SUBJECT, subject_id=alert.id, due_at=now, now=now,
    )  # fmt: skip


def said(settings: Settings, alert: Alert, language: str, under: Sequence[Alert] = ()) -> tuple[str, str]:
    """Return title and text: what, of whom, the numbers, who else, where to look."""
    translate = translator(language)
    period = parse_period(alert.figures["period"])
    names_ = {
        "what": words.title(alert, translate), "who": words.who(alert.dimension, alert.group, translate),
    }  # fmt: skip
    lines = words.sentences(alert, period, translate, language, few=settings.min_cell)
    if under:
        also = [words.who(one.dimension, one.group, translate) for one in under[:_NAMED]]
        if len(under) > _NAMED:
            also.append(translate(_MORE) % {"count": len(under) - _NAMED})
        lines.append(translate(_ALSO) % {"groups": translate(N_("; ")).join(also)})
    link = f"{settings.public_url.rstrip('/')}/alerts/quality/{alert.id}"
    return translate(_TITLE) % names_, "\n".join([*lines, translate(_CLUE) % {"link": link}]) + "\n"


def language_of(settings: Settings) -> str:
    """Return the language of the organisation: that of its country."""
    return "zh_Hans" if settings.country in _CHINESE else "en"
