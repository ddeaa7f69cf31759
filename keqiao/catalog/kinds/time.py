"""Days and moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqiao.base.clock import today
from keqiao.base.dates import DateProblem, parse_date, parse_datetime
from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.roles import Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from keqiao.catalog.field import Field


class DateKind(FieldKind):
    """A day."""

    key: ClassVar[str] = "date"
    matches_as = Role.DATE
    profiled_as = Profiled.TIMES
    label = _("Date")
    operators = (
        "equals",
        "at_least",
        "at_most",
        "between",
        "within",
        "not_within",
        "is_empty",
        "is_filled",
    )

    def clean(self, raw: Any, field: Field) -> Any:
        if isinstance(raw, bool) or not isinstance(raw, (int, float, date)):
            raw = as_text(raw)
        if raw is None or raw == "":
            return None
        try:
            return self.parse(raw).value
        except DateProblem as problem:
            raise FieldProblem(problem.message, problem.code) from None

    def parse(self, raw: Any) -> Any:
        return parse_date(raw)

    def dump(self, value: Any) -> Any:
        return value.isoformat() if value is not None else None

    def load(self, stored: Any, field: Field) -> Any:
        return date.fromisoformat(stored) if isinstance(stored, str) and stored else stored or None

    def clean_operand(self, raw: Any, field: Field) -> Any:
        value = self.clean(raw, field)
        return self.dump(value) if field.custom else value

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        if value is None or isinstance(raw, (date, datetime)):
            return None
        if isinstance(raw, str) and raw in self.accepted_forms(value, field):
            return None
        return self.parse(raw).repair or "date_form"

    def sample(self, rng: Random, field: Field) -> Any:
        return (today() - timedelta(days=rng.randrange(1000))).isoformat()

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


class DateTimeKind(DateKind):
    """A moment, kept in UTC and shown in the installation's time zone."""

    key = "datetime"
    label = _("Date and time")

    def parse(self, raw: Any) -> Any:
        return parse_datetime(raw)

    def end_of(self, raw: Any, field: Field) -> Any | None:
        found = self.parse(as_text(raw))
        if found.repair != "midnight":
            return None
        day = timezone.localtime(found.value).date() + timedelta(days=1)
        return self.clean_operand(day.isoformat(), field)

    def dump(self, value: Any) -> Any:
        return value.astimezone(UTC).isoformat() if value is not None else None

    def load(self, stored: Any, field: Field) -> Any:
        if isinstance(stored, str) and stored:
            return datetime.fromisoformat(stored)
        return stored or None

    def text(self, value: Any, field: Field) -> str:
        return self.speller(field)(value)

    def speller(self, field: Field) -> Callable[[Any], str]:
        zone = timezone.get_current_timezone()
        return lambda value: value.astimezone(zone).isoformat(" ", "minutes")[:16] if value else ""

    def sample(self, rng: Random, field: Field) -> Any:
        return f"{super().sample(rng, field)} {rng.randrange(24):02}:30"

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}
