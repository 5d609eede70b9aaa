"""Comments in two sentences on the main page: counts only, no comment is opened."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.compare import Comparison, ItemComparison
from analysis.cube import Where
from analysis.items import Kind
from analysis.periods import Period
from analysis.queries import Thresholds, thresholds_of
from analysis.verdicts import percent
from analysis.words.models import CommentLabel, Topic
from analysis.words.reading import filtered
from analysis.words.shares import Say, TopicShare, compared
from core.db import settings_of
from surveys.models import Response, Stratum

if TYPE_CHECKING:
    from analysis.views_asked import Opened


def summary(
    session: Session,
    opened: "Opened",
    comparison: Comparison,
    *,
    headline: ItemComparison | None,  # noqa: ARG001 # every part's summary is called so
) -> dict[str, Any] | None:
    """Return how many comments there are and which labelled topic moved most; None where there are none.

    At most two statements, over labels by people only: their number does not grow with the answers.
    """
    said = [one for one in comparison.items if one.item.kind is Kind.TEXT]
    shown = [one for one in said if one.after.n]  # None where it must be hidden
    if not shown:
        return None
    both = all(one.before.n is not None and one.after.n is not None for one in said)
    moved = both and _moved(session, opened, comparison, thresholds_of(settings_of(session)))
    return {
        "before": sum(one.before.n or 0 for one in shown),
        "after": sum(one.after.n or 0 for one in shown),
        "topic": _words(*moved) if moved else None,
        "args": opened.asked.args(),
    }


def _moved(
    session: Session, opened: "Opened", comparison: Comparison, thresholds: Thresholds
) -> tuple[str, TopicShare] | None:
    """Return the topic whose share of the labelled comments changed, if one did; labels are few."""
    where = opened.asked.where
    earlier = _labelled(session, opened, opened.asked.before, where)
    later = _labelled(session, opened, opened.asked.after, where)
    provisional = comparison.before.provisional or comparison.after.provisional
    found = compared(
        Counter({topic: n for (topic, _name), n in earlier.items()}),
        Counter({topic: n for (topic, _name), n in later.items()}),
        labelled=Counter(), thresholds=thresholds, provisional=provisional,
    )  # fmt: skip
    names = dict({*earlier, *later})
    clear = [one for one in found if one.say in {Say.MORE, Say.LESS}]
    best = max(clear, key=lambda one: abs(one.change.diff or 0), default=None)
    return (names[best.topic], best) if best else None


def _labelled(session: Session, opened: "Opened", period: Period, where: Where) -> Counter[tuple[int, str]]:
    columns: list[Any] = [CommentLabel.topic_id, Topic.name, func.count()]
    wanted = (
        select(*columns)
        .join(Response, Response.id == CommentLabel.response_id)
        .join(Stratum, Stratum.id == Response.stratum_id)
        .outerjoin(Topic, Topic.id == CommentLabel.topic_id)
        .where(Response.version_id.in_([version.id for version in opened.versions]))
        .where(Response.day >= period.start, Response.day < period.end)
        .where(Response.revision == CommentLabel.revision, CommentLabel.drawn)
        .group_by(CommentLabel.topic_id, Topic.name)
    )
    rows = session.execute(filtered(wanted, where))
    return Counter({(topic or 0, name or ""): n for topic, name, n in rows})


def _words(name: str, one: TopicShare) -> dict[str, Any]:
    return {
        "name": name, "rose": one.say is Say.MORE, "before": percent(one.before.p or 0.0),
        "after": percent(one.after.p or 0.0), "n": one.after.n,
    }  # fmt: skip
