"""Links in drafts: from a number or a name to a record that exists and that the actor may see."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.access.matrix import matrix
from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.catalog.kinds.links import AnyReferenceKind, ReferencesKind, UsersKind
from keqiao.catalog.kinds.reference import DepartmentKind, ReferenceKind, UserKind
from keqiao.catalog.registry import object_type
from keqiao.records.drafts import Problem
from keqiao.records.link_resolving import (
    ids_by_name,
    resolve_any,
    resolve_colleagues,
    resolve_several,
)
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch, Item


def resolve_references(batch: Batch) -> None:
    """Replace names by ids and refuse links out of reach; one or two queries per linked type."""
    for field in batch.fields.values():
        kind = field.kind
        if not isinstance(kind, (ReferenceKind, ReferencesKind, AnyReferenceKind)):
            continue
        items = [item for item in batch.open_items() if item.values.get(field.name) is not None]
        if not items:
            continue
        if isinstance(kind, AnyReferenceKind):
            resolve_any(batch, field, items)
        elif isinstance(kind, UsersKind):
            resolve_colleagues(field, items)
        elif isinstance(kind, ReferencesKind):
            resolve_several(batch, field, items)
        elif isinstance(field.kind, UserKind):
            _resolve_users(batch, field, items)
        elif isinstance(field.kind, DepartmentKind):
            _resolve_departments(field, items)
        else:
            _resolve_records(batch, field, items)


def _resolve_users(batch: Batch, field: Field, items: list[Item]) -> None:
    """Find the colleagues meant; who has left is refused, except where the record has him already."""
    people = matrix().people
    by_name: dict[str, list[int]] = defaultdict(list)
    # Colleagues at work come first: a name that one who left also had means the one who is here.
    for person in sorted(people.values(), key=lambda person: not person.is_active):
        namesakes = by_name[person.name.casefold()]
        if person.is_active or not any(people[other].is_active for other in namesakes):
            namesakes.append(person.id)
    for item in items:
        value = item.values[field.name]
        stored = field.value(item.record) if item.record is not None else None
        if isinstance(value, int):
            found = [value] if value in people else []
        else:
            found = by_name.get(value.casefold(), [])
            found = [stored] if stored in found else found
        if not found and isinstance(value, int):
            _refuse(item, field, _("There is no colleague with this number."))
        elif len(found) != 1:
            message = _("No single colleague is called “%(name)s”.")
            _refuse(item, field, message % {"name": value[:40]})
        elif not (people[found[0]].is_active or found[0] == stored or _is_put_back(batch)):
            message = _("%(name)s is no longer active here. Please choose another colleague.")
            _refuse(item, field, message % {"name": people[found[0]].name}, "inactive")
        else:
            item.values[field.name] = found[0]


def _is_put_back(batch: Batch) -> bool:
    """Undoing an import restores what was, also a colleague who has left since."""
    return batch.source.channel == "revert"


def _resolve_departments(field: Field, items: list[Item]) -> None:
    departments = matrix().departments
    by_name = {name.casefold(): id_ for id_, (name, _path) in departments.items()}
    for item in items:
        value = item.values[field.name]
        found = value if value in departments else by_name.get(str(value).casefold())
        if found is None:
            _refuse(
                item, field, _("There is no department “%(name)s”.") % {"name": str(value)[:40]}
            )
        else:
            item.values[field.name] = found


def _resolve_records(batch: Batch, field: Field, items: list[Item]) -> None:
    access, target = batch.access, object_type(field.target)
    title_kind, in_batch = target.title_field().kind, _titles_in_batch(batch, target)
    names = {value for item in items if isinstance(value := item.values[field.name], str)}
    # Whoever may not read the names cannot try them out here.
    may_read = access.fields(target).is_readable(target.title)
    by_name = ids_by_name(access, target, names) if names and may_read else {}
    ids = {value for item in items if isinstance(value := item.values[field.name], int)}
    reachable = (
        set(records(access, target).filter(pk__in=ids).values_list("pk", flat=True))
        if ids
        else set()
    )
    note_refusal(access, target, Action.VIEW, ids - reachable)
    for item in items:
        value = item.values[field.name]
        if isinstance(value, int):
            if value not in reachable:
                message = _("“%(field)s”: there is no such record, or you may not see it.")
                _refuse(item, field, message % {"field": field.label})
            continue
        found = by_name.get(value, [])
        if len(found) == 1:
            item.values[field.name] = found[0]
        elif found:
            message = _(
                "“%(name)s” fits %(count)s records. Please give the number of the right one."
            )
            _refuse(item, field, message % {"name": value[:60], "count": len(found)})
        elif (other := in_batch.get(title_kind.exact(value))) is not None and other is not item:
            # A list names a parent company that stands in the list itself.
            item.links_in_batch[field.name] = other
            item.values[field.name] = None
        else:
            message = _("No record is called “%(name)s”, or you may not see it.")
            _refuse(item, field, message % {"name": value[:60]})


def _titles_in_batch(batch: Batch, target: ObjectType) -> dict[str, Item]:
    """Return the new records of this batch by title, without titles that stand there twice."""
    found: dict[str, Item] = {}
    if target != batch.object_type:
        return found
    seen: set[str] = set()
    for item in batch.items:
        title = item.values.get(target.title) if item.creating else None
        if not isinstance(title, str) or not title:
            continue
        form = target.title_field().kind.exact(title)
        if form in seen:
            found.pop(form, None)
        else:
            seen.add(form)
            found[form] = item
    return found


def refuse_broken_links(batch: Batch) -> None:
    """Refuse drafts that point at a refused draft of the same batch, and those that point at them."""
    while broken := [
        (item, name)
        for item in batch.open_items()
        for name, other in item.links_in_batch.items()
        if other.outcome is not None
    ]:
        for item, name in broken:
            message = _("The record named in “%(field)s” stands in the same list but was refused.")
            _refuse(item, batch.fields[name], message % {"field": batch.fields[name].label})
            item.refuse_if_problems()


def fill_links_in_batch(batch: Batch) -> None:
    """Put the ids in, once the drafts that are pointed at have theirs."""
    for item in batch.open_items():
        for name, other in item.links_in_batch.items():
            item.values[name] = other.stored.pk


def _refuse(item: Item, field: Field, message: object, code: str = "reference") -> None:
    item.values.pop(field.name, None)
    item.problems.append(Problem(field.name, message, code))  # type: ignore[arg-type]
