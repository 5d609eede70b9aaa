"""Files of cases between upload and confirmation."""

from datetime import datetime

from core.db import Database
from core.tabular import ImportReport
from core.uploads import kept, on_disk, throw_away
from followup.cases.importing import import_cases
from followup.cases.queries import Viewer


def run(
    database: Database, uid: str, *, viewer: Viewer, actor: str, dry_run: bool, now: datetime
) -> ImportReport:
    """Check an upload, or import it; an imported one is thrown away."""
    with database.read() as session:
        row = kept(session, uid, user_id=viewer.id, now=now)
        with on_disk(session, row) as path:
            report = import_cases(
                database,
                path,
                source=row.source,
                dry_run=dry_run,
                now=now,
                actor=actor,
                name=row.name,
                viewer=viewer,
            )
    if report.ok and not dry_run:
        with database.begin() as session:
            throw_away(session, uid)
    return report
