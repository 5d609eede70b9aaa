"""How well the second person agrees with the call, by question and by agent, in a period."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.db import settings_of
from core.periods import Period
from followup.models import Attempt
from followup.quality.agreement import (
    KAPPA_FROM,
    Agreement,
    Share,
    by_item,
    of_item,
    share,
    weighted_kappa,
)
from followup.quality.lifecycle import DONE
from followup.quality.models import CallReview
from followup.quality.policy import STEPS, WAYS, is_same
from surveys.models import Response
from surveys.queries import load_version


@dataclass(frozen=True, slots=True)
class ItemLine:
    """How often two people have the same answer to one question."""

    questionnaire: str
    key: str
    name: str
    found: Agreement


@dataclass(frozen=True, slots=True)
class KappaLine:
    """Weighted kappa of all questions on one scale together."""

    scale: str
    pairs: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class AgentLine:
    """In how many calls of one agent both have the same answers throughout."""

    agent_id: int
    name: str
    same: Share
    not_possible: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Agreement in a period."""

    whole: Share  # calls with the same answers throughout
    ways: dict[str, Share]
    not_possible: int
    open: int  # drawn, not looked at yet
    lapsed: int  # drawn, and nobody looked in time
    items: list[ItemLine]
    kappas: list[KappaLine]
    agents: list[AgentLine]


def figures(session: Session, period: Period, language: str) -> Figures:
    """Count the calls of a period that were looked at again."""
    rows = session.execute(_reviews(period).where(CallReview.state.in_(DONE))).all()
    compared = [row for row in rows if row.state != "not_possible"]
    least = settings_of(session).min_cell
    others = _reviews(period).where(CallReview.state.not_in(DONE)).subquery()
    left = select(others.c.state, func.count()).group_by(others.c.state)
    waiting = {row[0]: int(row[1]) for row in session.execute(left)}
    lapsed = waiting.pop("lapsed", 0)
    items, kappas = _items(session, compared, language, least)
    return Figures(
        whole=_same(compared, least),
        ways={way: _same([row for row in compared if row.way == way], least) for way in WAYS},
        not_possible=len(rows) - len(compared),
        open=sum(waiting.values()),
        lapsed=lapsed,
        items=items,
        kappas=kappas,
        agents=_agents(session, rows, least),
    )


def own_line(session: Session, period: Period, agent_id: int) -> AgentLine:
    """Return the line of one agent, who sees nobody else's."""
    wanted = _reviews(period).where(CallReview.state.in_(DONE), CallReview.agent_id == agent_id)
    rows = session.execute(wanted).all()
    name = session.get_one(User, agent_id).display_name
    return _agent(agent_id, name, rows, settings_of(session).min_cell)


def _reviews(period: Period) -> Select[*tuple[Any, ...]]:
    wanted: Select[*tuple[Any, ...]] = select(
        CallReview.state, CallReview.way, CallReview.marks, CallReview.agent_id, Response.version_id
    )
    wanted = wanted.join(Attempt, Attempt.id == CallReview.attempt_id)
    wanted = wanted.join(Response, Response.id == CallReview.response_id)
    return wanted.where(Attempt.local_day >= period.start, Attempt.local_day < period.end)


def _same(rows: Sequence[Row[Any]], least: int) -> Share:
    return share(sum(is_same(row.marks or {}) for row in rows), len(rows), least)


def _items(
    session: Session, rows: Sequence[Row[Any]], language: str, least: int
) -> tuple[list[ItemLine], list[KappaLine]]:
    """Count by question, and pool those of one scale; a question keeps its key over all versions."""
    by_questionnaire: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_questionnaire[load_version(session, row.version_id).questionnaire_key].append(row)
    lines: list[ItemLine] = []
    pooled: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for questionnaire, found in sorted(by_questionnaire.items()):
        newest = load_version(session, max(row.version_id for row in found))
        pairs = by_item(row.marks or {} for row in found)
        for item in newest.items:
            if item.item_key not in pairs:
                continue
            has_steps, mine = item.kind in STEPS, pairs[item.item_key]
            name = item.definition.said(language).name
            found_here = of_item(mine, has_steps=has_steps, min_cell=least)
            lines.append(ItemLine(questionnaire, item.item_key, name, found_here))
            if has_steps:
                pooled[item.scale] += [pair for pair in mine if min(pair) >= 0]
    return lines, [_kappa(scale, pairs) for scale, pairs in sorted(pooled.items())]


def _kappa(scale: str, pairs: Sequence[tuple[int, int]]) -> KappaLine:
    return KappaLine(scale, len(pairs), weighted_kappa(pairs) if len(pairs) >= KAPPA_FROM else None)


def _agents(session: Session, rows: Sequence[Row[Any]], least: int) -> list[AgentLine]:
    of_agent: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        of_agent[row.agent_id].append(row)
    names = select(User.display_name, User.id).where(User.id.in_(of_agent)).order_by(User.display_name)
    return [_agent(user_id, name, of_agent[user_id], least) for name, user_id in session.execute(names)]


def _agent(agent_id: int, name: str, rows: Sequence[Row[Any]], least: int) -> AgentLine:
    compared = [row for row in rows if row.state != "not_possible"]
    return AgentLine(agent_id, name, _same(compared, least), len(rows) - len(compared))
