"""What the main page says about why its first figure changed: one look at the tally, kept while it stands."""

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from analysis import labels
from analysis.compare import Comparison, ItemComparison
from analysis.queries import thresholds_of
from analysis.texts import N_, Translate
from analysis.verdicts import percent, signed_points
from analysis.why import reading, words
from analysis.why.contributions import Breakdown
from analysis.why.queries import mode_shift, taken_apart
from core.db import settings_of
from core.i18n import _
from surveys.tallies import MODE

if TYPE_CHECKING:
    from analysis.views_asked import Opened


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
        ``says``, one to three sentences, and ``args`` for the address of the page behind them. Costs one
        statement as long as nothing was answered in between; no interval is drawn.
    """
    if headline is None or headline.before.hidden or headline.after.hidden:
        return None
    periods = compared.before.period, compared.after.period
    found = reading.read(session, opened.versions, headline.item.item_key, periods, compared.where)
    thresholds = thresholds_of(settings_of(session))
    named = repr((found.key, headline.item.item_key, thresholds))
    parts: tuple[Breakdown, ...] = reading.kept(session, "summary").get(
        named, lambda: taken_apart(found, headline, thresholds)[1]
    )
    if not parts:
        return None
    return {"says": _says(parts, _), "args": opened.asked.args(items=(headline.item.item_key,), by=None)}


def _says(parts: tuple[Breakdown, ...], translate: Translate) -> list[str]:
    largest, shift = parts[0], mode_shift(parts)
    said = [words.headline_of(largest, translate)]
    if shift is not None and shift.marked:
        template = translate(
            N_("The way of answering shifted: %(mode)s, %(one)s of the answers and then %(other)s.")
        )
        values = {"one": percent(shift.before), "other": percent(shift.after)}
        said.append(template % {"mode": labels.value_label(MODE, shift.name), **values})
    opposed = [(part, group) for part in parts for group in part.opposed]
    if opposed:
        part, group = max(opposed, key=lambda pair: abs(pair[1].within))
        template = translate(N_("Against the total moved, among others, %(name)s (%(points)s points)."))
        values = {"points": signed_points(group.change.diff or 0.0, 1)}
        said.append(template % {"name": labels.value_label(part.dimension, group.name), **values})
    return said
