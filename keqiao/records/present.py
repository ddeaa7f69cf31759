"""The value door: what a person may read of records, masked and named, ready to show or send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext

from keqiao.access.rights import Right
from keqiao.catalog.field import Column
from keqiao.catalog.kinds.base import FieldKind
from keqiao.catalog.kinds.links import is_link, links_of
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type as object_type_named
from keqiao.records.merging_tombstones import survivors_of
from keqiao.records.numbered import numbered
from keqiao.records.places import places_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.places import Place


class Cell(NamedTuple):
    """One value as this person may see it. `value` is None when masked or hidden."""

    value: Any = None
    text: str = ""
    masked: bool = False
    hidden: bool = False
    link: tuple[str, int] | None = None
    links: tuple[tuple[str, int, str], ...] = ()  # of several: object type, id, title
    url: str = ""  # where a record out of reach can be found all the same


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
    instances: Sequence[Any],
    paths: Sequence[str],
    *,
    texts: bool = True,
) -> list[Row]:
    """Return a row for each record with the cells of `paths`; one query per linked object type.

    A record is a model's instance, or anything else with the columns as attributes (the named rows
    that lists read). Programs read values: without `texts` only masks and names of links are
    spelled out.
    """
    part = _Part(access, object_type, instances, paths)
    return _rows(access, part, _linked(access, [part]), texts=texts)


def present_many(
    access: Access, parts: Sequence[tuple[ObjectType, Sequence[Any], Sequence[str]]]
) -> list[list[Row]]:
    """Return rows of records of several types, as `present` does; what they link to is read once."""
    made = [_Part(access, *one) for one in parts]
    linked = _linked(access, made)
    return [_rows(access, part, linked, texts=True) for part in made]


class _Part:
    """Records of one type and what is to be shown of them."""

    def __init__(
        self,
        access: Access,
        object_type: ObjectType,
        instances: Sequence[Any],
        paths: Sequence[str],
    ) -> None:
        self.object_type = object_type
        self.instances = instances
        self.mask = access.fields(object_type)
        self.plan = [(path, _split(object_type, path)) for path in paths]


def _rows(access: Access, part: _Part, linked: _Linked, *, texts: bool) -> list[Row]:
    object_type, instances, mask = part.object_type, part.instances, part.mask
    readers = [
        (path, _reader(access, linked, own, rest, mask[own.name], texts=texts))
        for path, (own, rest) in part.plan
    ]
    title_field = object_type.title_field()
    title_readable = mask.is_readable(title_field.name)
    return [
        Row(
            instance.id,
            instance.version,
            str(title_field.value(instance)) if title_readable else f"#{instance.id}",
            {path: read(instance) for path, read in readers},
            instance.updated_at,
            instance.owner_id,
        )
        for instance in instances
    ]


def titles_of(access: Access, object_type: ObjectType, ids: Iterable[int]) -> dict[int, str]:
    """Return what those of the records that this person may see are called, masked if need be.

    One that was merged goes by the name of the record that stands for it now.
    """
    wanted, columns = set(ids), columns_needed(object_type, ())
    rows = numbered(access, object_type, wanted, columns)
    found = {row.id: row.title for row in present(access, object_type, rows, ())}
    if (missing := wanted - found.keys()) and (led := survivors_of(object_type.key, missing)):
        stayed = titles_of(access, object_type, led.values())
        found |= {old: stayed[now] for old, now in led.items() if now in stayed}
    return found


def named_rows(found: QuerySet[Model], columns: Iterable[str]) -> Any:
    """Read only `columns`, into plain rows that name them: no model is made for each of them."""
    return found.values_list(*sorted(columns), named=True)


def _split(object_type: ObjectType, path: str) -> tuple[Field, str]:
    head, _dot, rest = path.partition(".")
    if rest:
        object_type.field(path)
    return object_type.field(head), rest


class _Linked(NamedTuple):
    titles: dict[str, dict[int, str]]
    rows: dict[str, dict[int, Row]]
    deleted: set[tuple[str, int]]
    places: dict[tuple[str, int], Place]


def _linked(access: Access, parts: Sequence[_Part]) -> _Linked:
    """Read the linked records this person may see, once per object type."""
    ids: dict[str, set[int]] = {}
    paths: dict[str, set[str]] = {}
    for part in parts:
        for _path, (own, rest) in part.plan:
            if part.mask[own.name] <= Right.MASKED or not is_link(own):
                continue
            for instance in part.instances:
                for key, record_id in links_of(own, own.value(instance)):
                    ids.setdefault(key, set()).add(record_id)
            if rest:
                paths.setdefault(own.target, set()).add(rest)
    found = _Linked({}, {}, set(), {})
    for key, wanted in ids.items():
        try:
            target = object_type_named(key)
        except UnknownObject:
            continue
        inner = tuple(paths.get(key, ()))
        # With what lies in the bin: who would see a record may know that it was deleted.
        columns = {*columns_needed(target, inner), "deleted_at"}
        rows = numbered(access, target, wanted, columns, with_deleted=True)
        live = [row for row in rows if row.deleted_at is None]
        found.deleted.update((key, row.id) for row in rows if row.deleted_at is not None)
        if unseen := wanted - {row.id for row in rows}:
            placed = places_of(access, target, unseen)
            found.places.update(((key, pk), place) for pk, place in placed.items())
        shown = present(access, target, live, inner)
        found.rows[key] = {row.id: row for row in shown}
        found.titles[key] = {row.id: row.title for row in shown}
    return found


# Kinds of which the same few values come again in most rows of a list.
_REPEATED = frozenset({"choice", "region", "user", "department", "boolean"})
_PEOPLE = frozenset({"user", "users", "department"})


def _reader(
    access: Access, linked: _Linked, own: Field, rest: str, right: Right, *, texts: bool
) -> Callable[[Any], Cell]:
    """Return what turns a record into the cell of one column; the right is applied here, once."""
    if right is Right.HIDDEN:
        return lambda instance: HIDDEN_CELL
    if rest:
        return lambda instance: _related_cell(access, linked, own, rest, instance, right)
    general = partial(_cell, access, linked, own, right=right, texts=texts)
    if right is Right.MASKED or is_link(own) or not texts:
        return general
    stored: Callable[[Any], Any] = own.storage.stored
    if isinstance(own.storage, Column):
        stored = attrgetter(own.storage.name)
        if own.kind.key in _REPEATED:
            return _remembering(general, stored)
    return general if own.kind.key in _PEOPLE else _spelling(own, stored)


def _remembering(
    read: Callable[[Any], Cell], stored: Callable[[Any], Any]
) -> Callable[[Any], Cell]:
    known: dict[Any, Cell] = {}

    def remembered(instance: Any) -> Cell:
        value = stored(instance)
        cell = known.get(value)
        if cell is None:
            cell = known[value] = read(instance)
        return cell

    return remembered


def _spelling(own: Field, stored: Callable[[Any], Any]) -> Callable[[Any], Cell]:
    kind = own.kind
    is_empty, load = kind.is_empty, kind.load
    spell = str if type(kind).text is FieldKind.text else kind.speller(own)

    def read(instance: Any) -> Cell:
        value = load(stored(instance), own)
        if is_empty(value):
            return EMPTY_CELL if value is None else Cell(value)
        return Cell(value, spell(value))

    return read


def _cell(
    access: Access, linked: _Linked, own: Field, instance: Any, right: Right, *, texts: bool
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
    if place := linked.places.get(link):
        return Cell(None, place.name, masked=True, url=place.name_url)
    return Cell(None, gettext("(no access)"), masked=True)


def _links_cell(linked: _Linked, links: list[tuple[str, int]], value: list[int]) -> Cell:
    """Show the ones this person may see by name, and say that there are others."""
    cells = [_link_cell(linked, link, pk) for link, pk in zip(links, value, strict=True)]
    seen = [cell for cell in cells if cell.link]
    text = gettext(", ").join(dict.fromkeys(cell.text for cell in cells))
    if not any(cell.value for cell in cells):
        return Cell(None, text, masked=True)
    named = tuple((*cell.link, cell.text) for cell in seen if cell.link)
    return Cell([cell.value for cell in cells if cell.value], text, links=named)


def _related_cell(
    access: Access, linked: _Linked, own: Field, rest: str, instance: Any, right: Right
) -> Cell:
    if right is Right.MASKED:
        return HIDDEN_CELL
    rows = linked.rows.get(own.target, {})
    found = [rows[pk].cells[rest] for _key, pk in links_of(own, own.value(instance)) if pk in rows]
    if own.kind.many:
        texts = gettext(", ").join(cell.text for cell in found if cell.text and not cell.hidden)
        return Cell(None, texts)
    return found[0] if found else EMPTY_CELL
