"""The same call again gets the same answer: what an Idempotency-Key promises."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import Database
from core.i18n import _
from core.installation import wait_for_turn
from followup.api.errors import FieldsError
from followup.api.models import ApiCall, ApiKey

KEPT = timedelta(hours=48)
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; ``again`` when it was answered before."""

    status: int
    document: dict[str, Any]
    again: bool = False


def once(
    session: Session,
    key: ApiKey,
    idempotency_key: str | None,
    asked: dict[str, Any],
    act: Callable[[], Reply],
    *,
    now: datetime,
) -> Reply:
    """Act, or give the answer of the first call with this Idempotency-Key.

    The answer is written in the transaction of the act: a call that failed leaves nothing, and may
    be repeated.
    """
    if idempotency_key is None:
        return act()
    _check(idempotency_key)
    wait_for_turn(session, f"api:{key.id}:key:{idempotency_key}")
    digest = _digest(asked)
    known = session.scalar(
        select(ApiCall).where(ApiCall.api_key_id == key.id, ApiCall.key == idempotency_key)
    )
    if known is not None:
        if known.request_hash != digest:
            raise FieldsError(_("This Idempotency-Key was used for another request; take a new one."))
        return Reply(known.status, known.answer, again=True)
    reply = act()
    session.add(
        ApiCall(
            api_key_id=key.id, key=idempotency_key, request_hash=digest,
            status=reply.status, answer=reply.document, at=now,
        )
    )  # fmt: skip
    session.flush()
    return reply


def forget_old(database: Database, *, now: datetime) -> dict[str, int]:
    """Delete the answers that nobody has to get again."""
    with database.begin() as session:
        gone = session.execute(delete(ApiCall).where(ApiCall.at < now - KEPT))
    return {"forgotten": gone.rowcount} if gone.rowcount else {}  # type: ignore[attr-defined]


def _check(text: str) -> None:
    if not (0 < len(text) <= LONGEST and text.isascii() and text.isprintable()):
        raise FieldsError(_("An Idempotency-Key has 1 to %(n)d printable ASCII characters.", n=LONGEST))


def _digest(asked: dict[str, Any]) -> bytes:
    """Hash a request so that white space and the order of members do not matter."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=True).encode()).digest()
