"""Links: to another record, to a user, to a department. Kept as the other's id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.roles import Profiled
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field

MAX_ID = 2**63 - 1


class ReferenceKind(FieldKind):
    """Another record. `clean` gives an id, or the text of a name that the write path looks up."""

    key: ClassVar[str] = "reference"
    label = _("Link to a record")
    profiled_as = Profiled.FILL
    operators: ClassVar[tuple[str, ...]] = ("equals", "any_of", "is_empty", "is_filled")
    numeric = True

    def clean(self, raw: Any, field: Field) -> int | str | None:
        if isinstance(raw, int) and not isinstance(raw, bool):
            if not 0 < raw <= MAX_ID:
                raise FieldProblem(_("There is no record with this number."), "reference")
            return raw
        text = as_text(raw)
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0:
            return int(text)
        return text

    def clean_operand(self, raw: Any, field: Field) -> Any:
        value = self.clean(raw, field)
        if isinstance(value, str):
            raise FieldProblem(_("Please give the number (id) of the record."), "reference")
        return value

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        return None

    def sample(self, rng: Random, field: Field) -> Any:
        return None

    def schema(self, field: Field) -> dict[str, Any]:
        return {"type": "integer", "description": f"id of {field.target or self.key}"}


class UserKind(ReferenceKind):
    """A colleague."""

    key = "user"
    label = _("User")
    profiled_as = Profiled.PICKS
    operators = ("equals", "any_of", "is_me", "has_left", "is_empty", "is_filled")


class DepartmentKind(ReferenceKind):
    """A department."""

    key = "department"
    label = _("Department")
    profiled_as = Profiled.PICKS
