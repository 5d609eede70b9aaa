"""The figures of a comparison as the words that the page shows."""

from dataclasses import dataclass

from analysis.advice import sentence_on
from analysis.compare import (
    Comparison,
    Difference,
    ItemComparison,
    Part,
    PeriodSummary,
    Side,
    reason_text,
)
from analysis.items import Kind
from analysis.scores import ShareChange, newcombe
from analysis.scores.shares import Interval
from analysis.standardise import Standardised
from analysis.texts import N_, Translate
from analysis.verdicts import percent, sentence, signed_points

_RANGE = N_("%(low)s to %(high)s")
MODE_SHIFT = 0.05  # from here on the ways of answering may explain a change


@dataclass(frozen=True)
class SideWords:
    """One item in one period: how many, the satisfied share, its interval; or why there is none."""

    n: str
    share: str = ""
    interval: str = ""
    remark: str = ""


@dataclass(frozen=True)
class ChangeWords:
    """A change in points and its interval."""

    diff: str
    interval: str


@dataclass(frozen=True)
class CategoryWords:
    """One category of an item: how many answers it had in each period, and their share."""

    label: str
    before: str
    after: str
    share_before: str
    share_after: str
    value: int | float | str = ""


@dataclass(frozen=True)
class ItemWords:
    """One item of the table."""

    one: ItemComparison
    before: SideWords
    after: SideWords
    change: ChangeWords | None
    adjusted: ChangeWords | None
    verdict: str
    tests: tuple[tuple[str, str], ...]
    categories: tuple[CategoryWords, ...]
    notes: tuple[str, ...]
    advice: str = ""
    score: str = ""


def headline_item(comparison: Comparison, overall: str | None) -> ItemComparison | None:
    """Return the item that the page's first sentence is about: the overall one, else the first scale."""
    ordered = [one for one in comparison.items if one.item.kind.ordered]
    return next((one for one in ordered if one.item.item_key == overall), ordered[0] if ordered else None)


def item_words(
    one: ItemComparison, before: str, translate: Translate, *, response_rate: float | None = None
) -> ItemWords:
    """Return the words of one item; ``before`` is what the earlier period is called.

    The response rate turns answers that are missing into links that would have to be sent.
    """
    digits = _decimals(one.before, one.after)
    change = one.difference.top_box if one.difference and not one.few else None
    return ItemWords(
        one,
        side_words(one.before, one.min_cell, digits, translate),
        side_words(one.after, one.min_cell, digits, translate),
        _change(change, digits, translate),
        adjusted_words(one.adjusted.top_box, digits, translate) if one.adjusted and not one.few else None,
        sentence(one.verdict, translate, before=before),
        _tests(one, translate),
        _categories(one),
        tuple(note.say(translate) for note in one.notes),
        sentence_on(one, translate, response_rate=response_rate),
        _score(one),
    )


def side_words(side: Side, min_cell: int, digits: int, translate: Translate) -> SideWords:
    """Return the words of one side; with few answers counts instead of percent."""
    if side.n is None or side.n == 0:
        reason = reason_text(side.reason, translate, min_cell=min_cell) if side.reason else ""
        return SideWords("–", remark=reason)
    n = f"{side.n:,}"
    if side.top_box is None or side.top_box.p is None or side.top_box.ci95 is None:
        return SideWords(n)
    if side.reason is not None:
        share = translate(N_("%(x)s of %(n)s")) % {"x": side.top_box.x, "n": side.n}
        return SideWords(n, share, remark=reason_text(side.reason, translate))
    low, high = (percent(bound, digits).removesuffix("%") for bound in side.top_box.ci95)
    return SideWords(n, percent(side.top_box.p, digits), f"{low}–{high}")


def adjusted_words(figure: Standardised, digits: int, translate: Translate) -> ChangeWords:
    """Return the change under a constant mix."""
    return _points(figure.diff, figure.ci95, digits, translate)


def part_words(
    part: Part, min_cell: int, translate: Translate
) -> tuple[SideWords, SideWords, ChangeWords | None]:
    """Return the words of one part of a breakdown: both periods, and the change where both have enough."""
    digits = _decimals(part.before, part.after)
    before, after = part.before.top_box, part.after.top_box
    diff = None
    if before and after and not part.before.reason and not part.after.reason:
        diff = newcombe(before, after).diff
    return (
        side_words(part.before, min_cell, digits, translate),
        side_words(part.after, min_cell, digits, translate),
        ChangeWords(signed_points(diff, digits), "") if diff is not None else None,
    )


def mode_shift(before: PeriodSummary, after: PeriodSummary) -> tuple[str, float, float] | None:
    """Return the way of answering whose share moved most, with both shares, where it moved enough."""
    n1, n2 = sum(before.modes.values()), sum(after.modes.values())
    if not n1 or not n2:
        return None
    shares = [
        (name, before.modes.get(name, 0) / n1, after.modes.get(name, 0) / n2)
        for name in dict.fromkeys([*before.modes, *after.modes])
    ]
    moved = max(shares, key=lambda share: abs(share[2] - share[1]))
    return moved if abs(moved[2] - moved[1]) > MODE_SHIFT else None


