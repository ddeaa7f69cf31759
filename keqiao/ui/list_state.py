"""What a list shows as its address says it: filters, order, search, columns and the place in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

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
    from django.http import QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

PAGE_SIZE = 50
MOST_COLUMNS = 20
LONGEST_SEARCH = 100
LONGEST_FILTER = 8_000
EVERYTHING = "all"  # the view without conditions, asked for by name when another opens by itself

Content = tuple[tuple[str, ...], str, str, tuple[str, ...]]


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

    @classmethod
    def read(cls, declared: ObjectType, given: QueryDict) -> ListState:
        where = [part for part in given.getlist("where") if part]
        added = _added_condition(given)
        return cls(
            declared,
            where=tuple(dict.fromkeys([*where, *added])),
            sort=given.get("sort", "")[:60],
            search=" ".join(given.get("search", "").split())[:LONGEST_SEARCH],
            columns=tuple(dict.fromkeys(given.getlist("columns")))[:MOST_COLUMNS],
            cursor=given.get("cursor", "")[:1000],
            exact=given.get("exact") == "1",
            filter=given.get("filter", "")[:LONGEST_FILTER],
            view=given.get("view", "")[:20],
        )

    @property
    def base(self) -> str:
        return f"/{self.declared.path}/"

    @property
    def is_filtered(self) -> bool:
        return bool(self.where or self.search or self.filter)

    @property
    def content(self) -> Content:
        """Return what a view keeps: conditions, nested filter, order and columns."""
        return self.where, self.filter, self.sort, self.columns

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
        if self.sort:
            found.append(("sort", self.sort))
        return found

    def query_string(self) -> str:
        pairs = self.pairs()
        if self.search:
            pairs.append(("search", self.search))
        return urlencode(pairs)

    def url(self, **changes: Any) -> str:
        """Return the address with some parts changed; any change starts at the first page."""
        changed = replace(self, **{"cursor": "", "exact": False, **changes})
        pairs = changed.pairs() if changed.is_changed or not changed.saved else []
        if not pairs and changed.view:
            pairs = [("view", changed.view)]
        if changed.search:
            pairs.append(("search", changed.search))
        if changed.cursor:
            pairs.append(("cursor", changed.cursor))
        if changed.exact:
            pairs.append(("exact", "1"))
        return f"{self.base}?{urlencode(pairs)}" if pairs else self.base

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
