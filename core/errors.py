"""The errors people may see. Each is a sentence; the docstring is the default one."""

from typing import ClassVar


class HuifangError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.default_of(type(self)))

    @staticmethod
    def default_of(kind: type["HuifangError"]) -> str:
        """Return the sentence an error of this kind says when nothing better is known."""
        return (kind.__doc__ or "").strip().split("\n")[0]


class InputError(HuifangError):
    """The input cannot be used as it is."""

    status = 422


class SettingsError(InputError):
    """A setting cannot be used as it is."""


class NotFoundError(HuifangError):
    """There is nothing at this address."""

    status = 404


class ForbiddenError(HuifangError):
    """Your role does not allow this."""

    status = 403


class ConflictError(HuifangError):
    """Somebody else changed this in the meantime."""

    status = 409


class TransitionError(ConflictError):
    """This step is not possible in the present state."""


class SchemaError(HuifangError):
    """The database has an older schema than this program; run: huifang db upgrade"""

    status = 503
