"""Weeks of answers, cases and links for the tests of the early warnings."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from analysis.alerts import rounds
from analysis.alerts.models import Alert
from core.db import Database
from followup.models import Case
from surveys import actions, tallies
from surveys.models import Invitation, Response
from tests.analysis.answers import count, likert, publish

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 9)  # of week 46, the last closed one in the tests
LOOK = datetime(2026, 11, 17, 2, 0, tzinfo=UTC)  # Tuesday at ten: answers are final since six
SHARES = (0.80, 0.82, 0.78, 0.81, 0.79)  # a steady figure


def tick(database: Database, now: datetime) -> dict[str, int]:
    """Tick some hours before and then: after a longer pause the clock is not believed at once."""
    rounds.watch(database, now=now - timedelta(hours=6))
    return rounds.watch(database, now=now)


def questionnaire(database: Database):
    """Publish a questionnaire with an overall item."""
    return publish(database, likert("overall", "Overall satisfaction", role="overall"))


def week(k: int) -> date:
    """Return the Monday ``k`` weeks before the judged one."""
    return MONDAY - timedelta(weeks=k)


def answers(database, version, day, n, share, *, mode="web", **stratum):
    """Count ``n`` answers in of which a share is satisfied."""
    happy = round(n * share)
    count(database, version, day, {"overall": {5: happy, 1: n - happy}}, mode=mode, **stratum)


def steady(database, version, *, weeks=20, n=100, mode="web", **stratum):
    """Count steady weeks in, up to the one before the judged one."""
    for k in range(weeks, 0, -1):
        answers(database, version, week(k) + timedelta(days=2), n, SHARES[k % 5], mode=mode, **stratum)


def cases(database, day, n, *, late=0, closed=True, **values):
    """Register cases at noon of a day with a limit a day later; closed in time but for the late ones."""
    at = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=12)
    with database.begin() as session:
        for k in range(n):
            ended = at + timedelta(hours=40 if k < late else 4)
            session.add(
                Case(
                    number=uuid4().hex[:20], kind="repair", title_sealed=b"x", registered_at=at,
                    changed_at=at, due_at=at + timedelta(days=1), state="closed" if closed else "assigned",
                    closed_at=ended if closed else None, resolution_no=int(closed), **values,
                )
            )  # fmt: skip


def links(database, version, day, n, answered, *, channel="sms"):
    """Send links at noon of a day; some are answered the day after."""
    at = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=12)
    answers(database, version, day + timedelta(days=1), answered, 0.8)
    with database.begin() as session:
        place = actions.stratum_id(session)
        tallies.add_invitation(session, version_id=version.id, day=day, stratum_id=place, n=n)
        for k in range(n):
            link = Invitation(
                token_hash=uuid4().bytes * 2, version_id=version.id, stratum_id=place, about={},
                channel=channel, state="answered" if k < answered else "open",
                answer_by=at + timedelta(days=14), created_at=at,
            )  # fmt: skip
            session.add(link)
            session.flush()
            if k < answered:
                session.add(
                    Response(
                        version_id=version.id, invitation_id=link.id, stratum_id=place, mode="web",
                        day=day + timedelta(days=1), submitted_at=at + timedelta(days=1),
                    )
                )  # fmt: skip


def found(database):
    """Return what was found: kind, direction, dimension and group."""
    with database.read() as session:
        rows = session.scalars(select(Alert).order_by(Alert.id))
        return [(a.kind, a.direction, a.dimension, a.group) for a in rows]


def one(database):
    with database.read() as session:
        return session.scalars(select(Alert)).one()
