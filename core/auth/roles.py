"""The kinds of staff, and which of them do what together; ``core.auth.routes`` says who may open what."""

import enum


class Role(enum.StrEnum):
    """The six kinds of staff."""

    ADMIN = "admin"
    OFFICER = "officer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    AUDITOR = "auditor"


PUBLIC: frozenset[Role] = frozenset()  # stands for: nobody needs to sign in
STAFF = frozenset(Role)
CASES = frozenset({Role.ADMIN, Role.OFFICER, Role.SUPERVISOR})
DESK = frozenset({Role.AGENT, Role.SUPERVISOR})
LEADS = frozenset({Role.SUPERVISOR, Role.ADMIN})
ANALYSIS = frozenset({Role.ANALYST, Role.SUPERVISOR, Role.ADMIN})
READERS = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR})
MEASURES = ANALYSIS | {Role.OFFICER, Role.AUDITOR}
ADMINS = frozenset({Role.ADMIN})
