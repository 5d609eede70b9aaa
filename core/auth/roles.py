"""Who may see what. Every route stands in ``ROUTES``; one that does not is refused."""

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
ADMINS = frozenset({Role.ADMIN})

# endpoint -> roles; the methods of a route share its roles.
ROUTES: dict[str, frozenset[Role]] = {
    "static": PUBLIC,
    "bootstrap.static": PUBLIC,
}
