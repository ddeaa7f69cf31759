"""Lets addresses begin with an object type's word: `/accounts/42/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import register_converter

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type_at

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType

MAX_ID = 2**63 - 1


def whole_number(text: str) -> int | None:
    """Return the number that plain digits spell, if the database can hold it.

    `str.isdigit` is true for "²" as well, which no `int()` takes.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if number <= MAX_ID else None


class ObjectTypeConverter:
    regex = "[a-z][a-z0-9_-]{0,60}"

    def to_python(self, value: str) -> ObjectType:
        try:
            return object_type_at(value)
        except UnknownObject:
            raise ValueError(value) from None

    def to_url(self, value: ObjectType | str) -> str:
        return value if isinstance(value, str) else value.path


class RecordIdConverter:
    """A record's number; larger ones than the database can hold are no address of ours."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > MAX_ID:
            raise ValueError(value)
        return number

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(ObjectTypeConverter, "object")
register_converter(RecordIdConverter, "record")
