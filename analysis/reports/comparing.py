"""The comparison as blocks: the finding, what it rests on, chart and table, what may be said."""

from collections.abc import Iterator

from analysis import labels, presenting
from analysis.asking import as_of
from analysis.compare import Comparison, ItemComparison, Part, PeriodSummary, Side
from analysis.items import Kind
from analysis.reports import figures
from analysis.reports.blocks import (
    Block,
    Cell,
    Column,
    Heading,
    KeyFigures,
    Note,
    Paragraph,
    Table,
)
from analysis.reports.edition import Edition
from analysis.reports.figures import NONE
from analysis.scores import newcombe
from analysis.texts import N_
from analysis.verdicts import Code, percent, sentence, signed_points

_ITEM_SAYS = N_("%(item)s: %(verdict)s")
_AGAINST = N_("%(before)s: %(figure)s")
_NOT_OVER = N_("%(period)s (not over, as of %(day)s)")
_SPAN = N_("%(period)s (%(first)s to %(last)s)")
_PROVISIONAL = N_(
    "A period is not over, so there are no verdicts yet: who looks every week and stops at the first clear "
    "result is wrong one time in five."
)
_SHIFT = N_(
    "%(mode)s: %(before)s of the answers, then %(after)s. People judge more kindly on the phone than on a "
    "form, so part of the change may be the way of asking."
)
_NOBODY = N_("Nobody who fits this question has answered in these two periods.")
_GROUPS = N_("The groups are shown without a verdict: with many groups some move by chance.")
_MIX = N_(
    "Of the change of %(total)s points, %(within)s come from within the groups and %(mix)s from their "
    "changed mix."
)


def opening(compared: Comparison, headline: ItemComparison | None, edition: Edition) -> Iterator[Block]:
    """Give the finding, the key figures and what must be known before anything is read."""
    before = compared.before.period.label(edition.language)
    if headline is None:
        yield Paragraph(edition.say(_NOBODY), finding=True)
    else:
        verdict = sentence(headline.verdict, edition.translate, before=before)
        yield Paragraph(edition.say(_ITEM_SAYS, item=headline.item.label, verdict=verdict), finding=True)
        yield _key_figures(compared, headline, edition)
    if compared.before.provisional or compared.after.provisional:
        yield Note(edition.say(_PROVISIONAL))
    shift = presenting.mode_shift(compared.before, compared.after)
    if shift and "mode" not in {*compared.adjustment, *compared.where}:
        mode, earlier, later = shift
        said = {"mode": edition.value("mode", mode), "before": percent(earlier), "after": percent(later)}
        yield Note(edition.say(_SHIFT, **said))


def base(compared: Comparison, edition: Edition) -> Iterator[Block]:
    """Give what the figures rest on: answers, links, response rate, ways of answering."""
    yield Heading(edition.say(N_("What the figures rest on")))
    columns = (
        Column(edition.say(N_("Period")), 6.2),
        Column(edition.say(N_("Answers")), 1.8, numeric=True),
        Column(edition.say(N_("Links sent")), 2, numeric=True),
        Column(edition.say(N_("Response rate")), 2.7, numeric=True),
        Column(edition.say(N_("Way of answering")), 5),
    )
    rows = tuple(_base_row(summary, edition) for summary in (compared.before, compared.after))
    yield Table(edition.say(N_("What the figures rest on")), columns, rows)


