"""What records of a type are compared by: which fields, their key forms, and the keys made of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from keqiao.base.names import looks_like_person
from keqiao.catalog import state
from keqiao.catalog.field import Column
from keqiao.catalog.registry import object_types
from keqiao.quality.forms import FORMS_VERSION, PARTS, Role, form
from keqiao.quality.matching.keys import KEYS_VERSION, KeyRule, key_rules

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

# Counts up when this module makes other keys or keeps other forms.
COMPARING_VERSION = 1
COMPARED = frozenset(
    {
        Role.COMPANY, Role.PERSON, Role.PHONE, Role.EMAIL, Role.WEB, Role.USCC,
        Role.RESIDENT_ID, Role.REGION, Role.ADDRESS,
    }
)  # fmt: skip
NAMES = frozenset({Role.COMPANY, Role.PERSON})
ABOVE = "above"  # the part of a link to the record a person belongs to (the contact's customer)
_UNKEPT = frozenset({(Role.COMPANY, "name"), (Role.COMPANY, "initials"), (Role.PERSON, "initials"),
                     (Role.PHONE, "kind"), (Role.WEB, "path")})  # fmt: skip
_BY_BRAND = frozenset({"brand_city", "sound_city"})


class Forms(dict[str, str]):
    """Key forms by `<column>__<part>`; what is empty is not kept, and reads as empty."""

    def __missing__(self, _name: str) -> str:
        return ""


@dataclass(frozen=True)
class _Column:
    name: str
    field: Field
    role: Role
    parts: tuple[tuple[int, str], ...]  # place among the forms, `<column>__<part>`


@dataclass(frozen=True)
class Comparing:
    """How records of one type are compared; `roles` by field name, `many` those with several values.

    `mark` differs when other keys would be made of the same record.
    """

    object_type: ObjectType
    columns: tuple[_Column, ...]
    above: tuple[str, ...]
    rules: tuple[KeyRule, ...]
    mark: int

    @property
    def roles(self) -> dict[str, Role]:
        return {one.name: one.role for one in self.columns}

    @property
    def names(self) -> frozenset[str]:
        """Return the fields whose change makes other keys or forms."""
        return frozenset([*(one.name for one in self.columns), *self.above])

    @property
    def title_role(self) -> Role:
        return self.object_type.title_field().kind.matches_as

    def is_many(self, name: str) -> bool:
        return any(one.name == name and one.field.kind.many for one in self.columns)

    def forms_of(self, row: Model) -> Forms:
        """Return the key forms of a stored record, or of one about to be."""
        values = {one.name: one.field.storage.stored(row) for one in self.columns}
        for one in self.columns:
            if values[one.name] and one.field.kind.encrypted:
                values[one.name] = one.field.value(row)
        fields = self.object_type.builtin_fields
        values |= {name: fields[name].storage.stored(row) for name in self.above}
        return self.forms(values)

    def forms(self, values: Mapping[str, Any]) -> Forms:
        """Return the key forms of values by field name; what is missing counts as empty."""
        found = Forms()
        for one in self.columns:
            value = values.get(one.name)
            if not value:
                continue
            if one.role is Role.RESIDENT_ID:
                # The number is a secret: what is kept is its fingerprint.
                exact = one.field.kind.exact_forms(value, one.field)
                found[one.parts[0][1]], found[one.parts[1][1]] = exact[0], "1"
                continue
            parts = form(one.role, value)
            for place, name in one.parts:
                if parts[place]:
                    found[name] = parts[place]
        for name in self.above:
            if value := values.get(name):
                found[f"{name}__{ABOVE}"] = str(value)
        return found

    def named_keys(self, forms: Forms) -> dict[int, KeyRule]:
        """Return the keys of a record of forms, each with the rule that made it."""
        found: dict[int, KeyRule] = {}
        single = {one.name for one in self.columns if not one.field.kind.many}
        person = self._is_person(forms)
        for rule in self.rules:
            first = rule.forms[0][0]
            if first not in forms or (person and rule.name in _BY_BRAND):
                continue
            if first.partition("__")[0] in single or first.endswith(f"__{ABOVE}"):
                key = rule.value(forms)
                if key is not None:
                    found.setdefault(key, rule)
                continue
            for value in forms[first].split():
                key = rule.value(Forms({**forms, first: value}))
                if key is not None:
                    found.setdefault(key, rule)
        return found

    def keys_of(self, forms: Forms) -> list[int]:
        return sorted(self.named_keys(forms))

    def _is_person(self, forms: Forms) -> bool:
        """Tell whether a company's name is a person's: 王伟 has no brand, and a surname is none."""
        if self.title_role is not Role.COMPANY:
            return False
        title = self.object_type.title
        core = forms[f"{title}__core"]
        if not core or forms[f"{title}__legal"] or forms[f"{title}__branch"]:
            return False
        return looks_like_person(core)


def packed(keys: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(keys)}q", *keys)


def unpacked(kept: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(kept) // 8}q", kept))


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, str])


def as_text(forms: Forms) -> str:
    return _encoder.encode(forms).decode()


def read_forms(kept: str) -> Forms:
    return Forms(_decoder.decode(kept))


# --- which types, which fields --------------------------------------------------------------------


def _plans() -> dict[str, Comparing]:
    found = (_comparing(declared) for declared in object_types())
    return {one.object_type.key: one for one in found if one is not None}


plans = state.Remembered(lambda: (state.version(state.CATALOG),), _plans)


def comparing(declared: ObjectType) -> Comparing | None:
    """Return how records of a type are compared; None: they are not (a task, a call)."""
    return plans().get(declared.key)


def compared_types() -> list[ObjectType]:
    return [one.object_type for one in plans().values()]


def _comparing(declared: ObjectType) -> Comparing | None:
    title = declared.title_field().kind.matches_as
    if title not in NAMES and not declared.duplicates:
        return None
    columns = tuple(
        _Column(name, own, own.kind.matches_as, _parts(name, own.kind.matches_as))
        for name, own in declared.fields().items()
        if own.kind.matches_as in COMPARED and not own.read_only
    )
    above = tuple(
        name
        for name in declared.belongs_to
        if title is Role.PERSON and isinstance(declared.builtin_fields[name].storage, Column)
    )
    rules = tuple(_rules(declared, columns, above))
    if not rules:
        return None
    told = (
        COMPARING_VERSION, FORMS_VERSION, KEYS_VERSION, [(one.name, one.role) for one in columns], above,
    )  # fmt: skip
    mark = zlib.crc32(repr(told).encode()) & 0x7FFFFFFF
    return Comparing(declared, columns, above, rules, mark)


def _parts(name: str, role: Role) -> tuple[tuple[int, str], ...]:
    return tuple(
        (place, f"{name}__{part}")
        for place, part in enumerate(PARTS[role])
        if (role, part) not in _UNKEPT
    )


def _rules(declared: ObjectType, columns: Sequence[_Column], above: Sequence[str]) -> list[KeyRule]:
    found = key_rules({one.name: one.role for one in columns})
    title = declared.title
    for name in above:
        # Of two people of one name at one customer nobody has to give the city as well.
        found.append(KeyRule("person_above", ((f"{title}__pinyin", 0), (f"{name}__{ABOVE}", 0)), 2))
    return found
