"""What the API takes and gives, field by field: nothing else is read, nothing else is told."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from followup.cases.policy import (
    CHANNELS,
    CLOSE_REASONS,
    KINDS,
    REASON_LIMIT,
    SEVERITIES,
    TEXT_LIMIT,
    TITLE_LIMIT,
)

EVENTS = ("closed", "reopened", "cancelled", "changed")
MOST_PHONES = 5


def _text(longest: int, shortest: int = 0, *, required: bool = False, about: str = "") -> fields.String:
    length = validate.Length(min=shortest, max=longest)
    return fields.String(required=required, validate=length, metadata={"description": about} if about else {})


def _one_of(values: tuple[str, ...], *, required: bool = False, about: str = "") -> fields.String:
    return fields.String(
        required=required,
        validate=validate.OneOf(values),
        metadata={"description": about} if about else {},
    )


class Moment(fields.AwareDateTime):
    """A moment with its offset, of a year in which something can have happened; kept in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        found: datetime = super()._deserialize(value, attr, data, **more)
        if not 2000 <= found.year < 2200:
            raise ValidationError("Not a year from 2000 to 2199.")
        return found.astimezone(UTC)


def _moment(*, required: bool = False, about: str = "") -> Moment:
    return Moment(
        format="iso",
        required=required,
        metadata={"description": f"{about} With its offset from UTC.".strip()},
    )


class ContactIn(Schema):
    """The customer. A known one with the same household or number and name is reused."""

    name = _text(200)
    phones = fields.List(
        _text(40, 1), validate=validate.Length(max=MOST_PHONES), metadata={"description": "Best one first."}
    )
    email = _text(254)
    address = _text(200)
    household = _text(40, about="Household number 户号.")
    language = _one_of(("zh_Hans", "en"))


class CaseIn(Schema):
    """A new case."""

    external_id = _text(
        80, 1, required=True, about="The number in your system; with your source it is unique."
    )
    kind = _one_of(KINDS, required=True)
    title = _text(TITLE_LIMIT, 1, required=True)
    description = _text(TEXT_LIMIT)
    severity = _one_of(SEVERITIES, about="Without it the rules of the register suggest one.")
    category = _text(60, about="A path such as 供暖/温度不达标.")
    service_type = _text(60)
    district = _text(60)
    department = _text(60, about="Responsible department.")
    channel = _one_of(CHANNELS, about="How it reached you; import without it.")
    registered_at = _moment(about="When you registered it; now without it.")
    due_at = _moment(about="Your own limit; without it ours by kind and severity.")
    contact = fields.Nested(ContactIn)


class Changes(Schema):
    """New values of some facts; what is not named stays."""

    kind = _one_of(KINDS)
    title = _text(TITLE_LIMIT, 1)
    description = _text(TEXT_LIMIT)
    severity = _one_of(SEVERITIES)
    category = _text(60)
    service_type = _text(60)
    district = _text(60)
    channel = _one_of(CHANNELS)
    due_at = _moment()


class EventIn(Schema):
    """Something that happened to a case in your system."""

    event_id = _text(80, 1, required=True, about="Unique in your system; a second one is ignored.")
    event = _one_of(EVENTS, required=True)
    at = _moment(required=True, about="When it happened in your system.")
    result = _text(TEXT_LIMIT, about="closed: what was done for the customer.")
    close_reason = _one_of(CLOSE_REASONS, about="closed: why.")
    reason = _text(REASON_LIMIT, about="reopened, cancelled: why.")
    changes = fields.Nested(Changes, metadata={"description": "changed: the new values."})
    version = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, max=2**31 - 1),
        metadata={"description": "changed: the version you read; another one is refused with 409."},
    )


class CaseOut(Schema):
    """A case without anything personal."""

    number = fields.String(required=True)
    external_id = fields.String(required=True)
    kind = fields.String(required=True)
    severity = fields.String(required=True)
    category = fields.String(required=True)
    service_type = fields.String(required=True)
    district = fields.String(required=True)
    department = fields.String(required=True)
    channel = fields.String(required=True)
    state = fields.String(required=True)
    resolution_no = fields.Integer(required=True, metadata={"description": "How often it was closed."})
    close_reason = fields.String(required=True)
    registered_at = fields.DateTime(required=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    closed_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True, metadata={"description": "Of the facts; see If-Match."})


class EventOut(Schema):
    """An event as it was kept."""

    event_id = fields.String(required=True)
    event = fields.String(required=True)
    at = fields.DateTime(required=True)
    received_at = fields.DateTime(required=True)
    effect = fields.String(
        required=True,
        validate=validate.OneOf(("applied", "late", "nothing")),
        metadata={"description": "late: something later was known already; nothing: it was so already."},
    )


class TakenOut(Schema):
    """An event and the case after it."""

    event = fields.Nested(EventOut, required=True)
    case = fields.Nested(CaseOut, required=True)


class FieldProblem(Schema):
    """What is wrong with one field."""

    field = fields.String(required=True)
    detail = fields.String(required=True)


class Problem(Schema):
    """What went wrong, after RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String()
    errors = fields.List(fields.Nested(FieldProblem))
    number = fields.String(metadata={"description": "The case that is here already."})
    version = fields.Integer(metadata={"description": "The present version of the case."})
