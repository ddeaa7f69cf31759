"""Says where a record lies that somebody cannot open, as far as a package above knows: in a pool, say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


@dataclass(frozen=True)
class Place:
    """Where a record lies that is out of reach.

    `text` is a sentence for who came upon it, with `url` to go there (empty: nowhere to go).
    `name` stands for the record in a line that links to it, and leads to `name_url`.
    """

    text: str | Promise
    url: str = ""
    name: str = ""
    name_url: str = ""


Locate = Callable[["Access", "ObjectType", "set[int]"], dict[int, Place]]
_locators: list[Locate] = []


def register_locator(locate: Locate) -> Locate:
    """Let a package above say where records lie that a person cannot open."""
    if locate not in _locators:
        _locators.append(locate)
    return locate


def places_of(access: Access, declared: ObjectType, ids: set[int]) -> dict[int, Place]:
    """Say where records lie that are out of this person's reach, as far as anybody knows."""
    places: dict[int, Place] = {}
    for locate in _locators:
        places |= locate(access, declared, ids)
    return places
