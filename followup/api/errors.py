"""What the API says no with: a sentence for people, and for programs what they can act upon."""

from typing import ClassVar

from core.errors import HuifangError


class RefusedError(HuifangError):
    """The request was refused."""

    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, message: str | None = None, **more: object) -> None:
        super().__init__(message)
        self.more = more  # further members of the problem document


class NoKeyError(RefusedError):
    """A valid key is needed."""

    status = 401
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="huifang"'}


class NotAllowedError(RefusedError):
    """This key does not allow that."""

    status = 403


class UnreadableError(RefusedError):
    """The body is no JSON document."""

    status = 400


class OtherTypeError(RefusedError):
    """The body must be JSON."""

    status = 415


class FieldsError(RefusedError):
    """Some fields cannot be used as they are."""

    status = 422


class DiffersError(RefusedError):
    """This is here already and says something else."""

    status = 409


class StaleVersionError(RefusedError):
    """The case was changed since it was read."""

    status = 412


class TooOftenError(RefusedError):
    """Too many requests without a valid key."""

    status = 429
    headers: ClassVar[dict[str, str]] = {"Retry-After": "60"}
