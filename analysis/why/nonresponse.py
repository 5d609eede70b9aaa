"""Who answered, put together from the counts: rates, the register beside the answers, early and late."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.breakdown import HIDDEN
from analysis.compare import Side
from analysis.cube import Where
from analysis.scores import Share
from analysis.suppression import hidden_parts
from analysis.why import asking, reading
from analysis.why.pooling import Place, Pools
from analysis.why.reading import Found
from analysis.why.results import Answered, Rate, Rates, Register, Waves, share_of
from followup.figures.groups import Span
from surveys.models import DIMENSIONS, Invitation
from surveys.queries import LoadedVersion
from surveys.tallies import MODE

Both = tuple[Span, Span]
Wave = tuple[str, str, int]  # way of answering, wave, score


def answered(
    session: Session,
    versions: Sequence[LoadedVersion],
    found: Found,
    pools: Pools,
    *,
    spans: Both,
    where: Where,
    sides: tuple[Side, Side],
    min_cell: int,
) -> Answered:
    """Put together who answered an item's questionnaire, and who did not.

    Parameters
    ----------
    session : Session
    versions : sequence of LoadedVersion
    found : Found
        What was answered, by all dimensions.
    pools : mapping of dimension to values
        Which values are put together; a dimension that is left out is not shown.
    spans : tuple of Span
        The periods.
    where : mapping of dimension to values
    sides : tuple of Side
        The item in both periods, as it may be shown.
    min_cell : int

    Returns
    -------
    Answered
    """
    ids = [version.id for version in versions]
    asked = [reading.invited(session, versions, span.period, where) for span in spans]
    came = [found.before.web, found.after.web]
    many = found.before.n + found.after.n > asking.MOST_LOOKED_AT
    many_links = (session.scalar(select(func.max(Invitation.id))) or 0) > asking.MOST_LOOKED_AT
    missing, base = _missing(sides)
    by_link = MODE not in where  # who was only asked has no way of answering yet
    return Answered(
        total=_totals(asked, came, found.told_links) if by_link else (None, None),
        rates=tuple(
            rates
            for name in DIMENSIONS
            if by_link and name in pools
            if (
                rates := _rates(
                    name,
                    asked,
                    (found.dimensions.index(name), came),
                    pools[name] | found.cut_links.get(name, frozenset()),
                    min_cell,
                )
            )
        ),
        channels=_channels(session, ids, spans, where, min_cell, many_links=many_links) if by_link else None,
        register=_register(session, versions, found, pools, span=spans[1], where=where, min_cell=min_cell),
        waves=() if many else _waves(session, found, spans, where, min_cell),
        missing=missing,
        asked=base,
        too_many=many or many_links,
    )


def _totals(
    asked: Sequence[Mapping[Place, int]], came: Sequence[Mapping[Place, int]], told: tuple[bool, bool]
) -> tuple[Rate | None, Rate | None]:
    sums = zip(asked, came, told, strict=True)
    return _pair(*(_rate(sum(sent.values()), sum(got.values())) if may else None for sent, got, may in sums))


def _pair(one: Rate | None, other: Rate | None) -> tuple[Rate | None, Rate | None]:
    return one, other


def _rate(asked: int, came: int) -> Rate | None:
    """Return a response rate; where more came than were asked it says nothing."""
    if not asked:
        return None
    fits = 0 <= came <= asked
    return Rate(asked, came, share_of(came, asked) if fits else None)


def _rates(
    name: str,
    asked: Sequence[Mapping[Place, int]],
    came: tuple[int, Sequence[Mapping[Place, int]]],
    pool: frozenset[str],
    min_cell: int,
) -> Rates | None:
    """Return the response rates by one dimension, where links went out in at least two groups."""
    sent = [_by_value(counts, DIMENSIONS.index(name)) for counts in asked]
    got = [_by_value(counts, came[0]) for counts in came[1]]
    hidden = pool.union(*(_hidden(sizes, min_cell) for sizes in (*sent, *got)))
    sent, got = [_pooled(sizes, hidden) for sizes in sent], [_pooled(sizes, hidden) for sizes in got]
    names = sorted({*sent[0], *sent[1]}, key=lambda value: (value == HIDDEN, value))
    if len(names) < 2:
        return None
    rows = tuple(
        (value, *_pair(*(_rate(s[value], g[value]) for s, g in zip(sent, got, strict=True))))
        for value in names
    )
    return Rates(name, rows)


def _channels(
    session: Session, ids: Sequence[int], spans: Both, where: Where, min_cell: int, *, many_links: bool
) -> Rates | None:
    """Return what was completed of what was delivered, by channel; the phone's calls that came to an end."""
    counted: list[dict[str, tuple[int, int]]] = []
    for span in spans:
        here = {} if many_links else asking.links(session, ids, span, where)
        counted.append(here | {"phone": asking.calls(session, ids, span, where)})
    names = [
        n for n in dict.fromkeys([*counted[0], *counted[1]]) if any(c.get(n, (0, 0))[0] for c in counted)
    ]
    rows = tuple(
        (name, *_pair(*(_rate(*_enough(side.get(name, (0, 0)), min_cell)) for side in counted)))
        for name in names
    )
    return Rates("channel", rows) if any(row[1] or row[2] for row in rows) else None


