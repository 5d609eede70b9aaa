"""What came back of what was delivered, by the way of asking: links by channel, and calls."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.cube import Where
from analysis.disclosing import Rules
from analysis.periods import Period
from analysis.why import asking
from analysis.why.results import Rate, Rates, rate_of
from analysis.why.shown import shown, within, years_of
from followup.figures.groups import Span
from surveys.models import Invitation, InvitationTally

Days = dict[str, dict[date, int]]  # channel -> local day -> how many


class Look(NamedTuple):
    """In which period something is shown, and by which rules."""

    period: Period
    rules: Rules


def by_channel(
    session: Session, ids: Sequence[int], spans: Sequence[Span], where: Where, rules: Rules
) -> tuple[Rates | None, int]:
    """Return the rates of links by channel and of calls, and of how many links one was looked at.

    Parameters
    ----------
    session : Session
    ids : sequence of int
        Versions of the questionnaire.
    spans : sequence of Span
        The periods.
    where : mapping of dimension to values
    rules : Rules

    Returns
    -------
    Rates or None, and int
        None where no rate may be shown. Links that were answered are the parts of a total, over the day on
        which they were sent; calls stand for themselves.
    """
    sides, taken = [], 1
    for span in spans:
        days = Span(years_of(span.period), span.zone)
        sample, part = asking.sample(_sent(session, ids, days.period), Invitation.id)
        taken = max(taken, sample)
        rates: dict[str, Rate | None] = {}
        for look in (partial(asking.links, part=part), asking.calls):
            asked, came = _by_day(look(session, ids, days, where))
            every = _by_day(look(session, ids, days, {}))[1] if where else came
            rates |= _rates(asked, came, every, Look(span.period, rules))
        sides.append(rates)
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    rows = tuple((name, sides[0].get(name), sides[1].get(name)) for name in names)
    return (Rates("channel", rows) if any(row[1] or row[2] for row in rows) else None), taken


def _rates(asked: Days, came: Days, every: Days, look: Look) -> dict[str, Rate | None]:
    """Return the rates that may be shown; what a filter leaves out of ``every`` answer counts too."""
    outside = {
        name: {day: n - came.get(name, {}).get(day, 0) for day, n in points.items()}
        for name, points in every.items()
    }
    may = shown({name: came.get(name, {}) for name in asked}, *look)
    may &= shown({name: outside.get(name, {}) for name in asked}, *look)
    found: dict[str, Rate | None] = {}
    for name, sent in sorted(asked.items()):
        n = within(sent, look.period)
        if n:
            told = name in may and n >= look.rules.min_cell
            found[name] = rate_of(n, within(came.get(name, {}), look.period)) if told else None
    return found


def _by_day(counted: Sequence[asking.Asked]) -> tuple[Days, Days]:
    asked: Days = {}
    came: Days = {}
    for day, channel, sent, answered in counted:
        for days, n in ((asked, sent), (came, answered)):
            points = days.setdefault(channel, {})
            points[day] = points.get(day, 0) + n
    return asked, came


def _sent(session: Session, ids: Sequence[int], days: Period) -> int:
    wanted = select(func.coalesce(func.sum(InvitationTally.n), 0)).where(
        InvitationTally.version_id.in_(ids), InvitationTally.day >= days.start, InvitationTally.day < days.end
    )
    return int(session.execute(wanted).scalar_one())
