"""What an administrator may write into a message: looked at before it is saved, with example values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jinja2 import TemplateError, TemplateSyntaxError, nodes

from core.crypto import TOKEN_LENGTH
from core.i18n import _
from core.outbox import messages
from core.outbox.lengths import Length, measure
from core.outbox.messages import SMS_LIMIT, Source
from core.settings import Settings

LONGEST_SMS, LONGEST_MAIL, LONGEST_SUBJECT = 500, 10_000, 150  # characters
EXAMPLE_TOKEN = "2" * TOKEN_LENGTH
# Text, variables and conditions; loops, calls and the like have no place in a message.
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.CondExpr, nodes.Or,
    nodes.And, nodes.Not, nodes.Const, nodes.Compare, nodes.Operand,
)  # fmt: skip
_OPTIONAL = frozenset({"addressee", "title"})  # may be empty for a customer
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。、）)】]+", re.IGNORECASE)
_SELLING = re.compile(
    r"优惠|促销|折扣|特价|抽奖|中奖|免费领|红包|\b(?:discount|coupon|promotion|sale|lottery|free gift)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Preview:
    """How a message looks with example values, and what is wrong with it or worth a second look."""

    subject: str = ""
    body: str = ""
    length: Length | None = None  # of an SMS
    errors: dict[str, list[str]] = field(default_factory=dict)  # by field: subject, body
    warnings: list[str] = field(default_factory=list)


def examples(settings: Settings, language: str) -> dict[str, str]:
    """Return an example of each variable, as a customer would see it."""
    english = language == "en"
    return {
        "addressee": "Wang Xiuying" if english else "王秀英",
        "answer_by": "Fri 4 Dec" if english else "12月4日 周五",
        "hotline": settings.hotline,
        "link": f"{settings.public_url.rstrip('/')}/s/{EXAMPLE_TOKEN}",
        "number": "20261121-0042",
        "organisation": settings.organisation_en if english else settings.organisation_zh,
        "signature": settings.signature,
        "title": "Autumn survey" if english else "秋季满意度调查",
    }


def look_at(name: str, language: str, words: Source, settings: Settings) -> Preview:
    """Render a message with example values and say what is wrong with it."""
    errors: dict[str, list[str]] = {}
    for part, text in (("subject", words.subject), ("body", words.body)):
        found = list(_syntax(name, text))
        if found:
            errors[part] = found
    if errors:
        return Preview(errors=errors)
    given = {variable: variable for variable in messages.known_variables(name)}
    given |= examples(settings, language)
    try:
        subject, body = messages.fill(words, given)
        _subject, bare = messages.fill(words, given | dict.fromkeys(_OPTIONAL, ""))
    except (TemplateError, TypeError) as error:
        return Preview(errors={"body": [_("These words cannot be filled in: %(words)s", words=error)]})
    is_sms = messages.channel_of(name) == "sms"
    subject, body = "" if is_sms else subject, body.strip()
    in_subject = [] if is_sms else _subject_errors(subject)
    in_body = [*_body_errors(body, given, is_sms), *_link_errors(body, given), *_link_errors(bare, given)]
    errors = {part: found for part, found in (("subject", in_subject), ("body", in_body)) if found}
    return Preview(
        subject,
        body,
        length=measure(body) if is_sms else None,
        errors={part: list(dict.fromkeys(found)) for part, found in errors.items()},
        warnings=list(_warnings(subject, body, is_sms)),
    )


def to_register(name: str, words: Source, settings: Settings) -> str:
    """Return the words as a provider with templates of its own wants them registered.

    Each variable stands as ``${name}``, the host of the link is fixed, and the signature is left out.
    """
    places = {variable: f"${{{variable}}}" for variable in messages.known_variables(name)}
    places |= {"signature": "", "link": f"{settings.public_url.rstrip('/')}/s/${{token}}"}
    _subject, body = messages.fill(words, places)
    return body.strip().removeprefix("【】").strip()


def _syntax(name: str, text: str) -> Iterator[str]:
    """Find what is no text, no known variable and no plain condition."""
    try:
        tree = messages.ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        yield _("Line %(line)s cannot be read: %(words)s", line=error.lineno, words=error.message or "")
        return
    strange = next((node for node in tree.find_all(nodes.Node) if not isinstance(node, _ALLOWED)), None)
    if strange is not None:
        yield _(
            "Line %(line)s: only variables such as %(variable)s and conditions may stand in a message.",
            line=strange.lineno,
            variable="{{ link }}",
        )
        return
    known = messages.known_variables(name)
    for variable in sorted(messages.variables_in(text) - known):
        yield _(
            "There is no variable %(name)s; known are: %(known)s.",
            name=variable,
            known=", ".join(sorted(known)),
        )


def _subject_errors(subject: str) -> list[str]:
    if not subject:
        return [_("An e-mail needs a subject.")]
    if len(subject) > LONGEST_SUBJECT:
        return [_("The subject has more than %(most)s characters.", most=LONGEST_SUBJECT)]
    if _ADDRESS.search(subject):
        return [_("No link may stand in the subject.")]
    return []


def _body_errors(body: str, given: dict[str, str], is_sms: bool) -> Iterator[str]:
    most = LONGEST_SMS if is_sms else LONGEST_MAIL
    if len(body) > most:
        yield _("The text has %(found)s characters; %(most)s are allowed.", found=len(body), most=most)
    if is_sms and not body.startswith(f"【{given['signature']}】"):
        yield _("An SMS begins with the registered signature: %(words)s", words="【{{ signature }}】")


def _link_errors(body: str, given: dict[str, str]) -> Iterator[str]:
    """The personal link stands in it once, whole, and no other link does."""
    found = _ADDRESS.findall(body)
    if given["link"] not in found:
        yield _(
            "The personal link is missing; write %(variable)s, and a space or a line end after it.",
            variable="{{ link }}",
        )
        return
    if found.count(given["link"]) > 1:
        yield _("The personal link stands in the text more than once.")
    others = sorted(set(found) - {given["link"]})
    if others:
        yield _(
            "Another link stands in the text: %(link)s. Carriers allow one, and customers trust one.",
            link=others[0],
        )


def _warnings(subject: str, body: str, is_sms: bool) -> Iterator[str]:
    if is_sms and len(body) > SMS_LIMIT:
        yield _(
            "With these examples the SMS has %(found)s characters; more than %(most)s are paid as several.",
            found=len(body),
            most=SMS_LIMIT,
        )
    selling = _SELLING.search(f"{subject} {body}")
    if selling:
        yield _(
            "“%(word)s” sounds like advertising, which needs a consent of its own; this is a service notice.",
            word=selling.group(0),
        )
