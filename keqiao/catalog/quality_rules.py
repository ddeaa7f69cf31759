"""What must be true of a record's values together, as the object types declare it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise


class Severity(StrEnum):
    """What happens when a rule does not hold."""

    ERROR = "error"  # nothing is saved
    REVIEW = "review"  # a second person looks at it first
    HINT = "hint"  # it is saved, and told


SEVERITY_LABELS: dict[str, str | Promise] = {
    Severity.ERROR: _("Refuse"),
    Severity.REVIEW: _("Have it reviewed"),
    Severity.HINT: _("Give a hint"),
}


@dataclass(frozen=True)
class Agree:
    """Two fields that say something about the same thing must not contradict each other.

    What they can contradict each other in follows from their roles (a place and an area code).
    """

    first: str
    second: str
    severity: Severity = Severity.HINT

    @property
    def names(self) -> tuple[str, ...]:
        return self.first, self.second


@dataclass(frozen=True)
class InOrder:
    """The value of `earlier` must not lie behind that of `later`: dates, numbers."""

    earlier: str
    later: str
    severity: Severity = Severity.ERROR

    @property
    def names(self) -> tuple[str, ...]:
        return self.earlier, self.later


@dataclass(frozen=True)
class Never:
    """No record may fit the filter `where` (the language of lists); `field` gets the message."""

    key: str
    where: dict[str, Any]
    field: str
    message: str | Promise
    severity: Severity = Severity.ERROR

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field,)


QualityRule = Agree | InOrder | Never
