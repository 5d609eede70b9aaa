"""The application and the ``huifang`` command line, thin over the packages."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

import analysis.views
import core.audit
import core.auth.views
import core.auth.views_admin
import core.outbox.views
import core.views_health
import core.views_look
import followup.actions
import followup.callbacks.views
import followup.cases.views
import followup.cases.views_import
import followup.cases.views_steps
import followup.demo
import followup.rules.views
import followup.views
import surveys.queries
import surveys.views
import surveys.views_respondent
from analysis.documents import to_json
from analysis.periods import parse_period
from analysis.plain import as_text
from analysis.queries import comparison, read_filters, thresholds_of
from core import calendar_days, clock, schema, serving
from core import doctor as examination
from core.auth import actions as staff
from core.auth import queries as staff_queries
from core.auth.models import User
from core.auth.roles import Role
from core.auth.signin import init_sign_in
from core.commandline import Commands, opened, print_json, print_report
from core.db import Database
from core.errors import HuifangError
from core.i18n import init_languages
from core.installation import recall
from core.settings import Settings, load
from core.tabular import load_mapping
from core.web import csrf, init_guard
from followup import jobs
from followup.cases.importing import import_cases
from followup.rules.actions import seed_rules
from followup.scheduler import run_forever
from followup.scheduler import start as start_scheduler
from surveys import seeds

ROOT = Path(__file__).resolve().parent
BLUEPRINTS = (
    core.auth.views,
    core.auth.views_admin,
    core.outbox.views,
    core.views_health,
    core.views_look,
    surveys.views,
    surveys.views_respondent,
    followup.views,
    followup.cases.views,
    followup.cases.views_import,
    followup.cases.views_steps,
    followup.callbacks.views,
    followup.rules.views,
    analysis.views,
)


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """Build the web application: settings, database, guard, errors, blueprints."""
    settings = settings or load()
    app = Flask("huifang", root_path=str(ROOT), static_folder="static", template_folder="templates")
    app.config.update(
        ROOT=ROOT,
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=21 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=400,
        SESSION_COOKIE_NAME="__Host-huifang" if settings.https else "huifang",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        WTF_CSRF_TIME_LIMIT=None,
        BOOTSTRAP_SERVE_LOCAL=True,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
    )
    app.extensions["huifang_database"] = database or Database(settings)
    init_languages(app)
    init_sign_in(app)
    init_guard(app)
    _register(app)
    return app


def _register(app: Flask) -> None:
    """Register every blueprint."""
    for module in BLUEPRINTS:
        app.register_blueprint(module.bp)
    followup.actions.listen()
    csrf.exempt(surveys.views_respondent.bp)  # works without a cookie: it signs its own forms


@click.group(cls=Commands)
@click.version_option(package_name="huifang")
def cli() -> None:
    """Huifang (回访): satisfaction surveys and return visits."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option("--no-scheduler", is_flag=True, help="Only the web server; the ticks come from elsewhere.")
@click.option("--demo-if-empty", is_flag=True, help="Fill an empty database with flagged demo data first.")
def serve(host: str, port: int, no_scheduler: bool, demo_if_empty: bool) -> None:
    """Run the web server and the scheduler in one process."""
    settings = load()
    if settings.public_url == Settings().public_url and port:  # links lead to where this runs
        settings = replace(settings, public_url=f"http://localhost:{port}")
    with opened(settings) as database:
        if demo_if_empty:
            _fill_if_empty(database)
        _seed(database)
        if _is_demo(database):
            settings = followup.demo.around_the_clock(settings)
    with opened(settings) as database:
        server = serving.bind(
            create_app(settings, database), host=host, port=port, trusted_proxies=settings.trusted_proxies
        )
        scheduler = None if no_scheduler else start_scheduler(database, settings)
        click.echo(f"Huifang serves at http://{_said_host(host)}:{serving.port_of(server)} (Ctrl+C stops it)")
        _print_sign_ins(database)
        serving.run(server, on_stop=lambda: scheduler.shutdown(wait=True) if scheduler else None)


