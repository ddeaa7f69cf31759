"""Saved views: a list as somebody set it up, opened again with one click, alone or by many.

A view never widens what its reader may see: it is only an address with a name. What it asks of
fields that are gone, or that the reader may not read, is left out, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from keqiao.catalog.custom_fields import Use, find_uses_with
from keqiao.catalog.filter import (
    AllOf,
    AnyOf,
    Condition,
    FilterProblem,
    FilterTree,
    Not,
    as_data,
    conditions,
    parse_filter,
    parse_where,
)
from keqiao.catalog.problems import UnknownField
from keqiao.catalog.state import bump, version
from keqiao.records.bulk_rows import json_text
from keqiao.ui.displays import can_show
from keqiao.ui.list_state import EVERYTHING, ListState, Widths, known_display
from keqiao.ui.models import SavedView, ViewChoice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

VERSION = "views"
MOST_VIEWS = 200


@dataclass(frozen=True)
class KnownView:
    """A saved view as one person meets it."""

    id: int
    name: str
    user_id: int
    audience: str
    department_id: int | None
    where: tuple[str, ...]
    filter: str
    sort: str
    columns: tuple[str, ...]
    widths: Widths
    display: str
    is_tab: bool
    is_first: bool


@dataclass(frozen=True)
class OpenedList:
    """A list as its address asks for it, with the view behind it and what was left out of that."""

    state: ListState
    view: KnownView | None = None
    left_out: tuple[str, ...] = ()


def views_of(access: Access, declared: ObjectType) -> tuple[KnownView, ...]:
    """Return the saved views this person may open, his own first."""
    if access.user_id is None:
        return ()
    return _views(declared.key, access.user_id, access.department_id, version(VERSION))


@lru_cache(maxsize=2_000)
def _views(
    object_key: str, user_id: int, department_id: int | None, _version: int
) -> tuple[KnownView, ...]:
    reach = Q(user_id=user_id) | Q(audience=SavedView.EVERYBODY)
    if department_id is not None:
        reach |= Q(audience=SavedView.DEPARTMENT, department_id=department_id)
    rows = SavedView.objects.filter(reach, object_key=object_key).order_by("position", "pk")
    choices = {
        choice.view_id: choice  # type: ignore[attr-defined]
        for choice in ViewChoice.objects.filter(user_id=user_id, view__object_key=object_key)
    }
    found = [_known(row, choices.get(row.pk)) for row in rows[:MOST_VIEWS]]
    return tuple(sorted(found, key=lambda view: view.user_id != user_id))


def _known(row: SavedView, choice: ViewChoice | None) -> KnownView:
    return KnownView(
        id=row.pk,
        name=row.name,
        user_id=row.user_id,  # type: ignore[attr-defined]
        audience=row.audience,
        department_id=row.department_id,
        where=tuple(row.where),
        filter=row.filter,
        sort=row.sort,
        columns=tuple(row.columns),
        widths=tuple(sorted(row.widths.items())),
        display=known_display(row.display),
        is_tab=choice.is_tab if choice else True,
        is_first=choice.is_first if choice else False,
    )


def may_change(access: Access, view: KnownView) -> bool:
    """A view is changed by whoever made it; one for everybody also by administrators."""
    return view.user_id == access.user_id or (
        access.is_administrator and view.audience != SavedView.OWN
    )


def audiences(access: Access) -> list[tuple[str, str]]:
    """Return for whom this person may save a view."""
    found = [(SavedView.OWN, _("Only me"))]
    if access.department_id is not None:
        found.append((SavedView.DEPARTMENT, _("My department")))
    if access.is_administrator:
        found.append((SavedView.EVERYBODY, _("Everybody")))
    return found


# --- opening -------------------------------------------------------------------------------------


def open_list(access: Access, declared: ObjectType, given: QueryDict) -> OpenedList:
    """Read the address of a list: a saved view, a changed one, or conditions of its own."""
    state = ListState.read(declared, given)
    known = views_of(access, declared)
    if not state.view and not any(state.content) and not state.search:
        first = next((view for view in known if view.is_first), None)
        if first is not None:
            state = replace(state, view=str(first.id))
    view = next((view for view in known if str(view.id) == state.view), None)
    if view is None:
        gone = (_("the saved view itself, which is gone or no longer shared with you"),)
        is_gone = state.view.isdigit()
        state = replace(state, view="" if state.view != EVERYTHING else EVERYTHING)
        return OpenedList(state, None, gone if is_gone else ())
    kept, left_out = usable(access, declared, view)
    if given.get("changed") == "1":
        return OpenedList(replace(state, saved=kept.content), view)
    opened = replace(
        state,
        where=kept.where,
        filter=kept.filter,
        sort=kept.sort,
        columns=kept.columns,
        widths=kept.widths,
        display=kept.display,
        saved=kept.content,
    )
    return OpenedList(opened, view, left_out)


def usable(
    access: Access, declared: ObjectType, view: KnownView
) -> tuple[ListState, tuple[str, ...]]:
    """Return what of a view this person can use today, and a name for each part that is left out."""
    left_out: list[str] = []
    where = []
    for part in view.where:
        if _is_usable_part(access, declared, part):
            where.append(part)
        else:
            left_out.append(_condition_on(declared, part.partition(":")[0]))
    nested = _usable_filter(access, declared, view.filter, left_out)
    sort = view.sort
    if sort and not _is_readable(access, declared, sort.removeprefix("-")):
        left_out.append(_condition_on(declared, sort.removeprefix("-")))
        sort = ""
    columns = []
    for name in view.columns:
        if _exists_for(access, declared, name):
            columns.append(name)
        else:
            left_out.append(_condition_on(declared, name))
    display = view.display
    if display and not can_show(access, declared, display):
        left_out.append(_("the board or calendar, whose field is not open to you"))
        display = ""
    widths = tuple(one for one in view.widths if _exists_for(access, declared, one[0]))
    state = ListState(
        declared,
        tuple(where),
        sort,
        columns=tuple(columns),
        filter=nested,
        widths=widths,
        display=display,
    )
    return state, tuple(dict.fromkeys(left_out))


def _condition_on(declared: ObjectType, path: str) -> str:
    """Name a part that is left out; what a field is called is not told to whom it is hidden."""
    try:
        declared.field(path)
    except UnknownField:
        return _("the field “%(field)s”, which no longer exists") % {"field": path[:60]}
    return _("a field that is not open to you")


def _is_usable_part(access: Access, declared: ObjectType, part: str) -> bool:
    try:
        tree = parse_where([part])
    except FilterProblem:
        return False
    return tree is not None and all(
        _is_readable(access, declared, one.path) for one in conditions(tree)
    )


def _usable_filter(access: Access, declared: ObjectType, text: str, left_out: list[str]) -> str:
    if not text:
        return ""
    try:
        tree = parse_filter(text)
    except FilterProblem:
        left_out.append(_("the nested filter, which can no longer be read"))
        return ""
    kept = _pruned(access, declared, tree, left_out)
    return compact(kept) if kept is not None else ""


def _pruned(
    access: Access, declared: ObjectType, tree: FilterTree, left_out: list[str]
) -> FilterTree | None:
    match tree:
        case Condition(path):
            if _is_readable(access, declared, path):
                return tree
            left_out.append(_condition_on(declared, path))
            return None
        case AllOf(items) | AnyOf(items):
            found = [_pruned(access, declared, item, left_out) for item in items]
            kept = tuple(item for item in found if item is not None)
            return type(tree)(kept) if kept else None
        case Not(item):
            inner = _pruned(access, declared, item, left_out)
            return Not(inner) if inner is not None else None


def _is_readable(access: Access, declared: ObjectType, path: str) -> bool:
    if not _exists_for(access, declared, path):
        return False
    head, _dot, rest = path.partition(".")
    if not access.fields(declared).is_readable(head):
        return False
    if not rest:
        return True
    from keqiao.catalog.registry import object_type

    target = object_type(declared.field(head).target)
    return access.fields(target).is_readable(rest)


def _exists_for(access: Access, declared: ObjectType, path: str) -> bool:
    try:
        declared.field(path)
    except UnknownField:
        return False
    return not access.fields(declared).is_hidden(path.partition(".")[0])


def compact(tree: FilterTree) -> str:
    """Return a filter as an address and a saved view carry it."""
    return json_text(as_data(tree))


# --- keeping -------------------------------------------------------------------------------------


def save_view(
    access: Access, state: ListState, name: str, audience: str, *, is_first: bool = False
) -> SavedView:
    """Keep a list under a name. The caller has checked `audience` against `audiences`."""
    row = SavedView.objects.create(
        object_key=state.declared.key,
        name=name,
        user_id=access.user_id or 0,
        audience=audience,
        department_id=access.department_id if audience == SavedView.DEPARTMENT else None,
        where=list(state.where),
        filter=state.filter,
        sort=state.sort,
        columns=list(state.columns),
        widths=dict(state.widths),
        display=state.display,
    )
    if is_first:
        choose(access, row.pk, is_first=True)
    bump(VERSION)
    return row


def overwrite_view(view: KnownView, state: ListState) -> None:
    """Let a saved view hold what the list shows now."""
    where, nested, sort, columns, widths, display = state.content
    SavedView.objects.filter(pk=view.id).update(
        where=list(where),
        filter=nested,
        sort=sort,
        columns=list(columns),
        widths=dict(widths),
        display=display,
    )
    bump(VERSION)


def rename_view(view: KnownView, name: str, audience: str, department_id: int | None) -> None:
    SavedView.objects.filter(pk=view.id).update(
        name=name,
        audience=audience,
        department_id=department_id if audience == SavedView.DEPARTMENT else None,
    )
    bump(VERSION)


def delete_view(view: KnownView) -> None:
    SavedView.objects.filter(pk=view.id).delete()
    bump(VERSION)


def order_views(access: Access, ids: Sequence[int]) -> None:
    """Put this person's own views into an order."""
    for position, pk in enumerate(ids):
        SavedView.objects.filter(pk=pk, user_id=access.user_id or 0).update(position=position)
    bump(VERSION)


