"""Comments as people wrote them, masked, the worst first; the words that are said more or less often."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import labels, views_asked
from analysis.periods import is_open
from analysis.queries import Thresholds, thresholds_of
from analysis.verdicts import percent, signed_points
from analysis.views_asked import Opened, population
from analysis.words import codebook, listing, queries, suggesting
from analysis.words.cells import SIDES, Cell
from analysis.words.grown import Word
from analysis.words.listing import PER_PAGE, Narrowed
from analysis.words.queries import Comments, GrownWords
from analysis.words.reading import NEWEST, Head, names, opened, opening
from analysis.words.shares import guessed, topic_shares
from analysis.words.views_access import note_reading
from core.i18n import language
from core.web import settings

LISTED = 8  # words on each side
CLEAR = 0.05


@dataclass(frozen=True)
class Row:
    """One comment as the list shows it."""

    head: Head
    parts: list[tuple[str, bool]]
    when: str
    unit: str
    mode: str
    item: str
    score: str
    is_low: bool
    topic: str
    suggested: str
    is_unsure: bool


def comments() -> ResponseReturnValue:
    """List the comments of one period, masked, and say which words and topics changed."""
    shown: list[dict[str, Any]] = []
    page = views_asked.page(lambda session, found: _show(session, found, shown), beside=listing.PARAMETERS)
    for detail in shown:
        note_reading("comments.read", detail)
    return page


def _show(session: Session, opened_: Opened, shown: list[dict[str, Any]]) -> ResponseReturnValue:
    asked, thresholds = opened_.asked, thresholds_of(settings())
    known = codebook.topics(session, opened_.versions[-1].questionnaire_id, retired=True)
    sides = queries.comments(
        session, asked=asked, versions=opened_.versions, today=views_asked.today(), thresholds=thresholds
    )
    item = sides["after"].score_item
    scores = sorted(item.values()) if item else []
    narrow = listing.read(request.args, scores, [topic.id for topic in known])
    found = sides[narrow.side]
    kept = listing.narrowed(found, narrow)
    if narrow.word:
        kept = queries.with_word(session, kept, narrow.word)
    if narrow.q:
        kept = _with_text(session, kept, narrow.q)
    at = min(narrow.page, listing.pages(len(kept)))
    topics = {topic.id: topic.name for topic in known}
    rows = _rows(session, found, kept[(at - 1) * PER_PAGE : at * PER_PAGE], narrow, topics)
    if rows:
        secret = {name: "*" for name in ("q", "word") if getattr(narrow, name)}  # it may be a name
        shown.append(asked.args() | narrow.args(page=1, **secret))
    words = queries.grown_words(session, sides, thresholds=thresholds)
    return render_template(
        "analysis/words/comments.html", asked=asked, given=asked.args(), labels=labels,
        form=views_asked.form_of(session, opened_.titles, opened_.versions[-1]), title=opened_.title,
        names=opened_.names, population=population(asked.where), found=found, sides=sides, narrow=narrow,
        rows=rows, n=len(kept), page=at, pages=listing.pages(len(kept)), topics=known, newest=NEWEST,
        counts=listing.topic_counts(found.heads), shares=_shares(sides, topics, thresholds),
        guessed=tuple(guessed(sides[side].heads) for side in SIDES),
        tested=suggesting.tested(session, opened_.versions[-1].questionnaire_id),
        scores=_scores(found), words=_words(words), thresholds=thresholds,
        hidden=[_name(one) for one in found.hidden],
        here=lambda **changes: _here(opened_, narrow, **changes),
    )  # fmt: skip


def _here(found: Opened, narrow: Narrowed, **changes: str | int) -> str:
    """Return the address of this page with some choices changed; a new choice starts on the first page."""
    arguments: dict[str, Any] = found.asked.args() | narrow.args(**{"page": 1, **changes})
    return url_for(".comments", **arguments)


def _with_text(session: Session, kept: Sequence[Head], q: str) -> list[Head]:
    """Return the comments whose masked words hold a text: what is hidden cannot be searched for."""
    sought = q.casefold()
    having = {
        place for place, text in opening(session, [one.place for one in kept]) if sought in text.casefold()
    }
    return [one for one in kept if one.place in having]


def _rows(
    session: Session, found: Comments, kept: Sequence[Head], narrow: Narrowed, topics: dict[int, str]
) -> list[Row]:
    texts = opened(session, [one.place for one in kept])
    cells = {one.key: one.cells[narrow.side] for one in found.texts}
    units = {key: cell.units for key, cell in cells.items()}
    items = {one.key: _name(one) for one in found.texts}
    scale = found.score_item.scored() if found.score_item else None
    return [
        Row(
            one, listing.segments(texts[one.place], narrow.q or narrow.word),
            _when(cells[one.item_key], one),
            names(units, one),
            one.mode if one.mode in cells[one.item_key].modes else "",
            items[one.item_key],
            scale.word(one.score, language()) if scale and one.score is not None else "",
            found.is_low(one), topics.get(one.topic or 0, "") if one.labelled else "",
            topics.get(one.suggested or 0, ""), one.probability < listing.UNSURE,
        )
        for one in kept
        if one.place in texts
    ]  # fmt: skip


def _when(cell: Cell, head: Head) -> str:
    """Return when a comment was written, as finely as may be said."""
    return cell.when(head.day).label(language()) if cell.when else ""


def _shares(
    sides: dict[str, Comments], topics: dict[int, str], thresholds: Thresholds
) -> list[dict[str, Any]]:
    """Return the shares of the topics in both periods, with what may be said of each change."""
    provisional = any(is_open(one.period, views_asked.today()) for one in sides.values())
    found = topic_shares(
        sides["before"].heads, sides["after"].heads, thresholds=thresholds, provisional=provisional
    )
    return [
        {
            "topic": one.topic, "name": topics.get(one.topic, ""), "labelled": one.labelled,
            "suggested": one.suggested, "before": percent(one.before.p or 0.0),
            "after": percent(one.after.p or 0.0), "n": (one.before.n, one.after.n),
            "points": signed_points(one.change.diff or 0.0), "say": one.say.value,
            "range": [signed_points(end) for end in one.change.ci95 or ()],
        }
        for one in found
    ]  # fmt: skip


def _scores(found: Comments) -> list[tuple[int, str]]:
    scale = found.score_item.scored() if found.score_item else None
    values = sorted(found.score_item.values()) if found.score_item else []
    return [(value, scale.word(value, language())) for value in values] if scale else []


def _name(one: Any) -> str:
    name: str = one.series.item.definition.said(language()).name
    return name


def _words(found: GrownWords | None) -> dict[str, Any] | None:
    """Return the words that stand out, with what may be said of them."""
    if found is None:
        return None
    grown = found.grown
    likely = [one for one in grown.words if one.p < CLEAR]
    return {
        "rising": [_word(one, grown.n) for one in likely if one.z > 0][:LISTED],
        "falling": [_word(one, grown.n) for one in reversed(likely) if one.z < 0][:LISTED],
        "screened": len(grown.words),
        "standing_out": len(likely),
        "clear": sum(one.p_bh < CLEAR for one in likely),
        "sure": sum(one.p_holm < CLEAR for one in likely),
        "by_chance": round(CLEAR * len(grown.words)),
        "n": grown.n,
        "left_out": grown.left_out,
        "by": labels.DIMENSION[found.by] if found.by else "",
    }


def _word(one: Word, n: tuple[int, int]) -> dict[str, Any]:
    return {
        "word": one.word, "before": one.before, "after": one.after,
        "shares": (percent(one.before / n[0]), percent(one.after / n[1])),
        "is_clear": one.p_bh < CLEAR,
    }  # fmt: skip
