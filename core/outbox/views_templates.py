"""The words of messages: what is sent, in which language, and how to change it."""

from dataclasses import dataclass
from itertools import product

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core import clock
from core.auth.views_admin import admin_tabs
from core.errors import NotFoundError
from core.i18n import LANGUAGES, _, _l
from core.outbox import messages, rewording, wording
from core.outbox.channels.choice import fills_templates
from core.outbox.forms import WordsForm
from core.outbox.messages import Source
from core.outbox.models import MessageTemplate
from core.outbox.rewording import RewordedError
from core.outbox.wording import Preview
from core.texts import clean_text
from core.web import database, settings

bp = Blueprint("message_templates", __name__, url_prefix="/admin/messages")
bp.context_processor(admin_tabs)

TITLES = {
    "invite": _l("Invitation after a case"),
    "reminder": _l("Reminder after a case"),
    "campaign": _l("Invitation to a campaign"),
    "campaign_reminder": _l("Reminder of a campaign"),
    "notice": _l("Notice to the staff"),
}
CHANNELS = {"sms": _l("SMS"), "email": _l("E-mail")}
VARIABLES = {
    "addressee": _l("the customer’s name, or nothing"),
    "answer_by": _l("the last day on which the link works"),
    "hotline": _l("telephone number offered to customers"),
    "link": _l("the personal link; in every message once"),
    "number": _l("the number of the case"),
    "organisation": _l("name of the organisation in this language"),
    "signature": _l("the registered SMS signature"),
    "title": _l("the title of the questionnaire"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message in one language, as the list shows it."""

    name: str
    language: str
    preview: Preview
    is_edited: bool
    provider_code: str


@bp.get("")
def index() -> ResponseReturnValue:
    """List every message with what it says in each language."""
    with database().read() as session:
        lines = {name: [_line(session, name, code) for code in LANGUAGES] for name in _in_order()}
    return render_template(
        "core/message_templates.html",
        lines=lines,
        title_of=title_of,
        languages=LANGUAGES,
        needs_code=fills_templates(settings(), "sms"),
    )


@bp.route("/<name>/<language>", methods=["GET", "POST"])
def edit(name: str, language: str) -> ResponseReturnValue:
    """Show the words with a preview, look at changed ones, and save them."""
    _must_exist(name, language)
    form = WordsForm()
    if not form.is_submitted():
        with database().read() as session:
            _fill(form, session, name, language)
        return _page(form, name, language, _typed(form))
    words = _typed(form)
    preview = wording.look_at(name, language, words, settings())
    is_good = form.validate() and not preview.errors
    if request.form.get("step") == "preview" or not is_good:
        return _page(form, name, language, words), 200 if is_good else 422
    return _save(form, name, language, words)


@bp.post("/<name>/<language>/original")
def restore(name: str, language: str) -> ResponseReturnValue:
    """Send the original words again."""
    _must_exist(name, language)
    with database().begin() as session:
        rewording.restore(session, name, language, actor=current_user.name, now=clock.now())
    flash(_("The original words are sent again."), "success")
    return redirect(url_for(".edit", name=name, language=language), code=303)


def title_of(name: str) -> str:
    """Return what a message is called."""
    purpose, _dash, channel = name.rpartition("_")
    return f"{TITLES.get(purpose, purpose)} · {CHANNELS.get(channel, channel)}"


def _save(form: WordsForm, name: str, language: str, words: Source) -> ResponseReturnValue:
    seen = form.revision.data or ""
    try:
        with database().begin() as session:
            rewording.change(
                session,
                name,
                language,
                words,
                provider_code=(form.provider_code.data or "").strip(),
                revision=int(seen) if seen.isdecimal() and len(seen) < 9 else -1,
                actor=current_user.name,
                now=clock.now(),
            )
    except RewordedError:
        with database().read() as session:
            theirs = messages.source(session, name, language)
            form.revision.data = str(rewording.revision_of(session, name, language))
        return _page(form, name, language, words, theirs=theirs), 409
    flash(_("The words are saved; new messages are written with them."), "success")
    return redirect(url_for(".edit", name=name, language=language), code=303)


def _page(form: WordsForm, name: str, language: str, words: Source, theirs: Source | None = None) -> str:
    """Show the form with the preview of what stands in it."""
    using = settings()
    preview = wording.look_at(name, language, words, using)
    for part, found in preview.errors.items():
        form[part].errors = [*form[part].errors, *found]
    known = sorted(messages.known_variables(name))
    examples = wording.examples(using, language)
    needs_code = fills_templates(using, messages.channel_of(name))
    with database().read() as session:
        is_edited = messages.edited(session, name, language) is not None
    return render_template(
        "core/message_template.html",
        form=form,
        name=name,
        language_shown=language,
        languages=LANGUAGES,
        title=title_of(name),
        preview=preview,
        theirs=theirs,
        is_sms=messages.channel_of(name) == "sms",
        is_edited=is_edited,
        variables=[(variable, VARIABLES.get(variable, ""), examples.get(variable, "")) for variable in known],
        examples={variable: examples.get(variable, variable) for variable in known},
        to_register=wording.to_register(name, words, using) if needs_code and not preview.errors else "",
    )


def _in_order() -> list[str]:
    """Return the names of all messages, the ones after a case first, SMS before e-mail."""
    places = {f"{purpose}_{channel}": n for n, (purpose, channel) in enumerate(product(TITLES, CHANNELS))}
    return sorted(messages.names(), key=lambda name: (places.get(name, len(places)), name))


def _line(session: Session, name: str, language: str) -> Line:
    row = session.get(MessageTemplate, (name, language))
    preview = wording.look_at(name, language, messages.source(session, name, language), settings())
    is_edited = row is not None and row.body is not None
    return Line(name, language, preview, is_edited, row.provider_code if row else "")


def _fill(form: WordsForm, session: Session, name: str, language: str) -> None:
    words = rewording.tidy(messages.source(session, name, language))
    row = session.get(MessageTemplate, (name, language))
    form.subject.data, form.body.data = words.subject, words.body
    form.provider_code.data = row.provider_code if row else ""
    form.revision.data = str(row.revision if row else 0)


def _typed(form: WordsForm) -> Source:
    return Source(clean_text(form.subject.data or ""), clean_text(form.body.data or ""))


def _must_exist(name: str, language: str) -> None:
    if name not in messages.names() or language not in LANGUAGES:
        raise NotFoundError
