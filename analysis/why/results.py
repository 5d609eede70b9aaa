"""What is known about why a figure changed: plain values, from which page, report and summary are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.compare import ItemComparison, Reason
from analysis.periods import Period
from analysis.scores import Share, ShareChange, wilson
from analysis.scores.shares import Interval
from analysis.why.contributions import Breakdown
from analysis.why.pairs import Transition

BREAK = 0.10  # from here on a changed way of answering is a break in the series


def share_of(x: int, n: int) -> Share:
    """Return ``x`` of ``n``, at least 1, with Wilson's interval."""
    return Share(x, n, x / n, wilson(x, n))


@dataclass(frozen=True)
class Shift:
    """The way of answering whose share of the answers moved most; ``marked`` from 5 points on."""

    name: str
    before: float
    after: float
    marked: bool

    @property
    def is_break(self) -> bool:
        """Whether the answers should not be joined by a line."""
        return abs(self.after - self.before) > BREAK


@dataclass(frozen=True)
class Constant:
    """The satisfied share of both periods under one mix of ``dimensions``.

    ``method`` is ``standardised``, ``raked`` (margins of both periods together) or ``register`` (raked to
    the closed cases). ``covered`` is the share of the answers that was used, ``effective`` Kish's numbers
    of answers; without ``diff`` no figure could be made.
    """

    method: str
    dimensions: tuple[str, ...]
    before: float | None = None
    after: float | None = None
    diff: float | None = None
    ci95: Interval | None = None
    covered: float = 1.0
    effective: tuple[float, float] | None = None
    converged: bool = True
    left_out: tuple[str, ...] = ()  # dimensions that could not be held


@dataclass(frozen=True)
class Rate:
    """How many of those who were asked answered: ``share`` is None where it says nothing."""

    asked: int
    answered: int
    share: Share | None


def rate_of(asked: int, came: int) -> Rate | None:
    """Return a response rate; where more came than were asked it says nothing."""
    if not asked:
        return None
    fits = 0 <= came <= asked
    return Rate(asked, came, share_of(came, asked) if fits else None)


@dataclass(frozen=True)
class Rates:
    """Response rates of both periods by one dimension, or by channel."""

    dimension: str
    rows: tuple[tuple[str, Rate | None, Rate | None], ...]


@dataclass(frozen=True)
class Register:
    """Closed cases and answers of the later period by one dimension, as shares of their sums."""

    dimension: str
    cases: int
    answers: int
    rows: tuple[tuple[str, float, float], ...]  # name, share of the cases, share of the answers


@dataclass(frozen=True)
class Waves:
    """The satisfied share by when somebody answered, or after how many calls; None is hidden."""

    mode: str
    rows: tuple[tuple[str, Share | None, Share | None], ...]


@dataclass(frozen=True)
class Answered:
    """Who answered, and who did not."""

    total: tuple[Rate | None, Rate | None]
    rates: tuple[Rates, ...] = ()
    channels: Rates | None = None
    register: tuple[Register, ...] = ()
    waves: tuple[Waves, ...] = ()
    missing: tuple[tuple[str, int, int], ...] = ()  # kind, earlier and later
    asked: tuple[int, int] = (0, 0)  # answered or left open, the base of the shares of what is missing
    sampled: tuple[int, int] = (1, 1)  # of how many answers, and of how many links, one was looked at


@dataclass(frozen=True)
class Recovered:
    """Customers whose case was put right and who rated it again in the later period.

    ``pairs`` is None where there are none or too few to show. ``helped`` and ``others`` are the shares
    satisfied the second time among those dissatisfied the first: put right, and not.
    """

    pairs: Transition | None
    hidden: bool = False
    helped: Share | None = None
    others: Share | None = None
    gap: ShareChange | None = None


@dataclass(frozen=True)
class Why:
    """Why the figure of one item changed.

    ``item`` is None where no item with a scale was found; ``reason`` says why there is nothing to take
    apart. ``breakdowns`` come with the one first whose mix explains most.
    """

    questionnaire: str
    before: Period
    after: Period
    item: ItemComparison | None
    reason: Reason | None = None
    provisional: bool = False
    breakdowns: tuple[Breakdown, ...] = ()
    guarded: tuple[str, ...] = ()  # dimensions that are not shown, to protect people or for their size
    shift: Shift | None = None
    constants: tuple[Constant, ...] = ()
    answered: Answered | None = None
    recovered: Recovered | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def largest(self) -> Breakdown | None:
        """The breakdown whose mix explains most of the change."""
        return self.breakdowns[0] if self.breakdowns else None
