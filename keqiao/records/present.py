"""The value door: what a person may read of records, masked and named, ready to show or send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext

from keqiao.access.rights import Action, Right
from keqiao.catalog.field import Column
from keqiao.catalog.kinds.links import links_of
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type as object_type_named

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model

    from keqiao.access.access import Access, FieldMask
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType


class Cell(NamedTuple):
    """One value as this person may see it. `value` is None when masked or hidden."""

    value: Any = None
    text: str = ""
    masked: bool = False
    hidden: bool = False
    link: tuple[str, int] | None = None
    links: tuple[tuple[str, int, str], ...] = ()  # of several: object type, id, title


HIDDEN_CELL = Cell(hidden=True)
EMPTY_CELL = Cell()


@dataclass(slots=True)
class Row:
    """One record as this person may see it."""

    id: int
    version: int
    title: str
    cells: dict[str, Cell]
    updated_at: datetime | None = None
    owner_id: int | None = None


_ALWAYS = ("id", "version", "updated_at", "owner_id")


def columns_needed(object_type: ObjectType, paths: Iterable[str]) -> set[str]:
    """Return the table columns that showing `paths` reads."""
    wanted = {*_ALWAYS, object_type.title_field().storage.name}  # type: ignore[union-attr]
    for path in paths:
        own = object_type.field(path.partition(".")[0])
        wanted.add(own.storage.name if isinstance(own.storage, Column) else "custom")
    return wanted


def present(
    access: Access,
    object_type: ObjectType,
    instances: Sequence[Model],
    paths: Sequence[str],
    *,
    texts: bool = True,
) -> list[Row]:
    """Return a row for each record with the cells of `paths`; one query per linked object type.

    Programs read values: without `texts` only masks and names of links are spelled out.
    """
    mask = access.fields(object_type)
    plan = [(path, _split(object_type, path)) for path in paths]
    linked = _linked(access, instances, plan, mask)
    title_field = object_type.title_field()
    title_readable = mask.is_readable(title_field.name)
    rows = []
    for instance in instances:
        cells = {}
        for path, (own, rest) in plan:
            right = mask[own.name]
            if right is Right.HIDDEN:
                cells[path] = HIDDEN_CELL
            elif rest:
                cells[path] = _related_cell(access, linked, own, rest, instance, right)
            else:
                cells[path] = _cell(access, linked, own, instance, right, texts=texts)
        title = title_field.value(instance) if title_readable else f"#{instance.pk}"
        rows.append(
            Row(
                instance.pk,
                instance.version,  # type: ignore[attr-defined]
                str(title),
                cells,
                instance.updated_at,  # type: ignore[attr-defined]
                instance.owner_id,  # type: ignore[attr-defined]
            )
        )
    return rows


def titles_of(access: Access, object_type: ObjectType, ids: Iterable[int]) -> dict[int, str]:
    """Return what those of the records that this person may see are called, masked if need be."""
    from keqiao.records.query import records

    rows = records(access, object_type).filter(pk__in=set(ids))
    shown = present(access, object_type, list(rows.only(*columns_needed(object_type, ()))), ())
    return {row.id: row.title for row in shown}


def _split(object_type: ObjectType, path: str) -> tuple[Field, str]:
    head, _dot, rest = path.partition(".")
    if rest:
        object_type.field(path)
    return object_type.field(head), rest


class _Linked(NamedTuple):
    titles: dict[str, dict[int, str]]
    rows: dict[str, dict[int, Row]]
    deleted: set[tuple[str, int]]


def _linked(
    access: Access,
    instances: Sequence[Model],
    plan: list[tuple[str, tuple[Field, str]]],
    mask: FieldMask,
) -> _Linked:
    """Read the linked records this person may see, once per object type."""
    ids: dict[str, set[int]] = {}
    paths: dict[str, set[str]] = {}
    for _path, (own, rest) in plan:
        if mask[own.name] > Right.MASKED:
            for instance in instances:
                for key, record_id in links_of(own, own.value(instance)):
                    ids.setdefault(key, set()).add(record_id)
            if rest:
                paths.setdefault(own.target, set()).add(rest)
    found = _Linked({}, {}, set())
    for key, wanted in ids.items():
        try:
            target = object_type_named(key)
        except UnknownObject:
            continue
        inner = tuple(paths.get(key, ()))
        # With what lies in the bin: who would see a record may know that it was deleted.
        reach = target.model._default_manager.filter(access.scope(Action.VIEW, target))
        columns = {*columns_needed(target, inner), "deleted_at"}
        rows = list(reach.filter(pk__in=wanted).only(*columns))
        live = [row for row in rows if row.deleted_at is None]  # type: ignore[attr-defined]
        found.deleted.update((key, row.pk) for row in rows if row.deleted_at is not None)  # type: ignore[attr-defined]
        shown = present(access, target, live, inner)
        found.rows[key] = {row.id: row for row in shown}
        found.titles[key] = {row.id: row.title for row in shown}
    return found


def _cell(
    access: Access, linked: _Linked, own: Field, instance: Model, right: Right, *, texts: bool
) -> Cell:
    value = own.value(instance)
    kind = own.kind
    if kind.is_empty(value):
        return Cell(value, "") if value is not None else EMPTY_CELL
    if right is Right.MASKED:
        return Cell(None, kind.mask(value, own), masked=True)
    if links := links_of(own, value):
        return (
            _links_cell(linked, links, value) if kind.many else _link_cell(linked, links[0], value)
        )
    if not texts:
        return Cell(value)
    if kind.key == "user":
        return Cell(value, access.person_name(value))
    if kind.key == "users":
        return Cell(value, gettext(", ").join(map(access.person_name, value)))
    if kind.key == "department":
        return Cell(value, access.department_name(value))
    return Cell(value, kind.text(value, own))


def _link_cell(linked: _Linked, link: tuple[str, int], value: Any) -> Cell:
    title = linked.titles.get(link[0], {}).get(link[1])
    if title is not None:
        return Cell(value, title, link=link)
    if link in linked.deleted:
        return Cell(value, gettext("(deleted)"))
    return Cell(None, gettext("(no access)"), masked=True)


def _links_cell(linked: _Linked, links: list[tuple[str, int]], value: list[int]) -> Cell:
    """Show the ones this person may see by name, and say that there are others."""
    cells = [_link_cell(linked, link, pk) for link, pk in zip(links, value, strict=True)]
    seen = [cell for cell in cells if cell.link]
    if not any(cell.value for cell in cells):
        return Cell(None, gettext("(no access)"), masked=True)
    text = gettext(", ").join(dict.fromkeys(cell.text for cell in cells))
    named = tuple((*cell.link, cell.text) for cell in seen if cell.link)
    return Cell([cell.value for cell in cells if cell.value], text, links=named)


def _related_cell(
    access: Access, linked: _Linked, own: Field, rest: str, instance: Model, right: Right
) -> Cell:
    if right is Right.MASKED:
        return HIDDEN_CELL
    rows = linked.rows.get(own.target, {})
    found = [rows[pk].cells[rest] for _key, pk in links_of(own, own.value(instance)) if pk in rows]
    if own.kind.many:
        texts = gettext(", ").join(cell.text for cell in found if cell.text and not cell.hidden)
        return Cell(None, texts)
    return found[0] if found else EMPTY_CELL
