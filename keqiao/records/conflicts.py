"""Step 4's answer when two people edited one record: which fields differ, and whose value is which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keqiao.catalog.kinds.links import is_link
from keqiao.catalog.problems import FieldProblem
from keqiao.records.drafts import Conflict, FieldConflict
from keqiao.records.models import ChangeEntry
from keqiao.records.present import present

if TYPE_CHECKING:
    from keqiao.records.batch import Batch, Item


def find_conflict(batch: Batch, item: Item, wanted_version: int) -> Conflict | None:
    """Return the conflict, or None when the others' changes touch other fields than this draft.

    Saving fields nobody else touched loses nothing, so it goes through.
    """
    record = item.stored
    entries = list(
        ChangeEntry.objects.filter(
            object_key=batch.object_type.key, record_id=record.pk, action__in=("change", "revert")
        ).order_by("-id")[: max(record.version - wanted_version, 1)]
    )
    latest: dict[str, ChangeEntry] = {}
    for entry in entries:
        for name in entry.after:
            latest.setdefault(name, entry)
    [row] = present(batch.access, batch.object_type, [record], tuple(item.values))
    found = []
    for name in item.values:
        field = batch.fields[name]
        stored = field.value(record)
        if name not in latest or stored == item.values[name]:
            continue
        entry = latest[name]
        try:
            mine = field.kind.text(item.values[name], field)
        except FieldProblem:
            mine = str(item.draft.values.get(name, ""))
        if is_link(field) or field.kind.key in {"user", "users", "department"}:
            mine = str(item.draft.values.get(name, ""))
        found.append(FieldConflict(name, mine, row.cells[name].text, entry.actor_name, entry.at))
    return Conflict(found, record.version) if found else None
