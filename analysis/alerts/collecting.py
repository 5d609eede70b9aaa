"""Whether answers stopped coming, which is no matter of satisfaction, and what may have stopped them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from analysis.alerts import reading
from analysis.alerts.policy import COLLAPSED, LARGE_PART, Collapse, Judged, collapse
from analysis.alerts.reading import EVERYBODY, Counts, Span
from analysis.trend.limits import FEWEST
from core.outbox.breakers import states

TABLE = 13
NOTHING_AT_ALL = "nothing_at_all"
_MANY = 10.0  # links or calls of a usual period, before their absence says anything


@dataclass(frozen=True, slots=True)
class Broken:
    """One group whose answers stopped coming."""

    dimension: str
    group: str
    grain: str
    what: Collapse
    changes_everything: bool  # no figure of the questionnaire is judged in this period
    signs: tuple[str, ...]
    starts: tuple[str, ...]
    answers: tuple[int, ...]
    usual: int

    def figures(self, min_cell: int) -> dict[str, Any]:
        """Return what the alert keeps; a number of answers that is small is left out."""
        rows = zip(self.starts, self.answers, strict=True)
        return {
            "grain": self.grain, "rule": "collapse", "expected": round(self.what.expected),
            "usual": self.usual, "signs": list(self.signs),
            **({"answers": int(self.what.answers)} if self.what.answers >= min_cell else {}),
            "points": [
                {"start": start} | ({"n": n} if n >= min_cell else {}) for start, n in list(rows)[-TABLE:]
            ],
        }  # fmt: skip


def collapses(
    session: Session, span: Span, counts: Mapping[str, Counts], versions: Sequence[int], *, grain: str,
    now: datetime,
) -> list[Broken]:  # fmt: skip
    """Return what broke down in the last period: everybody's answers, else a mode's or some groups'."""
    places = len(span.slots)
    silent = _all_silent(session, span)
    chances = {name: reading.closed(session, span, name) for name in (EVERYBODY, "district", "department")}
    links = reading.sent(session, span, versions, EVERYBODY)
    if not any(chances[EVERYBODY].sizes(EVERYBODY, places)):
        silent = False  # without cases: where a campaign is over nothing was to come
        chances = {EVERYBODY: links, "district": reading.sent(session, span, versions, "district"),
                   "department": reading.sent(session, span, versions, "department")}  # fmt: skip
    total = counts[EVERYBODY].sizes(EVERYBODY, places)
    asked = chances[EVERYBODY].sizes(EVERYBODY, places)
    found: list[Broken] = []
    signs: tuple[str, ...] = ()
    for name in (EVERYBODY, "mode", "district", "department"):
        for group in sorted(counts[name].n):
            answers = counts[name].sizes(group, places)
            own = chances[name].sizes(group, places) if name in chances else asked
            what = collapse(answers, own, silent=silent)
            if what is None or (name and not group):
                continue
            if not found:
                signs = _signs(session, span, links.sizes(EVERYBODY, places), asked, now, silent=silent)
            large = name == "mode" and _usual(answers) >= LARGE_PART * _usual(total)
            starts = tuple(slot.start.isoformat() for slot in span.slots)
            found.append(
                Broken(
                    name, group, grain, what, not name or large, signs, starts, tuple(answers),
                    int(_usual(answers)),
                )
            )  # fmt: skip
        if found and not name:
            return found  # everybody's answers stopped: the groups say nothing more
    return found


def _all_silent(session: Session, span: Span) -> bool:
    """Say whether neither a case nor an answer came in the last period, of the whole house."""
    return not reading.anything_happened(session, Span(span.slots[-1:], span.zone))


def hardly_any(judged: Judged) -> bool:
    """Say whether so few links were answered that something is broken, and not people unwilling."""
    return judged.shown[-1].value <= COLLAPSED * judged.limits.centre


def _signs(
    session: Session, span: Span, links: Sequence[int], asked: Sequence[int], now: datetime, *, silent: bool
) -> tuple[str, ...]:
    """Name what may have stopped the answers, of the whole house."""
    if silent:
        return (NOTHING_AT_ALL, *_of_channels(session, now))
    return (
        tuple(_of_links(links, asked)) + tuple(_of_calls(session, span, asked)) + _of_channels(session, now)
    )


def _of_links(links: Sequence[int], asked: Sequence[int]) -> Iterator[str]:
    if _usual(links) >= _MANY:
        yield "nothing_sent" if links[-1] <= COLLAPSED * _usual(links) * _part(asked) else "links_silent"


def _of_calls(session: Session, span: Span, asked: Sequence[int]) -> Iterator[str]:
    calls, places = reading.called(session, span), len(span.slots)
    made = calls.sizes(EVERYBODY, places)
    reached = [calls.x.get(EVERYBODY, {}).get(place, 0) for place in range(places)]
    if _usual(made) < _MANY:
        return
    if made[-1] <= COLLAPSED * _usual(made) * _part(asked):
        yield "nobody_called"
    elif _usual(reached) and reached[-1] / made[-1] <= COLLAPSED * _usual(reached) / _usual(made):
        yield "nobody_reached"


def _of_channels(session: Session, now: datetime) -> tuple[str, ...]:
    resting = any(
        state.open_until is not None and state.open_until > now
        for name, state in states(session).items()
        if name in {"sms", "email", "webhook"}
    )
    return ("channel_rests",) if resting else ()


def _usual(values: Sequence[int]) -> float:
    before = values[-1 - FEWEST : -1]
    return float(median(before)) if before else 0.0


def _part(asked: Sequence[int]) -> float:
    """Return which part of the usual chances to ask there were in the last period, at most all."""
    return min(1.0, asked[-1] / _usual(asked)) if _usual(asked) else 1.0
