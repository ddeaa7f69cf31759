"""The row door: which records a person may see, filtered, sorted and paged the same way everywhere."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.access.matrix import matrix
from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action, Level
from keqiao.catalog.field import JsonKey
from keqiao.catalog.filter import (
    AllOf,
    AnyOf,
    Compiled,
    Condition,
    FilterProblem,
    FilterTree,
    Not,
    compile_condition,
    find_field,
)
from keqiao.catalog.kinds.links import ReferencesKind, is_link, links_of
from keqiao.catalog.operators import ABOUT_PEOPLE, WITHOUT_VALUE, operands
from keqiao.catalog.problems import FieldProblem, UnknownObject
from keqiao.catalog.registry import object_type as object_type_named
from keqiao.records.archived import hides_archived
from keqiao.records.contains import narrowed_by_index
from keqiao.records.counting import TooSlow, capped_count
from keqiao.records.list_search import patience, searched
from keqiao.records.models import LIVE, RecordLink
from keqiao.records.numbered import beginning, numbered
from keqiao.records.present import Row, columns_needed, named_rows, present

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

MAX_LIMIT = 500
SORTED_WITHOUT_INDEX = 50_000  # records; 0.2 s on SQLite


class RecordNotFound(LookupError):
    """No such record, or none this person may reach: the two must look alike."""


def records(
    access: Access, object_type: ObjectType, action: Action = Action.VIEW
) -> QuerySet[Model]:
    """Return the live records that `access` may reach with `action`."""
    return object_type.model._default_manager.filter(LIVE, access.scope(action, object_type))


def get_record(
    access: Access, object_type: ObjectType, record_id: int, action: Action = Action.VIEW
) -> Model:
    """Return one record, or raise `RecordNotFound`."""
    found = numbered(access, object_type, [record_id], action=action)
    if not found:
        note_refusal(access, object_type, action, [record_id])
        raise RecordNotFound(f"{object_type.key} {record_id}")
    return found[0]  # type: ignore[no-any-return]


def checked_filter(access: Access, object_type: ObjectType, tree: FilterTree) -> Compiled:
    """Compile a filter, refusing any field whose values `access` may not read."""
    annotations: dict[str, Any] = {}
    return Compiled(_compile(access, object_type, tree, annotations), annotations)


def _compile(
    access: Access, object_type: ObjectType, tree: FilterTree, annotations: dict[str, Any]
) -> Q:
    match tree:
        case AllOf(items):
            combined = Q()
            for item in items:
                combined &= _compile(access, object_type, item, annotations)
            return combined
        case AnyOf(items):
            if not items:
                return Q(pk__in=())
            combined = Q()
            for item in items:
                combined |= _compile(access, object_type, item, annotations)
            return combined
        case Not(item):
            return ~_compile(access, object_type, item, annotations)
        case Condition():
            return _compile_condition(access, object_type, tree, annotations)


def _compile_condition(
    access: Access, object_type: ObjectType, condition: Condition, annotations: dict[str, Any]
) -> Q:
    head, _dot, rest = condition.path.partition(".")
    own = find_field(object_type, head)
    require_readable(access, object_type, own, condition.path)
    if rest:
        target = object_type_named(own.target) if own.target else None
        if target is None or "." in rest:
            find_field(object_type, condition.path)
            raise FilterProblem(_("This field cannot be filtered."), "path", condition.path)
        inner = checked_filter(access, target, Condition(rest, condition.operator, condition.value))
        matching = records(access, target).alias(**inner.annotations).filter(inner.condition)
        if own.kind.many:
            return _linked_rows(object_type, own, target_id__in=matching.values("pk"))
        return Q((f"{_looked_up(own, annotations)}__in", matching.values("pk")))
    if not own.filterable:
        raise FilterProblem(
            _("“%(field)s” is not set up for filtering. An administrator can switch that on.")
            % {"field": own.label},
            "not_filterable",
            condition.path,
        )
    if is_link(own):
        _require_reach(access, own, condition)
    if condition.operator in ABOUT_PEOPLE and condition.operator in own.operators:
        return _about_people(access, object_type, own, condition.operator, annotations)
    if isinstance(own.kind, ReferencesKind) and own.target:
        return _compile_several(object_type, own, condition)
    compiled = compile_condition(own, condition, annotations)
    if condition.operator == "contains":
        proposed = narrowed_by_index(object_type, own, condition.value)
        return compiled if proposed is None else proposed & compiled
    return compiled


def _about_people(
    access: Access, object_type: ObjectType, own: Field, operator: str, annotations: dict[str, Any]
) -> Q:
    """Compile what is asked of a colleague: is it the reader, is he gone, did he let the reader in."""
    if operator == "shared_with_me":
        return access.let_in_to(object_type)
    column = _looked_up(own, annotations)
    if operator == "is_me":
        return Q((column, access.user_id or 0))
    return Q((f"{column}__in", [one.id for one in matrix().people.values() if not one.is_active]))


def _looked_up(own: Field, annotations: dict[str, Any]) -> str:
    """Return the name by which conditions ask for a field; a custom one is annotated for it."""
    if not isinstance(own.storage, JsonKey):
        return own.storage.name
    annotations[f"_{own.name}"] = own.expression()
    return f"_{own.name}"


def _require_reach(access: Access, own: Field, condition: Condition) -> None:
    """Refuse to ask for links to records out of reach: a hit would tell that they exist."""
    if condition.operator in WITHOUT_VALUE:
        return
    if own.target and access.level(Action.VIEW, object_type_named(own.target)) is Level.ALL:
        return
    try:
        asked = [own.kind.clean_operand(raw, own) for raw in operands(condition.value)]
    except FieldProblem as problem:
        raise FilterProblem(problem.message, problem.code, condition.path) from None
    links = {link for one in asked for link in links_of(own, one)}
    wanted: dict[str, set[int]] = {}
    for key, number in links - access.seen:
        wanted.setdefault(key, set()).add(number)
    for key, numbers in wanted.items():
        try:
            reachable = records(access, object_type_named(key)).filter(pk__in=numbers).count()
        except UnknownObject:
            raise FilterProblem(
                _("There is no record with this number."), "reference", condition.path
            ) from None
        if reachable < len(numbers):
            note_refusal(access, object_type_named(key), Action.VIEW, numbers)
            raise FilterProblem(
                _("There is no record with this number."), "reference", condition.path
            )
    access.seen.update(links)


def _compile_several(object_type: ObjectType, own: Field, condition: Condition) -> Q:
    """Compile a condition on links to several records: they stand in rows of their own."""
    operator = condition.operator
    if operator in WITHOUT_VALUE:
        found = _linked_rows(object_type, own)
        return found if operator == "is_filled" else ~found
    if operator not in own.kind.operators or condition.value is None:
        raise FilterProblem(_("Please give a value to compare with."), "missing", condition.path)
    ids = [own.kind.clean_operand(raw, own) for raw in operands(condition.value)]
    found = _linked_rows(object_type, own, target_id__in=ids)
    return ~found if operator == "none_of" else found


def _linked_rows(object_type: ObjectType, own: Field, **which: Any) -> Q:
    rows = RecordLink.objects.filter(
        object_key=object_type.key, field=own.name, target_key=own.target
    )
    return Q(pk__in=rows.filter(**which).values("record_id"))


def require_readable(access: Access, object_type: ObjectType, own: Field, path: str) -> None:
    """Refuse to filter or sort by a field that is hidden or masked: order alone would tell it."""
    if not access.fields(object_type).is_readable(own.name):
        # The same words as for a field that does not exist: its existence is not told either.
        raise FilterProblem(
            _("There is no field “%(name)s” here.") % {"name": path[:60]}, "unknown_field", path
        )


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """What a list shows: the columns, a filter, an order and a place in it."""

    object_type: ObjectType
    columns: tuple[str, ...] = ()
    filter: FilterTree | None = None
    sort: str = ""
    cursor: str | None = None
    limit: int = 50
    count: bool = True
    action: Action = Action.VIEW
    ids: tuple[int, ...] | None = None
    search: str = ""  # words as typed; all records that fit, in the list's order
    texts: bool = True  # what people read; programs do without
    search_surely: bool = False  # of common words that lie far behind in the list's order
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass
class Page:
    """One page of a list. `count` stops at a cap, then `count_capped` is true; None: not counted,
    because counting would have taken longer than the page is worth."""

    rows: list[Row]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    count: int | None = None
    count_capped: bool = False
    sort: str = ""

    @property
    def count_text(self) -> str:
        """Return the count as people read it; empty when it was not counted."""
        if self.count is None:
            return ""
        return f"{self.count:,}{'+' if self.count_capped else ''}"


def run_list(access: Access, query: ListQuery) -> Page:
    """Read one page. Raises `FilterProblem` when filter, sort or cursor cannot be used."""
    object_type = query.object_type
    order = _order(access, object_type, query.sort or object_type.list.default_sort)
    columns = query.columns or object_type.list.columns
    try:
        with patience(access, query):
            instances, has_previous, has_next = _page_rows(access, query, order, columns)
    except TooSlow:
        query = replace(query, search_surely=True)
        instances, has_previous, has_next = _page_rows(access, query, order, columns)
    page = Page(
        present(access, object_type, instances, columns, texts=query.texts), sort=order.sort
    )
    if instances:
        page.next_cursor = order.cursor(instances[-1], backward=False) if has_next else None
        page.previous_cursor = order.cursor(instances[0], backward=True) if has_previous else None
    if query.count:
        is_whole = not query.cursor and not has_next
        page.count, page.count_capped = capped_count(
            access, query, known=len(instances) if is_whole else None
        )
    return page


def _page_rows(
    access: Access, query: ListQuery, order: _Order, columns: tuple[str, ...]
) -> tuple[list[Any], bool, bool]:
    limit = min(max(query.limit, 1), MAX_LIMIT)
    is_narrowed = query.filter is not None or query.ids is not None or query.search or query.cursor
    if not (is_narrowed or hides_archived(query) or order.nullable or order.expression is not None):
        sign = "-" if order.descending else ""
        names = columns_needed(query.object_type, columns) | ({order.column} - {"pk"})
        by = tuple(dict.fromkeys((f"{sign}{order.column}", f"{sign}pk")))
        found = beginning(access, query.object_type, names, by, limit + 1, query.action)
        return found[:limit], False, len(found) > limit
    matching = matching_records(access, query)
    return _slice(matching, order, query.cursor, limit, columns, query.object_type)


def matching_records(access: Access, query: ListQuery) -> QuerySet[Model]:
    """Return the records of a list without order or page (bulk jobs and exports start here)."""
    return narrowed(access, query, records(access, query.object_type, query.action))


def narrowed(access: Access, query: ListQuery, found: QuerySet[Model]) -> QuerySet[Model]:
    """Apply what a list asks for to records already in reach; what is archived only if it asks."""
    if hides_archived(query):
        found = found.filter(archived_at__isnull=True)
    if query.ids is not None:
        found = found.filter(pk__in=query.ids)
    if query.search:
        search = searched(access, query.object_type, query.search, query.kept)
        found = found.filter(search.condition(surely=query.search_surely))
    if query.filter is not None:
        compiled = checked_filter(access, query.object_type, query.filter)
        found = found.alias(**compiled.annotations).filter(compiled.condition)
    return found


def count_records(access: Access, query: ListQuery) -> int:
    """Return the exact number of records of a list."""
    return matching_records(access, replace(query, search_surely=True)).count()


@dataclass
class _Order:
    """One order of a list: a column and the id, both in one direction; empty values last."""

    sort: str
    column: str
    descending: bool
    nullable: bool
    holds: Any  # the Django field whose values stand in page marks
    expression: Any = None
    read: Any = None

    def cursor(self, instance: Any, *, backward: bool) -> str:
        value = self.read(instance)
        if isinstance(value, (date, datetime)):
            value = value.isoformat()
        data = [self.sort, value, instance.id, int(backward)]
        raw = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def parse(self, cursor: str) -> tuple[Any, int, bool]:
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            sort, value, record_id, backward = json.loads(base64.urlsafe_b64decode(padded))
            if (
                sort != self.sort
                or not isinstance(record_id, int)
                or isinstance(value, (list, dict))
            ):
                raise ValueError
            if (isinstance(value, str) and "\x00" in value) or (
                isinstance(value, int) and abs(value) >= 2**63
            ):
                raise ValueError
            value = self.holds.get_prep_value(value)
        except (ValueError, TypeError, OverflowError, RecursionError, ValidationError):
            raise FilterProblem(
                _("This page mark is no longer valid. Please start again at the first page."),
                "cursor",
            ) from None
        return value, record_id, bool(backward)


def _order(access: Access, object_type: ObjectType, sort: str) -> _Order:
    name = sort.removeprefix("-")
    if name == "id":
        return _Order(
            sort, "pk", sort.startswith("-"), nullable=False,
            holds=object_type.model._meta.pk, read=lambda row: None,
        )  # fmt: skip
    own = find_field(object_type, name)
    require_readable(access, object_type, own, name)
    if "." in name or not own.sortable:
        raise FilterProblem(
            _("The list cannot be sorted by “%(field)s”.") % {"field": own.label}, "sort", name
        )
    if not own.sort_ready:
        _require_short_list(object_type, own)
    if isinstance(own.storage, JsonKey):
        expression = own.expression()
        return _Order(
            sort, f"_{own.name}", sort.startswith("-"), nullable=True,
            holds=expression.output_field,  # type: ignore[attr-defined]
            expression=expression, read=own.storage.stored,
        )  # fmt: skip
    column = own.sort_name()
    model_field = object_type.model._meta.get_field(column)
    return _Order(
        sort,
        column,
        sort.startswith("-"),
        nullable=bool(getattr(model_field, "null", False)),
        holds=model_field,
        read=lambda row: getattr(row, column),
    )


def _require_short_list(object_type: ObjectType, own: Field) -> None:
    """Without an index every record is read to sort them; a long list says so instead."""
    live = object_type.model._default_manager.filter(LIVE).order_by()
    if not live[SORTED_WITHOUT_INDEX : SORTED_WITHOUT_INDEX + 1].values("pk").exists():
        return
    text = _(
        "This list is too long to be sorted by “%(field)s” as it is. An administrator can make the"
        " field “filterable and sortable”; sorting is possible as soon as its index is built."
    )
    if own.filterable:
        text = _(
            "The index of “%(field)s” is still being built. Please sort by it in some minutes."
        )
    raise FilterProblem(text % {"field": own.label}, "sort", own.name)


def _slice(
    matching: QuerySet[Model],
    order: _Order,
    cursor: str | None,
    limit: int,
    columns: tuple[str, ...],
    object_type: ObjectType,
) -> tuple[list[Any], bool, bool]:
    """Read one page by seeking; return rows in list order and whether there is more each way."""
    if order.expression is not None:
        matching = matching.alias(**{order.column: order.expression})
    extra = {order.column} if order.expression is None and order.column != "pk" else {"custom"}
    if order.column == "pk":
        extra = set()
    matching = named_rows(matching, columns_needed(object_type, columns) | extra)
    seek = order.parse(cursor) if cursor else None
    backward = bool(seek and seek[2])
    found = _read(matching, order, seek, limit + 1, backward=backward)
    more, found = len(found) > limit, found[:limit]
    if backward:
        found.reverse()
        return found, more, True
    return found, seek is not None, more


def _read(
    matching: QuerySet[Model],
    order: _Order,
    seek: tuple[Any, int, bool] | None,
    limit: int,
    *,
    backward: bool,
) -> list[Any]:
    descending = order.descending != backward
    if order.column == "pk":
        rows = matching.order_by("-pk" if descending else "pk")
        if seek:
            rows = rows.filter(Q(pk__lt=seek[1]) if descending else Q(pk__gt=seek[1]))
        return list(rows[:limit])
    # Two stretches, filled values then empty ones, so that both databases agree and use the index.
    stretches = [False, True] if order.nullable else [False]
    if backward:
        stretches.reverse()
    if seek and order.nullable:
        stretches = stretches[stretches.index(seek[0] is None) :]
    found: list[Any] = []
    for empty in stretches:
        rows = _stretch(matching, order, empty=empty, descending=descending)
        if seek and (seek[0] is None) == empty:
            rows = rows.filter(_after(order, seek, empty=empty, descending=descending))
        found.extend(rows[: limit - len(found)])
        if len(found) >= limit:
            break
    return found


def _stretch(
    matching: QuerySet[Model], order: _Order, *, empty: bool, descending: bool
) -> QuerySet[Model]:
    sign = "-" if descending else ""
    if order.nullable:
        matching = matching.filter(Q((f"{order.column}__isnull", empty)))
    return (
        matching.order_by(f"{sign}pk")
        if empty
        else matching.order_by(f"{sign}{order.column}", f"{sign}pk")
    )


def _after(order: _Order, seek: tuple[Any, int, bool], *, empty: bool, descending: bool) -> Q:
    value, record_id, _backward = seek
    way = "lt" if descending else "gt"
    beyond_id = Q((f"pk__{way}", record_id))
    if empty:
        return beyond_id
    # The first part lets the index seek; the second settles ties.
    return Q((f"{order.column}__{way}e", value)) & (
        Q((f"{order.column}__{way}", value)) | beyond_id
    )
