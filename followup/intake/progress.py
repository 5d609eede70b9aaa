"""How far a matter is, for whoever knows its number and the last four digits of the telephone; nothing else.

A number that does not exist costs the same work as a wrong pair, and both get the same answer.
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core import audit
from core.auth import throttle
from core.contacts.models import Phone
from core.crypto import Vault
from core.db import cache_of, settings_of, vault_of
from core.installation import Counter, next_number
from core.transitions import Transition
from followup.cases.lifecycle import CLOSED
from followup.models import Attempt, Callback, Case, FollowUp

DIGITS = 4
FREE_TRIES = 5  # for one case number, from wherever they come
KIND = "progress"
OUTCOMES = ("shown", "refused", "held_up")
_DECOY = "+8613800000000"


@dataclass(frozen=True, slots=True)
class Progress:
    """What the page shows: a state and the days of four steps."""

    state: str
    registered_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    asked_at: datetime | None


def plain_number(text: str) -> str:
    """Return a case number as it is stored, from whatever was typed; "" when it cannot be one."""
    digits = _digits(text)
    return f"{digits[:8]}-{digits[8:]}" if 12 <= len(digits) <= 16 else ""


def plain_digits(text: str) -> str:
    """Return the last four digits of what was typed, perhaps a whole telephone number; "" for less."""
    digits = _digits(text)
    return digits[-DIGITS:] if len(digits) >= DIGITS else ""


def may_try(session: Session, number: str, *, now: datetime) -> bool:
    """Count one try at a case number, whether there is such a case or not; all processes count together."""
    return throttle.count_try(session, KIND, number, FREE_TRIES, now=now) is None


def look_up(session: Session, number: str, digits: str) -> Progress | None:
    """Return how far a case is; None for a wrong pair and for a number that nobody has."""
    known = session.execute(select(Case.id, Case.contact_id).where(Case.number == number)).first()
    contact_id = (known.contact_id if known else None) or 0
    wanted = select(Phone.uid, Phone.number_sealed).where(Phone.contact_id == contact_id)
    vault = vault_of(session)
    found = [(f"phone.number:{row.uid}", row.number_sealed) for row in session.execute(wanted)]
    lines = [vault.open(sealed, place) for place, sealed in found or [_decoy(session, vault)]]
    fits = [hmac.compare_digest(_last_four(line), digits) for line in lines]
    if known is None or not found or not any(fits):
        return None
    throttle.forget_tries(session, KIND, number)
    return _progress(session, session.get_one(Case, known.id))


def count(session: Session, outcome: str, *, now: datetime) -> None:
    """Count a look by how it ended; with the first of a day the earlier days go into the audit trail.

    Who asked for what is kept nowhere.
    """
    today = now.astimezone(settings_of(session).zone).strftime("%Y%m%d")
    if next_number(session, f"{KIND}:{today}:{outcome}") > 1:
        return
    earlier = [f"{KIND}:{day}:{each}" for day in _days_counted(session, today) for each in OUTCOMES]
    gone = delete(Counter).where(Counter.key.in_(earlier)).returning(Counter.key, Counter.value)
    by_day: dict[str, dict[str, int]] = {}
    for key, value in session.execute(gone):
        _kind, day, how = key.split(":")
        by_day.setdefault(day, {})[how] = value
    for day, counts in sorted(by_day.items()):
        audit.record(
            session, actor="system", action="progress.counted", subject=f"day:{day}", now=now, **counts
        )


def _days_counted(session: Session, today: str) -> set[str]:
    keys = session.scalars(select(Counter.key).where(Counter.key.startswith(f"{KIND}:")))
    return {key.split(":")[1] for key in keys} - {today}


def _progress(session: Session, case: Case) -> Progress:
    return Progress(
        state=case.state,
        registered_at=case.registered_at,
        accepted_at=_moved_at(session, "case", [case.id], "accept"),
        closed_at=case.closed_at if case.state in CLOSED else None,
        asked_at=_asked_at(session, case),
    )


def _asked_at(session: Session, case: Case) -> datetime | None:
    """Return when we last asked the customer, by link or by phone."""
    follow_ups = list(session.scalars(select(FollowUp.id).where(FollowUp.case_id == case.id)))
    called = (
        select(func.max(Attempt.ended_at))
        .join(Callback, Callback.id == Attempt.callback_id)
        .where(Callback.follow_up_id.in_(follow_ups), Attempt.undone_at.is_(None))
    )
    asked = [_moved_at(session, "follow_up", follow_ups, "sent"), session.scalar(called)]
    return max((at for at in asked if at is not None), default=None)


def _moved_at(session: Session, machine: str, subject_ids: list[int], event: str) -> datetime | None:
    return session.scalar(
        select(func.max(Transition.at)).where(
            Transition.machine == machine, Transition.subject_id.in_(subject_ids), Transition.event == event
        )
    )


def _decoy(session: Session, vault: Vault) -> tuple[str, bytes]:
    """Return something to open where there is no telephone number, so that it takes as long."""
    place = "progress.decoy"
    cache = cache_of(session)
    if place not in cache:  # sealed once: sealing at each look would tell such a number by its time
        cache[place] = vault.seal(_DECOY, place)
    return place, cache[place]


def _last_four(stored: str) -> str:
    return stored.partition(";ext=")[0][-DIGITS:]


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text[:100]))
