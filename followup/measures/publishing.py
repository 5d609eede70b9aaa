"""What the public is told: texts that are frozen when they are published, and checked before."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import audit
from core.db import Database, settings_of
from core.errors import InputError
from core.i18n import LANGUAGES, _
from core.texts import clean_text
from followup.measures import personal
from followup.measures.actions import hold
from followup.measures.models import Measure

log = logging.getLogger("huifang.measures")

Texts = Mapping[str, Mapping[str, str]]  # language -> {"said": …, "did": …, "effect": …}
LIMIT = 600
SHOWN = 200
SECONDS = 300  # a measure taken back is gone after five minutes everywhere
TOLD = ("under_way", "done")


class SmallCountError(InputError):
    """A number in the text may count so few people that they could be known."""


@dataclass(frozen=True, slots=True)
class Told:
    """One measure on the public page."""

    texts: Texts
    at: datetime


def read(typed: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the texts of each language that has any."""
    found = {}
    for code in LANGUAGES:
        texts = {name: clean_text(typed.get(f"{name}_{code}") or "", LIMIT) for name in ("said", "did")}
        if any(texts.values()):
            found[code] = texts
    return found


def check(texts: Texts, *, min_cell: int, confirmed: bool) -> None:
    """Refuse texts that may not be published.

    Raises
    ------
    InputError
        For half a text, none at all, and personal details.
    SmallCountError
        For numbers under ``min_cell`` until somebody confirmed that they count no people.
    """
    if not texts:
        raise InputError(_("Write what people said and what was done, in at least one language."))
    if any(not each["said"] or not each["did"] for each in texts.values()):
        raise InputError(_("Each language needs both: what people said, and what was done."))
    both = [text for each in texts.values() for text in (each["said"], each["did"])]
    if personal.holds_personal_data(*both):
        raise InputError(
            _("There is a telephone, identity or account number, an address or a name in it; take it out.")
        )
    small = [found for text in both for found in personal.small_counts(text, min_cell)]
    if small and not confirmed:
        raise SmallCountError(
            _(
                "Counts of fewer than %(min_cell)s people are not published. Take these numbers out, or "
                "confirm that they count no people: %(numbers)s.",
                min_cell=min_cell,
                numbers=", ".join(dict.fromkeys(small)),
            )
        )


def publish(
    session: Session, measure: Measure, texts: Texts, *, effect: Mapping[str, str], confirmed: bool,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Freeze the texts and show them on the public page; publishing again replaces them."""
    hold(session, measure)  # nobody drops it meanwhile
    if measure.state not in TOLD:
        raise InputError(_("Only what is under way or done is told to the public."))
    check(texts, min_cell=settings_of(session).min_cell, confirmed=confirmed)
    measure.published = {code: {**each, "effect": effect.get(code, "")} for code, each in texts.items()}
    measure.published_at, measure.version = now, measure.version + 1
    session.flush()
    _record(session, measure, "measure.publish", actor, now, texts=measure.published)


def withdraw(session: Session, measure: Measure, *, actor: str, now: datetime) -> None:
    """Take a measure back from the public page."""
    hold(session, measure)
    if measure.published_at is None:
        raise InputError(_("This measure is not on the public page."))
    measure.published = measure.published_at = None
    measure.version += 1
    session.flush()
    _record(session, measure, "measure.withdraw", actor, now)


def told(session: Session) -> list[Told]:
    """Return what the public page shows, the newest first."""
    published = Measure.published_at.is_not(None)
    wanted = select(Measure.published, Measure.published_at).where(published)
    rows = session.execute(wanted.order_by(Measure.published_at.desc(), Measure.id.desc()).limit(SHOWN))
    return [Told(texts, at) for texts, at in rows if texts and at]


def is_anything_told(database: Database, now: datetime) -> bool:
    """Tell whether the public page has anything to read; looked up once in five minutes and process."""
    return _told_since(database, int(now.timestamp()) // SECONDS)


@lru_cache(maxsize=2)
def _told_since(database: Database, _moment: int) -> bool:
    """Look whether anything is told; the page that says that the database is away asks as well."""
    try:
        with database.read() as session:
            return bool(session.scalar(select(exists().where(Measure.published_at.is_not(None)))))
    except SQLAlchemyError as error:
        log.warning("no link to the public page for a while: %s", type(error).__name__)
        return False


def _record(
    session: Session, measure: Measure, action: str, actor: str, now: datetime, **detail: object
) -> None:
    subject = f"measure:{measure.number}"
    audit.record(session, actor=actor, action=action, subject=subject, now=now, **detail)
