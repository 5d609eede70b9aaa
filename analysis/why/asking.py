"""Who answered and who did not, from the invitations, the calls and the register of cases."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from analysis.cube import Where
from analysis.periods import Period
from core.outbox.models import Message
from followup.figures.groups import Span
from followup.models import Callback, Case, FollowUp, RuleVersion
from surveys.campaigns.models import Recipient
from surveys.models import DIMENSIONS, Answer, Invitation, Response, Stratum
from surveys.queries import LoadedVersion
from surveys.tallies import MODE

QUICK = timedelta(hours=48)
MOST_LOOKED_AT = 200_000  # answers or links that are looked at one by one while somebody waits
REGISTER = ("district", "department", "category")
BY_LINK, BY_PHONE = ("quick", "reminded", "later"), ("first", "second", "more")
_REMINDERS = ("reminder", "campaign_reminder")
_NO_SAMPLE = ("revoked", "replaced", "withdrawn")  # taken back by us: nobody could answer these


def asks_about_cases(session: Session, version: LoadedVersion) -> bool:
    """Say whether a rule asks this questionnaire about closed cases."""
    rules = select(RuleVersion.id).where(RuleVersion.questionnaire_id == version.questionnaire_id)
    return session.execute(rules.limit(1)).first() is not None


def closed_cases(session: Session, span: Span, where: Where) -> Counter[tuple[str, ...]]:
    """Count the cases that were closed in a period, by the dimensions that the register has."""
    columns: list[Any] = [getattr(Case, name) for name in DIMENSIONS]
    wanted = select(*columns, func.count()).where(span.within(Case.closed_at)).group_by(*columns)
    for name, values in where.items():
        if name != MODE:
            wanted = wanted.where(getattr(Case, name).in_(values))
    return Counter({tuple(row[:-1]): int(row[-1]) for row in session.execute(wanted)})


def links(session: Session, ids: Collection[int], span: Span, where: Where) -> dict[str, tuple[int, int]]:
    """Count for each channel the links of a period that came through, and those that were answered.

    What we took back ourselves is left out, and what the provider reported as not delivered.
    """
    lost = exists().where(
        FollowUp.invitation_id == Invitation.id,
        Message.subject_type == "follow_up",
        Message.subject_id == FollowUp.id,
        Message.purpose == "invitation",
        or_(Message.receipt_state == "undelivered", Message.state == "failed"),
    )
    wanted: Select[Any] = (
        select(*_columns(Invitation.channel, func.count(), func.count(Response.id)))
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.version_id.in_(ids), span.within(Invitation.created_at))
        .where(or_(Response.id.is_not(None), and_(Invitation.state.not_in(_NO_SAMPLE), ~lost)))
        .group_by(Invitation.channel)
    )
    wanted = _narrowed(wanted, where, Invitation.stratum_id)
    return {row[0]: (int(row[1]), int(row[2])) for row in session.execute(wanted)}


def calls(session: Session, ids: Collection[int], span: Span, where: Where) -> tuple[int, int]:
    """Count the callbacks that ended in a period, and those that were answered in full (AAPOR I).

    Whoever turned out not to be the customer (NE) is no part of it.
    """
    complete = func.coalesce(func.sum(case((Callback.result == "I", 1), else_=0)), 0)
    wanted: Select[Any] = (
        select(func.count(), complete)
        .select_from(Callback)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .where(FollowUp.version_id.in_(ids), span.within(Callback.ended_at))
        .where(Callback.result.not_in(("", "NE")))
    )
    row = session.execute(_narrowed(wanted, where, FollowUp.stratum_id)).one()
    return int(row[0]), int(row[1])


def waves(
    session: Session, items: Collection[int], period: Period, where: Where
) -> Counter[tuple[str, str, int]]:
    """Count the scores of a period by way of answering and by how much it took to get the answer.

    By link: within 48 hours, after a reminder, later without one. By phone: at the first call, the second,
    or after more. What has neither is counted under "".
    """
    wave = _wave(session)
    wanted: Select[Any] = (
        select(*_columns(Response.mode, wave.label("wave"), Answer.value, func.count()))
        .select_from(Response)
        .join(Answer, and_(Answer.response_id == Response.id, Answer.item_id.in_(sorted(items))))
        .outerjoin(Invitation, Invitation.id == Response.invitation_id)
        .outerjoin(FollowUp, FollowUp.response_id == Response.id)
        .outerjoin(Callback, Callback.follow_up_id == FollowUp.id)
        .where(Response.day >= period.start, Response.day < period.end, Answer.value >= 0)
        .group_by(Response.mode, "wave", Answer.value)
    )
    wanted = _narrowed(wanted, where, Response.stratum_id, Response.mode)
    return Counter({(row[0], row[1], int(row[2])): int(row[3]) for row in session.execute(wanted)})


def _wave(session: Session) -> ColumnElement[str]:
    web = and_(Response.mode == "web", Invitation.id.is_not(None))
    phone = and_(Response.mode == "phone", Callback.attempts > 0)
    said = [
        (and_(web, or_(_reminded(FollowUp, "follow_up"), _reminded(Recipient, "recipient"))), "reminded"),
        (and_(web, _within(session, QUICK)), "quick"),
        (web, "later"),
        (and_(phone, Callback.attempts == 1), "first"),
        (and_(phone, Callback.attempts == 2), "second"),
        (phone, "more"),
    ]
    return case(*said, else_="")


def _reminded(owner: type[FollowUp] | type[Recipient], subject: str) -> ColumnElement[bool]:
    return exists().where(
        owner.invitation_id == Invitation.id,
        Message.subject_type == subject,
        Message.subject_id == owner.id,
        Message.purpose.in_(_REMINDERS),
        Message.sent_at <= Response.submitted_at,
    )


def _within(session: Session, length: timedelta) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        quick: ColumnElement[bool] = Response.submitted_at - Invitation.created_at <= length
        return quick
    days = func.julianday(Response.submitted_at) - func.julianday(Invitation.created_at)
    return days <= length.total_seconds() / 86400 + 1e-8  # julianday knows milliseconds, and rounds them


def _narrowed(wanted: Select[Any], where: Where, stratum: Any, mode: Any = None) -> Select[Any]:
    """Keep what the filters keep; who was only asked has no way of answering."""
    names: Sequence[str] = [name for name in where if name != MODE]
    if names:
        wanted = wanted.join(Stratum, Stratum.id == stratum)
    for name in names:
        wanted = wanted.where(getattr(Stratum, name).in_(where[name]))
    return wanted.where(mode.in_(where[MODE])) if mode is not None and MODE in where else wanted


def _columns(*columns: Any) -> tuple[Any, ...]:
    return columns
