"""Links beyond one record of one type: to a record of any type, and to several of one type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keqiao.catalog.kinds.base import FieldKind, as_text
from keqiao.catalog.kinds.choice import split_values
from keqiao.catalog.kinds.reference import MAX_ID, ReferenceKind
from keqiao.catalog.kinds.roles import Profiled
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from random import Random

    from keqiao.catalog.field import Field

_LONGEST_NAME = 240


class AnyReferenceKind(FieldKind):
    """A record of any type, kept as `account:42`.

    `clean` gives that, or the text of a name ("客户：苏州博远…") that the write path looks up.
    """

    key: ClassVar[str] = "any_reference"
    label = _("Link to any record")
    profiled_as = Profiled.FILL
    operators: ClassVar[tuple[str, ...]] = ("equals", "any_of", "is_empty", "is_filled")
    empty = ""

    def clean(self, raw: Any, field: Field) -> str:
        if isinstance(raw, (int, float)):
            raise FieldProblem(
                _("A number alone does not say which kind of record is meant. Please write its"
                  " name, or its type and number like account:42."),
                "reference",
            )  # fmt: skip
        text = as_text(raw)
        if found := pointed_to(text):
            if not 0 < found[1] <= MAX_ID:
                raise FieldProblem(_("There is no record with this number."), "reference")
            return f"{found[0]}:{found[1]}"
        if len(text) > _LONGEST_NAME:
            raise FieldProblem(_("This value is far too long. Please shorten it."), "too_long")
        return text

    def clean_operand(self, raw: Any, field: Field) -> Any:
        value = self.clean(raw, field)
        if value and pointed_to(value) is None:
            raise FieldProblem(
                _("Please give type and number of the record, like account:42."), "reference"
            )
        return value

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        return None

    def sample(self, rng: Random, field: Field) -> Any:
        return None

    def schema(self, field: Field) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]*:[1-9][0-9]*$",
            "description": "type and id of a record, like account:42",
        }


class ReferencesKind(FieldKind):
    """Several records of one type, kept as a list of ids; names are looked up by the write path."""

    key: ClassVar[str] = "references"
    label = _("Links to several records")
    profiled_as = Profiled.FILL
    operators: ClassVar[tuple[str, ...]] = ("any_of", "none_of", "is_empty", "is_filled")
    many = True
    empty: ClassVar[Any] = None
    one: ClassVar[ReferenceKind] = ReferenceKind()

    def clean(self, raw: Any, field: Field) -> list[int | str]:
        found = [self.one.clean(part, field) for part in split_values(raw)]
        return [value for value in dict.fromkeys(found) if value is not None]

    def load(self, stored: Any, field: Field) -> Any:
        return stored or []

    def normalise(self, value: Any) -> str:
        return ",".join(str(one) for one in sorted(value or (), key=str))

    def text(self, value: Any, field: Field) -> str:
        return gettext(", ").join(str(one) for one in value or ())

    def likeness(self, a: Any, b: Any) -> float:
        return len(set(a) & set(b)) / max(len(set(a) | set(b)), 1)

    def clean_operand(self, raw: Any, field: Field) -> Any:
        return self.one.clean_operand(raw, field)

    def repair(self, raw: Any, value: Any, field: Field) -> str | None:
        return None

    def sample(self, rng: Random, field: Field) -> Any:
        return None

    def schema(self, field: Field) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "integer"},
            "description": f"ids of {field.target or 'records'}",
        }


class UsersKind(ReferencesKind):
    """Several colleagues, kept as a list of their ids."""

    key = "users"
    label = _("Several colleagues")
    profiled_as = Profiled.LISTS
    indexes_terms = True

    def terms(self, value: Any, field: Field) -> list[str]:
        return [str(one) for one in value or ()]


def links_of(field: Field, value: Any) -> list[tuple[str, int]]:
    """Return type and id of every record that `value` points at, whatever kind of link it is."""
    if not value or isinstance(value, bool):
        return []
    if isinstance(field.kind, AnyReferenceKind):
        found = pointed_to(value) if isinstance(value, str) else None
        return [found] if found else []
    if not field.target:
        return []
    ids = value if isinstance(value, list) else [value]
    return [(field.target, one) for one in ids if isinstance(one, int)]


def is_link(field: Field) -> bool:
    return bool(field.target) or isinstance(field.kind, AnyReferenceKind)
