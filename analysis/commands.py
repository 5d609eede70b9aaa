"""``huifang compare`` and ``huifang doctor``."""

from dataclasses import replace

import click

from analysis import recounting
from core import clock
from core import doctor as examination
from core.commandline import opened, print_json
from core.db import Database
from core.errors import HuifangError
from core.seasons.queries import seasons
from core.settings import load
from followup.clocks import examining as clocks


@click.command()
@click.argument("questionnaire", metavar="KEY")
@click.option("--before", required=True, metavar="PERIOD", help="The earlier period, such as 2025Q4.")
@click.option("--after", required=True, metavar="PERIOD", help="The later period, such as 2026Q1.")
@click.option("--item", "items", multiple=True, metavar="K", help="Only this item; may be repeated.")
@click.option("--by", metavar="DIM", help="Break the change down by a dimension, such as service_type.")
@click.option("--where", multiple=True, metavar="DIM=VALUE", help="Only these answers; may be repeated.")
@click.option("--adjust", default="", metavar="DIM,…", help="Hold the mix constant, such as mode,district.")
@click.option("--whole", is_flag=True, help="Also the whole questionnaire as one figure, 0 to 100.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare(
    *, questionnaire: str, before: str, after: str, items: tuple[str, ...], by: str | None,
    where: tuple[str, ...], adjust: str, whole: bool, as_json: bool,
) -> None:  # fmt: skip
    """Compare two periods of a questionnaire: what changed, and how sure that is."""
    # Only this command needs NumPy and SciPy: the others start half a second sooner without.
    from analysis.documents import to_json  # noqa: PLC0415
    from analysis.periods import parse_period  # noqa: PLC0415
    from analysis.plain import as_text  # noqa: PLC0415
    from analysis.queries import comparison, read_filters, thresholds_of, versions_of  # noqa: PLC0415
    from analysis.whole import whole_of  # noqa: PLC0415

    with opened() as database, database.read() as session:
        named = seasons(session)
        found = comparison(
            session,
            questionnaire=questionnaire,
            before=parse_period(before, named),
            after=parse_period(after, named),
            items=items,
            where=read_filters(where),
            by=by,
            adjust=[name.strip() for name in adjust.split(",") if name.strip()],
            today=clock.now().astimezone(database.settings.zone).date(),
            thresholds=thresholds_of(database.settings),
        )
        if whole:
            known, limits = versions_of(session, questionnaire), thresholds_of(database.settings)
            found = replace(found, whole=whole_of(session, found, known, limits))
    if as_json:
        print_json(to_json(found))
    else:
        click.echo(as_text(found))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Check that everything this installation needs is there and works."""
    findings = _findings()
    if as_json:
        print_json({"findings": [finding.as_dict() for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{MARKS[finding.state]} {finding.name}: {finding.words}")
    if any(finding.state == examination.BAD for finding in findings):
        raise click.exceptions.Exit(1)


MARKS = {"ok": "ok  ", "warn": "note", "bad": "BAD "}


def _findings() -> list[examination.Finding]:
    try:
        database = Database(load())
    except HuifangError as error:
        return [examination.of_error("settings", error)]
    findings = examination.examine(database, now=clock.now())
    if any(finding.name == "schema" and finding.state == examination.OK for finding in findings):
        findings += clocks.findings(database, now=clock.now())
        findings.append(recounting.finding(database, now=clock.now()))
    database.dispose()
    from analysis.fonts import chart_fonts  # noqa: PLC0415 # matplotlib costs 50 MB that no worker needs at start

    try:
        fonts = chart_fonts()
    except HuifangError as error:
        return [*findings, examination.of_error("fonts", error)]
    words = f"Charts are drawn with {fonts.family} ({fonts.origin})."
    return [*findings, examination.Finding("fonts", examination.OK, words)]
