"""What can be wrong with one value, in words a salesperson understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

Text = "str | Promise"


class FieldProblem(Exception):
    """A value cannot be accepted; `message` says what is wrong and what to enter instead."""

    def __init__(
        self, message: str | Promise, code: str = "invalid", suggestion: str | None = None
    ) -> None:
        super().__init__(str(code))
        self.message = message
        self.code = code
        self.suggestion = suggestion


class CatalogError(Exception):
    """The declaration of an object type contradicts itself; found at start-up, never by a user."""


class UnknownObject(LookupError):
    """No object type has this key."""


class UnknownField(LookupError):
    """The object type has no field of this name."""
