"""A random small world: closings, follow-ups, callbacks, calls, answers, pauses, in every combination."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from followup.callbacks.models import Pause
from followup.callbacks.outcomes import DELIVERED, Code
from followup.models import Attempt, Callback, Case, FollowUp, RuleVersion
from surveys.models import Answer, Invitation, Item, Response, Stratum, Version
from tests.followup import factories as make

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 8, 20, tzinfo=ZONE)
DAYS = 110  # from August into December: quarters and months begin and end in it
DEPARTMENTS = ("东城所", "西城所", "南城所", "")
STATES = (
    "planned", "sending", "sent", "reminded", "call_queued", "answered", "remedy", "locked", "answered",
    "closed_no_response", "closed_no_response", "expired", "skipped", "skipped", "void",
)  # fmt: skip
ANSWERED = {"answered", "remedy", "locked"}
WHY = {
    "skipped": ("not_sampled", "bundled", "cap", "cap_household", "dnc", "no_contact", "too_old",
                "suppressed"),
    "closed_no_response": ("opted_out", "max_attempts", "refused_hard", "suppressed"),
    "expired": ("no_answer", "undeliverable"),
    "void": ("reopened", "merged"),
}  # fmt: skip
CALL_STATES = ("waiting", "ready", "in_call", "held", "done", "done", "done", "cancelled")
ENDS = (
    Code.COMPLETE, Code.COMPLETE, Code.PARTIAL, Code.MAX_ATTEMPTS, Code.MAX_ATTEMPTS, Code.REFUSED_HARD,
    Code.DO_NOT_CONTACT, Code.DEAD_NUMBER, Code.UNABLE, Code.SELF_DONE, Code.SELF_DONE, Code.VOID_REOPENED,
)  # fmt: skip
CALLS = (Code.NO_ANSWER, Code.NO_ANSWER, Code.BUSY, Code.NOT_SELF, Code.COMPLETE, Code.REFUSED_SOFT,
         Code.APPT_FIXED, Code.BREAKOFF)  # fmt: skip


class World:
    """Fills a database with rows that are given their ids here."""

    def __init__(self, session: Session, seed: int, n: int, agents: Sequence[int] = ()) -> None:
        self.session, self.random, self.n = session, Random(seed), n
        make.new_rule(session, now=FIRST.astimezone(UTC))
        self.agents = list(agents) or [
            make.new_user(session, name, "agent", now=FIRST.astimezone(UTC)).id
            for name in ("anna", "amir", "axel")
        ]
        self.version = session.scalars(select(Version)).one()
        self.rule_version = session.scalars(select(RuleVersion)).one()
        self.items = {item.item_key: item.id for item in session.scalars(select(Item))}
        self.moments = [self._moment() for _n in range(n)]

    def fill(self) -> None:
        """Write everything, table by table."""
        self._write(Stratum, [{"id": n + 1, "department": name} for n, name in enumerate(DEPARTMENTS)])
        self._write(Case, [self._case(n) for n in range(self.n)])
        linked = {n for n in range(self.n) if self.random.random() < 0.5}
        self._write(Invitation, [self._invitation(n) for n in sorted(linked)])
        states = [self.random.choice(STATES) for _n in range(self.n)]
        answered = {n for n in range(self.n) if states[n] in ANSWERED}
        self._write(Response, [self._response(n) for n in sorted(answered)])
        self._write(Answer, [row for n in sorted(answered) for row in self._answers(n)])
        self._write(
            FollowUp,
            [self._follow_up(n, states[n], linked=linked, answered=answered) for n in range(self.n)],
        )
        called = [n for n in range(self.n) if self.random.random() < 0.7]
        self._write(Callback, [self._callback(n) for n in called])
        self._write(Attempt, [row for n in called for row in self._attempts(n)])
        self._write(Pause, [self._pause() for _n in range(self.n // 10)])

    def _write(self, table: type, rows: list[dict[str, object]]) -> None:
        if rows:
            self.session.execute(insert(table), rows)

    def _moment(self) -> datetime:
        day = FIRST + timedelta(days=self.random.randrange(DAYS))
        return (day + timedelta(seconds=self.random.randrange(24 * 3600))).astimezone(UTC)

    def _case(self, n: int) -> dict[str, object]:
        at = self.moments[n]
        return {
            "id": n + 1, "uid": f"{n:032x}", "number": f"C{n}", "kind": "repair", "severity": "normal",
            "title_sealed": b"", "source": "", "changed_at": at, "registered_at": at,
            "department": self.random.choice(DEPARTMENTS),
            "state": self.random.choice(("closed", "closed", "in_progress", "cancelled")),
        }  # fmt: skip

    def _invitation(self, n: int) -> dict[str, object]:
        at = self.moments[n]
        return {
            "id": n + 1, "token_hash": hashlib.sha256(str(n).encode()).digest(),
            "version_id": self.version.id,
            "stratum_id": 1, "about": {}, "channel": "sms", "answer_by": at, "created_at": at,
        }  # fmt: skip

    def _response(self, n: int) -> dict[str, object]:
        at = self.moments[n] + timedelta(hours=self.random.randrange(24 * 20))
        mode = self.random.choice(("web", "phone", "paper"))
        return {
            "id": n + 1, "version_id": self.version.id, "stratum_id": 1, "mode": mode, "submitted_at": at,
            "day": at.astimezone(ZONE).date(),
            "entered_by": self.random.choice(self.agents) if mode != "web" else None,
        }  # fmt: skip

    def _answers(self, n: int) -> list[dict[str, object]]:
        overall, resolved = self.random.choice((-4, -2, 1, 2, 3, 4, 5, 5)), self.random.choice((-1, 1, 2, 2))
        values = {"overall": overall, "resolved": resolved, "speed": 5}
        return [
            {"response_id": n + 1, "item_id": self.items[key], "value": value}
            for key, value in values.items()
        ]

    def _follow_up(self, n: int, state: str, *, linked: set[int], answered: set[int]) -> dict[str, object]:
        return {
            "id": n + 1, "case_id": n + 1, "resolution_no": 1, "rule_id": self.rule_version.rule_id,
            "rule_version_id": self.rule_version.id, "version_id": self.version.id,
            "recovery_of_id": self.random.randrange(n) + 1 if n and self.random.random() < 0.2 else None,
            "stratum_id": self.random.randrange(len(DEPARTMENTS)) + 1, "state": state,
            "due_at": self.moments[n], "created_at": self.moments[n],
            "reason": self.random.choice(WHY.get(state, ("",))),
            "invitation_id": n + 1 if n in linked else None,
            "response_id": n + 1 if n in answered else None,
        }  # fmt: skip

    def _callback(self, n: int) -> dict[str, object]:
        state = self.random.choice(CALL_STATES)
        is_held = state == "in_call"
        code = self.random.choice((*ENDS, "")) if state in {"done", "cancelled"} else ""
        result = DELIVERED[Code(code)].result if code else "NE" if state == "cancelled" else ""
        return {
            "id": n + 1, "follow_up_id": n + 1, "state": "held" if is_held else state, "outcome": code,
            "result": result, "ready_at": self.moments[n], "created_at": self.moments[n],
        }  # fmt: skip

    def _attempts(self, n: int) -> list[dict[str, object]]:
        at, found = self.moments[n], []
        for number in range(self.random.choice((0, 1, 1, 2, 3))):
            code = self.random.choice(CALLS)
            at += timedelta(seconds=self.random.choice((40, 900, 2000, 40_000, 90_000)))
            ended = at + timedelta(
                seconds=self.random.randrange(600), milliseconds=self.random.randrange(1000)
            )
            row, undone = DELIVERED[code], self.random.random() < 0.15
            found.append({
                "id": n * 10 + number + 1, "uid": f"{n * 10 + number:032x}", "callback_id": n + 1,
                "number": number + 1,
                "agent_id": self.random.choice(self.agents),
                "started_at": None if self.random.random() < 0.1 else at, "ended_at": ended,
                "local_day": ended.astimezone(ZONE).date(),
                "day_part": self.random.choice(("morning", "afternoon", "evening")), "outcome": code,
                "connected": row.connected, "contacted": row.contacted, "result": row.result,
                "undone_at": ended if undone else None, "undone_by": "anna" if undone else "",
            })  # fmt: skip
            at = ended
        return found

    def _pause(self) -> dict[str, object]:
        at = self._moment()
        return {
            "agent_id": self.random.choice(self.agents), "reason": "break", "began_at": at,
            "ended_at": at + timedelta(minutes=self.random.randrange(600)),
        }  # fmt: skip
