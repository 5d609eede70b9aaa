"""Which closed cases a rule asks about, when, and by which channel. Plain values in, decisions out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, TypeVar

from core.errors import InputError

RuleT = TypeVar("RuleT")

CHANNELS = ("link", "phone", "link_then_phone")
KINDS = ("complaint", "suggestion", "inquiry", "praise", "repair")
SEVERITIES = ("minor", "normal", "serious", "urgent")
CONDITIONS = (
    "kinds", "severities", "categories", "departments", "service_types", "districts", "close_reasons",
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

    def to_json(self) -> dict[str, Any]:
        """Return what the database keeps."""
        terms = {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }
        return terms | {"starts_on": self.starts_on.isoformat() if self.starts_on else None}

    @classmethod
    def from_json(cls, terms: Mapping[str, Any]) -> "Terms":
        """Read what ``to_json`` returned; a field that is younger than the row has its default."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in terms.items() if k in known
        }
        if values.get("starts_on"):
            values["starts_on"] = date.fromisoformat(values["starts_on"])
        return cls(**values)


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


_LOOKS_AT = {
    "kinds": "kind",
    "severities": "severity",
    "categories": "category",
    "departments": "department",
    "service_types": "service_type",
    "districts": "district",
    "close_reasons": "close_reason",
}


def matches(terms: Terms, snapshot: Snapshot) -> bool:
    """Tell whether the rule asks about this case."""
    if terms.starts_on is not None and snapshot.closed_on < terms.starts_on:
        return False
    return all(
        not getattr(terms, condition) or getattr(snapshot, fact) in getattr(terms, condition)
        for condition, fact in _LOOKS_AT.items()
    )


def first_fitting(rules: Iterable[tuple[RuleT, Terms]], snapshot: Snapshot) -> RuleT | None:
    """Return the first rule, in their order, that asks about this case."""
    return next((rule for rule, terms in rules if matches(terms, snapshot)), None)


def sampled(terms: Terms, *, case_number: str, resolution_no: int, rule_id: int) -> bool:
    """Tell whether this closing is in the sample; asked again, the answer is the same."""
    seed = f"{case_number}:{resolution_no}:{rule_id}".encode()
    draw = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") / 2**64
    return draw * 100 < terms.sampling_rate


def checked(terms: Terms) -> Terms:
    """Return the terms, or raise ``InputError`` with the sentence that says what to mend."""
    _known("kinds", terms.kinds, KINDS)
    _known("severities", terms.severities, SEVERITIES)
    _known("channel", (terms.channel,), CHANNELS)
    _known("delay_in", (terms.delay_in,), ("working", "elapsed"))
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
