"""The application and the ``huifang`` command line, thin over the packages."""

from datetime import timedelta
from pathlib import Path

import click
from flask import Flask

import analysis.views
import core.auth.views
import core.auth.views_admin
import core.outbox.views
import core.views_health
import core.views_look
import followup.callbacks.views
import followup.cases.views
import followup.rules.views
import followup.views
import surveys.views
import surveys.views_respondent
from core.auth.signin import init_sign_in
from core.db import Database
from core.i18n import init_languages
from core.settings import Settings, load
from core.web import csrf, init_guard

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
    csrf.exempt(surveys.views_respondent.bp)  # works without a cookie: it signs its own forms


@click.group()
def cli() -> None:
    """Huifang (回访): satisfaction surveys and return visits."""
