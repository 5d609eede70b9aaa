"""Who answered and who did not, from the invitations, the calls and the register of cases."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
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
LOOKED_AT = 40_000  # answers or links that are looked at one by one while somebody waits
REGISTER = ("district", "department", "category")
BY_LINK, BY_PHONE = ("quick", "reminded", "later"), ("first", "second", "more")
_REMINDERS = ("reminder", "campaign_reminder")
_PRIME, _GOLDEN = 65_521, 40_494  # the second is the golden ratio of the first
_NO_SAMPLE = ("revoked", "replaced", "withdrawn")  # taken back by us: nobody could answer these

Asked = tuple[date, str, int, int]  # local day, channel, asked, answered
Wave = tuple[date, str, str, int, bool, int]  # day, way of answering, wave, score, inside the filter, answers


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


def links(
    session: Session, ids: Collection[int], span: Span, where: Where,
    part: ColumnElement[bool] | None = None,
) -> list[Asked]:  # fmt: skip
    """Count for each channel and hour the links that came through, and those that were answered.

    What we took back ourselves is left out, and what the provider reported as not delivered.
    """
    lost = or_(
        _undelivered(FollowUp, "follow_up", "invitation"), _undelivered(Recipient, "recipient", "campaign")
    )
    hour = _hour(session, Invitation.created_at)
    wanted: Select[Any] = (
        select(*_columns(hour, Invitation.channel, func.count(), func.count(Response.id)))
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.version_id.in_(ids), span.within(Invitation.created_at))
        .where(or_(Response.id.is_not(None), and_(Invitation.state.not_in(_NO_SAMPLE), ~lost)))
        .group_by("hour", Invitation.channel)
    )
    wanted = wanted if part is None else wanted.where(part)
    return _asked(session, _narrowed(wanted, where, Invitation.stratum_id), span)


def calls(session: Session, ids: Collection[int], span: Span, where: Where) -> list[Asked]:
    """Count the callbacks that ended, by hour, and those that were answered in full (AAPOR I).

    Whoever turned out not to be the customer (NE) is no part of it.
    """
    complete = func.coalesce(func.sum(case((Callback.result == "I", 1), else_=0)), 0)
    hour = _hour(session, Callback.ended_at)
    wanted: Select[Any] = (
        select(*_columns(hour, literal("phone"), func.count(), complete))
        .select_from(Callback)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .where(FollowUp.version_id.in_(ids), span.within(Callback.ended_at))
        .where(Callback.result.not_in(("", "NE")))
        .group_by("hour")
    )
    return _asked(session, _narrowed(wanted, where, FollowUp.stratum_id), span)


def _asked(session: Session, wanted: Select[Any], span: Span) -> list[Asked]:
    return [
        (_local_day(hour, span), channel, int(asked), int(came))
        for hour, channel, asked, came in session.execute(wanted)
    ]


def waves(
    session: Session, ids: Collection[int], items: Collection[int], days: Period, *, where: Where,
    part: ColumnElement[bool] | None,
) -> list[Wave]:  # fmt: skip
    """Count the scores by day, by way of answering and by how much it took to get the answer.

    By link: within 48 hours, after a reminder, later without one. By phone: at the first call, the second,
    or after more. What has neither is counted under "". What the filters leave out is counted too, and told
    apart.
    """
    kept = [getattr(Stratum, name).in_(values) for name, values in where.items() if name != MODE]
    kept += [Response.mode.in_(where[MODE])] if MODE in where else []
    inside = case((and_(true(), *kept), 1), else_=0)
    columns = Response.day, Response.mode, _wave(session).label("wave"), Answer.value, inside.label("inside")
    wanted: Select[Any] = (
        select(*_columns(*columns, func.count()))
        .select_from(Response)
        .join(Answer, and_(Answer.response_id == Response.id, Answer.item_id.in_(sorted(items))))
        .join(Stratum, Stratum.id == Response.stratum_id)
        .outerjoin(Invitation, Invitation.id == Response.invitation_id)
        .outerjoin(FollowUp, FollowUp.response_id == Response.id)
        .outerjoin(Callback, Callback.follow_up_id == FollowUp.id)
        .where(Response.version_id.in_(ids), Response.day >= days.start, Response.day < days.end)
        .where(Answer.value >= 0)
        .group_by(Response.day, Response.mode, "wave", Answer.value, "inside")
    )
    wanted = wanted if part is None else wanted.where(part)
    return [
        (day, mode, wave, int(score), bool(one), int(n))
        for day, mode, wave, score, one, n in session.execute(wanted)
    ]


def sample(n: int, column: Any) -> tuple[int, ColumnElement[bool] | None]:
    """Return of how many rows one is looked at, and the condition; all of them while they are few.

    The golden ratio spreads what is taken evenly over the numbers of the rows, so over time as well.
    """
    taken = -(-n // LOOKED_AT)
    if taken <= 1:
        return 1, None
    number = func.abs(cast(column, BigInteger))  # the numbers of anonymous answers are negative
    return taken, number * _GOLDEN % _PRIME < _PRIME // taken


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


def _undelivered(owner: type[FollowUp] | type[Recipient], subject: str, purpose: str) -> ColumnElement[bool]:
    return exists().where(
        owner.invitation_id == Invitation.id,
        Message.subject_type == subject,
        Message.subject_id == owner.id,
        Message.purpose == purpose,
        or_(Message.receipt_state == "undelivered", Message.state == "failed"),
    )


def _hour(session: Session, moment: Any) -> ColumnElement[str]:
    """Return the hour of a moment as the database writes it: it knows moments, and no local days."""
    if session.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD HH24").label("hour")
    return func.strftime("%Y-%m-%d %H", moment).label("hour")


def _local_day(hour: str, span: Span) -> date:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(span.zone).date()


def _within(session: Session, length: timedelta) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        quick: ColumnElement[bool] = Response.submitted_at - Invitation.created_at <= length
        return quick
    days = func.julianday(Response.submitted_at) - func.julianday(Invitation.created_at)
    return days <= length.total_seconds() / 86400 + 1e-8  # julianday knows milliseconds, and rounds them


def _narrowed(wanted: Select[Any], where: Where, stratum: Any) -> Select[Any]:
    """Keep what the filters keep; who was only asked has no way of answering."""
    names: Sequence[str] = [name for name in where if name != MODE]
    if names:
        wanted = wanted.join(Stratum, Stratum.id == stratum)
    for name in names:
        wanted = wanted.where(getattr(Stratum, name).in_(where[name]))
    return wanted


def _columns(*columns: Any) -> tuple[Any, ...]:
    return columns
