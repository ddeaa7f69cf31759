"""Offers the check of a file beside the other pages of data quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.catalog.kinds.roles import Role
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.quality.queue.waiting import GROUP
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.screens import register_guide

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


def checkable_types(access: Access) -> list[ObjectType]:
    """Return the object types a list may be checked for: companies and people one works with."""
    return [
        declared
        for declared in object_types()
        if Feature.IMPORT in declared.features
        and declared.title_field().kind.matches_as in (Role.COMPANY, Role.PERSON)
        and access.can(Action.VIEW, declared)
    ]


def register() -> None:
    register_guide("check-file", "check-file/")
    register_entry(
        MenuEntry(
            "check-file",
            _("Check a file"),
            "file-spreadsheet",
            "/check-file/",
            group=GROUP,
            order=590,
            is_visible=lambda access: bool(checkable_types(access)),
        )
    )
