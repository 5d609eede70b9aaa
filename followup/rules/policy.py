"""Which closed cases a rule asks about, when, and by which channel. Plain values in, decisions out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, TypeVar

from core.errors import InputError
from followup.cases.categories import is_below

RuleT = TypeVar("RuleT")

CHANNELS = ("link", "phone", "link_then_phone", "phone_then_link")
WRITTEN = ("sms", "email")  # the channels of a link, in the usual order
RESOLUTIONS = ("any", "first", "repeat")  # which closing of a case: each, only the first, only later ones
KINDS = ("complaint", "suggestion", "inquiry", "praise", "repair")
SEVERITIES = ("minor", "normal", "serious", "urgent")
CONDITIONS = (
    "kinds", "severities", "categories", "departments", "service_types", "districts", "close_reasons",
    "came_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What one version of a rule says. An empty condition fits every case."""

    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    service_types: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    close_reasons: tuple[str, ...] = ()
    starts_on: date | None = None  # cases closed before are left alone
    delay_hours: float = 2.0
    delay_in: str = "working"  # working hours, or "elapsed" hours
    channel: str = "link_then_phone"
    reminder_after_workdays: int | None = 1
    phone_after_workdays: int = 2
    call_within_workdays: int = 2
    answer_days: int = 14
    sampling_rate: float = 100.0
    max_age_days: int = 30
    cap_days: int = 30  # at most one question per customer in so many days; 0 sets no cap
    max_attempts: int = 3
    resolution: str = "any"
    written: tuple[str, ...] = WRITTEN  # the link goes by the first that reaches; where it fails, by the next
    agents: str = ""  # the department whose agents call; without one everybody calls
    uncapped: tuple[str, ...] = ()  # kinds and severities that are asked whatever the cap says
    kind_rates: tuple[tuple[str, float], ...] = ()  # kinds that have a sampling rate of their own
    came_by: tuple[str, ...] = ()  # how the case reached us, such as the 12345 hotline
    skill: str = ""  # what the agent has to be able to do, as it is written at the staff; "" asks for none
    basis: str = ""  # the sentence of a standard or contract that this rule carries out

    def to_json(self) -> dict[str, Any]:
        """Return what the database keeps."""
        terms = {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }
        return terms | {
            "starts_on": self.starts_on.isoformat() if self.starts_on else None,
            "kind_rates": dict(self.kind_rates),
        }

    @classmethod
    def from_json(cls, terms: Mapping[str, Any]) -> "Terms":
        """Read what ``to_json`` returned; a field that is younger than the row has its default."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in terms.items() if k in known
        }
        if values.get("starts_on"):
            values["starts_on"] = date.fromisoformat(values["starts_on"])
        values["kind_rates"] = tuple(sorted(dict(values.get("kind_rates") or {}).items()))
        return cls(**values)

    def rate_of(self, kind: str) -> float:
        """Return how many of a hundred cases of this kind are asked."""
        return dict(self.kind_rates).get(kind, self.sampling_rate)

    def is_uncapped(self, kind: str, severity: str) -> bool:
        """Tell whether a case is asked about whatever the cap says."""
        return kind in self.uncapped or severity in self.uncapped


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A case as it stood when it was closed."""

    kind: str
    severity: str = "normal"
    category: str = ""
    department: str = ""
    service_type: str = ""
    district: str = ""
    close_reason: str = ""
    closed_on: date = field(default=date.max)  # local day
    resolution_no: int = 1
    channel: str = ""


_LOOKS_AT = {
    "kinds": "kind",
    "severities": "severity",
    "departments": "department",
    "service_types": "service_type",
    "districts": "district",
    "close_reasons": "close_reason",
    "came_by": "channel",
}


def matches(terms: Terms, snapshot: Snapshot) -> bool:
    """Tell whether the rule asks about this case. A category stands for everything below it."""
    if terms.starts_on is not None and snapshot.closed_on < terms.starts_on:
        return False
    if terms.resolution != "any" and (terms.resolution == "first") != (snapshot.resolution_no <= 1):
        return False
    if terms.categories and not any(is_below(snapshot.category, node) for node in terms.categories):
        return False
    return all(
        not getattr(terms, condition) or getattr(snapshot, fact) in getattr(terms, condition)
        for condition, fact in _LOOKS_AT.items()
    )


def first_fitting(rules: Iterable[tuple[RuleT, Terms]], snapshot: Snapshot) -> RuleT | None:
    """Return the first rule, in their order, that asks about this case."""
    return next((rule for rule, terms in rules if matches(terms, snapshot)), None)


def channels_after(written: tuple[str, ...], channel: str) -> tuple[str, ...]:
    """Return what a rule tries after this channel of a link failed."""
    return written[written.index(channel) + 1 :] if channel in written else ()


def sampled(terms: Terms, *, case_number: str, resolution_no: int, rule_id: int, kind: str = "") -> bool:
    """Tell whether this closing is in the sample; asked again, the answer is the same."""
    seed = f"{case_number}:{resolution_no}:{rule_id}".encode()
    draw = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") / 2**64
    return draw * 100 < terms.rate_of(kind)


def checked(terms: Terms) -> Terms:
    """Return the terms, or raise ``InputError`` with the sentence that says what to mend."""
    _known("kinds", terms.kinds, KINDS)
    _known("severities", terms.severities, SEVERITIES)
    _known("channel", (terms.channel,), CHANNELS)
    _known("delay_in", (terms.delay_in,), ("working", "elapsed"))
    _known("resolution", (terms.resolution,), RESOLUTIONS)
    _known("written", terms.written, WRITTEN)
    _known("uncapped", terms.uncapped, (*KINDS, *SEVERITIES))
    _known("kind_rates", dict(terms.kind_rates), KINDS)
    for kind, rate in terms.kind_rates:
        _between(f"the rate of {kind}", rate, 0, 100)
    if not terms.written or len(set(terms.written)) < len(terms.written):
        raise InputError(f"written should name each channel of a link once, but is {terms.written!r}.")
    _between("delay_hours", terms.delay_hours, 0, 720)
    _between("sampling_rate", terms.sampling_rate, 0, 100)
    _between("answer_days", terms.answer_days, 1, 90)
    _between("max_age_days", terms.max_age_days, 1, 365)
    _between("cap_days", terms.cap_days, 0, 365)
    _between("max_attempts", terms.max_attempts, 1, 10)
    _between("phone_after_workdays", terms.phone_after_workdays, 1, 30)
    _between("call_within_workdays", terms.call_within_workdays, 1, 30)
    if terms.reminder_after_workdays is not None:
        _between("reminder_after_workdays", terms.reminder_after_workdays, 1, 30)
    return terms


def _known(name: str, given: Iterable[str], known: Iterable[str]) -> None:
    strange = sorted(set(given) - set(known))
    if strange:
        raise InputError(f"{name} should be among {', '.join(known)}, but {strange[0]!r} was given.")


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} should be between {low} and {high}, but is {value}.")
