"""Storing and reading many responses at once, for imports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from core.db import settings_of, vault_of
from surveys import tallies
from surveys.models import Answer, Response
from surveys.parsing import NOT_ASKED, Given
from surveys.queries import LoadedVersion
from surveys.rows import answer_row, given_from, tally_keys

_RESPONSES: Table = Response.__table__  # type: ignore[assignment]
_ANSWERS: Table = Answer.__table__  # type: ignore[assignment]
_INSERT_RESPONSES = insert(_RESPONSES).returning(_RESPONSES.c.id, _RESPONSES.c.external_id)
_INSERT_ANSWERS = insert(_ANSWERS)


@dataclass(frozen=True, slots=True)
class Filled:
    """One filled questionnaire from elsewhere."""

    external_id: str
    submitted_at: datetime
    mode: str
    language: str
    stratum_id: int
    handler: str
    answers: Mapping[str, Given]


def record_many(session: Session, version: LoadedVersion, filled: Sequence[Filled]) -> None:
    """Store responses whose external ids are new, with their answers and the tally."""
    connection, vault = session.connection(), vault_of(session)
    zone = settings_of(session).zone
    days = {each.external_id: each.submitted_at.astimezone(zone).date() for each in filled}
    rows = [
        {
            "version_id": version.id,
            "external_id": each.external_id,
            "stratum_id": each.stratum_id,
            "handler": each.handler,
            "mode": each.mode,
            "language": each.language,
            "day": days[each.external_id],
            "submitted_at": each.submitted_at,
            "revision": 1,
        }
        for each in filled
    ]
    if not rows:
        return
    ids = {row.external_id: row.id for row in connection.execute(_INSERT_RESPONSES, rows)}
    answers, keys = [], []
    for each in filled:
        pairs = [(item, each.answers.get(item.item_key, NOT_ASKED)) for item in version.items]
        answers += [answer_row(vault, ids[each.external_id], item, given) for item, given in pairs]
        keys += tally_keys(pairs, days[each.external_id], each.mode, each.stratum_id)
    connection.execute(_INSERT_ANSWERS, answers)
    tallies.add(session, keys)


def stored(
    session: Session, versions: Sequence[LoadedVersion], external_ids: Sequence[str]
) -> dict[str, Filled]:
    """Return what is stored of these external ids, in any version of the questionnaire."""
    by_id = {version.id: version for version in versions}
    wanted = select(Response).where(
        Response.version_id.in_(by_id), Response.external_id.in_(list(external_ids))
    )
    responses = list(session.scalars(wanted))
    answers = _answers(session, {response.id: by_id[response.version_id] for response in responses})
    return {
        response.external_id: Filled(
            response.external_id,
            response.submitted_at,
            response.mode,
            response.language,
            response.stratum_id,
            response.handler,
            answers[response.id],
        )
        for response in responses
        if response.external_id
    }


def _answers(session: Session, versions: Mapping[int, LoadedVersion]) -> dict[int, dict[str, Given]]:
    vault = vault_of(session)
    found: dict[int, dict[str, Given]] = {response_id: {} for response_id in versions}
    keys = {item.id: item.item_key for version in versions.values() for item in version.items}
    for row in session.execute(select(*_ANSWERS.c).where(Answer.response_id.in_(list(versions)))):
        found[row.response_id][keys[row.item_id]] = given_from(vault, row.response_id, row)
    return found
