"""What is known about a record's values beyond the values: confirmed when, found wrong, filled by a rule.

Kept as JSON beside the record (`quality_facts`) and only where there is something to say, so that a
score follows from one row and needs no other table.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec

_FIRST_DAY = date(1970, 1, 1)


class Facts(msgspec.Struct, omit_defaults=True):
    """Facts by field name; days are counted from 1970-01-01."""

    on: dict[str, int] = {}  # when a value that goes stale was last typed or confirmed
    ok: list[str] = []  # checked against the world and right
    bad: list[str] = []  # checked and wrong: a dead number, bounced mail
    half: list[str] = []  # filled by a rule and confirmed by nobody
    wrong: list[str] = []  # not what its field is for
    broken: list[int] = []  # rules between fields: how many are broken, how many apply
    twins: int = 0  # how much of the record is surplus, for it is kept twice, in thousandths

    def forget(self, name: str) -> None:
        """Drop what was known of a value that was replaced."""
        for names in (self.ok, self.bad, self.half):
            if name in names:
                names.remove(name)
        self.on.pop(name, None)


def facts_of(stored: Any) -> Facts:
    """Return the facts of a stored `quality_facts`, to be read or altered."""
    return msgspec.convert(stored, Facts) if stored else Facts()


def stored_form(facts: Facts) -> dict[str, Any] | None:
    return msgspec.to_builtins(facts) or None


def day_number(moment: date | datetime) -> int:
    """Return the day of a moment, as the database keeps it (UTC), counted from 1970-01-01."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC).date()
    return (moment - _FIRST_DAY).days


def day_of(number: int) -> date:
    return date.fromordinal(_FIRST_DAY.toordinal() + number)
