"""Turns remembered records back into titles and addresses, asking anew what the person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.access.rights import Action
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.present import titles_of

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


@dataclass(frozen=True)
class Pointer:
    """A record as this person may see it now."""

    declared: ObjectType
    record_id: int
    title: str

    @property
    def url(self) -> str:
        return f"/{self.declared.path}/{self.record_id}/"


def pointers(access: Access, remembered: Iterable[tuple[str, int]]) -> list[Pointer]:
    """Return those of the remembered records that are still there and in reach, in their order."""
    asked = list(remembered)
    titles: dict[str, dict[int, str]] = {}
    types: dict[str, ObjectType] = {}
    for key in dict.fromkeys(key for key, _id in asked):
        try:
            declared = object_type(key)
        except UnknownObject:
            continue
        if access.can(Action.VIEW, declared):
            types[key] = declared
            titles[key] = titles_of(
                access, declared, [number for one, number in asked if one == key]
            )
    return [
        Pointer(types[key], number, titles[key][number])
        for key, number in asked
        if number in titles.get(key, {})
    ]
