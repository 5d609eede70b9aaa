"""Agents whose calls differ from those of all others: numbers side by side, with no judgement."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, false, func, select
from sqlalchemy.orm import Session

from core.db import settings_of
from core.periods import Period
from followup.callbacks.models import Skip
from followup.callbacks.outcomes import Code
from followup.models import Attempt, Callback, FollowUp
from followup.quality.policy import STEPS
from followup.quality.signals import RUN, Compared, longest_run
from followup.quality.spotting import bounds, in_period
from surveys.models import Answer, Item
from surveys.scales import scale_named

REFUSALS = (Code.REFUSED_SOFT, Code.REFUSED_HARD)


@dataclass(frozen=True, slots=True)
class Standing:
    """One agent who differs from the others in one thing; the call is the last of those that count."""

    signal: str
    agent_id: int
    attempt_id: int
    compared: Compared
    run: int = 0


def standing_out(session: Session, period: Period) -> list[Standing]:
    """Return everything in which an agent differs from the others in a period."""
    return [*_top_runs(session, period), *_counts(session, period)]


def _counts(session: Session, period: Period) -> list[Standing]:
    rows = session.execute(_per_agent(session, period)).all()
    skips = _skips(session, period)
    least, found = settings_of(session).min_cell, list[Standing]()
    for row in rows:
        skipped = skips.get(row.agent_id, 0)
        all_skips, all_made = sum(skips.values()), sum(r.made for r in rows)
        pairs = {
            "undone": _against(rows, row, "undone", "made"),
            "refused": _against(rows, row, "refused", "contacted"),
            "skips": Compared(
                skipped, skipped + row.made, all_skips - skipped,
                all_skips - skipped + all_made - row.made,
            ),
        }  # fmt: skip
        last = {"undone": row.last_undone, "refused": row.last_refused, "skips": row.last_made}
        found += [
            Standing(signal, row.agent_id, last[signal], compared)
            for signal, compared in pairs.items()
            if compared.stands_out(least)
        ]
    return found


def _against(rows: Sequence[Row[Any]], row: Row[Any], x: str, n: str) -> Compared:
    mine_x, mine_n = getattr(row, x), getattr(row, n)
    return Compared(
        mine_x, mine_n, sum(getattr(r, x) for r in rows) - mine_x, sum(getattr(r, n) for r in rows) - mine_n
    )


def _per_agent(session: Session, period: Period) -> Any:
    undone = Attempt.undone_at.is_not(None)
    refused = and_(Attempt.undone_at.is_(None), Attempt.contacted, Attempt.outcome.in_(REFUSALS))
    contacted = and_(Attempt.undone_at.is_(None), Attempt.contacted)
    wanted = select(
        Attempt.agent_id,
        func.count().label("made"),
        _number(undone).label("undone"),
        _number(refused).label("refused"),
        _number(contacted).label("contacted"),
        func.max(Attempt.id).label("last_made"),
        func.max(case((undone, Attempt.id))).label("last_undone"),
        func.max(case((refused, Attempt.id))).label("last_refused"),
    )
    return wanted.where(in_period(session, period)).group_by(Attempt.agent_id).order_by(Attempt.agent_id)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _skips(session: Session, period: Period) -> dict[int, int]:
    begin, end = bounds(session, period)
    wanted = select(Skip.agent_id, func.count()).where(Skip.at >= begin, Skip.at < end)
    return {row[0]: row[1] for row in session.execute(wanted.group_by(Skip.agent_id))}


def _top_runs(session: Session, period: Period) -> list[Standing]:
    """Compare the share of calls with nothing but top marks, of agents with a long run of them."""
    by_agent: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_tops(session, period)):
        by_agent[row.agent_id].append(row)
    tops = {agent_id: sum(row.is_top for row in rows) for agent_id, rows in by_agent.items()}
    every, every_top = sum(len(rows) for rows in by_agent.values()), sum(tops.values())
    found = []
    for agent_id, rows in by_agent.items():
        length, last = longest_run([bool(row.is_top) for row in rows])
        if length >= RUN:
            x, n = tops[agent_id], len(rows)
            compared = Compared(x, n, every_top - x, every - n)
            found.append(Standing("top_run", agent_id, rows[last].id, compared, run=length))
    return found


def _tops(session: Session, period: Period) -> Any:
    """Select the completed calls in their order, and whether every score in them is the best there is."""
    steps: dict[int, list[int]] = defaultdict(list)
    for item_id, scale in session.execute(select(Item.id, Item.scale).where(Item.kind.in_(STEPS))):
        steps[max(scale_named(scale).scores)].append(item_id)
    if not steps:
        return select(Attempt.id, Attempt.agent_id, Attempt.id.label("is_top")).where(Attempt.id < 0)
    below_best = case(*((Answer.item_id.in_(ids), Answer.value - best) for best, ids in steps.items()))
    is_top = func.coalesce(func.min(below_best) == 0, false())  # no score is no top mark
    wanted = select(Attempt.id, Attempt.agent_id, is_top.label("is_top"))
    wanted = wanted.join(Callback, Callback.id == Attempt.callback_id)
    wanted = wanted.join(FollowUp, FollowUp.id == Callback.follow_up_id)
    wanted = wanted.join(Answer, and_(Answer.response_id == FollowUp.response_id, Answer.value >= 0))
    wanted = wanted.where(in_period(session, period), Attempt.outcome == Code.COMPLETE)
    wanted = wanted.where(Attempt.undone_at.is_(None))
    wanted = wanted.group_by(Attempt.id, Attempt.agent_id, Attempt.ended_at)
    return wanted.order_by(Attempt.agent_id, Attempt.ended_at, Attempt.id)