def items(compared: Comparison, edition: Edition) -> Iterator[Block]:
    """Give the questions with a scale: the table of figures, and the sentences."""
    scaled = [one for one in compared.items if one.item.kind.ordered]
    if not scaled:
        return
    names = _names(compared, edition)
    head = (
        Column(edition.say(N_("Question")), 2.4),
        Column(edition.say(N_("Period")), 2.9),
        Column(edition.say(N_("Answers")), 1.5, numeric=True),
        Column(edition.say(N_("Satisfied")), 1.7, numeric=True),
        Column(edition.say(N_("plausible range")), 1.9, numeric=True),
        Column(edition.say(N_("Mean")), 1.1, numeric=True),
        Column(edition.say(N_("Change, points")), 1.5, numeric=True),
        Column(edition.say(N_("plausible range")), 2.2, numeric=True),
        Column(edition.say(N_("What may be said")), 2.9),
    )
    rows = tuple(row for one in scaled for row in _item_rows(one, names, edition))
    yield Table(edition.say(N_("Question by question")), head, rows)
    said = (Column(edition.say(N_("Question")), 4.5), Column(edition.say(N_("What may be said")), 12.5))
    yield Table(
        edition.say(N_("What may be said about each question")), said,
        tuple((Cell(one.item.label), Cell(_sentences(one, names[0], edition))) for one in scaled),
    )  # fmt: skip


def constant_mix(compared: Comparison, edition: Edition) -> Iterator[Block]:
    """Give the figures under a constant mix, where it was asked for."""
    adjusted = [one for one in compared.items if one.adjusted and not one.few]
    if not compared.adjustment:
        return
    held = edition.listed([edition.word(labels.DIMENSION[name]) for name in compared.adjustment])
    heading = edition.say(N_("Held constant: %(names)s"), names=held)
    yield Heading(heading)
    if not adjusted:
        yield Note(edition.say(N_("No question has enough answers in both periods to hold this constant.")))
        return
    columns = (
        Column(edition.say(N_("Question")), 6),
        Column(edition.say(N_("Satisfied, before and after")), 4, numeric=True),
        Column(edition.say(N_("Change, points")), 3, numeric=True),
        Column(edition.say(N_("plausible range")), 4, numeric=True),
    )
    rows = []
    for one in adjusted:
        assert one.adjusted is not None  # chosen above
        figure = one.adjusted.top_box
        shares = f"{percent(figure.before, 1)} → {percent(figure.after, 1)}"
        rows.append(
            (Cell(one.item.label), Cell(shares), *figures.change(figure.diff, figure.ci95, 1, edition))
        )
    yield Table(heading, columns, tuple(rows))


def breakdown(compared: Comparison, headline: ItemComparison | None, edition: Edition) -> Iterator[Block]:
    """Give the groups of the headline's question, where a breakdown was asked for."""
    if not compared.by or headline is None or not headline.parts:
        return
    by = edition.word(labels.DIMENSION[compared.by])
    heading = edition.say(
        N_("%(item)s by %(dimension)s"),
        item=headline.item.label,
        dimension=by.lower() if by.isascii() else by,
    )
    yield Heading(heading)
    if headline.mix_top:
        mix = headline.mix_top
        said = {"total": mix.total, "within": mix.within, "mix": mix.composition}
        words = {name: signed_points(value, 1) for name, value in said.items()}
        yield Paragraph(edition.say(_MIX, **words))
    names = _names(compared, edition)
    columns = (
        Column(by, 5),
        Column(edition.say(N_("Period")), 3),
        Column(edition.say(N_("Answers")), 2, numeric=True),
        Column(edition.say(N_("Satisfied")), 2, numeric=True),
        Column(edition.say(N_("plausible range")), 2.5, numeric=True),
        Column(edition.say(N_("Change, points")), 2.5, numeric=True),
    )
    rows = [row for part in headline.parts for row in _part_rows(part, compared.by, names, edition)]
    yield Table(heading, columns, tuple(rows))
    yield Note(edition.say(_GROUPS))


