"""What came of asking: the funnel, the dispositions and the response rates, by channel."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.db import settings_of
from surveys.campaigns.models import Recipient
from surveys.campaigns.rates import Rates, Standing, count, response_rates
from surveys.models import Invitation, InvitationTrace, Partial, Response

STEPS = ("sampled", "invited", "delivered", "opened", "started", "finished")
FEWEST = 10  # invited people for a response rate; fewer make a figure that says nothing
ANSWERED = frozenset({"answered", "locked"})
NOT_OUT = frozenset({"planned", "sending", "failed", "skipped"})


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far people came. ``opened`` and ``started`` are hints: scanners open links, scripts may be off."""

    sampled: int
    invited: int
    delivered: int
    opened: int
    started: int
    finished: int
    seconds: float | None  # median, of answers whose page told; never of an anonymous questionnaire

    @property
    def steps(self) -> list[tuple[str, int]]:
        """Return the steps in their order."""
        return [(name, getattr(self, name)) for name in STEPS]


@dataclass(frozen=True, slots=True)
class ChannelRates:
    """The dispositions of one channel, and its rates where enough people were invited."""

    channel: str  # sms | email | all
    invited: int
    counts: dict[str, int]
    rates: Rates | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the page of a campaign says in numbers."""

    funnel: Funnel
    channels: list[ChannelRates]  # the last one: all together
    provisional: bool  # somebody is still under way


Group = tuple[Standing, str, bool]  # what is known, channel, page opened


def figures(session: Session, wave_ids: Sequence[int], *, e: float | None = None) -> Figures:
    """Return the figures of some waves together."""
    groups = _groups(session, wave_ids)
    by_channel: dict[str, Counter[Standing]] = {}
    for (standing, channel, _opened), n in groups.items():
        by_channel.setdefault(channel, Counter())[standing] += n
    everybody: Counter[Standing] = sum(by_channel.values(), Counter())
    asked = [name for name in ("sms", "email", "paper") if name in by_channel]
    rows = [_of_channel(name, by_channel[name], e) for name in asked]
    rows.append(_of_channel("all", everybody, e))
    under_way = any(standing.state in {"planned", "sending", "sent"} for standing in everybody)
    return Figures(_funnel(session, wave_ids, groups), rows, under_way)


def _of_channel(name: str, people: Counter[Standing], e: float | None) -> ChannelRates:
    counts = count(people)
    invited = sum(n for standing, n in people.items() if standing.link)
    return ChannelRates(name, invited, counts, response_rates(counts, e) if invited >= FEWEST else None)


def _groups(session: Session, wave_ids: Sequence[int]) -> Counter[Group]:
    """Count people of whom the same is known: a few dozen rows, however many people there are."""
    found: Counter[Group] = Counter()
    for row in session.execute(_known(wave_ids)):
        state, reason, link, channel, opened, started, saved, n = row
        standing = Standing(state, reason, link or "", bool(started), bool(saved) or reason == "saved")
        found[standing, channel or "", bool(opened)] += n
    return found


def _known(wave_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    columns = (
        Recipient.state,
        Recipient.reason,
        Invitation.state,
        Invitation.channel,
        InvitationTrace.invitation_id.is_not(None),
        InvitationTrace.started_at.is_not(None),
        Partial.invitation_id.is_not(None),
    )
    return (
        select(*columns, func.count())
        .select_from(Recipient)
        .join(Invitation, Invitation.id == Recipient.invitation_id, isouter=True)
        .join(InvitationTrace, InvitationTrace.invitation_id == Invitation.id, isouter=True)
        .join(Partial, Partial.invitation_id == Invitation.id, isouter=True)
        .where(Recipient.wave_id.in_(wave_ids))
        .group_by(*columns)
    )


def _funnel(session: Session, wave_ids: Sequence[int], groups: Counter[Group]) -> Funnel:
    """Whoever came to a later step passed the earlier ones, whether or not the page could tell."""
    n: Counter[str] = Counter()
    for (standing, _channel, page_opened), people in groups.items():
        finished = standing.link in ANSWERED
        started = finished or standing.started or standing.saved
        opened = started or page_opened
        n["sampled"] += people * (standing.reason != "household")
        n["invited"] += people * bool(standing.link)
        n["delivered"] += people * bool(standing.link and (opened or standing.state not in NOT_OUT))
        n["opened"] += people * opened
        n["started"] += people * started
        n["finished"] += people * finished
    return Funnel(**{name: n[name] for name in STEPS}, seconds=_seconds(session, wave_ids))


def _seconds(session: Session, wave_ids: Sequence[int]) -> float | None:
    """Return the median time on the page; hidden while so few answered that one could be picked out."""
    wanted = select(Response.seconds).join(Recipient, Recipient.invitation_id == Response.invitation_id)
    wanted = wanted.where(Recipient.wave_id.in_(wave_ids), Response.seconds.is_not(None))
    found = [seconds for seconds in session.scalars(wanted) if seconds is not None]
    return float(median(found)) if len(found) >= settings_of(session).min_cell else None
