"""From counts to figures: one report for a period, whatever it is broken down by."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from core.db import settings_of
from core.periods import Period
from core.suppression import hidden_parts
from followup.callbacks.outcomes import Code
from followup.figures import queries, rates
from followup.figures.definitions import CHANNELS, COUNTED, DEFINITIONS, NEITHER
from followup.figures.groups import By, Key, Span, check_months
from followup.figures.rates import Dispositions, Measure
from followup.figures.standing import UNDER_WAY, Standing, Traits, standing
from surveys.scales import scale_named

_T = TypeVar("_T")
Place = tuple[str, str]  # code of the figure, and scale or channel


@dataclass(frozen=True, slots=True)
class Workload:
    """What the figures rest on, in plain counts."""

    planned: int = 0
    owed: int = 0
    under_way: int = 0
    calls: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    dispositions: Mapping[str, Dispositions] = field(default_factory=dict)  # by channel
    waiting: Mapping[str, int] = field(default_factory=dict)  # by channel: not over yet, in no rate
    both: int = 0  # asked by phone and by link: in the lines of both

    def has(self, channel: str) -> bool:
        """Tell whether anything was counted for a way of asking."""
        return self.waiting[channel] > 0 or self.dispositions[channel].base(1) > 0


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a breakdown, or everything together."""

    key: Key
    measures: Mapping[Place, Measure]
    work: Workload

    def measure(self, code: str, apart: str = "") -> Measure:
        """Return a figure; what this group has nothing of is empty."""
        return self.measures.get((code, apart), Measure(None, 0, None, reason=rates.EMPTY))

    @property
    def is_empty(self) -> bool:
        """Tell that there is nothing to read: nothing was planned, and no figure rests on anything."""
        return not self.work.planned and all(one.reason == rates.EMPTY for one in self.measures.values())


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period. ``groups`` is empty where nothing is broken down."""

    span: Span
    by: By
    whole: Group
    groups: tuple[Group, ...]
    names: Mapping[Key, str]
    scales: tuple[str, ...]  # on which customers rated
    min_cell: int

    def like(self, group: Group) -> Group | None:
        """Return the line of the same department or agent as in another report."""
        return next((each for each in self.groups if each.key == group.key), None)

    def named(self, group: Group) -> str:
        """Return how a group is called; "" is for what has no name."""
        return self.names.get(group.key, "")


@dataclass(slots=True)
class _Counts:
    """Everything that was counted, by group."""

    census: queries.Counts
    calls: dict[Key, queries.Calls]
    wrap_ups: queries.Seconds
    ratings: dict[tuple[str, str], dict[Key, Counter[int]]]
    registered: dict[Key, tuple[int, int]] = field(default_factory=dict)
    on_time: dict[Key, tuple[int, int]] = field(default_factory=dict)
    repeats: dict[Key, tuple[int, int]] = field(default_factory=dict)

    def keys(self) -> set[Key]:
        """Return every group of which anything was counted."""
        tables: Iterable[Iterable[Key]] = (
            self.census, self.calls, self.registered, self.on_time, self.repeats, *self.ratings.values(),
        )  # fmt: skip
        return {key for table in tables for key in table}


def report(session: Session, period: Period, by: By, *, agent_id: int | None = None) -> Report:
    """Return the figures of a period; with an agent, of that agent alone."""
    settings = settings_of(session)
    span = Span(period, settings.zone)
    if by is By.MONTH:
        check_months(span)
    if agent_id is not None:
        by = By.AGENT
    counts = _count(session, span, by)
    hidden = _hidden(counts, settings.min_cell)
    wanted = counts.keys() if agent_id is None else {agent_id}
    groups = [
        _group(counts, key, by, hidden) for key in wanted if by is not By.NOTHING and _is_shown(key, by)
    ]
    whole = _group(_summed(counts), "", by, _hidden(_summed(counts), settings.min_cell))
    names = _names(session, span, by, [group.key for group in groups])
    ordered = sorted(groups, key=lambda group: _order(group, names))
    if agent_id is not None:
        whole, ordered = ordered[0], []
    return Report(
        span, by, whole, tuple(ordered if by is not By.NOTHING else ()), names,
        _scales(counts), settings.min_cell,
    )  # fmt: skip


def _count(session: Session, span: Span, by: By) -> _Counts:
    counts = _Counts(
        queries.census(session, span, by),
        queries.calls(session, span, by),
        queries.wrap_ups(session, span, by),
        queries.ratings(session, span, by),
    )
    if by is not By.AGENT:  # a case has a handler, and no agent
        counts.registered = {k: (v[1], v[0]) for k, v in queries.registered(session, span, by).items()}
        counts.on_time = {k: (v.kept, v.due) for k, v in queries.on_time(session, span, by).items()}
        counts.repeats = {k: (v.repeats, v.cases) for k, v in queries.repeated(session, span, by).items()}
    return counts


def _summed(counts: _Counts) -> _Counts:
    """Return the same counts as one group."""

    calls = counts.calls.values()
    whole = _Counts(
        {"": _added(counts.census.values())},
        {
            "": queries.Calls(
                sum(each.made for each in calls),
                sum(each.connected for each in calls),
                sum(each.complete for each in calls),
                _added(each.talks for each in calls),
            )
        },
        {"": _added(counts.wrap_ups.values())},
        {place: {"": _added(table.values())} for place, table in counts.ratings.items()},
    )
    for name in ("registered", "on_time", "repeats"):
        rows = getattr(counts, name).values()
        setattr(whole, name, {"": (sum(x for x, _n in rows), sum(n for _x, n in rows))} if rows else {})
    return whole


def _added(counters: Iterable[Counter[_T]]) -> Counter[_T]:
    found: Counter[_T] = Counter()
    for counter in counters:
        found.update(counter)
    return found


def _hidden(counts: _Counts, min_cell: int) -> set[tuple[tuple[str, str], Key]]:
    """Return which ratings of which groups stay hidden: small ones, and what would give them away."""
    found = set()
    for place, table in counts.ratings.items():
        keys = list(table)
        parts = hidden_parts([sum(table[key].values()) for key in keys], min_cell)
        found |= {(place, key) for key, hide in zip(keys, parts, strict=True) if hide}
    return found


def _group(counts: _Counts, key: Key, by: By, hidden: set[tuple[tuple[str, str], Key]]) -> Group:
    stands = [(traits, standing(traits), n) for traits, n in counts.census.get(key, Counter()).items()]
    work = _workload(stands, counts.calls.get(key, queries.Calls()).made)
    measures = _of_follow_ups(stands) | _of_calls(counts, key) | _of_cases(counts, key)
    for channel in CHANNELS if by is not By.AGENT else ("phone",):
        ended = work.dispositions[channel]
        measures |= {(name, channel): rates.outcome_rate(name, ended) for name in rates.RATES}
    for place, table in counts.ratings.items():
        measures |= _of_ratings(place, table.get(key, Counter()), is_hidden=(place, key) in hidden)
    allowed = {one.code for one in DEFINITIONS if by in one.breakdowns} | set(rates.RATES)
    return Group(key, {place: one for place, one in measures.items() if place[0] in allowed}, work)


Stands = list[tuple[Traits, Standing, int]]


def _workload(stands: Stands, calls: int) -> Workload:
    owed = [(stand, n) for _traits, stand, n in stands if stand.is_owed]
    left_out: Counter[str] = Counter()
    for _traits, stand, n in stands:
        if not stand.is_owed:
            left_out[stand.left_out] += n
    ended = {channel: _ended(owed, channel) for channel in COUNTED}
    return Workload(
        planned=sum(n for _traits, _stand, n in stands),
        owed=sum(n for _stand, n in owed),
        under_way=ended["all"][UNDER_WAY],
        calls=calls,
        left_out=dict(left_out),
        dispositions={channel: _dispositions(counts) for channel, counts in ended.items()},
        waiting={channel: counts[UNDER_WAY] for channel, counts in ended.items()},
        both=sum(n for stand, n in owed if stand.by_phone and stand.by_link),
    )


def _ended(owed: list[tuple[Standing, int]], channel: str) -> Counter[str]:
    look: Callable[[Standing], str] = {
        "phone": lambda stand: stand.by_phone,
        "link": lambda stand: stand.by_link,
        NEITHER: lambda stand: "" if stand.by_phone or stand.by_link else stand.altogether,
        "all": lambda stand: stand.altogether,
    }[channel]
    found: Counter[str] = Counter()
    for stand, n in owed:
        found[look(stand)] += n
    return found


def _dispositions(counts: Mapping[str, int]) -> Dispositions:
    return Dispositions(*(counts.get(letter, 0) for letter in ("I", "P", "R", "NC", "O", "UH", "UO")))


def _of_follow_ups(stands: Stands) -> dict[Place, Measure]:
    owed = sum(n for _t, stand, n in stands if stand.is_owed)
    called = [(traits, n) for traits, stand, n in stands if stand.is_owed and stand.by_phone]
    ended = [
        (traits, n) for traits, stand, n in stands if stand.is_owed and traits.call == "done" and traits.tries
    ]
    first = sum(n for traits, n in ended if traits.outcome == Code.COMPLETE and traits.tries == 1)
    return {
        ("attempted", ""): rates.share(sum(n for _t, stand, n in stands if stand.tried), owed),
        ("reached", ""): rates.share(sum(n for _t, stand, n in stands if stand.reached), owed),
        ("phone_reached", ""): rates.share(
            sum(n for traits, n in called if traits.contacted), sum(n for _t, n in called)
        ),
        ("first_try", ""): rates.share(first, sum(n for _t, n in ended)),
    }


def _of_calls(counts: _Counts, key: Key) -> dict[Place, Measure]:
    calls = counts.calls.get(key, queries.Calls())
    return {
        ("connected", ""): rates.share(calls.connected, calls.made),
        ("calls_per_complete", ""): rates.ratio(calls.made, calls.complete),
        ("talk", ""): rates.median(calls.talks),
        ("wrap_up", ""): rates.median(counts.wrap_ups.get(key, {})),
    }


def _of_cases(counts: _Counts, key: Key) -> dict[Place, Measure]:
    return {
        ("closed", ""): rates.share(*counts.registered.get(key, (0, 0))),
        ("on_time", ""): rates.share(*counts.on_time.get(key, (0, 0))),
        ("repeats", ""): rates.share(*counts.repeats.get(key, (0, 0))),
    }


def _of_ratings(place: tuple[str, str], scores: Counter[int], *, is_hidden: bool) -> dict[Place, Measure]:
    role, name = place
    scale, n = scale_named(name), sum(scores.values())
    top = scores[max(scale.scores)]
    if role == "resolved":
        return {("resolved", ""): rates.hidden() if is_hidden else rates.share(top, n)}
    loose = sum(count for score, count in scores.items() if scale.is_satisfied(score))
    return {
        ("satisfied", name): rates.hidden() if is_hidden else rates.share(loose, n),
        ("satisfied_strict", name): rates.hidden() if is_hidden else rates.share(top, n),
    }


def _is_shown(key: Key, by: By) -> bool:
    return by is not By.AGENT or key is not None


def _scales(counts: _Counts) -> tuple[str, ...]:
    return tuple(sorted(name for role, name in counts.ratings if role == "overall"))


def _names(session: Session, span: Span, by: By, keys: list[Key]) -> dict[Key, str]:
    if by is By.AGENT:
        named = queries.agent_names(session, [key for key in keys if isinstance(key, int)])
        return {key: name for key, name in named.items()}  # noqa: C416 (its keys are of a wider kind)
    if by is By.MONTH:
        return {place: f"{day:%Y-%m}" for place, day in enumerate(span.months())}
    return {key: str(key) for key in keys}


def _order(group: Group, names: Mapping[Key, str]) -> tuple[bool, str]:
    """Sort by name, what has none last: this is no league table."""
    name = names.get(group.key, "")
    return not name, name
