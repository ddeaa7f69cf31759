"""Which corrections a person may see: of records in reach, told only by fields he may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.quality.cleaning.models import Correction
from keqiao.quality.cleaning.stored import correctable_fields
from keqiao.records.query import records

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from keqiao.catalog.object_type import ObjectType


@dataclass(frozen=True)
class Narrowed:
    """To which corrections somebody narrows the list down; None: by this not at all."""

    batch: str | None = None
    rule: str | None = None
    field: str | None = None
    record_id: int | None = None
    line: int | None = None

    @property
    def is_everything(self) -> bool:
        return self == Narrowed()

    def of(self, lines: QuerySet[Correction]) -> QuerySet[Correction]:
        if self.batch is not None:
            lines = lines.filter(batch=self.batch)
        if self.rule is not None:
            lines = lines.filter(rule=self.rule)
        if self.field is not None:
            lines = lines.filter(field=self.field)
        if self.record_id is not None:
            lines = lines.filter(record_id=self.record_id)
        return lines if self.line is None else lines.filter(pk=self.line)


def corrections_seen(access: Access, declared: ObjectType) -> QuerySet[Correction]:
    """Return the corrections this person may look at and decide.

    What a rule proposes for one field can tell of another. Whoever may not read every field the
    rules look at sees only what was found with the own rights.
    """
    reach = records(access, declared, Action.CHANGE).order_by().values("pk")
    names = correctable_fields(access, declared).keys()
    found = Correction.objects.filter(object_key=declared.key, record_id__in=reach, field__in=names)
    looked_at = correctable_fields(Access.system("fields the rules look at"), declared)
    mask = access.fields(declared)
    if access.is_system or all(mask.is_readable(name) for name in looked_at):
        return found
    return found.filter(actor_id=access.user_id)
