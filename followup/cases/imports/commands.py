"""``huifang cases imports`` and ``cases undo``: what was imported, and taking it back."""

from pathlib import Path

import click
from sqlalchemy import select

from core import clock
from core.commandline import opened, print_json
from followup.cases.imports.jobs import undo_batch
from followup.cases.imports.models import ImportBatch
from followup.cases.imports.queries import state_of
from followup.commands import cases

SHOWN = 20


@cases.command("imports")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def imports(*, as_json: bool) -> None:
    """List the last imports, the newest first."""
    with opened() as database, database.read() as session:
        found = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(SHOWN)).all()
    now = clock.now()
    rows = [
        {
            "id": batch.id, "name": Path(batch.name).name, "source": batch.source,
            "state": state_of(batch, now), "rows": batch.rows, "stored": batch.done, "new": batch.new,
            "updated": batch.changed, "unchanged": batch.unchanged, "actor": batch.actor,
            "at": batch.created_at.isoformat(),
        }
        for batch in found
    ]  # fmt: skip
    if as_json:
        print_json({"imports": rows})
        return
    for row in rows:
        counts = "{new} new, {updated} changed, {unchanged} as before".format(**row)
        click.echo(
            "{id}  {at}  {name} from {source}: {state}, {stored} of {rows} rows, ".format(**row) + counts
        )
    if not rows:
        click.echo("Nothing was imported yet.")


@cases.command("undo")
@click.argument("batch", type=click.IntRange(1, 2**31 - 1))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def undo(*, batch: int, as_json: bool) -> None:
    """Take the import with this number back, except for the cases that somebody acted on since."""
    with opened() as database:
        done = undo_batch(database, batch, actor="command line", clock=clock.now)
    if as_json:
        print_json({"removed": done.removed, "restored": done.restored, "left": done.left})
        return
    click.echo(
        f"{done.removed} cases removed, {done.restored} given their old values, "
        f"{done.left} left because somebody acted on them."
    )
