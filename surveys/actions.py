"""Publishing questionnaires and sending personal links. Nothing here commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import audit
from core.crypto import new_token, token_hash
from core.db import cache_of, settings_of
from core.errors import ConflictError
from core.installation import wait_for_turn
from surveys import hooks, tallies
from surveys.checking import check
from surveys.comparability import decisions
from surveys.definition import Definition, content_hash, from_dict, to_dict
from surveys.hooks import OptedOut
from surveys.lifecycle import INVITATIONS
from surveys.links import Link
from surveys.models import DIMENSIONS, Invitation, Item, Questionnaire, Stratum, Version
from surveys.queries import is_uncommitted, load_version, remember_uncommitted


class PublishedError(ConflictError):
    """A published version never changes; publish a new version instead."""


class AnonymityError(ConflictError):
    """An anonymous questionnaire stays so, and a named one too: make a new questionnaire instead."""


def publish(session: Session, definition: Definition, *, key: str, actor: str, now: datetime) -> Version:
    """Freeze a definition as the next version of a questionnaire, and make it the current one.

    Publishing what is already current changes nothing.
    """
    check(definition)
    wait_for_turn(session, f"publish:{key}")  # of two at once the second one gets the next number
    questionnaire = session.scalars(select(Questionnaire).where(Questionnaire.key == key)).first()
    if questionnaire is None:
        questionnaire = Questionnaire(
            key=key, title=dict(definition.title), anonymous=definition.anonymous, created_at=now
        )
        session.add(questionnaire)
        session.flush()
    previous = session.scalars(
        select(Version).where(Version.questionnaire_id == questionnaire.id).order_by(Version.number.desc())
    ).first()
    if previous is None:
        questionnaire.anonymous = definition.anonymous
    elif questionnaire.anonymous != definition.anonymous:
        raise AnonymityError
    else:
        decisions(from_dict(previous.definition), definition)  # refuses a decision that is none
        if previous.content_hash == content_hash(definition):
            return previous
    version = _freeze(session, definition, questionnaire.id, previous, actor=actor, now=now)
    questionnaire.title = dict(definition.title)
    questionnaire.current_version_id = version.id
    audit.record(
        session,
        actor=actor,
        action="questionnaire.publish",
        subject=f"questionnaire:{key}",
        now=now,
        version=version.number,
        hash=version.content_hash,
    )
    return version


def _freeze(
    session: Session,
    definition: Definition,
    questionnaire_id: int,
    previous: Version | None,
    *,
    actor: str,
    now: datetime,
) -> Version:
    version = Version(
        questionnaire_id=questionnaire_id,
        number=previous.number + 1 if previous else 1,
        definition=to_dict(definition),
        content_hash=content_hash(definition),
        published_at=now,
        published_by=actor,
    )
    session.add(version)
    session.flush()
    remember_uncommitted(session, ("version", version.id))
    session.add_all(
        Item(version_id=version.id, item_key=item.key, position=position, kind=item.kind, scale=item.scale)
        for position, item in enumerate(definition.items, start=1)
    )
    session.flush()
    return version


def _refuse_change(_mapper: object, _connection: object, _target: object) -> None:
    raise PublishedError


for _model in (Version, Item):
    for _moment in ("before_update", "before_delete"):
        event.listen(_model, _moment, _refuse_change)


def blank_stratum(session: Session) -> int:
    """Return the stratum that says nothing."""
    return stratum_id(session)


def stratum_id(
    session: Session,
    *,
    service_type: str = "",
    district: str = "",
    department: str = "",
    category: str = "",
    severity: str = "",
    channel: str = "",
) -> int:
    """Return the number of one combination of dimensions, made when it is new."""
    key = (service_type, district, department, category, severity, channel)
    cache = cache_of(session)
    known: int | None = cache.get(("stratum", key))
    if known is not None:
        return known
    values = dict(zip(DIMENSIONS, key, strict=True))
    found = session.execute(_stratum(values)).scalar_one_or_none()
    if found is None:
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(Stratum).values(**values).on_conflict_do_nothing())
        remember_uncommitted(session, ("stratum", key))
        found = session.execute(_stratum(values)).scalar_one()
    if not is_uncommitted(session, ("stratum", key)):
        cache["stratum", key] = found
    return found


def _stratum(values: dict[str, str]) -> Select[int]:
    return select(Stratum.id).where(*(getattr(Stratum, name) == value for name, value in values.items()))


def invite(
    session: Session,
    *,
    version_id: int,
    contact_id: int | None,
    stratum_id: int,
    handler: str,
    reference: str,
    about: dict[str, str],
    language: str,
    channel: str,
    answer_by: datetime,
    now: datetime,
) -> tuple[Invitation, str]:
    """Make a personal link; the token is returned once and only its hash is kept.

    One to an anonymous questionnaire carries nothing by which its answer could be told from others.
    """
    if load_version(session, version_id).definition.anonymous:
        stratum_id, handler = blank_stratum(session), ""
    token = new_token()
    invitation = Invitation(
        token_hash=token_hash(token),
        version_id=version_id,
        contact_id=contact_id,
        stratum_id=stratum_id,
        handler=handler,
        reference=reference,
        about=about,
        language=language,
        channel=channel,
        state="open",
        answer_by=answer_by,
        created_at=now,
    )
    session.add(invitation)
    session.flush()
    day = now.astimezone(settings_of(session).zone).date()
    tallies.add_invitation(session, version_id=version_id, day=day, stratum_id=stratum_id)
    return invitation, token


def withdraw(session: Session, invitation_id: int, *, actor: str, now: datetime, reason: str) -> bool:
    """Take back a link that nobody answered yet; tell whether there was one to take back."""
    return _move(session, invitation_id, "withdraw", actor=actor, now=now, reason=reason)


def restore(session: Session, invitation_id: int, *, actor: str, now: datetime, reason: str) -> bool:
    """Let a link live again that was taken back by mistake, if its time is not over."""
    answer_by = session.scalar(select(Invitation.answer_by).where(Invitation.id == invitation_id))
    if answer_by is None or answer_by <= now:
        return False
    return _move(session, invitation_id, "restore", actor=actor, now=now, reason=reason)


def revoke(session: Session, invitation_id: int, *, actor: str, now: datetime, reason: str) -> bool:
    """Close a link that reached the wrong person."""
    return _move(session, invitation_id, "revoke", actor=actor, now=now, reason=reason)


def replace(session: Session, invitation_id: int, *, actor: str, now: datetime, reason: str) -> bool:
    """Close a link because a newer one takes its place."""
    return _move(session, invitation_id, "replace", actor=actor, now=now, reason=reason)


def _move(
    session: Session, invitation_id: int, event_name: str, *, actor: str, now: datetime, reason: str
) -> bool:
    return INVITATIONS.claim(
        session, Invitation, invitation_id, event_name, actor=actor, now=now, reason=reason
    )


def opt_out(session: Session, link: Link, *, now: datetime) -> None:
    """Take note that a person wants no more invitations; an answer that was given stays."""
    INVITATIONS.claim(session, Invitation, link.id, "opt_out", actor="customer", now=now)
    event_seen = OptedOut(link.id, link.contact_id)
    for listener in hooks.opted_out:
        listener(session, event_seen, now)


def lock_due(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Lock the answers whose time for changes is over; return how many."""
    due = session.scalars(
        select(Invitation.id)
        .where(Invitation.state == "answered", Invitation.lock_at <= now)
        .order_by(Invitation.id)
        .limit(limit)
    ).all()
    return sum(
        INVITATIONS.claim(session, Invitation, invitation_id, "lock", actor="system", now=now)
        for invitation_id in due
    )
