"""Who reads single answers is written down."""

from typing import Any

from flask import g
from flask_login import current_user

from analysis.words import access
from core.web import database


def note_reading(action: str, detail: dict[str, Any]) -> None:
    """Write into the audit trail who read single answers, once an hour for the same choice."""
    subject = f"questionnaire:{detail['questionnaire']}"
    about: dict[str, Any] = {"actor": current_user.name, "action": action, "subject": subject, "now": g.now}
    with database().read() as session:
        noted = access.is_noted(session, **about, query=detail)
    if not noted:
        with database().begin() as session:
            access.note(session, **about, query=detail)
