"""Which kinds of work can be planned: those that wait for a day, not those that tell of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keqiao.access.rights import Action
from keqiao.catalog.registry import object_type

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

PLANNABLE = ("task", "call", "visit", "event")


def plannable(access: Access) -> list[ObjectType]:
    """Return the kinds of work this person may plan."""
    types = [object_type(key) for key in PLANNABLE]
    return [declared for declared in types if access.can(Action.CREATE, declared)]
