"""Sealing and opening the texts of a case; each is bound to its row."""

from sqlalchemy.orm import Session

from core.db import vault_of
from core.texts import clean_text
from followup.models import Case, CaseNote, ReopenRequest


def seal(session: Session, words: str, place: str, limit: int) -> bytes | None:
    """Seal cleaned words, or return None for none."""
    cleaned = clean_text(words, limit)
    return vault_of(session).seal(cleaned, place) if cleaned else None


def title(session: Session, case: Case) -> str:
    """Open the title."""
    return vault_of(session).open(case.title_sealed, f"case.title:{case.uid}")


def description(session: Session, case: Case) -> str:
    """Open the description."""
    return _open(session, case.description_sealed, f"case.description:{case.uid}")


def result(session: Session, case: Case) -> str:
    """Open the result of the last closing."""
    return _open(session, case.result_sealed, f"case.result:{case.uid}")


def note(session: Session, row: CaseNote) -> str:
    """Open a note."""
    return _open(session, row.words_sealed, f"case_note.words:{row.uid}")


def reopen_words(session: Session, row: ReopenRequest) -> str:
    """Open what the customer said."""
    return _open(session, row.words_sealed, f"reopen.words:{row.uid}")


def _open(session: Session, sealed: bytes | None, place: str) -> str:
    return vault_of(session).open(sealed, place) if sealed else ""
