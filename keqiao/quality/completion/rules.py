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
from keqiao.base.identifiers import resident_id_birthday, resident_id_gender, uscc_region
from keqiao.base.phone import phone_regions
from keqiao.base.regions import known
from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.registry import object_type
from keqiao.quality.cleaning.knowledge import COMMON_MAIL_HOSTS

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

Values = Mapping[str, Any]


@dataclass(frozen=True)
class CompletionRule:
    """Fills `target` of records where it is empty, from the value of `source`.

    `source` is a field of the record, or "account.region" of the record it belongs to. Of several
    rules for one field the first that finds a value counts: the surest, by `confidence` (0 to 1).
    With `siblings_by` (a reference) the value is the one all records of the same target agree on.
    `is_personal`: read out of an identity number, so only where the company says it may be.
    """

    key: str
    target: Field
    source: str
    label: str | Promise
    derive: Callable[[Any], Any]
    confidence: float
    siblings_by: str = ""
    is_personal: bool = False

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


def _site_of_mail(address: str) -> str:
    """Return the site of a company's own mail domain; a mail of one of the big providers tells none."""
    domain = address.rpartition("@")[2].lower()
    return f"https://{domain}" if "." in domain and domain not in COMMON_MAIL_HOSTS else ""


_DERIVED: tuple[tuple[Role, Role, str, str | Promise, Callable[[Any], Any], float], ...] = (
    (Role.ADDRESS, Role.REGION, "address", _("from the place the address names"),
     _place_of_address, 0.98),
    (Role.PHONE, Role.REGION, "phone", _("from the area code of the telephone"),
     _place_of_number, 0.96),
    (Role.USCC, Role.REGION, "uscc", _("from the place of registration in the credit code"),
     _place_of_code, 0.90),
    (Role.EMAIL, Role.WEB, "email", _("from the company's own mail domain"), _site_of_mail, 0.85),
)  # fmt: skip
_OF_IDENTITY = _("from the identity number")
# What belongs to a record lies where that one lies; so, less surely, do those that belong to it.
_INHERITED = frozenset({Role.REGION})
_SHARED = frozenset({Role.REGION, Role.ADDRESS})
_ABOVE, _SIBLINGS = 0.80, 0.70


@lru_cache(maxsize=100)
def rules_of(declared: ObjectType) -> list[CompletionRule]:
    """Return the rules of an object type, surest first, as its fields and references allow them."""
    fields = {
        name: own for name, own in declared.builtin_fields.items()
        if not own.kind.many and not own.read_only
    }  # fmt: skip
    found = [
        CompletionRule(f"{target.name}-{key}-{source.name}", target, source.name, label, derive, sure)
        for source_role, target_role, key, label, derive, sure in _DERIVED
        for source in fields.values() if source.kind.matches_as is source_role
        for target in fields.values() if target.kind.matches_as is target_role
    ]  # fmt: skip
    found += [
        *_of_identity(fields), *_inherited(declared, fields), *_of_siblings(declared, fields),
    ]  # fmt: skip
    return sorted(found, key=lambda rule: -rule.confidence)


def _of_identity(fields: Mapping[str, Field]) -> list[CompletionRule]:
    """Return what an identity number says of a person: the day of birth, and the gender."""
    found = []
    for source in fields.values():
        if source.kind.matches_as is not Role.RESIDENT_ID:
            continue
        for own in fields.values():
            derive: Callable[[Any], Any] | None = None
            if own.kind.matches_as is Role.DATE and own.name == "birthday":
                derive = resident_id_birthday
            elif {"male", "female"} <= {one.key for one in own.choices or ()}:
                derive = resident_id_gender
            if derive is not None:
                key = f"{own.name}-identity-{source.name}"
                found.append(
                    CompletionRule(
                        key, own, source.name, _OF_IDENTITY, derive, 0.99, is_personal=True
                    )
                )
    return found


def _of_siblings(declared: ObjectType, fields: Mapping[str, Field]) -> list[CompletionRule]:
    """Return rules that take what all others of the same customer agree on."""
    return [
        CompletionRule(
            f"{own.name}-siblings-{name}", own, own.name, _("as all others of the same customer have it"),
            _same, _SIBLINGS, siblings_by=name,
        )
        for name in declared.belongs_to if declared.builtin_fields[name].target
        for own in fields.values() if own.kind.matches_as in _SHARED
    ]  # fmt: skip


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
                _("from the record it belongs to"), _same, _ABOVE,
            )
            for own in fields.values()
            if own.kind.matches_as in _INHERITED and own.name in theirs
            and theirs[own.name].kind.key == own.kind.key
        ]  # fmt: skip
    return found
