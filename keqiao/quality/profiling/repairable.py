"""Which fields can be repaired in bulk, and in words why the others cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.catalog.kinds.roles import Profiled

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType


def may_change(access: Access, declared: ObjectType, own: Field) -> bool:
    """Tell whether this person may give many records another value in a field."""
    return (
        access.can(Action.CHANGE, declared)
        and access.fields(declared).is_writable(own.name)
        and not own.read_only
        and not own.unique
    )


def can_transform(own: Field) -> bool:
    return bool(own.kind.clustered_by) and not own.kind.many


def why_no_variants(own: Field) -> str:
    """Say why variants of a value are not brought together; empty when they are."""
    if own.kind.clustered_by and own.filterable:
        return ""
    if own.kind.profiled_as is Profiled.PICKS or own.choices:
        return _(
            "The values come from a fixed list, so no variants arise. To put other values in their"
            " place, open the records and change the field for all of them."
        )  # fmt: skip
    if own.kind.profiled_as in (Profiled.NUMBERS, Profiled.TIMES):
        return _("Numbers and dates have one form only; look at those that lie far out.")
    if own.kind.profiled_as is Profiled.REMARKS:
        return _("Every long text is its own; there is no value to bring variants to.")
    return _(
        "Each value stands for one thing alone (a number, an address on the net), so two that look"
        " alike are still two. Duplicate records are merged, not their values."
    )  # fmt: skip
