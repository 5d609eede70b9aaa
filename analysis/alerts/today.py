"""What the page Today shows of the early warnings, hung into it from this floor."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis.alerts import presenting, queries, words
from core.auth.roles import ANALYSIS
from core.i18n import _, language
from followup.today import ABOVE


@dataclass(frozen=True, slots=True)
class Line:
    """One alert that waits."""

    id: int
    title: str
    who: str
    period: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The alerts that wait for somebody; of many only the newest."""

    total: int
    lines: tuple[Line, ...]


def for_today(session: Session, role: str, user_id: int) -> dict[str, object]:
    """Return the alerts that nobody took up, and those in the reader's own hands."""
    if role not in {each.value for each in ANALYSIS}:
        return {}
    total, found = queries.waiting(session, user_id)
    lines = tuple(
        Line(
            alert.id, *presenting.heading(alert, _), presenting.period_of(alert).label(language()),
            _(words.STATE[alert.state]), words.TONE[alert.state],
        )
        for alert in found
    )  # fmt: skip
    return {"quality_alerts": Waiting(total, lines)} if total else {}


def listen() -> None:
    """Hang the early warnings into the page Today."""
    if for_today not in ABOVE:
        ABOVE.append(for_today)
