"""Province, city and district, kept as one official GB code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from keqiao.base.regions import parse_region, region_name
from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.roles import Profiled, Role
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field


class RegionKind(FieldKind):
    """A place in China by its six-digit code; a filter on a province finds all inside it."""

    key: ClassVar[str] = "region"
    matches_as = Role.REGION
    label = _("Region")
    operators = ("within", "equals", "is_empty", "is_filled")
    empty = ""
    profiled_as = Profiled.PICKS

    def clean(self, raw: Any, field: Field) -> str:
        text = as_text(raw)
        if not text:
            return ""
        code = parse_region(text)
        if code is None:
            raise FieldProblem(
                _("“%(value)s” is not a known province, city or district. Please pick one.")
                % {"value": text[:40]},
                "region",
            )
        return code

    def text(self, value: Any, field: Field) -> str:
        return region_name(value, get_language() or "zh-hans") if value else ""

    def fullness(self, value: Any) -> int:
        """A district tells more than its city, a city more than its province."""
        return sum(part != "00" for part in (value[:2], value[2:4], value[4:])) if value else 0

    def likeness(self, a: Any, b: Any) -> float:
        if a == b:
            return 1.0
        return 0.7 if a[:4] == b[:4] else 0.3 if a[:2] == b[:2] else 0.0

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        return None

    def sample(self, rng: Random, field: Field) -> Any:
        return rng.choice(("320505", "330106", "440106", "510104", "370202", "110105"))

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{6}$", "description": "GB/T 2260 code"}