def _key_figures(compared: Comparison, one: ItemComparison, edition: Edition) -> KeyFigures:
    before, after = _names(compared, edition)
    digits = figures.decimals(one.before, one.after)
    earlier, later = (figures.satisfied(side, digits, edition)[0] for side in (one.before, one.after))
    found = [
        (edition.say(N_("Satisfied, %(period)s"), period=after), later,
         edition.say(_AGAINST, before=before, figure=earlier.text)),
    ]  # fmt: skip
    diff, interval = _change(one, digits, edition)
    if diff is not NONE:
        found.append((edition.say(N_("Change, points")), diff, interval.text))
    answers = [figures.number(side.responses) for side in (compared.before, compared.after)]
    found.append(
        (edition.say(N_("Answers")), answers[1],
         edition.say(_AGAINST, before=before, figure=answers[0].text))
    )  # fmt: skip
    rates = [figures.share(side.response_rate) for side in (compared.before, compared.after)]
    if rates[1] is not NONE:
        found.append(
            (edition.say(N_("Response rate")), rates[1],
             edition.say(_AGAINST, before=before, figure=rates[0].text))
        )  # fmt: skip
    return KeyFigures(tuple(found))


def _base_row(summary: PeriodSummary, edition: Edition) -> tuple[Cell, ...]:
    period = summary.period
    name = period.label(edition.language)
    span = {"first": period.start.isoformat(), "last": period.last_day.isoformat()}
    if span["first"] not in name:
        name = edition.say(_SPAN, period=name, **span)
    if summary.provisional:
        day = as_of(period, edition.today).isoformat()
        name = edition.say(_NOT_OVER, period=name, day=day)
    answers = figures.number(summary.responses)
    if summary.responses is None:
        answers = Cell(edition.say(figures.HIDDEN))
    total = sum(summary.modes.values())
    ways = [f"{edition.value('mode', mode)} {percent(n / total)}" for mode, n in summary.modes.items()]
    return (
        Cell(name), answers, figures.number(summary.invited or None), figures.share(summary.response_rate),
        Cell(" · ".join(ways) or "–"),
    )  # fmt: skip


def _names(compared: Comparison, edition: Edition) -> tuple[str, str]:
    language = edition.language
    return compared.before.period.label(language), compared.after.period.label(language)


def _item_rows(one: ItemComparison, names: tuple[str, str], edition: Edition) -> Iterator[tuple[Cell, ...]]:
    digits = figures.decimals(one.before, one.after)
    diff, interval = _change(one, digits, edition)
    says = Cell(_short_verdict(one, edition))
    ends = ((Cell(""), Cell(""), Cell("")), (diff, interval, says))
    for name, side, end in zip(names, (one.before, one.after), ends, strict=True):
        yield (
            Cell(one.item.label), Cell(name), figures.size(side), *figures.satisfied(side, digits, edition),
            _mean(one, side), *end,
        )  # fmt: skip


def _mean(one: ItemComparison, side: Side) -> Cell:
    if one.item.kind is Kind.YES_NO or side.reason is not None or side.mean is None:
        return NONE
    return figures.mean(side.mean.mean)


def _change(one: ItemComparison, digits: int, edition: Edition) -> tuple[Cell, Cell]:
    change = one.difference.top_box if one.difference and not one.few else None
    if change is None or change.diff is None or change.ci95 is None:
        return NONE, NONE
    return figures.change(change.diff, change.ci95, digits, edition)


def _short_verdict(one: ItemComparison, edition: Edition) -> str:
    if one.verdict.code is Code.TOO_FEW and not one.verdict.n:
        return edition.say(N_("Nothing to compare"))
    return edition.word(labels.VERDICT[one.verdict.code])


def _sentences(one: ItemComparison, before: str, edition: Edition) -> str:
    said = [sentence(one.verdict, edition.translate, before=before)]
    return " ".join([*said, *(note.say(edition.translate) for note in one.notes)])


def _part_rows(part: Part, by: str, names: tuple[str, str], edition: Edition) -> Iterator[tuple[Cell, ...]]:
    digits = figures.decimals(part.before, part.after)
    before, after, diff = part.before, part.after, None
    if before.top_box and after.top_box and not before.reason and not after.reason:
        diff = newcombe(before.top_box, after.top_box).diff
    ends = (Cell(""), figures.points(diff, digits))
    for name, side, end in zip(names, (before, after), ends, strict=True):
        yield (
            Cell(edition.value(by, part.name)), Cell(name), figures.size(side),
            *figures.satisfied(side, digits, edition), end,
        )  # fmt: skip
