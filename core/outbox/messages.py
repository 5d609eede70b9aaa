"""The texts of messages: ``templates/messages/<name>/<language>/{subject,body}.txt``, or what was edited.

A message is named by what it is for and its channel, such as ``invite_sms``. Its family is everything with
the same purpose: whoever renders one of them gives the same values to all.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sqlalchemy.orm import Session

from core.outbox.models import MessageTemplate

log = logging.getLogger("huifang.outbox")

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "messages"
LANGUAGES = ("zh_Hans", "en")
SMS_LIMIT = 70  # characters of one part, the signature and the link among them
# Plain text needs no escaping; the sandbox is for templates that an installation changes.
ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)


@dataclass(frozen=True, slots=True)
class Source:
    """The words of one message in one language, with the places for variables."""

    subject: str
    body: str


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the names of all messages."""
    return tuple(sorted(folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()))


def channel_of(name: str) -> str:
    """Return the channel that a message is written for: sms or email."""
    return name.rpartition("_")[2]


def template_of(purpose: str, channel: str) -> str:
    """Return the name of the message for a purpose and a channel; empty when there is none."""
    name = f"{'invite' if purpose == 'invitation' else purpose}_{channel}"
    return name if name in names() else ""


@lru_cache(maxsize=64)
def original(name: str, language: str) -> Source:
    """Return the words that come with the program."""
    folder = TEMPLATES / name / (language if language in LANGUAGES else LANGUAGES[0])
    return Source((folder / "subject.txt").read_text("utf-8"), (folder / "body.txt").read_text("utf-8"))


def edited(session: Session, name: str, language: str) -> Source | None:
    """Return the words that an administrator wrote instead, if any."""
    row = session.get(MessageTemplate, (name, language if language in LANGUAGES else LANGUAGES[0]))
    return Source(row.subject or "", row.body) if row is not None and row.body is not None else None


def source(session: Session, name: str, language: str) -> Source:
    """Return the words in force."""
    return edited(session, name, language) or original(name, language)


def render(name: str, language: str, session: Session | None = None, /, **values: str) -> tuple[str, str]:
    """Return the title and the text of a message; a value that the original needs and lacks is an error.

    With a session the words in force are used. Should edited words fail, which their check prevents, the
    original goes out: what somebody typed must not keep a customer from being asked.
    """
    changed = edited(session, name, language) if session is not None else None
    if changed is not None:
        try:
            return fill(changed, values)
        except TemplateError:
            log.exception("the edited words of %s in %s cannot be used", name, language)
    return fill(original(name, language), values)


def fill(words: Source, values: Mapping[str, Any]) -> tuple[str, str]:
    """Put the values into the words: the title on one line, the text with one line end."""
    subject, body = compiled(words.subject).render(values), compiled(words.body).render(values)
    return " ".join(subject.split()), body.strip() + "\n"


@lru_cache(maxsize=256)
def compiled(text: str) -> Template:
    """Return a template; each text is compiled once."""
    return ENVIRONMENT.from_string(text)


@lru_cache(maxsize=256)
def variables_in(text: str) -> frozenset[str]:
    """Return the names of the variables that a text uses."""
    return frozenset(node.name for node in ENVIRONMENT.parse(text).find_all(nodes.Name))


@lru_cache(maxsize=64)
def known_variables(name: str) -> frozenset[str]:
    """Return the variables that are given to a message: those of its whole family."""
    family = name.rpartition("_")[0]
    members = [each for each in names() if each.rpartition("_")[0] == family]
    sources = [original(member, language) for member in members for language in LANGUAGES]
    return frozenset().union(*(variables_in(s.subject) | variables_in(s.body) for s in sources))


def provider_values(session: Session, name: str, language: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return what fills a provider's own template: the variables of our words, the link as its token.

    The signature is sent apart, and the host of the link is fixed in the provider's template.
    """
    used = variables_in(source(session, name, language).body) - {"signature"}
    filled = {variable: str(values[variable]) for variable in sorted(used - {"link"})}
    if "link" in used:
        filled["token"] = str(values["link"]).rpartition("/")[2]
    return filled