@cli.command()
def scheduler() -> None:
    """Run a scheduler process beside any number of web processes."""
    with opened() as database:
        click.echo(f"The scheduler ticks every {database.settings.tick_seconds} s (Ctrl+C stops it)")
        run_forever(database, database.settings)


@cli.command()
@click.option("--at", metavar="ISO", help="The time to tick at, such as 2026-11-21T09:00 (local time).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def tick(at: str | None, as_json: bool) -> None:
    """Do one round of every job and print what each did."""
    with opened() as database:
        moment = clock.parse(at, database.settings.zone) if at else clock.now()
        done = jobs.tick(database, now=moment)
    if as_json:
        print_json({"at": moment.isoformat(), "jobs": done})
        return
    for name, counts in done.items():
        click.echo(f"{name}: " + (", ".join(f"{n} {what}" for what, n in counts.items()) or "nothing to do"))


@cli.command()
@click.option("--small", is_flag=True, help="A tenth of the past, for a quick look.")
def demo(small: bool) -> None:
    """Fill an empty database with flagged demo data: staff, cases, two years of answers."""
    with opened() as database:
        made = followup.demo.fill(database, now=clock.now(), small=small)
        click.echo(f"The demo has {made['answers']} answers and {made['cases']} cases.")
        _print_sign_ins(database)


@cli.group()
def users() -> None:
    """Members of staff."""


@users.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(list(Role)), help="What the person may do.")
@click.option("--display-name", default="", help="The name shown to colleagues.")
@click.option("--department", default="", help="Where the person works.")
def users_add(name: str, role: str, display_name: str, department: str) -> None:
    """Add a member of staff and print a one-time password."""
    with opened() as database, database.begin() as session:
        user, secret = staff.add_user(
            session,
            name=name,
            role=role,
            display_name=display_name,
            department=department,
            actor="command line",
            now=clock.now(),
        )
    click.echo(f"{user.name} signs in with the one-time password {secret}")


@users.command("reset")
@click.argument("name")
def users_reset(name: str) -> None:
    """Give a member of staff a new one-time password and print it."""
    with opened() as database, database.begin() as session:
        user = staff_queries.named(session, name)
        secret = staff.reset_password(session, user, actor="command line", now=clock.now())
    click.echo(f"{user.name} signs in with the one-time password {secret}")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def users_list(as_json: bool) -> None:
    """List the members of staff."""
    with opened() as database, database.read() as session:
        rows = [user for user, _seen in staff_queries.users(session)]
    if as_json:
        print_json(
            {"users": [{"name": u.name, "role": u.role, "active": u.active, "demo": u.is_demo} for u in rows]}
        )
        return
    for user in rows:
        state = "" if user.active else "  (cannot sign in)"
        click.echo(f"{user.name:<20} {user.role:<12} {user.display_name}{state}")


@cli.group()
def questionnaires() -> None:
    """Questionnaires and their versions."""


@questionnaires.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def questionnaires_list(as_json: bool) -> None:
    """List the questionnaires with their current version and how often they were answered."""
    with opened() as database, database.read() as session:
        rows = surveys.queries.listing(session)
    if as_json:
        print_json({"questionnaires": rows})
        return
    for row in rows:
        click.echo(
            f"{row['key']:<20} version {row['version']}, {row['items']} items, {row['responses']} responses"
        )


@cli.group()
def cases() -> None:
    """The case register."""


