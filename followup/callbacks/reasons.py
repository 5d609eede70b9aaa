"""Why a customer is not content: when the desk asks for the reason, and what it takes for one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.i18n import _
from core.texts import clean_text
from followup.callbacks import choices
from followup.callbacks.outcomes import Code
from followup.models import ReopenRequest
from surveys.answering import summarise
from surveys.parsing import Form, Given
from surveys.queries import LoadedVersion

REASON, WORDS = "poor_reason", "poor_words"  # fields of the desk
UNSAID = "unsaid"  # asked, and the customer would not say
WORDS_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """The block of the desk that asks why."""

    choices: tuple[choices.Choice, ...]
    when: Mapping[str, Any]  # as the script that opens and closes items reads a condition
    asks_words: bool  # the questionnaire itself has no item for the customer's words


@dataclass(frozen=True, slots=True)
class Told:
    """What the agent was told, or the sentence that says what is missing."""

    reason: str = ""
    words: str = ""
    problem: str = ""


def asked(session: Session, version: LoadedVersion) -> Asked | None:
    """Return the block for a questionnaire; None where it asks neither for the whole nor for "solved"."""
    overall, resolved = version.with_role("overall"), version.with_role("resolved")
    scale = overall.definition.scored() if overall else None
    poor: list[list[Any]] = []
    if overall and scale:
        poor.append([overall.item_key, "<=", scale.dissatisfied_to])
    if resolved:
        poor.append([resolved.item_key, "=", 1])
    if not poor:
        return None
    written = any(item.definition.kind == "text" for item in version.items)
    return Asked(tuple(choices.active(session, "reason")), {"any": True, "of": poor}, asks_words=not written)


def told(
    session: Session, version: LoadedVersion, answers: Mapping[str, Given], form: Form, code: Code
) -> Told:
    """Read the reason; of a finished call with poor answers it is required, "would not say" is one too.

    What was marked before the customer thought better of a score is left out.
    """
    summary = summarise(version, answers)
    if not (summary.dissatisfied or summary.unresolved):
        return Told()
    reason = (form.get(REASON) or "").strip()
    known = {choice.code for choice in choices.every(session, "reason")} | {UNSAID}
    if reason not in known:
        reason = ""
    if not reason and code is Code.COMPLETE:
        return Told(problem=_("Choose why the customer is not content; “would not say” is a choice."))
    return Told(reason, clean_text(form.get(WORDS) or "", WORDS_LIMIT))


def said(session: Session, codes: Sequence[str], language: str) -> dict[str, str]:
    """Return how coded reasons are said, also those that are offered no more."""
    if not any(codes):
        return {}
    known = {each.code: each.said(language) for each in choices.every(session, "reason")}
    known[UNSAID] = _("Would not say")
    return {code: known.get(code, code) for code in codes if code}


def counted(session: Session, *, since: datetime, until: datetime) -> Counter[str]:
    """Count the reopen requests by coded reason; answers by link have none and count under ""."""
    wanted = select(ReopenRequest.reason, func.count()).where(
        ReopenRequest.created_at >= since,
        ReopenRequest.created_at < until,
        ReopenRequest.state != "withdrawn",
    )
    return Counter({row[0]: row[1] for row in session.execute(wanted.group_by(ReopenRequest.reason))})