def _enough(counts: tuple[int, int], min_cell: int) -> tuple[int, int]:
    return counts if counts[0] >= min_cell else (0, 0)


def _register(
    session: Session,
    versions: Sequence[LoadedVersion],
    found: Found,
    pools: Pools,
    *,
    span: Span,
    where: Where,
    min_cell: int,
) -> tuple[Register, ...]:
    """Compare the closed cases of the later period with those who answered, where cases are asked about."""
    if not asking.asks_about_cases(session, versions[-1]):
        return ()
    closed = asking.closed_cases(session, span, where)
    shown = [name for name in asking.REGISTER if name in pools]
    made = (_beside(name, closed, _of(found, name), pools[name], min_cell) for name in shown)
    return tuple(one for one in made if one is not None)


def _of(found: Found, name: str) -> Counter[str]:
    return _by_value(found.after.sizes, found.dimensions.index(name))


def _beside(
    name: str, closed: Mapping[Place, int], answers: Counter[str], pool: frozenset[str], min_cell: int
) -> Register | None:
    cases = _by_value(closed, DIMENSIONS.index(name))
    hidden = pool | _hidden(cases, min_cell)
    cases, answers = _pooled(cases, hidden), _pooled(answers, hidden)
    n, m = cases.total(), answers.total()
    names = sorted({*cases, *answers}, key=lambda value: (value == HIDDEN, value))
    if n < min_cell or m < min_cell or len(names) < 2:
        return None
    return Register(name, n, m, tuple((value, cases[value] / n, answers[value] / m) for value in names))


def _waves(session: Session, found: Found, spans: Both, where: Where, min_cell: int) -> tuple[Waves, ...]:
    """Return the satisfied shares of early and late answers, by link and by phone."""
    series = found.series
    scale = series.item.definition.scored()
    if scale is None:
        return ()
    counted = [asking.waves(session, series.item_ids, span.period, where) for span in spans]
    everyone = [asking.waves(session, series.item_ids, one.period, {}) for one in spans] if where else counted
    made = []
    for one in (("web", asking.BY_LINK), ("phone", asking.BY_PHONE)):
        sides = [
            _shares(inside, _kept(inside, every, one, min_cell), one, scale.satisfied_from)
            for inside, every in zip(counted, everyone, strict=True)
        ]
        rows = tuple((name, sides[0][name], sides[1][name]) for name in one[1])
        if sum(any(share for share in row[1:]) for row in rows) > 1:
            made.append(Waves(one[0], rows))
    return tuple(made)


def _shares(
    counted: Mapping[Wave, int], kept: Collection[str], one: tuple[str, Sequence[str]], satisfied: int
) -> dict[str, Share | None]:
    """Return the share of each wave of one way of answering that may be shown."""
    mode, names = one
    n, x = _sizes(counted, mode), Counter[str]()
    for (given, wave, score), number in counted.items():
        if given == mode and score >= satisfied:
            x[wave] += number
    return {name: share_of(x[name], n[name]) if name in kept and n[name] else None for name in names}


def _kept(
    inside: Mapping[Wave, int], everyone: Mapping[Wave, int], one: tuple[str, Sequence[str]], min_cell: int
) -> set[str]:
    """Return the waves that may be shown; answers without one, and what a filter leaves out, count too."""
    mode, names = one
    every = (*names, "")
    n, all_of_them = _sizes(inside, mode), _sizes(everyone, mode)
    rest = [all_of_them[name] - n[name] for name in every]
    hidden = zip(
        hidden_parts([n[name] for name in every], min_cell), hidden_parts(rest, min_cell), strict=True
    )
    return {name for name, hide in zip(every, hidden, strict=True) if not any(hide)}


def _sizes(counted: Mapping[Wave, int], mode: str) -> Counter[str]:
    found = Counter[str]()
    for (given, wave, _score), number in counted.items():
        found[wave] += number if given == mode else 0
    return found


def _missing(sides: tuple[Side, Side]) -> tuple[tuple[tuple[str, int, int], ...], tuple[int, int]]:
    """Return how often the item was left open, by kind, and of how many; not asked is no part of it."""
    if any(side.missing is None or side.n is None for side in sides):
        return (), (0, 0)
    before, after = ({k: n for k, n in (side.missing or {}).items() if k != "not_asked"} for side in sides)
    kinds = dict.fromkeys([*before, *after])
    base = [(side.n or 0) + sum(kept.values()) for side, kept in zip(sides, (before, after), strict=True)]
    rows = tuple((kind, before.get(kind, 0), after.get(kind, 0)) for kind in kinds)
    return rows, (base[0], base[1])


def _by_value(counts: Mapping[Place, int], place: int) -> Counter[str]:
    found = Counter[str]()
    for values, n in counts.items():
        found[values[place]] += n
    return found


def _hidden(sizes: Mapping[str, int], min_cell: int) -> set[str]:
    flags = hidden_parts(list(sizes.values()), min_cell)
    return {name for name, hide in zip(sizes, flags, strict=True) if hide}


def _pooled(sizes: Mapping[str, int], hidden: frozenset[str]) -> Counter[str]:
    found = Counter[str]()
    for name, n in sizes.items():
        found[HIDDEN if name in hidden else name] += n
    return found
