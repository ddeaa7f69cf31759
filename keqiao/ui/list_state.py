"""What a list shows as its address says it: filters, order, search, columns and the place in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import QueryDict

from keqiao.catalog.filter import (
    AllOf,
    Condition,
    FilterProblem,
    FilterTree,
    parse_filter,
    parse_where,
)
from keqiao.catalog.operators import WITHOUT_VALUE
from keqiao.catalog.problems import UnknownField
from keqiao.records.query import ListQuery
from keqiao.ui.periods import with_days_of
from keqiao.ui.picking import several_picked_or_typed

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

PAGE_SIZE = 50
MOST_COLUMNS = 20
LONGEST_SEARCH = 100
LONGEST_FILTER = 8_000
EVERYTHING = "all"  # the view without conditions, asked for by name when another opens by itself

NARROWEST, WIDEST = 48, 800  # pixels
WIDTH = "width."  # before the name of the column whose width an address tells
BOARD, CALENDAR = "board", "calendar"

Widths = tuple[tuple[str, int], ...]
Content = tuple[tuple[str, ...], str, str, tuple[str, ...], Widths, str]


def given_state(text: str) -> QueryDict:
    """Read the state of a list that a form sends along as one text, whole: cut off, it would mean more.

    Raises `BadRequest` for a NUL: written as %00 inside that text, the gate did not see it.
    """
    given = QueryDict(text)
    if any("\x00" in value for _name, values in given.lists() for value in values):
        raise BadRequest
    return given


@dataclass(frozen=True)
class ListState:
    """One list as a person has set it up; every change gives a new address."""

    declared: ObjectType
    where: tuple[str, ...] = ()
    sort: str = ""
    search: str = ""
    columns: tuple[str, ...] = ()
    cursor: str = ""
    exact: bool = False
    filter: str = ""  # the nested part, in the JSON form of the filter language
    view: str = ""  # the saved view this list began as
    saved: Content | None = None  # what that view holds
    widths: Widths = ()
    display: str = ""  # "board", or "calendar:due_at:week"; otherwise rows
    day: str = ""  # where the calendar is open

    @classmethod
    def read(cls, declared: ObjectType, given: QueryDict) -> ListState:
        where = [part for part in given.getlist("where") if part]
        added = _added_condition(given)
        return cls(
            declared,
            where=tuple(dict.fromkeys([*where, *added])),
            sort=given.get("sort", "")[:60],
            search=" ".join(given.get("search", "").split())[:LONGEST_SEARCH],
            columns=tuple(dict.fromkeys(filter(None, given.getlist("columns"))))[:MOST_COLUMNS],
            cursor=given.get("cursor", "")[:1000],
            exact=given.get("exact") == "1",
            filter=given.get("filter", "")[:LONGEST_FILTER],
            view=given.get("view", "")[:20],
            widths=_widths(given),
            display=known_display(given.get("display", "")[:100]),
            day=given.get("day", "")[:10],
        )

    @property
    def base(self) -> str:
        return f"/{self.declared.path}/"

    @property
    def page(self) -> str:
        """Return the address of the page that shows the list in its way, without any state."""
        way = self.display.partition(":")[0]
        return f"{self.base}{way}/" if way else self.base

    @property
    def is_filtered(self) -> bool:
        return bool(self.where or self.search or self.filter)

    @property
    def content(self) -> Content:
        """Return what a view keeps: conditions, order, columns, and how they are shown."""
        return self.where, self.filter, self.sort, self.columns, self.widths, self.display

    @property
    def is_changed(self) -> bool:
        """Tell whether the list is no longer what its saved view says."""
        return self.saved is not None and self.saved != self.content

    def pairs(self) -> list[tuple[str, str]]:
        """Return what the address carries, without the place in the list."""
        found = [("view", self.view), ("changed", "1")] if self.view.isdigit() else []
        found += [("where", part) for part in self.where]
        if self.filter:
            found.append(("filter", self.filter))
        found += [("columns", name) for name in self.columns]
        found += [(f"{WIDTH}{name}", str(width)) for name, width in self.widths]
        if ":" in self.display:
            found.append(("display", self.display))
        if self.sort:
            found.append(("sort", self.sort))
        return found + self._where_open()

    def _where_open(self) -> list[tuple[str, str]]:
        return [("day", self.day)] if self.day and self.display.startswith(CALENDAR) else []

    def form_fields(self) -> list[tuple[str, str]]:
        """Return what a form carries along, so that the list comes back in the same way."""
        pairs = self.pairs()
        if self.display and ":" not in self.display:
            pairs.append(("display", self.display))
        return pairs

    def query_string(self) -> str:
        """Return the whole state as menus, dialogs and bulk changes are given it."""
        pairs = self.form_fields()
        if self.search:
            pairs.append(("search", self.search))
        return urlencode(pairs)

    def url(self, **changes: Any) -> str:
        """Return the address with some parts changed; any change starts at the first page."""
        changed = replace(self, **{"cursor": "", "exact": False, **changes})
        is_own = changed.is_changed or not changed.saved
        pairs = changed.pairs() if is_own else changed._where_open()
        if changed.view and (changed.view == EVERYTHING or not pairs or not is_own):
            pairs = [("view", changed.view), *pairs]
        if changed.search:
            pairs.append(("search", changed.search))
        if changed.cursor:
            pairs.append(("cursor", changed.cursor))
        if changed.exact:
            pairs.append(("exact", "1"))
        return f"{changed.page}?{urlencode(pairs)}" if pairs else changed.page

    def toggled(self, condition: str) -> str:
        """Return the address with a condition added, or taken away when it is there."""
        others = tuple(part for part in self.where if part != condition)
        return self.url(where=others if condition in self.where else (*self.where, condition))

    def shown_columns(self, access: Access) -> tuple[str, ...]:
        """Return the columns to show: known and not hidden, the title first."""
        mask = access.fields(self.declared)
        wanted = self.columns or self.declared.list.columns
        known = [name for name in wanted if _exists(self.declared, name)]
        visible = [name for name in known if not mask.is_hidden(name.partition(".")[0])]
        title = self.declared.title
        return (title, *(name for name in visible if name != title))

    def query(self, access: Access, **more: Any) -> ListQuery:
        """Return the question to the row door. Raises `FilterProblem` for a broken address."""
        return ListQuery(
            object_type=self.declared,
            columns=self.shown_columns(access),
            filter=self.tree(),
            sort=self.sort,
            cursor=self.cursor or None,
            limit=PAGE_SIZE,
            search=self.search,
            **more,
        )

    def tree(self) -> FilterTree | None:
        """Return all conditions as one filter. Raises `FilterProblem` for a broken address."""
        simple = parse_where(list(self.where))
        if not self.filter:
            return simple
        nested = parse_filter(self.filter)
        return AllOf((simple, nested)) if simple else nested

    def conditions(self) -> list[tuple[str, Condition]]:
        """Return each condition with the text it has in the address; the list names broken ones."""
        found: list[tuple[str, Condition]] = []
        for part in self.where:
            try:
                tree: FilterTree | None = parse_where([part])
            except FilterProblem:
                continue
            if isinstance(tree, AllOf) and isinstance(tree.items[0], Condition):
                found.append((part, tree.items[0]))
        return found


def same_filters(access: Access, one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two sets of conditions ask the same, however they were chosen."""
    return {_asked(access, part) for part in one} == {_asked(access, part) for part in other}


