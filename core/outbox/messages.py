"""The texts of messages: ``templates/messages/<name>/<language>/{subject,body}.txt``."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "messages"
LANGUAGES = ("zh_Hans", "en")
SMS_LIMIT = 70  # characters of one part, the signature and the link among them


def render(name: str, language: str, **values: Any) -> tuple[str, str]:
    """Return the title and the text of a message; a value that a template needs and lacks is an error."""
    folder = f"{name}/{language if language in LANGUAGES else LANGUAGES[0]}"
    subject = _environment().get_template(f"{folder}/subject.txt").render(values)
    body = _environment().get_template(f"{folder}/body.txt").render(values)
    return " ".join(subject.split()), body.strip() + "\n"


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    """Plain text needs no escaping; the sandbox is for templates that an installation changes."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False, trim_blocks=True
    )
