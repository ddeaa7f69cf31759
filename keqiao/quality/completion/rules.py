"""What a record's own values, or those of the record it belongs to, tell about a field left empty.

Nothing is invented and nothing overwritten: a rule names where the value comes from, or finds none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from keqiao.base.address import split_address
from keqiao.base.identifiers import uscc_region
from keqiao.base.phone import phone_regions
from keqiao.base.regions import known
from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.registry import object_type

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

Values = Mapping[str, Any]


@dataclass(frozen=True)
class CompletionRule:
    """Fills `target` of records where it is empty, from the value of `source`.

    `source` is a field of the record, or "account.region" of the record it belongs to. Of several
    rules for one field the first that finds a value counts: `order` is how sure they are.
    """

    key: str
    target: Field
    source: str
    label: str | Promise
    derive: Callable[[Any], Any]
    order: int

    @property
    def reference(self) -> str:
        """Return the reference field the source lies behind; empty when it is the record's own."""
        return self.source.partition(".")[0] if "." in self.source else ""


def _place_of_code(code: str) -> str:
    place = uscc_region(code)
    return place if place and known(place) else ""


def _place_of_number(phone: str) -> str:
    cities = phone_regions(phone)
    return cities[0] if len(cities) == 1 else ""


def _place_of_address(address: str) -> str:
    return split_address(address)[0] or ""


def _same(value: Any) -> Any:
    return value


_DERIVED: tuple[tuple[Role, Role, str, str | Promise, Callable[[Any], Any]], ...] = (
    (Role.ADDRESS, Role.REGION, "address", _("from the place the address names"), _place_of_address),
    (Role.PHONE, Role.REGION, "phone", _("from the area code of the telephone"), _place_of_number),
    (Role.USCC, Role.REGION, "uscc", _("from the place of registration in the credit code"),
     _place_of_code),
)  # fmt: skip
# What belongs to a record lies where that one lies.
_INHERITED = frozenset({Role.REGION})


@lru_cache(maxsize=100)
def rules_of(declared: ObjectType) -> list[CompletionRule]:
    """Return the rules of an object type, surest first, as its fields and references allow them."""
    fields = {
        name: own for name, own in declared.builtin_fields.items()
        if not own.kind.many and not own.read_only
    }  # fmt: skip
    found = [
        CompletionRule(f"{target.name}-{key}-{source.name}", target, source.name, label, derive, order)
        for order, (source_role, target_role, key, label, derive) in enumerate(_DERIVED)
        for source in fields.values() if source.kind.matches_as is source_role
        for target in fields.values() if target.kind.matches_as is target_role
    ]  # fmt: skip
    return sorted([*found, *_inherited(declared, fields)], key=lambda rule: rule.order)


def _inherited(declared: ObjectType, fields: Mapping[str, Field]) -> list[CompletionRule]:
    found = []
    for name in declared.belongs_to:
        above = declared.builtin_fields[name]
        if not above.target:
            continue
        theirs = object_type(above.target).builtin_fields
        found += [
            CompletionRule(
                f"{own.name}-above-{name}", own, f"{name}.{own.name}",
                _("from the record it belongs to"), _same, len(_DERIVED),
            )
            for own in fields.values()
            if own.kind.matches_as in _INHERITED and own.name in theirs
            and theirs[own.name].kind.key == own.kind.key
        ]  # fmt: skip
    return found
