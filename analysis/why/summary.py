"""What the main page says about why its first figure changed: one look at the tally, kept while it stands."""

from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from analysis import labels
from analysis.compare import Comparison, ItemComparison
from analysis.queries import thresholds_of
from analysis.texts import N_, Translate
from analysis.verdicts import Verdict, percent, signed_points
from analysis.why import reading, words
from analysis.why.contributions import Breakdown
from analysis.why.queries import kept_apart, mode_shift
from core.db import settings_of
from core.i18n import _
from surveys.tallies import MODE

if TYPE_CHECKING:
    from analysis.views_asked import Opened

FRESH = 60  # seconds; two changes that leave an item's counts as they were can move its groups


def summary(
    session: Session, opened: "Opened", compared: Comparison, *, headline: ItemComparison | None
) -> dict[str, Any] | None:
    """Return the sentences that stand on the main page, or None where there is nothing to say.

    Parameters
    ----------
    session : Session
    opened : Opened
        What the page was asked for.
    compared : Comparison
    headline : ItemComparison or None
        The item that the page begins with.

    Returns
    -------
    dict or None
        ``says``, one to three sentences, and ``args`` for the address of the page behind them. Costs no
        statement while the counts of the item stay the same, looks again after a minute in any case, and
        draws no interval.
    """
    if headline is None or headline.before.hidden or headline.after.hidden:
        return None
    shown = tuple((side.n, side.counts) for side in (headline.before, headline.after))
    named = repr((opened.asked, compared.where, headline.item.item_key, shown, int(monotonic() / FRESH)))
    kept = reading.kept(session, "summary")
    parts: tuple[Breakdown, ...] = kept.get(named, lambda: _parts(session, opened, compared, headline))
    if not parts:
        return None
    args = opened.asked.args(items=(headline.item.item_key,), by=None)
    return {"says": _says(parts, headline.verdict, _), "args": args}


def _parts(
    session: Session, opened: "Opened", compared: Comparison, headline: ItemComparison
) -> tuple[Breakdown, ...]:
    from analysis.views_asked import today  # noqa: PLC0415 # the page loads it first

    periods, thresholds = (compared.before.period, compared.after.period), thresholds_of(settings_of(session))
    found = reading.read(
        session, opened.versions, headline.item.item_key, periods, compared.where, today=today(),
        min_cell=thresholds.min_cell,
    )  # fmt: skip
    return kept_apart(session, found, headline, thresholds)[1]


def _says(parts: tuple[Breakdown, ...], verdict: Verdict, translate: Translate) -> list[str]:
    largest, shift, unsure = parts[0], mode_shift(parts), words.unsure(verdict)
    said = [words.headline_of(largest, translate)]
    if unsure:
        said.insert(0, translate(N_("There is no clear change to explain, and its parts may be chance.")))
    if shift is not None and shift.marked:
        template = translate(
            N_("The way of answering shifted: %(mode)s, %(one)s of the answers and then %(other)s.")
        )
        values = {"one": percent(shift.before), "other": percent(shift.after)}
        said.append(template % {"mode": labels.value_label(MODE, shift.name), **values})
    opposed = [(part, group) for part in parts for group in part.opposed]
    if opposed and not unsure and abs(largest.top.total) >= words.SHOWN:
        part, group = max(opposed, key=lambda pair: abs(pair[1].within))
        template = translate(N_("Against the total moved, among others, %(name)s (%(points)s points)."))
        values = {"points": signed_points(group.change.diff or 0.0, 1)}
        said.append(template % {"name": labels.value_label(part.dimension, group.name), **values})
    return said
