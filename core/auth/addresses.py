"""Where members of staff get their notices: an e-mail address, sealed."""

from sqlalchemy.orm import Session

from core.auth.models import User
from core.db import vault_of
from core.errors import InputError
from core.i18n import _
from core.texts import clean_text

LIMIT = 254


def email_of(session: Session, user: User) -> str:
    """Return the address of a member of staff; empty where none was given."""
    sealed = user.email_sealed
    return vault_of(session).open(sealed, _place(user)) if sealed else ""


def set_email(session: Session, user: User, address: str) -> None:
    """Keep an address, or forget it when it is empty."""
    address = clean_text(address, LIMIT)
    local, _at, host = address.rpartition("@")
    if address and (not local or not host or " " in address):
        raise InputError(_("Enter an address such as name@example.org, or nothing."))
    user.email_sealed = vault_of(session).seal(address, _place(user)) if address else None


def _place(user: User) -> str:
    return f"user.email:{user.id}"
