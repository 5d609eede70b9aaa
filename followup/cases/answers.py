"""What customers answered about a case: both ratings of a recovery stay."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Case, FollowUp, Rule
from surveys.models import Answer, Response
from surveys.queries import LoadedVersion, load_version
from surveys.scales import YESNO


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


def of_case(session: Session, case: Case) -> list[AnswerLine]:
    """Return the follow-ups of a case, the latest closing first."""
    wanted = (
        select(FollowUp, Rule.name, Response)
        .join(Rule, Rule.id == FollowUp.rule_id)
        .outerjoin(Response, Response.id == FollowUp.response_id)
        .where(FollowUp.case_id == case.id)
        .order_by(FollowUp.id.desc())
    )
    return [_line(session, *row) for row in session.execute(wanted)]


def _line(session: Session, follow_up: FollowUp, rule: str, response: Response | None) -> AnswerLine:
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
    overall = version.with_role("overall")
    return replace(
        line,
        answered_at=response.submitted_at,
        mode=response.mode,
        overall=_value(session, response.id, version, "overall"),
        scale=overall.scale if overall else "",
        resolved=_said_yes(_value(session, response.id, version, "resolved")),
    )


def _value(session: Session, response_id: int, version: LoadedVersion, role: str) -> int | None:
    """Return the score of the item with a role; a missing answer is None and never a number."""
    item = version.with_role(role)
    if item is None:
        return None
    wanted = select(Answer.value).where(
        Answer.response_id == response_id, Answer.item_id == item.id, Answer.value >= 0
    )
    return session.scalar(wanted)


def _said_yes(value: int | None) -> bool | None:
    return None if value is None else value == YESNO.scores[0]