def choose(
    access: Access, view_id: int, *, is_tab: bool | None = None, is_first: bool | None = None
) -> None:
    """Note that this person wants a view as a tab, or to see it first."""
    wanted: dict[str, bool] = {}
    if is_tab is not None:
        wanted["is_tab"] = is_tab
    if is_first is not None:
        wanted["is_first"] = is_first
    if is_first:
        key = SavedView.objects.values_list("object_key", flat=True).get(pk=view_id)
        others = ViewChoice.objects.filter(user_id=access.user_id or 0, view__object_key=key)
        others.update(is_first=False)
    ViewChoice.objects.update_or_create(
        user_id=access.user_id or 0, view_id=view_id, defaults=wanted
    )
    bump(VERSION)


def views_using(declared: ObjectType, field: str) -> list[Use]:
    """Tell which saved views ask for a field: whoever deletes it should know."""
    found = []
    for row in SavedView.objects.filter(object_key=declared.key).iterator():
        named = {part.partition(":")[0] for part in row.where}
        named |= {row.sort.removeprefix("-"), *row.columns, *row.display.split(":")[1:2]}
        if row.filter:
            try:
                named |= {one.path for one in conditions(parse_filter(row.filter))}
            except FilterProblem:
                continue
        if field in {name.partition(".")[0] for name in named}:
            found.append(row.name)
    return [Use(_("saved views"), len(found), tuple(found))]


find_uses_with(views_using)
