"""What customers answered about a case: both ratings of a recovery stay."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from followup.cases import texts
from followup.models import Case, FollowUp, ReopenRequest, Rule
from surveys.answering import stored_answers
from surveys.definition import ItemDefinition
from surveys.models import Missing, Response
from surveys.parsing import Given
from surveys.queries import LoadedVersion, load_version
from surveys.scales import YESNO

_NOT_TOLD = (Missing.NOT_ASKED, Missing.SKIPPED)


@dataclass(frozen=True, slots=True)
class Said:
    """One item and what the customer said to it."""

    item: ItemDefinition
    given: Given


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One follow-up and what came of it."""

    resolution_no: int
    rule: str
    state: str
    reason: str
    due_at: datetime
    is_recovery: bool
    answered_at: datetime | None = None
    mode: str = ""
    overall: int | None = None
    scale: str = ""
    resolved: bool | None = None
    is_amended: bool = False
    said: tuple[Said, ...] = ()  # what was answered, as the questionnaire has it; words are personal data
    why: str = ""  # the coded reason of a poor answer by phone
    beside: str = ""  # the customer's words where the questionnaire has no item for them


def of_case(session: Session, case: Case) -> list[AnswerLine]:
    """Return the follow-ups of a case, the latest closing first."""
    wanted = (
        select(FollowUp, Rule.name, Response, ReopenRequest)
        .join(Rule, Rule.id == FollowUp.rule_id)
        .outerjoin(Response, Response.id == FollowUp.response_id)
        .outerjoin(
            ReopenRequest,
            and_(ReopenRequest.follow_up_id == FollowUp.id, ReopenRequest.state != "withdrawn"),
        )
        .where(FollowUp.case_id == case.id)
        .order_by(FollowUp.id.desc())
    )
    return [_line(session, *row) for row in session.execute(wanted)]


def _line(
    session: Session, follow_up: FollowUp, rule: str, response: Response | None, request: ReopenRequest | None
) -> AnswerLine:
    line = AnswerLine(
        resolution_no=follow_up.resolution_no,
        rule=rule,
        state=follow_up.state,
        reason=follow_up.reason,
        due_at=follow_up.due_at,
        is_recovery=follow_up.recovery_of_id is not None,
    )
    if response is None:
        return line
    version = load_version(session, response.version_id)
    given = stored_answers(session, version, response.id)
    overall = version.with_role("overall")
    is_worded = any(item.definition.kind == "text" for item in version.items)
    return replace(
        line,
        answered_at=response.submitted_at,
        mode=response.mode,
        overall=_value(version, given, "overall"),
        scale=overall.scale if overall else "",
        resolved=_said_yes(_value(version, given, "resolved")),
        is_amended=response.revision > 1,
        said=tuple(
            Said(item.definition, given[item.item_key])
            for item in version.items
            if given[item.item_key].missing not in _NOT_TOLD
        ),
        why=request.reason if request else "",
        beside=texts.reopen_words(session, request) if request and not is_worded else "",
    )


def _value(version: LoadedVersion, given: Mapping[str, Given], role: str) -> int | None:
    """Return the score of the item with a role; a missing answer is None and never a number."""
    item = version.with_role(role)
    return given[item.item_key].value if item else None


def _said_yes(value: int | None) -> bool | None:
    return None if value is None else value == YESNO.scores[0]
