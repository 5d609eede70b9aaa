"""Trying a rule on past closings: what it would have asked, had it been on. Plain values in, figures out.

All rules that are on play together, for they share the customers and the frequency cap. Two wordings are
tried side by side in one pass over the closings, so that a change can be judged before it is saved.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from followup.rules.policy import Snapshot, Terms, first_fitting, sampled

Played = tuple[int, Terms]  # a rule by its number; 0 stands for one that is not saved yet
DueAt = Callable[[datetime, Terms], tuple[datetime, date]]  # closing -> when to ask, on which local day


class Closing(NamedTuple):
    """One past closing, with what decides whether and how its customer can be asked."""

    case_id: int
    number: str
    resolution_no: int
    closed_at: datetime
    snapshot: Snapshot
    circle: tuple[object, ...]  # who counts as the same customer: contact first, household, number, address
    by: frozenset[str] = frozenset()  # sms | email | phone: what reaches this customer
    do_not_contact: bool = False
    is_remedied: bool = False  # asked again by the rule that asked before, whatever fits


@dataclass(frozen=True, slots=True)
class Odds:
    """What history says about answers and calls; where there is too little of it, assumptions."""

    answer_rate: float  # of links
    calls_per_task: float
    minutes_per_call: float
    assumed: frozenset[str] = frozenset()  # the names of the figures above that are assumptions


@dataclass
class Outcome:
    """What one wording of a rule leads to."""

    fits: int = 0
    others: Counter[int] = field(default_factory=Counter)  # it fits, but this rule comes first
    why_not: Counter[str] = field(default_factory=Counter)
    links: int = 0
    direct_tasks: int = 0  # called at once
    second_tasks: int = 0  # by link, and by phone if nobody answers
    remedied: int = 0
    by_day: Counter[date] = field(default_factory=Counter)
    asked: dict[tuple[int, int], str] = field(default_factory=dict)  # (case, closing) -> link | phone

    @property
    def n(self) -> int:
        """How many cases are asked about."""
        return len(self.asked)

    @property
    def peak(self) -> tuple[date, int] | None:
        """The working day on which most are asked."""
        return max(self.by_day.items(), key=lambda each: (each[1], each[0]), default=None)

    def tasks(self, odds: Odds) -> float:
        """Return how many phone tasks to expect."""
        return self.direct_tasks + self.second_tasks * (1 - odds.answer_rate)

    def calls(self, odds: Odds) -> float:
        """Return how many calls to expect."""
        return self.tasks(odds) * odds.calls_per_task

    def hours(self, odds: Odds) -> float:
        """Return how many hours of calling to expect."""
        return self.calls(odds) * odds.minutes_per_call / 60


class _Planned(NamedTuple):
    """What a rule owes a closing, in the order of asking: by due time, then by closing."""

    at: datetime
    closed_at: datetime
    n: int
    day: date
    closing: Closing
    rule_id: int
    terms: Terms


@dataclass
class World:
    """The rules as they would stand, one of them on trial."""

    rules: Sequence[Played]
    tried: int
    due: DueAt
    last_asked: dict[object, datetime] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)
    _fitting: dict[Snapshot, tuple[Played | None, bool]] = field(default_factory=dict)
    _waiting: list[_Planned] = field(default_factory=list)  # a heap
    _planned: int = 0

    def see(self, closing: Closing) -> None:
        """Take one closing; they come in the order of time. What falls due before is asked first."""
        self.ask_until(closing.closed_at)
        if closing.is_remedied:
            self.outcome.remedied += 1
            return
        winner, fits = self._who(closing.snapshot)
        if fits:
            self.outcome.fits += 1
        if winner is None:
            return
        if fits and winner[0] != self.tried:
            self.outcome.others[winner[0]] += 1
        at, day = self.due(closing.closed_at, winner[1])
        self._planned += 1
        heappush(self._waiting, _Planned(at, closing.closed_at, self._planned, day, closing, *winner))

    def ask_until(self, moment: datetime | None = None) -> None:
        """Ask about everything that falls due before a moment, or about all that is left."""
        while self._waiting and (moment is None or self._waiting[0].at < moment):
            together = [heappop(self._waiting)]
            while self._waiting and self._waiting[0].at == together[0].at:
                together.append(heappop(self._waiting))
            for n, planned in enumerate(together):
                self._ask(planned, together[n + 1 :])

    def _who(self, snapshot: Snapshot) -> tuple[Played | None, bool]:
        """Return the rule that wins and whether the tried one fits; closings are alike by the thousand."""
        if snapshot not in self._fitting:
            winner = first_fitting(((each, each[1]) for each in self.rules), snapshot)
            own = [(each, each[1]) for each in self.rules if each[0] == self.tried]
            self._fitting[snapshot] = winner, first_fitting(own, snapshot) is not None
        return self._fitting[snapshot]

    def _ask(self, planned: _Planned, later: Sequence[_Planned]) -> None:
        closing, terms = planned.closing, planned.terms
        reason = _objection(planned) or self._excess(planned, later)
        if not reason:
            self.last_asked.update(dict.fromkeys(closing.circle, planned.at))
        if planned.rule_id != self.tried:
            return
        if reason:
            self.outcome.why_not[reason] += 1
            return
        outcome, way = self.outcome, way_of(terms, closing.by)
        outcome.asked[closing.case_id, closing.resolution_no] = way
        outcome.by_day[planned.day] += 1
        outcome.links += way == "link"
        outcome.direct_tasks += way == "phone"
        outcome.second_tasks += way == "link" and terms.channel == "link_then_phone" and "phone" in closing.by

    def _excess(self, planned: _Planned, later: Sequence[_Planned]) -> str:
        """Return whether the customer is asked about a later closing just now, or was a short time before."""
        circle, facts, terms = planned.closing.circle, planned.closing.snapshot, planned.terms
        if not terms.cap_days or terms.is_uncapped(facts.kind, facts.severity):
            return ""
        if any(each.closing.circle[:1] == circle[:1] and not _objection(each) for each in later):
            return "bundled"
        earliest = planned.at - timedelta(days=terms.cap_days)
        asked = (self.last_asked[key] for key in circle if key in self.last_asked)
        return "cap" if any(last > earliest for last in asked) else ""


def _objection(planned: _Planned) -> str:
    """Return what speaks against asking, as followup/refusals.py has it."""
    closing, terms = planned.closing, planned.terms
    if not way_of(terms, closing.by):
        return "no_contact"
    if closing.do_not_contact:
        return "dnc"
    if planned.at - closing.closed_at > timedelta(days=terms.max_age_days):
        return "too_old"
    is_in = sampled(
        terms, case_number=closing.number, resolution_no=closing.resolution_no, rule_id=planned.rule_id,
        kind=closing.snapshot.kind,
    )  # fmt: skip
    return "" if is_in else "not_sampled"


def way_of(terms: Terms, by: frozenset[str]) -> str:
    """Return by which way a customer is asked first: link, phone, or "" where nothing reaches."""
    ways = {"link": not by.isdisjoint(terms.written), "phone": "phone" in by}
    order = {"link_then_phone": ("link", "phone"), "phone_then_link": ("phone", "link")}
    return next((way for way in order.get(terms.channel, (terms.channel,)) if ways[way]), "")


def run(closings: Iterable[Closing], worlds: Sequence[World]) -> int:
    """Let every world see every closing; return how many there were."""
    n = 0
    for closing in closings:
        n += 1
        for world in worlds:
            world.see(closing)
    for world in worlds:
        world.ask_until()
    return n
