"""The database that all examples share."""

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import delete

from core.db import Base, Database
from tests.followup import factories as make

START = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
KEPT = {"audit_entries", "users", "questionnaires", "versions", "items", "rules", "rule_versions", "strata"}
EMPTIED = {"messages", "transitions", "channel_states", "tally", "tally_months", "invitation_tally"}


class Stage:
    """The database that all examples share, with its rules; each example finds it empty of people."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self.database, self.examples = app, database, 0
        with database.begin() as session:
            make.new_rule(session, make.by_phone(kinds=("complaint",)), now=START, name="by phone")
            make.new_rule(session, now=START, name="by link")
        tables = list(reversed(Base.metadata.sorted_tables))
        personal = {"contacts", "cases", "invitations", "responses"} | EMPTIED
        while more := {
            t.name for t in tables if {k.column.table.name for k in t.foreign_keys} & personal
        } - personal - KEPT:  # fmt: skip
            personal |= more
        self.personal = [table for table in tables if table.name in personal]

    def clear(self) -> int:
        """Forget the last example; return the number of the next."""
        with self.database.begin() as session:
            for table in self.personal:
                session.execute(delete(table))
        self.examples += 1
        return self.examples