def _asked(access: Access, part: str) -> tuple[str, str, frozenset[str]]:
    path, _colon, rest = part.partition(":")
    operator, _colon, value = rest.partition(":")
    if operator == "is_me":
        return path, "any_of", frozenset({str(access.user_id)})
    if operator == "equals":
        return path, "any_of", frozenset({value})
    if operator in {"any_of", "none_of"}:
        return path, operator, frozenset(filter(None, value.split(",")))
    return path, operator, frozenset({value})


def known_display(text: str) -> str:
    return text if text.partition(":")[0] in {BOARD, CALENDAR} else ""


def _widths(given: QueryDict) -> Widths:
    """Read the widths of an address or of the column form; what is no width is left out."""
    found = {}
    for name in given:
        text = (given.get(name) or "").strip()
        if name.startswith(WIDTH) and text.isascii() and text.isdecimal() and len(text) < 6:
            found[name.removeprefix(WIDTH)[:100]] = min(max(int(text), NARROWEST), WIDEST)
    return tuple(sorted(found.items())[: MOST_COLUMNS + 1])


def _exists(declared: ObjectType, path: str) -> bool:
    try:
        declared.field(path)
    except UnknownField:
        return False
    return True


def _added_condition(given: QueryDict) -> list[str]:
    """Return the condition the filter editor adds, if it was filled in."""
    name, operator = given.get("filter_field", ""), given.get("filter_operator", "")
    if not name or not operator:
        return []
    if operator in WITHOUT_VALUE:
        return [f"{name}:{operator}"]
    values = (
        several_picked_or_typed(given, "filter_value")
        if "filter_value__pick" in given
        else [value for value in given.getlist("filter_value") if value]
    )
    values = with_days_of(given, "filter_days", values)
    joined = ",".join(value for value in values if value)
    return [f"{name}:{operator}:{joined}"] if joined else []
