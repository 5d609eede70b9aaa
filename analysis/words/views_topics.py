"""Topics of comments: the list of them, and labelling one comment after the other by keyboard.

Nothing heavy is imported here: these addresses are known to every worker from its start.
"""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from analysis.texts import Note
from analysis.words import codebook, labelling, learning, sampling, second, suggesting
from analysis.words.codebook import TopicError
from analysis.words.labelling import LabelledMeanwhileError, NoTopicError, Task
from analysis.words.learning import LEAST_LABELS, NotEnoughError
from analysis.words.sampling import Drawn, Place
from analysis.words.views_access import note_reading
from core.i18n import _, language, text_in
from core.web import database
from surveys.queries import LoadedVersion, questionnaire_keys, versions
from surveys.seeds import RETURN_VISIT

bp = Blueprint("comment_topics", __name__, url_prefix="/analysis/comments")

MOST_SKIPPED = 50


@bp.get("/label")
def label() -> ResponseReturnValue:
    """Show the next comment of the sample, or the one that the address names; or one for a second label."""
    skipped, is_second = _skipped(request.args.getlist("skip")), "second" in request.args
    at = sampling.place_of(request.args.get("at", ""))
    with database().read() as session:
        known = _versions(session, request.args.get("questionnaire", ""))
        drawn = sampling.draw(session, known)
        task = _task(session, known, drawn, at, skipped, is_second=is_second)
        topics = codebook.topics(session, known[-1].questionnaire_id)
        twice = len(second.pairs(session, known)) if is_second else 0
    key = known[-1].questionnaire_key
    if task is not None and topics:
        note_reading("comments.read", {"questionnaire": key, "page": "label"})
    return render_template(
        "analysis/words/label.html", key=key, title=text_in(known[-1].title, language()), drawn=drawn,
        task=task, topics=topics, keys=codebook.KEYS, skipped=[sampling.mark(one) for one in skipped],
        mark=sampling.mark, second=is_second, twice=twice, wanted=min(second.SECOND, len(drawn.sample)),
    )  # fmt: skip


@bp.post("/label")
def save_label() -> ResponseReturnValue:
    """Keep a decision, pass a comment over, or take the last decision back."""
    key, skipped = request.form.get("questionnaire", ""), _skipped(request.form.getlist("skip"))
    action, place = request.form.get("action", "save"), sampling.place_of(request.form.get("place", ""))
    if action == "undo":
        return _undo(key)
    if place is None:
        abort(400, _("The form was not complete; load the page again."))
    if action == "skip":
        return _next(key, [*skipped, place][-MOST_SKIPPED:])
    try:
        with database().begin() as session:
            _save(session, _versions(session, key), place)
    except LabelledMeanwhileError:
        flash(
            _("Somebody else labelled this comment in the meantime. That label stands; here is the next."),
            "warning",
        )
        return _next(key, skipped)
    except NoTopicError:
        flash(_("Choose a topic first, or “None of the topics”."), "error")
        return _next(key, skipped, at=sampling.mark(place))
    return _next(key, skipped)


def _save(session: Session, known: list[LoadedVersion], place: Place) -> None:
    chosen: dict[str, Any] = {
        "topic": request.form.get("topic", ""), "user_id": current_user.id, "now": g.now
    }  # fmt: skip
    if "second" in request.form:
        second.save(session, known, place, **chosen)
    else:
        was = request.form.get("was", "")
        labelling.save(session, known, place, sentiment=_sentiment(), was=was, **chosen)


@bp.get("/topics")
def index() -> ResponseReturnValue:
    """Show the topics, how many comments have them, and how well suggestions do."""
    return _index(request.args.get("questionnaire", ""))


@bp.post("/topics")
def add() -> ResponseReturnValue:
    """Add a topic."""
    key, name = request.form.get("questionnaire", ""), request.form.get("name", "")
    try:
        with database().begin() as session:
            known = _versions(session, key)
            codebook.add(session, known[-1].questionnaire_id, name, actor=current_user.name, now=g.now)
    except TopicError as error:
        return _index(key, problem=error.note.say(_), typed=name), 422
    return redirect(url_for(".index", questionnaire=key), code=303)


