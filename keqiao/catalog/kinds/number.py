"""Quantities: whole numbers, percentages and money, all kept as integers so that sums are exact."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from keqiao.base.money import MoneyProblem, format_money, minor_digits, parse_money
from keqiao.base.numbers import NumberProblem, parse_integer, parse_percent
from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.roles import Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field

LIMIT = 10**15  # fits a 64-bit column with room for sums over a million rows

COMPARISONS = (
    "equals",
    "not_equals",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "between",
    "is_empty",
    "is_filled",
)


class IntegerKind(FieldKind):
    """A whole number."""

    key: ClassVar[str] = "integer"
    matches_as = Role.NUMBER
    profiled_as = Profiled.NUMBERS
    label = _("Whole number")
    operators = COMPARISONS
    numeric = True

    def clean(self, raw: Any, field: Field) -> int | None:
        if not isinstance(raw, (int, float)):
            raw = as_text(raw)
        if raw is None or raw == "":
            return None
        if isinstance(raw, bool):
            raise FieldProblem(_("Please enter a number."), "type")
        try:
            value = self.parse(raw, field)
        except (NumberProblem, MoneyProblem) as problem:
            raise FieldProblem(problem.message, problem.code) from None
        if abs(value) > LIMIT:
            raise FieldProblem(_("This number is too large. Please check it."), "too_large")
        return value

    def parse(self, raw: Any, field: Field) -> int:
        return parse_integer(raw)

    def repair_code(self, raw: str, value: Any, field: Field) -> str | None:
        return "number_form"

    def accepted_forms(self, value: Any, field: Field) -> set[str]:
        return {self.text(value, field), str(self.wire(value, field)), f"{value:,}"}

    def clean_operand(self, raw: Any, field: Field) -> Any:
        return self.clean(raw, field)

    def likeness(self, a: Any, b: Any) -> float:
        largest = max(abs(a), abs(b))
        return 1.0 if largest == 0 else max(0.0, 1 - abs(a - b) / largest)

    def sample(self, rng: Random, field: Field) -> Any:
        return rng.randrange(1, 5000)

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "integer", "minimum": -LIMIT, "maximum": LIMIT}


class PercentKind(IntegerKind):
    """A percentage, kept in hundredths of a percent (12.5 % is 1250)."""

    key = "percent"
    label = _("Percentage")

    def parse(self, raw: Any, field: Field) -> int:
        return parse_percent(raw)

    def text(self, value: Any, field: Field) -> str:
        return "" if value is None else f"{_hundredths(value)}%"

    def wire(self, value: Any, field: Field) -> Any:
        return None if value is None else value / 100

    def sample(self, rng: Random, field: Field) -> Any:
        return f"{rng.randrange(0, 100)}%"

    def accepted_forms(self, value: Any, field: Field) -> set[str]:
        bare = _hundredths(value)
        return {f"{bare}%", bare, f"{value / 100:.1f}", str(value / 100)}

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "number", "description": "Percent: 12.5 means 12.5 %."}


def _hundredths(value: int) -> str:
    return f"{Decimal(value) / 100:.2f}".rstrip("0").rstrip(".")


class ScoreKind(IntegerKind):
    """How good something is, from 0 to 100."""

    key = "score"
    matches_as = Role.NONE
    label = _("Score")

    def clean(self, raw: Any, field: Field) -> int | None:
        value = super().clean(raw, field)
        if value is not None and not 0 <= value <= 100:
            raise FieldProblem(_("Please enter a number from 0 to 100."), "range")
        return value

    def likeness(self, a: Any, b: Any) -> float:
        return 1 - abs(a - b) / 100

    def sample(self, rng: Random, field: Field) -> Any:
        return rng.randrange(101)

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "integer", "minimum": 0, "maximum": 100}


class CoordinateKind(IntegerKind):
    """A latitude or longitude, kept in millionths of a degree (a step of eleven centimetres)."""

    key = "coordinate"
    matches_as = Role.NONE
    label = _("Geographic coordinate")

    def parse(self, raw: Any, field: Field) -> int:
        try:
            degrees = Decimal(str(raw).rstrip("°"))
        except ArithmeticError:
            degrees = Decimal("NaN")
        if not (degrees.is_finite() and abs(degrees) <= 180):
            raise FieldProblem(
                _("“%(value)s” is not a coordinate. Please enter degrees like 31.230416.")
                % {"value": str(raw)[:40]},
                "coordinate",
            )
        return round(degrees * 1_000_000)

    def text(self, value: Any, field: Field) -> str:
        return "" if value is None else f"{Decimal(value) / 1_000_000:.6f}"

    def wire(self, value: Any, field: Field) -> Any:
        return None if value is None else value / 1_000_000

    def accepted_forms(self, value: Any, field: Field) -> set[str]:
        return {self.text(value, field), str(value / 1_000_000)}

    def sample(self, rng: Random, field: Field) -> Any:
        return f"{rng.randrange(-89_000_000, 89_000_000) / 1_000_000:.6f}"

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "number", "minimum": -180, "maximum": 180, "description": "Degrees."}


class MoneyKind(IntegerKind):
    """An amount of money, kept in the currency's smallest unit."""

    key = "money"
    label = _("Money")

    def parse(self, raw: Any, field: Field) -> int:
        return parse_money(raw, field.currency)

    def text(self, value: Any, field: Field) -> str:
        return "" if value is None else format_money(value, field.currency)

    def wire(self, value: Any, field: Field) -> Any:
        if value is None:
            return None
        digits = minor_digits(field.currency)
        sign, units = ("-" if value < 0 else ""), str(abs(value)).rjust(digits + 1, "0")
        return f"{sign}{units[:-digits]}.{units[-digits:]}" if digits else f"{sign}{units}"

    def accepted_forms(self, value: Any, field: Field) -> set[str]:
        plain = self.wire(value, field)
        short = plain.rstrip("0").rstrip(".") if "." in plain else plain
        one_digit = plain[:-1] if plain.endswith("0") else plain
        formatted = self.text(value, field)
        bare = formatted.lstrip("-¥￥$€£ ")
        return {formatted, plain, short, one_digit, bare, bare.removesuffix(".00")}

    def sample(self, rng: Random, field: Field) -> Any:
        return f"{rng.randrange(1, 10**8) / 100:.2f}"

    def schema(self, field: Field) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^-?\d+(\.\d+)?$",
            "description": f"Decimal amount in {field.currency}.",
        }
