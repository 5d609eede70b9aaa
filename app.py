"""The application and the ``huifang`` command line, thin over the packages."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask

import analysis.alerts.today
import analysis.alerts.views
import analysis.commands
import analysis.demo
import analysis.effects.views
import analysis.jobs
import analysis.reports.commands
import analysis.reports.views
import analysis.views
import analysis.words.views_topics
import core.auth.commands
import core.auth.views
import core.auth.views_admin
import core.auth.views_calendar  # adds the working days to the administration
import core.commands
import core.contacts.views
import core.outbox.views
import core.outbox.views_receipts
import core.outbox.views_templates
import core.seasons.views
import core.views_health
import core.views_look
import followup.actions
import followup.api.views_document
import followup.api.views_webhooks
import followup.bounces
import followup.callbacks.views
import followup.callbacks.views_board
import followup.callbacks.views_choices
import followup.callbacks.views_live
import followup.callbacks.views_outcomes
import followup.callbacks.views_pauses
import followup.callbacks.views_undo
import followup.cases.imports.commands  # adds `cases imports` and `cases undo`
import followup.cases.imports.views
import followup.cases.imports.views_batches
import followup.cases.views
import followup.cases.views_attachments
import followup.cases.views_categories
import followup.cases.views_facts  # adds /cases/new and /cases/<number>/edit
import followup.cases.views_links
import followup.cases.views_notice
import followup.cases.views_severity
import followup.cases.views_steps
import followup.clocks.views
import followup.clocks.views_alerts
import followup.commands
import followup.corrections.views
import followup.figures.commands
import followup.figures.views
import followup.intake.views
import followup.intake.views_progress
import followup.measures.views
import followup.measures.views_public
import followup.measures.views_steps  # adds the steps of a measure
import followup.quality.views
import followup.quality.views_signals  # adds the list of what is worth a look
import followup.replacing
import followup.rules.views
import followup.suppression.views
import followup.views
import followup.views_scheduler
import surveys.campaigns.listening
import surveys.campaigns.views
import surveys.campaigns.views_list
import surveys.commands
import surveys.editor.views
import surveys.editor.views_groups
import surveys.editor.views_items
import surveys.editor.views_preview
import surveys.editor.views_publish
import surveys.editor.views_texts
import surveys.exports.commands  # adds `responses export`
import surveys.exports.views
import surveys.interchange.commands  # adds `questionnaires import` and `export`
import surveys.interchange.views
import surveys.invitations.views
import surveys.openlinks.views
import surveys.openlinks.views_public
import surveys.paper.views
import surveys.paper.views_check
import surveys.paper.views_entry
import surveys.views
import surveys.views_respondent
from core import serving
from core.auth.signin import init_sign_in
from core.commandline import Commands, opened
from core.db import Database
from core.i18n import init_languages
from core.settings import Settings, load
from core.web import csrf, init_guard
from followup.commands import fill_if_empty, is_demo, print_sign_ins, seed
from followup.demo import around_the_clock
from followup.scheduler import start as start_scheduler
from followup.scheduler import stop as stop_scheduler

ROOT = Path(__file__).resolve().parent
BLUEPRINTS = (
    core.auth.views,
    core.auth.views_admin,
    core.contacts.views,
    core.outbox.views,
    core.outbox.views_receipts,
    core.outbox.views_templates,
    core.seasons.views,
    core.views_health,
    core.views_look,
    surveys.paper.views,
    surveys.paper.views_check,
    surveys.paper.views_entry,
    surveys.interchange.views,
    surveys.invitations.views,
    surveys.openlinks.views,
    surveys.openlinks.views_public,
    surveys.editor.views,
    surveys.editor.views_groups,
    surveys.editor.views_items,
    surveys.editor.views_preview,
    surveys.editor.views_publish,
    surveys.editor.views_texts,
    surveys.exports.views,
    surveys.views,
    surveys.views_respondent,
    surveys.campaigns.views,
    surveys.campaigns.views_list,
    followup.views,
    followup.views_scheduler,
    followup.cases.views,
    followup.cases.views_attachments,
    followup.cases.views_categories,
    followup.cases.imports.views,
    followup.cases.imports.views_batches,
    followup.cases.views_links,
    followup.cases.views_notice,
    followup.cases.views_severity,
    followup.cases.views_steps,
    followup.api.views_document,
    followup.api.views_webhooks,
    followup.clocks.views,
    followup.clocks.views_alerts,
    followup.callbacks.views,
    followup.callbacks.views_board,
    followup.callbacks.views_live,
    followup.callbacks.views_choices,
    followup.callbacks.views_undo,
    followup.corrections.views,
    followup.callbacks.views_pauses,
    followup.callbacks.views_outcomes,
    followup.intake.views,
    followup.figures.views,
    followup.intake.views_progress,
    followup.measures.views,
    followup.measures.views_public,
    followup.quality.views,
    followup.rules.views,
    followup.suppression.views,
    analysis.alerts.views,
    analysis.views,
    analysis.reports.views,
    analysis.effects.views,
    analysis.words.views_topics,
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
    analysis.alerts.today.listen()
    analysis.effects.views.listen()
    csrf.exempt(followup.api.views_document.bp)  # machines, with a key in a header and never a cookie
    csrf.exempt(core.outbox.views_receipts.bp)  # machines, which prove themselves by a signature
    for public in (
        surveys.views_respondent,
        surveys.openlinks.views_public,
        followup.intake.views,
        followup.intake.views_progress,
    ):
        csrf.exempt(public.bp)  # works without a cookie: it signs its own forms


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
            fill_if_empty(database)
        seed(database)
        if is_demo(database):
            settings = around_the_clock(settings)
    with opened(settings) as database:
        server = serving.bind(
            create_app(settings, database), host=host, port=port, trusted_proxies=settings.trusted_proxies
        )
        scheduler = None if no_scheduler else start_scheduler(database, settings)
        serving.stop_on_signals()  # whoever reads the next line may already stop it
        click.echo(f"Huifang serves at http://{_said_host(host)}:{serving.port_of(server)} (Ctrl+C stops it)")
        print_sign_ins(database)
        serving.run(server, on_stop=lambda: stop_scheduler(scheduler) if scheduler else None)


def _said_host(host: str) -> str:
    return "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else host  # noqa: S104 # names, not a bind


for _command in (
    core.commands.db,
    core.commands.audit,
    core.commands.calendar,
    core.auth.commands.users,
    surveys.commands.questionnaires,
    surveys.commands.responses,
    followup.commands.scheduler,
    followup.commands.tick,
    followup.commands.demo,
    followup.commands.cases,
    followup.figures.commands.indicators,
    analysis.commands.compare,
    analysis.reports.commands.report,
    analysis.commands.doctor,
):
    cli.add_command(_command)
# Not only where pages are served: an answer reaches its follow-up in a command and in the scheduler too.
followup.actions.listen()
followup.replacing.listen()
followup.bounces.listen()
surveys.campaigns.listening.listen()
analysis.jobs.listen()
analysis.demo.listen()
