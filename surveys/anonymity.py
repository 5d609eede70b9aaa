"""Anonymous questionnaires: participation is known, the answer is not, whoever looks into the database.

An answer is cast as a ballot: sealed, with a random number and no time finer than a day. Ballots are opened
only when `TOGETHER` of one version and mode wait from earlier days; all of these become responses in one
transaction, in random order, dated with the last day among them. So neither a key, a time, an order of rows,
the length of what is sealed nor the number of a transaction leads from a response back to the invitation
that was spent.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from core.db import settings_of, vault_of
from surveys import tallies
from surveys.actions import blank_stratum
from surveys.models import Ballot, Missing, Response
from surveys.parsing import NOT_ASKED, Given
from surveys.queries import LoadedVersion, load_version
from surveys.rows import answer_row, insert_answers, tally_keys

TOGETHER = 5  # ballots that are opened together at least
SMALLEST = 4096  # bytes of a ballot; a longer one takes twice, four times … as many
_RESPONSES: Table = Response.__table__  # type: ignore[assignment]
_random = secrets.SystemRandom()


def day_only(session: Session, now: datetime) -> datetime:
    """Return the beginning of the local day, the finest time that is kept."""
    zone = settings_of(session).zone
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def cast(
    session: Session, version: LoadedVersion, answers: Mapping[str, Given], *, mode: str, now: datetime
) -> None:
    """Put answers into the ballot box. Nothing else of the moment is kept."""
    number = _unused(session, Ballot, 1)
    plain = {key: asdict(given) for key, given in answers.items()}
    sealed = vault_of(session).seal(_padded(json.dumps(plain, ensure_ascii=False)), f"ballot:{number}")
    day = day_only(session, now).date()
    session.add(Ballot(id=number, version_id=version.id, mode=mode, day=day, answers_sealed=sealed))
    session.flush()


def waiting(session: Session, version_id: int) -> int:
    """Return how many ballots of a version are not opened yet."""
    wanted = select(func.count()).select_from(Ballot).where(Ballot.version_id == version_id)
    return session.execute(wanted).scalar_one()


def ripe(session: Session, *, now: datetime) -> list[tuple[int, str]]:
    """Return the versions and modes of which enough ballots from earlier days wait; today's stay closed.

    Each mode waits for company of its own: one sheet of paper among ten links would be known by its mode.
    """
    today = day_only(session, now).date()
    wanted = select(Ballot.version_id, Ballot.mode).where(Ballot.day < today)
    wanted = wanted.group_by(Ballot.version_id, Ballot.mode).having(func.count() >= TOGETHER)
    rows = session.execute(wanted.order_by(Ballot.version_id, Ballot.mode))
    return [(row.version_id, row.mode) for row in rows]


def open_ballots(session: Session, version_id: int, mode: str, *, now: datetime) -> int:
    """Open the ballots of one version and mode together, store them as responses; return how many."""
    today = day_only(session, now).date()
    wanted = select(Ballot).where(Ballot.version_id == version_id, Ballot.mode == mode, Ballot.day < today)
    rows = list(session.scalars(wanted.with_for_update()))
    if len(rows) < TOGETHER:
        return 0
    version, vault, day = load_version(session, version_id), vault_of(session), max(row.day for row in rows)
    opened = [json.loads(vault.open(row.answers_sealed, f"ballot:{row.id}")) for row in rows]
    session.execute(delete(Ballot).where(Ballot.id.in_([row.id for row in rows])))
    _random.shuffle(opened)
    stratum = blank_stratum(session)
    keys: list[tallies.Key] = []
    for each in opened:
        number = _store(session, version, mode, stratum, day)
        answers = {key: _given(plain) for key, plain in each.items()}
        filled = [(item, answers.get(item.item_key, NOT_ASKED)) for item in version.items]
        insert_answers(
            session.connection(), [answer_row(vault, number, item, given) for item, given in filled]
        )
        keys += tally_keys(filled, day, mode, stratum)
    tallies.add(session, keys)
    return len(opened)


def _store(session: Session, version: LoadedVersion, mode: str, stratum: int, day: date) -> int:
    """Store one response under a random negative number; numbers given in order would tell the order."""
    number = _unused(session, Response, -1)
    zone = settings_of(session).zone
    row = {
        "id": number,
        "version_id": version.id,
        "stratum_id": stratum,
        "mode": mode,
        "language": "",
        "day": day,
        "submitted_at": datetime.combine(day, time(), zone),
        "revision": 1,
    }
    session.execute(insert(_RESPONSES), [row])
    return number


def _padded(text: str) -> str:
    """Fill up with blanks: a backup holds ballots in the order in which they came, each with its length."""
    size, room = len(text.encode()), SMALLEST
    while room < size:
        room *= 2
    return text + " " * (room - size)


def _unused(session: Session, model: type[Ballot | Response], sign: int) -> int:
    while True:
        number = sign * (1 + _random.randrange(2**31 - 1))
        if session.scalar(select(model.id).where(model.id == number)) is None:
            return number


def _given(plain: Mapping[str, Any]) -> Given:
    missing = plain["missing"]
    return Given(
        value=plain["value"],
        codes=tuple(plain["codes"]),
        number=plain["number"],
        words=plain["words"],
        missing=None if missing is None else Missing(missing),
    )
