"""The settings as the administration shows them: in groups, each with its effect, secrets masked."""

from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from flask_babel import LazyString

from core.i18n import _, _l, ngettext
from core.outbox.channels.chat import addresses
from core.settings import PREFIX, Settings

GROUPS: tuple[tuple[LazyString, dict[str, LazyString]], ...] = (
    (
        _l("Organisation"),
        {
            "organisation_zh": _l("Name on Chinese pages and messages"),
            "organisation_en": _l("Name on English pages and messages"),
            "hotline": _l("Telephone number offered to customers"),
            "brand_colour": _l("Colour of headings and buttons; 4.5:1 on white at least"),
            "public_url": _l("Address in every link that is sent"),
            "timezone": _l("Zone of all dates and working hours"),
            "country": _l("Whose public holidays count, and how telephone numbers are read"),
        },
    ),
    (
        _l("Following up"),
        {
            "call_hours": _l("When agents may call"),
            "message_hours": _l("When messages may be sent"),
            "working_hours": _l("Shifts of a workday, by which time limits and delays count"),
            "warn_percent": _l("A case is warned about when so much of its time limit has passed"),
            "escalate_hours": _l("Working hours past a limit until the supervisors are told"),
            "decide_hours": _l("Working hours in which a reopen request should be decided"),
            "answer_days": _l("Days until a link runs out"),
            "amend_hours": _l("Hours in which a customer may still change an answer"),
            "open_answers_per_hour": _l("Answers an hour over open links from one internet address"),
            "max_attempts": _l("Calls without an answer before giving up"),
            "lease_minutes": _l("Minutes a callback stays in one hand without a sign of life"),
            "long_call_seconds": _l("Seconds of a call until its clock changes colour"),
            "long_wrap_up_seconds": _l("Seconds after a call until its clock changes colour"),
            "reveals_per_day": _l("Phone numbers one person may have shown in a day"),
            "calls_per_number": _l("Calls to one number within 24 hours at most"),
        },
    ),
    (
        _l("Cases"),
        {
            "repeat_days": _l(
                "Days within which the same household with the same trouble counts as a repeat"
            ),
            "attachment_mb": _l("Largest file at a case, in MB"),
            "attachments_per_case": _l("Files at one case at most"),
            "feedback_form": _l("Public form for new matters: on or off"),
            "feedback_per_hour": _l("Matters an hour over that form from one internet address"),
            "feedback_per_phone": _l("Matters a day over that form for one telephone number"),
            "progress_page": _l("Public page that shows how far a matter is: on or off"),
        },
    ),
    (
        _l("Channels"),
        {
            "smtp_url": _l("Mail server; without one, messages stay in the outbox"),
            "mail_from": _l("Sender of e-mail"),
            "email_per_minute": _l("E-mails a minute at most; 0 is no limit"),
            "sms_url": _l("SMS gateway; without one, messages stay in the outbox"),
            "sms_kind": _l("How the SMS gateway is spoken to: http or aliyun"),
            "sms_key_id": _l("Name of the key for the SMS gateway"),
            "sms_secret": _l("Key that signs what is sent to the SMS gateway"),
            "sms_sign": _l("SMS signature registered with the provider; empty is the Chinese name"),
            "sms_receipt_token": _l("Secret in the address to which Aliyun reports; empty takes no reports"),
            "sms_per_minute": _l("SMS a minute at most; 0 is no limit"),
            "webhook_url": _l("System that takes messages as signed JSON"),
            "webhook_secret": _l("Key that signs what is sent to that system"),
            "webhook_for": _l("Messages that go to that system instead"),
            "webhook_per_minute": _l("Messages a minute to that system at most; 0 is no limit"),
            "alert_urls": _l("Chat tools that are told of early warnings"),
            "outgoing_allow": _l("Private networks that may be called over HTTPS"),
        },
    ),
    (
        _l("Figures"),
        {
            "min_cell": _l("Figures from fewer answers are hidden"),
            "few_answers": _l("Below this, counts only and no verdict"),
            "important_points": _l("Smallest change in percentage points that matters"),
            "report_days": _l("Days between the end of a period and the report about it"),
            "paper_check_percent": _l("So many of a hundred paper sheets are typed in twice"),
            "review_percent": _l("So many of a hundred completed calls are looked at by a second person"),
        },
    ),
    (
        _l("Signing in"),
        {
            "idle_minutes": _l("Minutes without use until a person is signed out"),
            "session_hours": _l("Hours after which everybody signs in again"),
            "secret_key": _l("What all keys are derived from; keep a copy apart from the backups"),
        },
    ),
    (
        _l("Machine"),
        {
            "data_dir": _l("Folder of the database file and the secret key"),
            "database_url": _l("Where the data are"),
            "trusted_proxies": _l("Reverse proxies in front, whose headers are believed"),
            "rate_limit_storage": _l("Where request limits are counted"),
            "tick_seconds": _l("Seconds between two looks for due work"),
            "lag_minutes": _l("Minutes that due work may wait before /readyz names it"),
            "log_level": _l("How much is logged"),
        },
    ),
)
SECRETS = frozenset({"secret_key", "sms_secret", "sms_receipt_token", "webhook_secret"})
ADDRESSES = frozenset({"database_url", "smtp_url", "rate_limit_storage"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting."""

    variable: str
    effect: str
    value: str
    default: str
    is_changed: bool


def groups(settings: Settings) -> list[tuple[str, list[Shown]]]:
    """Return all settings with what is in force."""
    defaults = {field.name: field.default for field in fields(Settings)}
    return [
        (
            str(title),
            [
                _shown(name, str(effect), getattr(settings, name), defaults[name])
                for name, effect in members.items()
            ],
        )
        for title, members in GROUPS
    ]


def _shown(name: str, effect: str, value: object, default: object) -> Shown:
    filled_in = default == "" and name in {"secret_key", "database_url"}
    return Shown(
        variable=PREFIX + name.upper(),
        effect=effect,
        value=_masked(name, str(value)),
        default=_("made at the first start") if filled_in else str(default),
        is_changed=not filled_in and value != default,
    )


def _masked(name: str, value: str) -> str:
    if name == "alert_urls":
        n = len(addresses(value))
        return ngettext("%(num)s address", "%(num)s addresses", n) if n else ""
    if name in SECRETS:
        return "••••••••" if value else ""
    if name not in ADDRESSES or "@" not in value:
        return value
    parts = urlsplit(value)
    return f"{parts.scheme}://••••@{parts.netloc.rsplit('@', 1)[-1]}{parts.path}"
