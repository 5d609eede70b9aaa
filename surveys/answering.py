"""Storing answers: one response, one narrow row per item, and the tally, in one transaction."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db import settings_of, vault_of
from core.errors import ConflictError
from surveys import anonymity, hooks, tallies
from surveys.hooks import Answered, Summary
from surveys.lifecycle import INVITATIONS, may_amend
from surveys.links import Link
from surveys.models import Answer, AnswerRevision, Invitation, Missing, Response
from surveys.parsing import NOT_ASKED, Given, Problem, parse_form
from surveys.queries import LoadedItem, LoadedVersion
from surveys.rows import answer_row, given_from, insert_answers, tally_keys

__all__ = [
    "AmendedMeanwhileError",
    "ClosedError",
    "Given",
    "LockedError",
    "Problem",
    "Recorded",
    "amend",
    "answer_link",
    "parse_form",
    "record",
    "stored_answers",
    "summarise",
]

_RESPONSES: Table = Response.__table__  # type: ignore[assignment]
_ANSWERS: Table = Answer.__table__  # type: ignore[assignment]
_INVITATIONS: Table = Invitation.__table__  # type: ignore[assignment]
_LONGEST = 86_400  # seconds a page may have been open; beyond that the figure says nothing


class LockedError(ConflictError):
    """The time for changing this answer is over."""


class ClosedError(ConflictError):
    """This link was closed in the meantime."""


class AmendedMeanwhileError(ConflictError):
    """This answer was changed in another window in the meantime; open the link again to see the last one."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of some answers; ``created`` is False when they were stored before.

    Of an anonymous questionnaire the number is 0 and the summary is empty.
    """

    response_id: int
    revision: int
    created: bool
    summary: Summary


NO_SUMMARY = Summary(overall=None, resolved=None, dissatisfied=False, unresolved=False, words="")
# Built once: compiling a statement anew costs more than running it.
_INSERT_RESPONSE = {
    name: dialect.insert(_RESPONSES).on_conflict_do_nothing().returning(_RESPONSES.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_CLAIM = (
    update(_INVITATIONS)
    .where(_INVITATIONS.c.id == bindparam("link"), _INVITATIONS.c.state == "open")
    .values(state="answered", lock_at=bindparam("lock"))
)


def record(
    session: Session,
    version: LoadedVersion,
    answers: Mapping[str, Given],
    *,
    mode: str,
    stratum_id: int,
    handler: str,
    language: str,
    now: datetime,
    invitation_id: int | None = None,
    external_id: str | None = None,
    entered_by: int | None = None,
    open_link_id: int | None = None,
    submitted_at: datetime | None = None,
    seconds: int | None = None,
) -> Recorded:
    """Store a filled questionnaire; the same invitation or ``external_id`` is never stored twice.

    An anonymous questionnaire is cast as a ballot instead: nothing of who, when and where is kept.
    """
    if version.definition.anonymous:
        anonymity.cast(session, version, answers, mode=mode, now=submitted_at or now)
        return Recorded(0, 1, True, NO_SUMMARY)
    at = submitted_at or now
    day = at.astimezone(settings_of(session).zone).date()
    row = {
        "version_id": version.id,
        "invitation_id": invitation_id,
        "open_link_id": open_link_id,
        "external_id": external_id,
        "stratum_id": stratum_id,
        "handler": handler,
        "mode": mode,
        "language": language,
        "day": day,
        "submitted_at": at,
        "seconds": seconds if seconds is not None and 0 <= seconds <= _LONGEST else None,
        "revision": 1,
        "entered_by": entered_by,
    }
    connection = session.connection()
    statement = _INSERT_RESPONSE[connection.dialect.name]
    response_id = connection.execute(statement, row).scalar_one_or_none()
    summary = summarise(version, answers)
    if response_id is None:
        return _stored_before(session, version.id, invitation_id, external_id, summary)
    vault = vault_of(session)
    filled = [(item, answers.get(item.item_key, NOT_ASKED)) for item in version.items]
    insert_answers(connection, [answer_row(vault, response_id, item, given) for item, given in filled])
    tallies.add(session, tally_keys(filled, day, mode, stratum_id))
    return Recorded(response_id, 1, True, summary)


def _stored_before(
    session: Session, version_id: int, invitation_id: int | None, external_id: str | None, summary: Summary
) -> Recorded:
    same = (
        Response.invitation_id == invitation_id
        if invitation_id is not None
        else (Response.version_id == version_id) & (Response.external_id == external_id)
    )
    row = session.execute(select(Response.id, Response.revision).where(same)).one()
    return Recorded(row.id, row.revision, False, summary)


def summarise(version: LoadedVersion, answers: Mapping[str, Given]) -> Summary:
    """Return what a follow-up has to know about some answers. Missing is neither good nor bad."""
    overall, resolved = _of_role(version, answers, "overall"), _of_role(version, answers, "resolved")
    item = version.with_role("overall")
    scale = item.definition.scored() if item else None
    said = [answers[i.item_key].words for i in version.items if i.item_key in answers]
    return Summary(
        overall=overall,
        resolved=None if resolved is None else resolved == 2,
        dissatisfied=overall is not None and scale is not None and scale.is_dissatisfied(overall),
        unresolved=resolved == 1,
        words="\n".join(words for words in said if words),
    )


def _of_role(version: LoadedVersion, answers: Mapping[str, Given], role: str) -> int | None:
    item = version.with_role(role)
    return answers[item.item_key].value if item and item.item_key in answers else None


def answer_link(
    session: Session,
    link: Link,
    version: LoadedVersion,
    answers: Mapping[str, Given],
    *,
    language: str,
    now: datetime,
    seconds: int | None = None,
) -> Recorded:
    """Take the answers of a personal link: the first ones, or a change while that is allowed.

    The claim names the old state, so of many equal presses one stores a response and the others find it.

    Raises
    ------
    LockedError
        When other answers come after the time for changes.
    """
    if version.definition.anonymous:
        return _answer_unseen(session, link, version, answers, now=now)
    lock_at = now + timedelta(hours=settings_of(session).amend_hours)
    claimed = session.connection().execute(_CLAIM, {"link": link.id, "lock": lock_at}).rowcount == 1
    if claimed:
        INVITATIONS.note(session, link.id, "answer", "open", "answered", actor="customer", now=now)
        recorded = record(
            session,
            version,
            answers,
            mode="web",
            stratum_id=link.stratum_id,
            handler=link.handler,
            language=language,
            now=now,
            invitation_id=link.id,
            seconds=seconds,
        )
    else:
        recorded = _answer_again(session, link, version, answers, now=now)
    if recorded.created:
        event = Answered(recorded.response_id, link.id, "web", recorded.summary, first=claimed)
        for listener in hooks.answered:
            listener(session, event, now)
    return recorded


def _answer_unseen(
    session: Session, link: Link, version: LoadedVersion, answers: Mapping[str, Given], *, now: datetime
) -> Recorded:
    """Note that a person took part, by day only, and cast the answers apart from it. Nobody is told."""
    day = anonymity.day_only(session, now)
    if not INVITATIONS.claim(session, Invitation, link.id, "answer", actor="customer", now=day):
        state = session.scalar(select(Invitation.state).where(Invitation.id == link.id))
        if state not in {"answered", "locked"}:
            raise ClosedError
        return Recorded(0, 1, False, NO_SUMMARY)
    anonymity.cast(session, version, answers, mode="web", now=now)
    return Recorded(0, 1, True, NO_SUMMARY)


def _answer_again(
    session: Session, link: Link, version: LoadedVersion, answers: Mapping[str, Given], *, now: datetime
) -> Recorded:
    row = session.execute(
        select(Response.id, Invitation.state, Invitation.lock_at)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.id == link.id)
    ).first()
    if row is None:  # withdrawn, revoked or opted out between looking and claiming
        raise ClosedError
    changeable = may_amend(row.state, row.lock_at, now)
    return amend(session, version, row.id, answers, now=now, changeable=changeable)


def amend(
    session: Session,
    version: LoadedVersion,
    response_id: int,
    answers: Mapping[str, Given],
    *,
    now: datetime,
    changeable: bool = True,
    keep_words: bool = True,
) -> Recorded:
    """Put new answers in the place of the earlier ones, which are kept sealed as a revision.

    A text left empty keeps the earlier words, because the page never shows them again (``keep_words`` is
    for pages that do). Equal answers change nothing, whether or not they may still be changed.
    """
    place = session.execute(  # locked: of two presses at once the second finds what the first one stored
        select(Response.revision, Response.day, Response.mode, Response.stratum_id)
        .where(Response.id == response_id)
        .with_for_update(key_share=True)
    ).one()
    before = stored_answers(session, version, response_id)
    after = {
        item.item_key: _merged(item, before, answers) if keep_words else answers.get(item.item_key, NOT_ASKED)
        for item in version.items
    }
    changed = [item for item in version.items if before[item.item_key] != after[item.item_key]]
    summary = summarise(version, after)
    if not changed:
        return Recorded(response_id, place.revision, False, summary)
    if not changeable:
        raise LockedError
    _keep_revision(session, response_id, place.revision, before, now=now)
    vault = vault_of(session)
    session.execute(
        delete(_ANSWERS).where(
            _ANSWERS.c.response_id == response_id, _ANSWERS.c.item_id.in_([item.id for item in changed])
        )
    )
    insert_answers(
        session.connection(),
        [answer_row(vault, response_id, item, after[item.item_key]) for item in changed],
    )
    where = (place.day, place.mode, place.stratum_id)
    moved = Counter(tally_keys([(i, after[i.item_key]) for i in changed], *where))
    moved.subtract(tally_keys([(i, before[i.item_key]) for i in changed], *where))
    tallies.apply(session, moved)
    return Recorded(response_id, place.revision + 1, True, summary)


def _merged(item: LoadedItem, before: Mapping[str, Given], answers: Mapping[str, Given]) -> Given:
    new = answers.get(item.item_key, NOT_ASKED)
    blank = new.missing in {Missing.SKIPPED, Missing.NOT_ASKED}
    old = before[item.item_key]
    if item.kind == "text" and blank and old.words:
        return old
    same_choice = (new.value, new.codes) == (old.value, old.codes) and new.is_answer
    return old if same_choice and old.words and not new.words else new  # what stands beside "other"


def _keep_revision(
    session: Session, response_id: int, revision: int, before: Mapping[str, Given], *, now: datetime
) -> None:
    moved = session.execute(
        update(_RESPONSES)
        .where(_RESPONSES.c.id == response_id, _RESPONSES.c.revision == revision)
        .values(revision=revision + 1)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise AmendedMeanwhileError
    plain = {key: asdict(given) for key, given in before.items()}
    place = f"answer.revision:{response_id}:{revision}"
    session.add(
        AnswerRevision(
            response_id=response_id,
            revision=revision,
            replaced_at=now,
            answers_sealed=vault_of(session).seal(json.dumps(plain, ensure_ascii=False), place),
        )
    )
    session.flush()


def stored_answers(session: Session, version: LoadedVersion, response_id: int) -> dict[str, Given]:
    """Return the answers of a response by item key, words opened."""
    vault = vault_of(session)
    rows = session.execute(
        select(Answer.item_id, Answer.value, Answer.codes, Answer.number, Answer.words).where(
            Answer.response_id == response_id
        )
    )
    found = {row.item_id: row for row in rows}
    return {
        item.item_key: given_from(vault, response_id, found[item.id]) if item.id in found else NOT_ASKED
        for item in version.items
    }
