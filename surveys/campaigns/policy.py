"""What a campaign says: whom it asks, how many of them, when, how often and how. No database."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import InputError
from core.i18n import _

CONTACTS, OWN_LIST = "contacts", "list"  # further audiences are registered, see audiences.py
SAMPLES = ("all", "simple", "stratified")
ALLOCATIONS = ("proportional", "equal")
MONTHS = {"once": 0, "quarterly": 3, "half_yearly": 6}
REACHES = ("", "mobile", "email", "either")
HOUSEHOLDS = ("", "yes", "no")
GROUPS = ("service_type", "district", "department", "category", "language", "source")
CHANNELS = ("sms", "email")
LANGUAGES = ("", "zh_Hans", "en")
LARGEST_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything about a campaign but its title and its questionnaire."""

    audience: str = CONTACTS
    source: str = ""  # of the contacts; empty: any
    language: str = ""
    household: str = ""  # yes: only with a household number; no: only without
    reach: str = ""  # only who has a mobile number, an e-mail address, either of them
    options: Mapping[str, Any] = field(default_factory=dict)  # of a registered audience
    sample: str = "all"
    sample_size: int = 300  # of everybody, or of each group where the groups get equal shares
    group_by: str = "district"
    allocation: str = "proportional"
    schedule: str = "once"
    starts_on: date | None = None  # None: as soon as it is started
    hour: int = 9
    answer_days: int = 14
    reminders: int = 1
    reminder_days: int = 3
    pace: int = 300  # invitations and reminders in an hour
    cap_days: int = 30
    exempt: bool = False  # from the cap over all channels; never from a wish to be left alone
    channels: tuple[str, ...] = CHANNELS

    def to_json(self) -> dict[str, Any]:
        """Return what the database keeps."""
        values = asdict(self) | {"channels": list(self.channels), "options": dict(self.options)}
        return values | {"starts_on": self.starts_on.isoformat() if self.starts_on else None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Terms":
        """Read what ``to_json`` returned; a field that is younger than the row has its default."""
        known = {f.name for f in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        given["channels"] = tuple(given.get("channels") or CHANNELS)
        if given.get("starts_on"):
            given["starts_on"] = date.fromisoformat(given["starts_on"])
        return cls(**given)

    @property
    def is_recurring(self) -> bool:
        return bool(MONTHS[self.schedule])


def checked(terms: Terms, audiences: Iterable[str] = (CONTACTS, OWN_LIST)) -> Terms:
    """Return the terms, or raise ``InputError`` with the sentence that says what to mend."""
    _known(_("Whom to ask"), terms.audience, audiences)
    _known(_("Language"), terms.language, LANGUAGES)
    _known(_("Household number"), terms.household, HOUSEHOLDS)
    _known(_("Can be reached by"), terms.reach, REACHES)
    _known(_("How many of them"), terms.sample, SAMPLES)
    _known(_("Shares of the groups"), terms.allocation, ALLOCATIONS)
    _known(_("How often"), terms.schedule, MONTHS)
    if terms.sample == "stratified":
        _known(_("Groups by"), terms.group_by, GROUPS)
    _between(_("People to ask"), terms.sample_size, 1, LARGEST_SAMPLE)
    _between(_("Hour"), terms.hour, 0, 23)
    _between(_("Days to answer"), terms.answer_days, 1, 60)
    _between(_("Reminders"), terms.reminders, 0, 2)
    _between(_("Days before a reminder"), terms.reminder_days, 1, 30)
    _between(_("Messages in an hour"), terms.pace, 1, 20_000)
    _between(_("Days between two questions"), terms.cap_days, 0, 365)
    _check_channels(terms.channels)
    if terms.is_recurring and terms.starts_on is None:
        raise InputError(_("A campaign that comes again needs the day of its first round."))
    if terms.reminders and terms.reminders * terms.reminder_days >= terms.answer_days:
        raise InputError(_("The last reminder would come after the last day to answer; give more days."))
    return terms


def first_start(terms: Terms, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the first round is due; a day that has passed means at once."""
    return now if terms.starts_on is None else max(_start(terms, zone, 0), now)


def next_start(terms: Terms, zone: ZoneInfo, *, after: datetime) -> datetime | None:
    """Return the first regular start after a moment, counted from the first day, so that none drifts.

    Rounds that were missed are not made up for: after half a year without power there is one, not two.
    """
    step = MONTHS[terms.schedule]
    if not step or terms.starts_on is None:
        return None
    local = after.astimezone(zone).date()
    passed = (local.year - terms.starts_on.year) * 12 + local.month - terms.starts_on.month
    n = max(0, passed // step - 1)
    while _start(terms, zone, n) <= after:
        n += 1
    return _start(terms, zone, n)


def sending_days(people: int, pace: int, hours_a_day: float) -> int:
    """Return on how many days messages go out at this pace."""
    return math.ceil(people / pace / hours_a_day) if people else 0


def _start(terms: Terms, zone: ZoneInfo, n: int) -> datetime:
    assert terms.starts_on is not None
    day = _months_later(terms.starts_on, n * MONTHS[terms.schedule])
    return datetime.combine(day, time(terms.hour), zone).astimezone(UTC)


def _months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or its last one: 30 November + 3 months is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month + 1, last)
            except ValueError:  # there is no such day in this month
                continue
    raise AssertionError("every month has 28 days")


def _check_channels(channels: tuple[str, ...]) -> None:
    if not channels:
        raise InputError(_("Choose SMS, e-mail or both; otherwise nobody can be asked."))
    for channel in channels:
        _known(_("Channel"), channel, CHANNELS)
    if len(set(channels)) != len(channels):
        raise InputError(_("A channel stands there twice."))


def _known(name: str, given: str, known: Iterable[str]) -> None:
    if given not in known:
        raise InputError(_("“%(name)s”: choose one of the values offered.", name=name))


def _between(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(
            _("“%(name)s” should be from %(low)s to %(high)s, but is %(value)s.",
              name=name, low=low, high=high, value=value)
        )  # fmt: skip
