"""A database with a questionnaire, invitations and as many stored responses as asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from core import crypto
from core.db import Database
from surveys import actions, queries, tallies
from surveys.definition import from_dict
from surveys.models import Answer, Invitation, Response

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TEXT = {
    "en": "How satisfied are you with part %d of our service?",
    "zh_Hans": "您对我们第%d项服务的满意程度？",
}


class Stock:
    """Fills a database and hands out links."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.begin() as session:
            actions.publish(session, from_dict(_definition()), key="bench", actor="bench", now=NOW)
            self.version = queries.current_version(session, "bench")
            self.stratum = actions.stratum_id(session, service_type="供暖", district="城东区")

    def stored(self) -> int:
        """Count the stored responses."""
        with self.database.read() as session:
            return int(session.scalar(select(func.count()).select_from(Response)) or 0)

    def invite(self, count: int) -> list[str]:
        """Make personal links; return their tokens."""
        tokens = [crypto.new_token() for _ in range(count)]
        rows = [
            {
                "token_hash": crypto.token_hash(token), "version_id": self.version.id, "contact_id": None,
                "stratum_id": self.stratum, "reference": "20261118-0042", "channel": "sms", "state": "open",
                "about": {"addressee": "王*", "on": "2026-11-18"}, "language": "zh_Hans", "handler": "刘师傅",
                "answer_by": datetime.now(UTC) + timedelta(days=14), "created_at": NOW,
            }
            for token in tokens
        ]  # fmt: skip
        with self.database.begin() as session:
            session.execute(insert(Invitation), rows)
        return tokens

    def fill_up_to(self, wanted: int) -> None:
        """Store responses in bulk, spread over two years, until there are ``wanted``."""
        missing = range(self.stored(), wanted)
        for start in range(0, len(missing), 20_000):
            numbers = missing[start : start + 20_000]
            with self.database.begin() as session:
                new = insert(Response).returning(Response.id)
                ids = session.scalars(new, [self._response(n) for n in numbers]).all()
                rows = [row for response in ids for row in self._answers(response)]
                session.execute(insert(Answer), rows)
        self._rebuild_tally()

    def _response(self, number: int) -> dict[str, Any]:
        at = NOW - timedelta(days=number % 730, minutes=number % 600)
        return {
            "version_id": self.version.id, "stratum_id": self.stratum, "mode": "web", "handler": "刘师傅",
            "day": at.date(), "submitted_at": at, "external_id": f"bench-{number}", "revision": 1,
        }  # fmt: skip

    def _answers(self, response: int) -> list[dict[str, Any]]:
        empty = {"response_id": response, "value": None, "codes": None, "number": None, "words": None}
        rows = []
        for place, item in enumerate(self.version.items):
            words = b"\x01" + bytes(60) if item.kind == "text" else None
            value = None if words else 1 + (response + place) % 5
            rows.append(empty | {"item_id": item.id, "value": value, "words": words})
        return rows

    def _rebuild_tally(self) -> None:
        with self.database.begin() as session:
            tallies.rebuild(session)


def _definition() -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {"key": f"q{n}", "kind": "likert", "scale": "sat5.1", "role": "overall" if n == 0 else "driver",
         "required": n == 0, "text": {lang: text % (n + 1) for lang, text in TEXT.items()}}
        for n in range(10)
    ]  # fmt: skip
    items += [
        {
            "key": f"t{n}",
            "kind": "text",
            "role": "open",
            "text": {"en": "Anything else?", "zh_Hans": "您还有什么意见？"},
        }
        for n in range(2)
    ]
    return {"title": {"en": "Benchmark", "zh_Hans": "基准"}, "items": items}
