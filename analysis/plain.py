"""The comparison as text for a terminal."""

from analysis.advice import on_whole, sentence_on
from analysis.breakdown import HIDDEN
from analysis.compare import Comparison, ItemComparison, Part, PeriodSummary, Side, reason_text
from analysis.texts import N_
from analysis.verdicts import percent, sentence, signed_points

SEASONAL = "the periods lie in different seasons: part of a change may come from the season"
_HEAD = f"{'item':<26}{'n':>8}{'n':>8}{'satisfied':>12}{'':>12}{'change (95% interval)':>26}{'mean':>14}"


def as_text(comparison: Comparison) -> str:
    """Return a table of the items and below it what may be said about each."""
    before = comparison.before.period.label()
    lines = [
        f"{comparison.questionnaire}: {before} against {comparison.after.period.label()}",
        *(_period(summary) for summary in (comparison.before, comparison.after)),
        *(_asked(comparison)),
        *([SEASONAL] if comparison.seasonal else []),
        "",
        _HEAD.rstrip(),
        *(_row(one) for one in comparison.items),
        "",
        *_whole(comparison),
    ]
    for one in comparison.items:
        lines.append(f"{one.item.label}: {sentence(one.verdict, before=before)}")
        rate = comparison.after.response_rate
        said = [note.say() for note in one.notes] + [sentence_on(one, N_, response_rate=rate)]
        lines += [f"  {text}" for text in said if text]
        lines += _adjusted(one) + _mix(one, comparison.by or "")
    return "\n".join(lines)


def _whole(comparison: Comparison) -> list[str]:
    found = comparison.whole
    if found is None:
        return []
    said = f"{found.sentence(period=comparison.before.period.label())} {on_whole(found)}".rstrip()
    return [f"whole questionnaire, 0 to 100, {len(found.items)} items: {said}", ""]


def _period(summary: PeriodSummary) -> str:
    period = summary.period
    said = f"{summary.responses:,} responses" if summary.responses is not None else "responses hidden"
    modes = ", ".join(f"{mode} {n:,}" for mode, n in summary.modes.items())
    rate = f"; response rate {percent(summary.response_rate)}" if summary.response_rate is not None else ""
    open_ = f"; not over, as of {summary.as_of}" if summary.provisional else ""
    ways = f" ({modes})" if modes else ""
    return f"{period.name} ({period.start} to {period.last_day}): {said}{ways}{rate}{open_}"


def _asked(comparison: Comparison) -> list[str]:
    lines = [f"only {name} = {' or '.join(values)}" for name, values in comparison.where.items()]
    if comparison.adjustment:
        lines.append(f"held constant: {', '.join(comparison.adjustment)}")
    return lines


def _row(one: ItemComparison) -> str:
    sides = (one.before, one.after)
    counts = "".join(f"{'-' if side.n is None else format(side.n, ','):>8}" for side in sides)
    shares = "".join(f"{_share(side, one.min_cell):>12}" for side in sides)
    top = one.difference.top_box if one.difference and not one.few else None
    change = points(top.diff or 0, top.ci95) if top and top.ci95 else ""
    means = [side.mean.mean for side in sides if side.mean and side.mean.mean is not None]
    mean = " > ".join(f"{value:.2f}" for value in means) if len(means) == 2 else ""
    return f"{one.item.item_key[:25]:<26}{counts}{shares}{change:>26}{mean:>14}".rstrip()


def points(diff: float, ci95: tuple[float, float]) -> str:
    """Write a change with its interval: ``+5.3 (+2.1 to +8.6)``."""
    return f"{signed_points(diff, 1)} ({signed_points(ci95[0], 1)} to {signed_points(ci95[1], 1)})"


def _share(side: Side, min_cell: int) -> str:
    if side.hidden and side.reason:
        return f"<{min_cell}" if side.n is None else reason_text(side.reason)
    if side.top_box is None or side.top_box.p is None:
        return ""
    return percent(side.top_box.p, 1) if side.reason is None else f"{side.top_box.x} of {side.n}"


def _adjusted(one: ItemComparison) -> list[str]:
    if one.adjusted is None:
        return []
    figure, names = one.adjusted.top_box, ", ".join(one.adjusted.dimensions)
    shares = f"{percent(figure.before, 1)} > {percent(figure.after, 1)}"
    lines = [f"  with {names} held constant: {shares}, {points(figure.diff, figure.ci95)} points"]
    if one.adjusted.dropped:
        names = "; ".join(", ".join(value or "-" for value in place) for place in one.adjusted.dropped)
        lines.append(f"  left out, because a period has fewer than two answers there: {names}")
    return lines


def _mix(one: ItemComparison, by: str) -> list[str]:
    if one.mix_top is None:
        return []
    total, within, composition = (
        signed_points(value, 1) for value in (one.mix_top.total, one.mix_top.within, one.mix_top.composition)
    )
    head = f"  by {by}: {total} points = {within} within the parts, {composition} from their mix"
    return [head, *(_part(part, one.min_cell) for part in one.parts)]


def _part(part: Part, min_cell: int) -> str:
    name = "small parts together" if part.name == HIDDEN else part.name or "-"
    return f"    {name:<30}{_share(part.before, min_cell):>12}{_share(part.after, min_cell):>12}"