@cases.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source", default="import", show_default=True, help="The name of the system the file is from."
)
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), help="A mapping file for columns and words."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option(
    "--errors", type=click.Path(path_type=Path, dir_okay=False), help="Write the failed rows to a CSV."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def cases_import(
    *, file: Path, source: str, map_file: Path | None, dry_run: bool, errors: Path | None, as_json: bool
) -> None:
    """Import cases from CSV or XLSX; the same row again changes nothing."""
    mapping = load_mapping(map_file) if map_file else None
    with opened() as database:
        report = import_cases(
            database,
            file,
            source=source,
            mapping=mapping,
            dry_run=dry_run,
            now=clock.now(),
            actor="command line",
        )
    print_report(report, errors=errors, as_json=as_json)


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date."""
    database = Database(load())
    schema.upgrade(database)
    database.dispose()
    click.echo("The schema is up to date.")


@cli.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
def audit_verify() -> None:
    """Check that no entry of the audit trail was changed or taken away."""
    with opened() as database, database.read() as session:
        broken, entries = core.audit.first_broken(session), core.audit.count(session)
    if broken is not None:
        click.echo(f"huifang: Entry {broken} of the audit trail was changed or taken away.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"The audit trail is whole: {entries} entries.")


@cli.group()
def calendar() -> None:
    """Days off and make-up workdays."""


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def calendar_import(file: Path) -> None:
    """Take over the days of a year from a JSON file (holiday-cn), once they are published."""
    year, days = calendar_days.read_days(file.read_bytes())
    with opened() as database, database.begin() as session:
        calendar_days.take_over(session, year, days, actor="command line", now=clock.now())
    click.echo(f"{len(days)} days of {year} were taken over.")


@cli.command()
@click.argument("questionnaire", metavar="KEY")
@click.option("--before", required=True, metavar="PERIOD", help="The earlier period, such as 2025Q4.")
@click.option("--after", required=True, metavar="PERIOD", help="The later period, such as 2026Q1.")
@click.option("--item", "items", multiple=True, metavar="K", help="Only this item; may be repeated.")
@click.option("--by", metavar="DIM", help="Break the change down by a dimension, such as service_type.")
@click.option("--where", multiple=True, metavar="DIM=VALUE", help="Only these answers; may be repeated.")
@click.option("--adjust", default="", metavar="DIM,…", help="Hold the mix constant, such as mode,district.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare(
    *, questionnaire: str, before: str, after: str, items: tuple[str, ...], by: str | None,
    where: tuple[str, ...], adjust: str, as_json: bool,
) -> None:  # fmt: skip
    """Compare two periods of a questionnaire: what changed, and how sure that is."""
    with opened() as database, database.read() as session:
        found = comparison(
            session,
            questionnaire=questionnaire,
            before=parse_period(before),
            after=parse_period(after),
            items=items,
            where=read_filters(where),
            by=by,
            adjust=[name.strip() for name in adjust.split(",") if name.strip()],
            today=clock.now().astimezone(database.settings.zone).date(),
            thresholds=thresholds_of(database.settings),
        )
    if as_json:
        print_json(to_json(found))
    else:
        click.echo(as_text(found))


@cli.command()
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
    database.dispose()
    from analysis.fonts import chart_fonts  # noqa: PLC0415 # matplotlib costs 50 MB that no worker needs at start

    try:
        fonts = chart_fonts()
    except HuifangError as error:
        return [*findings, examination.of_error("fonts", error)]
    words = f"Charts are drawn with {fonts.family} ({fonts.origin})."
    return [*findings, examination.Finding("fonts", examination.OK, words)]


def _fill_if_empty(database: Database) -> None:
    with database.read() as session:
        if session.scalar(select(User.id).limit(1)) is not None:
            return
    click.echo("The database is empty: filling it with demo data (a minute at most)")
    followup.demo.fill(database, now=clock.now())


def _is_demo(database: Database) -> bool:
    with database.read() as session:
        return recall(session, "demo") is not None


def _seed(database: Database) -> None:
    """Give a new installation its questionnaire and two rules to switch on."""
    with database.begin() as session:
        seeds.seed(session, clock.now())
        seed_rules(session, actor="system", now=clock.now())


def _print_sign_ins(database: Database) -> None:
    """Print how to sign in to a demo; a real installation's secrets are never printed."""
    if not _is_demo(database):
        return
    for name, password, role in followup.demo.sign_ins(database.settings.data_dir):
        click.echo(f"  sign in as {name} / {password} ({role})")


def _said_host(host: str) -> str:
    return "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else host  # noqa: S104 # names, not a bind