def _decimals(before: Side, after: Side) -> int:
    return 1 if min(before.n or 0, after.n or 0) >= 1000 else 0


def _change(change: ShareChange | None, digits: int, translate: Translate) -> ChangeWords | None:
    if change is None or change.diff is None or change.ci95 is None:
        return None
    return _points(change.diff, change.ci95, digits, translate)


def _points(diff: float, ci95: Interval, digits: int, translate: Translate) -> ChangeWords:
    clear = ci95[0] > 0 or ci95[1] < 0
    low, high = (_bound(bound, digits, clear=clear) for bound in ci95)
    interval = translate(_RANGE) % {"low": low, "high": high}
    return ChangeWords(_bound(diff, digits, clear=clear), interval)


def _bound(value: float, digits: int, *, clear: bool) -> str:
    """Write points; where the interval leaves out 0, nothing is rounded into it."""
    text = signed_points(value, digits)
    return text if text != "0" or value == 0 or not clear else ">0" if value > 0 else "<0"


def _tests(one: ItemComparison, translate: Translate) -> tuple[tuple[str, str], ...]:
    """Return the tests behind the verdict, by name; few answers are not tested."""
    found = None if one.few else one.difference
    rows: list[tuple[str, str | None]] = _named_score(one, found, translate) if found else []
    if found and found.brunner_munzel:
        bm = found.brunner_munzel
        statistic = (
            f"W = {bm.statistic:.3f}, df = {bm.df:.1f}, " if bm.statistic is not None and bm.df else ""
        )
        rows.append(("Brunner-Munzel", f"{statistic}{_p(bm.p)}"))
        if found.p_adjusted is not None:
            tested = translate(N_("%(number)s tested together")) % {"number": one.verdict.family}
            name = translate(N_("corrected for the number of questions (Holm)"))
            rows.append((name, f"{_p(found.p_adjusted)} ({tested})"))
        rows.append(
            (translate(N_("chance that a later answer is better")), _estimate(bm.theta, bm.ci95, translate))
        )
    if found and found.cliffs_delta:
        rows.append(
            ("Cliff's delta", _estimate(found.cliffs_delta.delta, found.cliffs_delta.ci95, translate))
        )
    if found and found.mean:
        rows.append(
            (
                translate(N_("difference of means (Welch)")),
                _estimate(found.mean.diff, found.mean.ci95, translate),
            )
        )
    if found and found.mann_whitney:
        mw = found.mann_whitney
        z = f"U = {mw.u:,.1f}, z = {mw.z:.3f}, " if mw.u is not None and mw.z is not None else ""
        rows.append(("Mann-Whitney", f"{z}{_p(mw.p)}"))
    return tuple((name, text) for name, text in rows if text)


def _named_score(
    one: ItemComparison, found: Difference, translate: Translate
) -> list[tuple[str, str | None]]:
    """Return the rows of a score that has a name of its own: NPS, customer effort."""
    if found.nps and found.nps.diff is not None and found.nps.ci95 is not None:
        low, high = (signed_points(bound) for bound in found.nps.ci95)
        interval = translate(_RANGE) % {"low": low, "high": high}
        name = translate(N_("difference of NPS (adjusted Wald, squared and added)"))
        return [(name, f"{signed_points(found.nps.diff)} ({interval})")]
    if one.item.is_effort:
        return [(translate(N_("customer effort score")), translate(N_("the mean, 1 to 7, 7 is easiest")))]
    return []


def _score(one: ItemComparison) -> str:
    """Return the NPS of both periods: ``NPS +12 → +20``; empty on every other scale."""
    sides = [side.nps.net for side in (one.before, one.after) if side.nps and side.nps.net is not None]
    if one.few or len(sides) < 2:
        return "CES" if one.item.is_effort else ""
    return f"NPS {signed_points(sides[0])} → {signed_points(sides[1])}"


def _p(p: float | None) -> str:
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _estimate(value: float | None, ci95: Interval | None, translate: Translate) -> str:
    if value is None:
        return ""
    if ci95 is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({translate(_RANGE) % {'low': f'{ci95[0]:.3f}', 'high': f'{ci95[1]:.3f}'}})"


def _categories(one: ItemComparison) -> tuple[CategoryWords, ...]:
    """Return the counts per category, the best or first one on top."""
    if one.item.kind in {Kind.NUMBER, Kind.TEXT}:
        return ()
    labels = one.item.category_labels or tuple(map(str, one.item.categories))
    pairs = list(zip(one.item.categories, labels, strict=True))
    return tuple(
        CategoryWords(
            label,
            before=_count(one.before, category),
            after=_count(one.after, category),
            share_before=_share(one.before, category),
            share_after=_share(one.after, category),
            value=category,
        )
        for category, label in (reversed(pairs) if one.item.kind.ordered else pairs)
    )


def _count(side: Side, category: int | float | str) -> str:
    return "–" if side.counts is None else f"{side.counts.get(category, 0):,}"


def _share(side: Side, category: int | float | str) -> str:
    if side.counts is None or not side.n or side.reason:
        return ""
    return percent(side.counts.get(category, 0) / side.n, 1 if side.n >= 1000 else 0)
