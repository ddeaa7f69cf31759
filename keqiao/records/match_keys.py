"""Fingerprints of normalised values: how exact duplicates are found in one index look-up."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from keqiao.catalog.object_type import DuplicateAction, UniqueWhen

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType


def match_key(object_key: str, rule: str, form: str) -> int:
    """Return the signed 64-bit fingerprint of one value under one rule."""
    digest = blake2b(f"{object_key}\x1f{rule}\x1f{form}".encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)


def rules_of(object_type: ObjectType) -> list[UniqueWhen]:
    """Return the duplicate rules of an object type, with those of its unique custom fields."""
    custom = [
        UniqueWhen(name, name, action=DuplicateAction.BLOCK)
        for name, field in object_type.fields().items()
        if field.custom and field.unique
    ]
    return [*object_type.duplicates, *custom]


def keys_of(
    object_type: ObjectType,
    rules: list[UniqueWhen],
    fields: dict[str, Field],
    values: dict[str, Any],
) -> dict[int, tuple[str, str]]:
    """Return the fingerprints of a record's values, each with its rule and field."""
    found: dict[int, tuple[str, str]] = {}
    for rule in rules:
        for name in rule.fields:
            value = values.get(name)
            field = fields[name]
            if field.kind.is_empty(value):
                continue
            for form in exact_forms(field, value):
                if form:
                    found.setdefault(match_key(object_type.key, rule.name, form), (rule.name, name))
    return found


def exact_forms(field: Field, value: Any) -> list[str]:
    """Return the exact forms of a value, or of each of several."""
    if field.kind.many:
        return field.kind.terms(value, field)
    return field.kind.exact_forms(value, field)
