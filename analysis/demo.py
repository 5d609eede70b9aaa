"""What the floors above the cases add to the demo; loaded when the demo is filled, and not before."""

from datetime import datetime
from importlib import import_module

from sqlalchemy.orm import Session

from followup.demo.filling import ABOVE

FILLS = ("followup.measures.demo", "analysis.why.demo", "analysis.words.demo", "analysis.reports.demo")


def fill(session: Session, *, now: datetime) -> None:
    """Let every part add its rows."""
    for name in FILLS:
        import_module(name).fill(session, now=now)


def listen() -> None:
    """Hang this into the demo of the floor below."""
    ABOVE.append(fill)
