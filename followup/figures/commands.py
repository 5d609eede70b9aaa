"""``huifang indicators``: the figures of the page /callbacks/figures, in a terminal."""

import click

from core import clock
from core.commandline import opened, print_json
from core.periods import parse_period
from core.seasons.queries import seasons


@click.command()
@click.option("--period", metavar="PERIOD", help="Such as 2026Q4 or 2026-11; by default the present month.")
@click.option("--by", type=click.Choice(["department", "agent", "month"]), help="A line for each of them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def indicators(period: str | None, by: str | None, as_json: bool) -> None:
    """Print the figures of follow-ups, calls, answers and cases, each with its n."""
    # Only this command needs them: the others start sooner without.
    from followup.figures.exports import to_json  # noqa: PLC0415
    from followup.figures.groups import By  # noqa: PLC0415
    from followup.figures.plain import as_text  # noqa: PLC0415
    from followup.figures.reporting import report  # noqa: PLC0415

    with opened() as database, database.read() as session:
        today = clock.now().astimezone(database.settings.zone).date()
        found = report(session, parse_period(period or f"{today:%Y-%m}", seasons(session)), By(by or ""))
    if as_json:
        print_json(to_json(found))
    else:
        click.echo(as_text(found, today))
