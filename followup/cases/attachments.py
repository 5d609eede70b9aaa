"""Files of a case: sealed in the database, given out to whoever may read the case, removed with a reason."""

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of, vault_of
from core.errors import InputError, NotFoundError
from core.i18n import _
from core.logs import redact
from core.texts import clean_text
from followup.cases.file_types import ENDINGS, MEDIA, kind_of, safe_name
from followup.cases.lifecycle import CASES
from followup.cases.models import Attachment
from followup.cases.notice import may_print
from followup.cases.policy import REASON_LIMIT
from followup.models import Case

MEGABYTE = 1024 * 1024


class TooManyFilesError(InputError):
    """The case has as many files as a case may have."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file in the list of a case, without its content."""

    uid: str
    name: str
    kind: str
    size: int
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file with its content, as it is handed out."""

    name: str
    media_type: str
    content: bytes


def for_page(session: Session, case: Case) -> dict[str, Any]:
    """Return what the page of a case says about its files, and whether its notice can be printed."""
    settings = settings_of(session)
    limits = {
        "size": settings.attachment_mb,
        "most": settings.attachments_per_case,
        "kinds": " ".join(MEDIA),
        "accept": ",".join(f".{kind}" for kind in (*MEDIA, *ENDINGS)),
    }
    return {"files": files_of(session, case), "file_limits": limits, "may_print": may_print(case)}


def add(
    session: Session, case: Case, files: Sequence[tuple[str, bytes]], *, actor: str, now: datetime
) -> int:
    """Keep files (name and content), all or none; return how many are new. One that lies there stays once."""
    checked = [_checked(session, name, content) for name, content in files]
    # Whoever counts first makes the other wait; on SQLite the transaction's lock does.
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    new = [file for file in checked if not _is_there(session, case, file)]
    most = settings_of(session).attachments_per_case
    if _count(session, case) + len(new) > most:
        raise TooManyFilesError(
            _("A case holds at most %(most)s files. Remove one that is not needed first.", most=most)
        )
    for file in new:
        uid = _keep(session, case, file, actor=actor, now=now)
        audit.record(
            session, actor=actor, action="attachment.added", subject=f"case:{case.number}", now=now,
            file=uid, kind=file.media_type, size=len(file.content),
        )  # fmt: skip
        CASES.note(session, case.id, "file_added", case.state, case.state, actor=actor, now=now)
    return len(new)


def remove(session: Session, case: Case, uid: str, *, reason: str, actor: str, now: datetime) -> None:
    """Delete a file for good; who did it, when and why stays."""
    why = redact(clean_text(reason, REASON_LIMIT))
    if not why:
        raise InputError(_("Say in a few words why the file is removed; the reason is kept."))
    done = session.execute(delete(Attachment).where(Attachment.uid == uid, Attachment.case_id == case.id))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _gone()
    audit.record(
        session, actor=actor, action="attachment.removed", subject=f"case:{case.number}", now=now,
        file=uid, reason=why,
    )  # fmt: skip
    CASES.note(session, case.id, "file_removed", case.state, case.state, actor=actor, now=now, reason=why)


def opened(session: Session, case: Case, uid: str, *, actor: str, now: datetime) -> OpenedFile:
    """Open a file of this case, and remember who took it."""
    row = session.scalar(select(Attachment).where(Attachment.uid == uid, Attachment.case_id == case.id))
    if row is None:
        raise _gone()
    audit.record(
        session, actor=actor, action="attachment.opened", subject=f"case:{case.number}", now=now, file=uid
    )
    return OpenedFile(
        _name(session, row.uid, row.name_sealed),
        row.media_type,
        _content(session, row.uid, row.content_sealed),
    )


def files_of(session: Session, case: Case) -> list[FileRow]:
    """List the files of a case, the newest first; their content is not read."""
    wanted = select(
        Attachment.uid, Attachment.name_sealed, Attachment.media_type, Attachment.size, Attachment.actor,
        Attachment.at,
    )  # fmt: skip
    kinds = {media: kind for kind, media in MEDIA.items()}
    return [
        FileRow(
            row.uid,
            _name(session, row.uid, row.name_sealed),
            kinds[row.media_type],
            row.size,
            row.actor,
            row.at,
        )
        for row in session.execute(
            wanted.where(Attachment.case_id == case.id).order_by(Attachment.at.desc(), Attachment.id.desc())
        )
    ]


def _checked(session: Session, name: str, content: bytes) -> OpenedFile:
    most = settings_of(session).attachment_mb
    shown = clean_text(name, 60)
    if not content:
        raise InputError(_("“%(name)s” is empty.", name=shown))
    if len(content) > most * MEGABYTE:
        raise InputError(_("“%(name)s” is larger than %(most)s MB.", name=shown, most=most))
    kind = kind_of(content, name)
    return OpenedFile(safe_name(name, kind), MEDIA[kind], content)


def _is_there(session: Session, case: Case, file: OpenedFile) -> bool:
    """Tell whether the very same file lies there already, such as after a double press."""
    wanted = select(Attachment.uid, Attachment.content_sealed).where(
        Attachment.case_id == case.id,
        Attachment.size == len(file.content),
        Attachment.media_type == file.media_type,
    )
    return any(
        _content(session, row.uid, row.content_sealed) == file.content for row in session.execute(wanted)
    )


def _count(session: Session, case: Case) -> int:
    counted = select(func.count()).select_from(Attachment).where(Attachment.case_id == case.id)
    return session.scalar(counted) or 0


def _keep(session: Session, case: Case, file: OpenedFile, *, actor: str, now: datetime) -> str:
    vault, uid = vault_of(session), uuid.uuid4().hex
    encoded = base64.b64encode(file.content).decode()
    row = Attachment(
        uid=uid,
        case_id=case.id,
        name_sealed=vault.seal(file.name, f"attachment.name:{uid}"),
        content_sealed=vault.seal(encoded, f"attachment.content:{uid}"),
        media_type=file.media_type,
        size=len(file.content),
        actor=actor,
        at=now,
    )
    session.add(row)
    session.flush()
    return uid


def _name(session: Session, uid: str, sealed: bytes) -> str:
    return vault_of(session).open(sealed, f"attachment.name:{uid}")


def _content(session: Session, uid: str, sealed: bytes) -> bytes:
    return base64.b64decode(vault_of(session).open(sealed, f"attachment.content:{uid}"))


def _gone() -> NotFoundError:
    return NotFoundError(_("There is no such file at this case; perhaps somebody removed it."))
