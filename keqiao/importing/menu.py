"""Offers imports in the navigation and exports on every list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.access.rights import Action
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.importing.export_views import answer_export
from keqiao.ui.exporting import register_exporter
from keqiao.ui.navigation import MenuEntry, register_entry
from keqiao.ui.screens import register_guide

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType


def importable_types(access: Access) -> list[ObjectType]:
    return [
        declared
        for declared in object_types()
        if Feature.IMPORT in declared.features and access.can(Action.IMPORT, declared)
    ]


def register() -> None:
    register_exporter(answer_export)
    register_guide("import", "import/")
    register_guide("export", "exports/")
    register_entry(
        MenuEntry(
            "import",
            _("Import"),
            "file-import",
            "/import/",
            group=_("Data"),
            order=600,
            is_visible=lambda access: bool(importable_types(access)),
        )
    )
