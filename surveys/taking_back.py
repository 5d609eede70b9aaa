"""Taking a stored answer out again: what was recorded by mistake counts nowhere, and is not lost."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveys import tallies
from surveys.answering import stored_answers
from surveys.models import Answer, AnswerRevision, Response
from surveys.queries import load_version
from surveys.rows import tally_keys


def take_back(session: Session, response_id: int) -> dict[str, Any] | None:
    """Remove a response with its answers and its counts; return a copy in clear, None when it is gone.

    Who calls this seals the copy, and lets go before of what points to the response.
    """
    response = session.scalar(select(Response).where(Response.id == response_id).with_for_update())
    if response is None:
        return None
    version = load_version(session, response.version_id)
    answers = stored_answers(session, version, response_id)
    filled = [(item, answers[item.item_key]) for item in version.items]
    keys = tally_keys(filled, response.day, response.mode, response.stratum_id)
    copy = {
        "version_id": response.version_id,
        "mode": response.mode,
        "submitted_at": response.submitted_at.isoformat(),
        "answers": {key: asdict(given) for key, given in answers.items()},
    }
    session.execute(delete(AnswerRevision).where(AnswerRevision.response_id == response_id))
    session.execute(delete(Answer).where(Answer.response_id == response_id))
    session.execute(delete(Response).where(Response.id == response_id))
    session.expunge(response)
    tallies.add(session, keys, sign=-1)
    return copy