@bp.post("/topics/<int(max=2147483647):topic_id>")
def change(topic_id: int) -> ResponseReturnValue:
    """Rename, move, retire or put back a topic."""
    key, action = request.form.get("questionnaire", ""), request.form.get("action", "rename")
    who: dict[str, Any] = {"actor": current_user.name, "now": g.now}
    try:
        with database().begin() as session:
            if action in {"up", "down"}:
                codebook.move(session, topic_id, -1 if action == "up" else 1, **who)
            elif action in {"retire", "restore"}:
                codebook.switch(session, topic_id, retired=action == "retire", **who)
            else:
                codebook.rename(session, topic_id, request.form.get("name", ""), **who)
    except TopicError as error:
        return _index(key, problem=error.note.say(_), at=topic_id, typed=request.form.get("name", "")), 422
    return redirect(url_for(".index", questionnaire=key), code=303)


@bp.post("/train")
def train() -> ResponseReturnValue:
    """Ask that suggestions learn from the labels; the next round does it."""
    key = request.form.get("questionnaire", "")
    try:
        with database().begin() as session:
            is_first = learning.ask(session, _versions(session, key), actor=current_user.name, now=g.now)
    except NotEnoughError as error:
        return _index(key, problem=error.note.say(_)), 422
    if is_first:
        flash(_("Asked. The next round of the scheduler learns; nobody has to wait here."), "success")
    else:
        flash(_("This was asked already and is due in the next round of the scheduler."), "info")
    return redirect(url_for(".index", questionnaire=key, _anchor="suggestions"), code=303)


def _index(key: str, **shown: Any) -> str:
    from analysis.words.agreement import agreement  # noqa: PLC0415 # NumPy is behind its intervals

    with database().read() as session:
        known = _versions(session, key)
        number = known[-1].questionnaire_id
        topics = codebook.topics(session, number, retired=True)
        uses = codebook.uses(session, topics)
        drawn = sampling.draw(session, known)
        model, lesson = suggesting.newest_model(session, number), learning.lesson_of(session, number)
        labelled = suggesting.labelled_now(session, known)
        pairs = second.pairs(session, known)
        people = learning.people(
            session, {model.trained_by if model else None, lesson.asked_by if lesson else None}
        )
        is_owed = second.next_for(session, drawn, current_user.id) is not None
    problem = lesson.problem if lesson and lesson.due_at is None else None
    return render_template(
        "analysis/words/topics.html", key=known[-1].questionnaire_key, topics=topics, uses=uses, drawn=drawn,
        model=model, labelled=labelled, least=LEAST_LABELS, lesson=lesson, people=people,
        twice=agreement(pairs), least_pairs=second.LEAST, wanted=min(second.SECOND, len(drawn.sample)),
        is_owed=is_owed, not_learnt=Note(problem["template"], problem["values"]).say(_) if problem else "",
        names={topic.id: topic.name for topic in topics} | {suggesting.NONE: _("None of the topics")},
        title=text_in(known[-1].title, language()), keys=codebook.KEYS, longest=codebook.LONGEST,
        problem=shown.get("problem", ""), at=shown.get("at"), typed=shown.get("typed", ""),
    )  # fmt: skip


def _undo(key: str) -> Response:
    undo = second.undo if "second" in request.form else labelling.undo
    with database().begin() as session:
        place = undo(session, _versions(session, key), user_id=current_user.id, now=g.now)
    if place is None:
        flash(_("Nothing of the last ten minutes is left to undo."), "warning")
        return _next(key, [])
    flash(_("Undone. The comment is here again."), "success")
    return _next(key, [], at=sampling.mark(place))


def _next(key: str, skipped: list[Place], at: str | None = None) -> Response:
    marks = [sampling.mark(one) for one in skipped]
    again = "1" if "second" in request.form else None
    return redirect(url_for(".label", questionnaire=key, skip=marks, at=at, second=again), code=303)


def _task(
    session: Session, known: list[LoadedVersion], drawn: Drawn, at: Place | None, skipped: list[Place], *,
    is_second: bool,
) -> Task | None:  # fmt: skip
    """Return what is to be read; single comments are shown only where there are enough of them."""
    if not labelling.may_be_read(drawn, session):
        return None
    if at is not None and at[1] in {item.id for version in known for item in version.items}:
        return second.blind(session, at) if is_second else labelling.task(session, at)
    find = second.next_for if is_second else labelling.next_for
    return find(session, drawn, current_user.id, skipped)


def _versions(session: Session, key: str) -> list[LoadedVersion]:
    keys = questionnaire_keys(session)
    start = RETURN_VISIT if RETURN_VISIT in keys else next(iter(keys), "")
    found = versions(session, key or start)
    if not found:
        abort(404)
    return found


def _skipped(marks: list[str]) -> list[Place]:
    return [place for one in marks[-MOST_SKIPPED:] if (place := sampling.place_of(one))]


def _sentiment() -> int | None:
    text = request.form.get("sentiment", "")
    return int(text) if text in {"-1", "0", "1"} else None
