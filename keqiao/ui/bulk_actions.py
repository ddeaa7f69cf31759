"""What packages above the kit offer to do with many records at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.access.rights import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.bulk import Choice


@dataclass(frozen=True)
class BulkAction:
    """A button of the bulk bar.

    `action` is the right each record must be in reach of; `step` shows the question and, when it is
    answered, starts the work.
    """

    key: str
    label: str | Promise
    icon: str
    action: Action
    step: Callable[[HttpRequest, Choice], HttpResponse]
    is_offered: Callable[[Access, ObjectType], bool]
    order: int = 100


_actions: dict[str, BulkAction] = {}


def register_bulk_action(action: BulkAction) -> BulkAction:
    """Offer something to do with many records; packages above the kit call this once at start-up."""
    _actions[action.key] = action
    return action


def bulk_action(key: str) -> BulkAction | None:
    return _actions.get(key)


def bulk_actions(access: Access, declared: ObjectType) -> list[BulkAction]:
    """Return what this person may do with records of a type, in order."""
    ordered = sorted(_actions.values(), key=lambda one: one.order)
    return [
        one
        for one in ordered
        if access.can(one.action, declared) and one.is_offered(access, declared)
    ]
