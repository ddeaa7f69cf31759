"""Tells, before a field is taken away, which imports would miss it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.catalog.custom_fields import Use
from keqiao.importing.models import ImportMapping, ImportRun, RunState

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType

# Imports that still read the list: those that are done keep their report, with or without the field.
UNFINISHED = (
    RunState.UPLOADED, RunState.CHECKING, RunState.CHECKED, RunState.RUNNING, RunState.STOPPED,
)  # fmt: skip


def imports_with(declared: ObjectType, field: str) -> list[Use]:
    """Return the remembered mappings, by the list last read with each, and the unfinished imports."""
    past = ImportMapping.objects.filter(object_key=declared.key).order_by("-used_at")
    signatures = [
        one.signature for one in past if field in one.mapping.values() or one.key_field == field
    ]
    runs = ImportRun.objects.filter(object_key=declared.key).order_by("pk")
    files = dict(runs.filter(signature__in=signatures).values_list("signature", "file_name"))
    remembered = tuple(files.get(one, "") for one in signatures)
    open_runs = tuple(
        run.file_name
        for run in runs.filter(state__in=UNFINISHED)
        if field in run.mapping.values() or run.key_field == field
    )
    return [
        Use(
            _("lists whose columns are remembered"),
            len(signatures),
            tuple(filter(None, remembered)),
        ),
        Use(_("imports that are not finished"), len(open_runs), open_runs),
    ]
