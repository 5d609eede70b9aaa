"""Two years of invented answers with a story: speed improves in the second year, the west falls behind."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from secrets import token_bytes
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.db import settings_of
from followup.demo.comments import comment
from followup.demo.texts import DISTRICTS, HANDLERS, MATTERS
from surveys import actions, answering, tallies
from surveys.answering import Given
from surveys.models import Invitation, Missing
from surveys.queries import LoadedVersion

Strata = dict[tuple[str, tuple[str, ...]], int]
CUTS = (-1.9, -1.35, -0.75, 0.35)  # where the hidden satisfaction becomes 2, 3, 4 and 5
OF_DISTRICT = {
    "城东区": "城东供热所",
    "城西区": "城西供热所",
    "高新区": "高新供热所",
    "滨河新区": "客户服务中心",
}


@dataclass(frozen=True)
class Visit:
    """One closed matter of the past and how the customer felt about it."""

    at: datetime
    district: str
    matter: tuple[str, ...]
    mode: str | None  # None: invited, but no answer came
    feeling: float
    quick: bool


def fill_history(session: Session, version: LoadedVersion, *, now: datetime, visits: int) -> int:
    """Store the past: invitations, of which some were answered, and calls; return the number of answers."""
    draw = random.Random(20261121)  # noqa: S311 # the same invented past on every machine
    past = list(_visits(draw, now, visits))
    invited = [visit for visit in past if visit.mode != "phone"]
    strata = _strata(session)
    ids = iter(_invite(session, version, invited, strata, now))
    stored = 0
    for visit in past:
        invitation = None if visit.mode == "phone" else next(ids)
        if visit.mode is not None:
            _store(session, version, draw, visit, strata=strata, invitation=invitation)
            stored += 1
    return stored


def _visits(draw: random.Random, now: datetime, count: int) -> Iterator[Visit]:
    days = 730 - 21  # the last three weeks are lived, not invented: see loop.py
    for number in range(count):
        ago = 21 + days * (1 - number / count)
        at = (now - timedelta(days=ago)).replace(hour=draw.randrange(1, 12), minute=draw.randrange(60))
        district = draw.choice(DISTRICTS)
        matter = draw.choice(MATTERS)
        mode = draw.choices(("web", "phone", None), (36, 22, 42))[0]
        mood = _season(at, recent=ago < 365) + _place(district, matter, recent=ago < 365)
        feeling = mood + (0.25 if mode == "phone" else 0.0) + draw.gauss(0, 1)
        yield Visit(at, district, matter, mode, feeling, quick=ago < 365)


def _season(at: datetime, *, recent: bool) -> float:
    return 0.15 + (-0.25 if at.month in {11, 12, 1} else 0.0) + (0.12 if recent else 0.0)


def _place(district: str, matter: tuple[str, ...], *, recent: bool) -> float:
    west = -0.45 if district == "城西区" and recent else 0.0
    return west + {"praise": 0.9, "complaint": -0.45}.get(matter[0], 0.0)


def _invite(
    session: Session, version: LoadedVersion, visits: list[Visit], strata: Strata, now: datetime
) -> list[int]:
    rows = [_invitation(version, visit, strata, now) for visit in visits]
    new = insert(Invitation).returning(Invitation.id, sort_by_parameter_order=True)
    ids = list(session.scalars(new, rows)) if rows else []
    zone = settings_of(session).zone
    for row in rows:
        day = row["created_at"].astimezone(zone).date()
        tallies.add_invitation(session, version_id=version.id, day=day, stratum_id=row["stratum_id"])
    return ids


def _invitation(version: LoadedVersion, visit: Visit, strata: Strata, now: datetime) -> dict[str, Any]:
    sent = visit.at - timedelta(hours=3)
    return {
        "token_hash": token_bytes(32),  # nobody ever had this link
        "version_id": version.id,
        "stratum_id": strata[visit.district, visit.matter],
        "handler": _handler(visit),
        "about": {},
        "language": "zh_Hans",
        "channel": "sms",
        "state": "locked" if visit.mode else "open",
        "answer_by": min(sent + timedelta(days=14), now),
        "created_at": sent,
    }


def _store(
    session: Session,
    version: LoadedVersion,
    draw: random.Random,
    visit: Visit,
    *,
    strata: Strata,
    invitation: int | None,
) -> None:
    assert visit.mode is not None
    given = answers(
        draw, visit.feeling, phone=visit.mode == "phone", quick=visit.quick, west=visit.district == "城西区"
    )
    answering.record(
        session,
        version,
        given,
        mode=visit.mode,
        stratum_id=strata[visit.district, visit.matter],
        handler=_handler(visit),
        language="zh_Hans",
        now=visit.at,
        invitation_id=invitation,
        seconds=draw.randrange(25, 140) if invitation else None,
    )


def answers(
    draw: random.Random, feeling: float, *, phone: bool, quick: bool = True, west: bool = False
) -> dict[str, Given]:
    """Invent the answers of somebody who feels like this (0 is ordinary) and was served quickly or not."""
    overall = _score(feeling)
    speed = (0.15 if quick else -0.65) - (0.35 if west else 0.0)
    shift = {"attitude": 0.35, "speed": speed, "quality": 0.0, "result": 0.05}
    given = {key: _driver(draw, feeling + extra, phone) for key, extra in shift.items()}
    given["overall"] = Given(value=overall)
    resolved = feeling + draw.gauss(0.9, 0.5) > -0.6
    given["resolved"] = Given(value=2 if resolved else 1) if draw.random() > 0.03 else _missing(phone)
    blamed = overall <= 2 and draw.random() < 0.6
    write = partial(comment, overall, quick=quick, west=west)
    given["reason"] = _said(draw, overall, write(seed=f"reason {feeling}")) if blamed else _unasked(overall)
    given["comment"] = _comment(draw, overall, partial(write, seed=f"comment {feeling}"), phone)
    return given


def _score(feeling: float) -> int:
    return 1 + sum(feeling > cut for cut in CUTS)


def _driver(draw: random.Random, feeling: float, phone: bool) -> Given:
    if draw.random() < 0.05:
        return Given(missing=Missing.NOT_APPLICABLE)
    if draw.random() < 0.03:
        return _missing(phone)
    return Given(value=_score(0.75 * feeling + draw.gauss(0, 0.7)))


def _missing(phone: bool) -> Given:
    return Given(missing=Missing.REFUSED if phone else Missing.SKIPPED)


def _unasked(overall: int) -> Given:
    return Given(missing=Missing.SKIPPED if overall <= 2 else Missing.NOT_ASKED)


def _comment(draw: random.Random, overall: int, write: Callable[[], str], phone: bool) -> Given:
    if draw.random() > 0.22:
        return _missing(phone) if phone else Given(missing=Missing.SKIPPED)
    return _said(draw, overall, write())


def _said(draw: random.Random, overall: int, written: str) -> Given:
    draw.randrange(4 if overall == 3 else 5)  # words once were drawn here: what is drawn next stays the same
    return Given(words=written)


def _strata(session: Session) -> Strata:
    """Look every combination up once, not for each visit."""
    return {
        (district, matter): actions.stratum_id(
            session, service_type=matter[2], district=district, department=OF_DISTRICT[district],
            category=matter[1], severity=matter[3], channel="phone",
        )
        for district in DISTRICTS
        for matter in MATTERS
    }  # fmt: skip


def _handler(visit: Visit) -> str:
    return HANDLERS[OF_DISTRICT[visit.district]][visit.at.day % 2]
