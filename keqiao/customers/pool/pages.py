"""The pool as people see it: the list of a pool, one pooled record, and what can be had today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.claim import why_not
from keqiao.customers.pool.known import is_administrator, known, lens_of, may_hold, pools_of
from keqiao.customers.pool.limits import claims_left, note_view, own_room, views_left
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.records.query import Page, count_records, get_record, run_list
from keqiao.ui.filter_builder import show_builder
from keqiao.ui.filtering import chips, filter_line, quick_fields
from keqiao.ui.gate import access_of, is_partial, signed_in
from keqiao.ui.list_menus import show_column_menu, show_filter_menu, show_quick_menu
from keqiao.ui.list_state import ListState
from keqiao.ui.listing import list_columns
from keqiao.ui.markup import markup
from keqiao.ui.navigation import sentence
from keqiao.ui.record_page import key_properties, record_facts, sections, whole_row
from keqiao.ui.table import head_html, rows_html, widths_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool
    from keqiao.records.present import Row
    from keqiao.records.query import ListQuery

# Of a pooled record nobody is the owner; who was, since when and why not any more says more.
LEFT_OUT = frozenset({"owner", "team", "updated_at"})
ADDED = ("pooled_at", "previous_owner", "pool_reason")
NOTHING_MAY: dict[str, bool] = dict.fromkeys(("change", "reveal", "delete", "transfer"), False)


@dataclass(frozen=True)
class PoolState(ListState):
    """The list of a pool as its address says it."""

    pool_id: int = 0

    @property
    def base(self) -> str:
        return f"/pool/{self.pool_id}/"

    def shown_columns(self, access: Access) -> tuple[str, ...]:
        if self.columns:
            return super().shown_columns(access)
        usual = tuple(name for name in self.declared.list.columns if name not in LEFT_OUT)
        return replace(self, columns=(*usual, *ADDED)).shown_columns(access)

    def query(self, access: Access, **more: Any) -> ListQuery:
        asked = super().query(access, **more)
        return replace(asked, sort=asked.sort or "-pooled_at")


def pool_for(access: Access, pool_id: int) -> Pool:
    """Return a pool this person may look into; any other does not exist for him."""
    pool = known().pools.get(pool_id)
    if pool is None or pool not in pools_of(access):
        raise Http404
    return pool


@signed_in
@require_GET
def first_pool(request: HttpRequest) -> HttpResponse:
    """Open the first pool this person is a member of, or say that there is none."""
    access = access_of(request)
    mine = pools_of(access)
    if mine:
        return HttpResponseRedirect(f"/pool/{mine[0].pk}/")
    context = {"page_title": _("Pool"), "may_set_up": access.is_administrator}
    return render(request, "customers/pool/none.html", context)


@signed_in
@require_GET
def pool_page(request: HttpRequest, pool_id: int) -> HttpResponse:
    access = access_of(request)
    pool = pool_for(access, pool_id)
    lens = lens_of(access, pool)
    state = _state(request, pool)
    status, problem = HTTPStatus.OK, ""
    try:
        page = run_list(lens, state.query(lens, count=not state.cursor))
    except FilterProblem as found:
        page, problem = Page([], count=0), str(found.message)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = _list_context(access, lens, pool, state, page) | {"problem": problem}
    if is_partial(request) and request.GET.get("part") == "rows":
        context["is_more"] = True
        return render(request, "customers/pool/list.html#more_rows", context, status=status)
    if is_partial(request):
        response = render(request, "customers/pool/list.html#part", context, status=status)
        response["HX-Push-Url"] = state.url(cursor=state.cursor, exact=state.exact)
        return response
    return render(request, "customers/pool/list.html", context, status=status)


def _state(request: HttpRequest, pool: Pool) -> PoolState:
    asked = PoolState.read(object_type(pool.object_key), request.GET)
    return PoolState(
        asked.declared, asked.where, asked.sort, asked.search, asked.columns, asked.cursor,
        asked.exact, widths=asked.widths, filter=asked.filter, pool_id=pool.pk,
    )  # fmt: skip


def _list_context(
    access: Access, lens: Access, pool: Pool, state: PoolState, page: Page
) -> dict[str, Any]:
    columns = list_columns(lens, state, page)
    can_claim = pool.is_active and may_hold(access, state.declared)
    return {
        "object_type": state.declared,
        "pool": pool,
        "title": pool.name,
        "page_title": pool.name,
        "list_url": state.base,
        "page_url": state.page,
        "tabs": [
            {"label": one.name, "url": f"/pool/{one.pk}/", "current": one.pk == pool.pk}
            for one in pools_of(access)
        ],
        "facts": facts(access, pool, state.declared),
        "chips": chips(lens, state),
        "quick_filters": [
            {"name": field.name, "label": sentence(field.label)}
            for field in quick_fields(lens, state.declared)
            if field.name not in LEFT_OUT
        ],
        "widths_html": widths_html(columns),
        "head_html": head_html(columns),
        "rows_html": rows_html(
            page.rows, columns, state.base, _claim_cell(state.base) if can_claim else None
        ),
        "page": _page_facts(lens, state, page),
        "search_text": state.search,
        "query_fields": state.pairs(),
        "state": state.query_string(),
        "can_claim": can_claim,
        "runs_pool": is_administrator(access, pool),
        "can_move": is_administrator(access, pool) and len(other_pools(access, pool)) > 0,
    }


def other_pools(access: Access, pool: Pool) -> list[Pool]:
    """Return the pools into which this person may move records of this one."""
    mine = [one for one in pools_of(access) if one.object_key == pool.object_key]
    return [one for one in mine if one.pk != pool.pk and is_administrator(access, one)]


def _claim_cell(base: str) -> Callable[[Row], str]:
    """Return what writes the last cell of each row: the button that claims it."""
    label = _("Claim")

    # Where its answer goes stands once, on the table's body: fifty times it was 6 KB.
    def write(row: Row) -> str:
        return markup(
            '<td class="act"><button class="btn sm" name="one" value="{}" form="bulk"'
            ' hx-post="{}claim/">{}</button></td>',
            row.id,
            base,
            label,
        )

    return write


def _page_facts(lens: Access, state: PoolState, page: Page) -> dict[str, Any]:
    count, capped = page.count, page.count_capped
    if state.exact and capped:
        count, capped = count_records(lens, state.query(lens)), False
    text = f"{count:,}{'+' if capped else ''}" if count is not None else ""
    return {
        "count": text,
        "count_text": _("%(count)s in all") % {"count": text} if text else "",
        "exact_url": state.url(exact=True) if capped else "",
        "is_filtered": state.is_filtered,
        "next_url": state.url(cursor=page.next_cursor) if page.next_cursor else "",
        "previous_url": state.url(cursor=page.previous_cursor) if page.previous_cursor else "",
        "first_url": state.url(),
    }


def facts(access: Access, pool: Pool, declared: ObjectType) -> list[dict[str, Any]]:
    """Return what the head of the pool says: 18/30 held, claims and views left."""
    found: list[dict[str, Any]] = []
    room = own_room(access, declared)
    if room is not None:
        found.append(
            {
                "label": _("My %(objects)s") % {"objects": declared.label_plural},
                "value": str(room),
                "is_full": room.left == 0,
            }
        )
    left = claims_left(access, pool)
    if left is not None and may_hold(access, declared):
        found.append({"label": _("Claims left"), "value": f"{left:,}", "is_full": left == 0})
    views = views_left(access, pool)
    if views is not None:
        found.append({"label": _("Views left today"), "value": f"{views:,}", "is_full": views == 0})
    return found


# --- the menus of the list ------------------------------------------------------------------------


def _opened(request: HttpRequest, pool_id: int) -> tuple[Access, PoolState]:
    access = access_of(request)
    pool = pool_for(access, pool_id)
    return lens_of(access, pool), _state(request, pool)


@signed_in
@require_GET
def filter_menu(request: HttpRequest, pool_id: int) -> HttpResponse:
    return show_filter_menu(request, *_opened(request, pool_id))


@signed_in
@require_GET
def quick_menu(request: HttpRequest, pool_id: int, name: str) -> HttpResponse:
    return show_quick_menu(request, *_opened(request, pool_id), name)


@signed_in
@require_GET
def builder_page(request: HttpRequest, pool_id: int) -> HttpResponse:
    return show_builder(request, *_opened(request, pool_id))


@signed_in
@require_GET
def column_menu(request: HttpRequest, pool_id: int) -> HttpResponse:
    return show_column_menu(request, *_opened(request, pool_id))


@signed_in
@require_GET
def filter_part(request: HttpRequest, pool_id: int) -> HttpResponse:
    """Give operator and value boxes for the field chosen in the filter menu."""
    lens, state = _opened(request, pool_id)
    return HttpResponse(filter_line(lens, state.declared, request.GET.get("filter_field", "")))


# --- one pooled record ---------------------------------------------------------------------------


@signed_in
@require_GET
def pooled_record(request: HttpRequest, pool_id: int, record_id: int) -> HttpResponse:
    """Show a record of the pool; counts as a view of the day."""
    access = access_of(request)
    pool = pool_for(access, pool_id)
    declared = object_type(pool.object_key)
    record = get_record(lens_of(access, pool), declared, record_id)
    part = "#panel" if is_partial(request) and request.GET.get("part") == "panel" else ""
    url = f"/pool/{pool.pk}/{record_id}/"
    context: dict[str, Any] = {"pool": pool, "object_type": declared, "url": url}
    try:
        note_view(access, pool, record_id)
    except PoolRefusal as refusal:
        context |= {"refusal": refusal.message, "page_title": pool.name}
        # In the panel the sentence takes the record's place; a page of its own says it in full.
        status = HTTPStatus.OK if part else HTTPStatus.FORBIDDEN
        return render(request, f"customers/pool/record.html{part}", context, status=status)
    lens = lens_of(access, pool, open_fields=pool.reveals_on_open)
    row = whole_row(lens, declared, record)
    context |= {
        "page_title": row.title,
        "record": record_facts(request, declared, row, url),
        "key_properties": [
            one
            for one in key_properties(lens, declared, row, NOTHING_MAY)
            if one["name"] not in LEFT_OUT
        ],
        "sections": sections(lens, declared, row, NOTHING_MAY),
        "can_claim": pool.is_active and may_hold(access, declared),
        "why_not": why_not(access, pool, record),
        "runs_pool": is_administrator(access, pool),
        "facts": facts(access, pool, declared),
    }
    return render(request, f"customers/pool/record.html{part}", context)
