"""What people do with the pool on its pages: claim, assign, move on, give back, lock. Dialogs and pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keqiao.access.rights import Action
from keqiao.catalog.registry import object_type
from keqiao.customers.pool.claim import MOST_AT_ONCE, assign, claim, titles_in_pool
from keqiao.customers.pool.known import is_administrator, known
from keqiao.customers.pool.pages import PoolState, other_pools, pool_for
from keqiao.customers.pool.pooled import can_be_pooled
from keqiao.customers.pool.refusal import PoolRefusal
from keqiao.customers.pool.release import (
    may_lock,
    move,
    pools_to_release_into,
    release,
    set_lock,
)
from keqiao.records.present import titles_of
from keqiao.records.query import get_record, records
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import person_box
from keqiao.ui.gate import access_of, go, is_partial, signed_in, source_of
from keqiao.ui.list_state import given_state
from keqiao.ui.picking import picked_or_typed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool
    from keqiao.customers.pool.moving import Moved


def pool_dialog(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show a question about the pool: alone for the page that asked, framed without JavaScript."""
    path = f"customers/pool/{template}.html"
    context = {**context, "title": title, "page_title": title, "dialog_template": path}
    return render(
        request, path if is_partial(request) else "ui/dialog.html", context, status=status
    )


def chosen_ids(request: HttpRequest) -> list[int]:
    """Return the records a form names: one button's, those ticked, or those a dialog carries on."""
    given = request.POST
    if given.get("one"):
        raw = [given["one"]]
    else:
        raw = given["ids"].split(",") if given.get("ids") else given.getlist("tick")
    numbers = map(whole_number, raw[: MOST_AT_ONCE + 1])
    return list(dict.fromkeys(number for number in numbers if number is not None))


def _back(request: HttpRequest, pool: Pool) -> str:
    """Return the address of the list as the person has set it up."""
    given = given_state(request.POST.get("state", ""))
    state = PoolState.read(object_type(pool.object_key), given)
    query = state.query_string()
    return f"/pool/{pool.pk}/{'?' if query else ''}{query}"


# --- out of the pool --------------------------------------------------------------------------------


@signed_in
@require_POST
def claim_page(request: HttpRequest, pool_id: int) -> HttpResponse:
    """Claim what was chosen; whoever claimed from a record's own page goes on to the customer."""
    access = access_of(request)
    pool = pool_for(access, pool_id)
    ids = chosen_ids(request)
    titles = titles_in_pool(access, pool, ids)
    try:
        moved = claim(access, pool, ids, source=source_of(request))
    except PoolRefusal as refusal:
        return _refused(request, pool, _("Nothing was claimed"), str(refusal.message))
    if moved.done:
        messages.success(request, _claimed_text(moved))
    if moved.refused:
        title = _("Not everything could be claimed") if moved.done else _("Nothing was claimed")
        return _refused(request, pool, title, "", moved, titles)
    if request.POST.get("open") and len(moved.done) == 1:
        declared = object_type(pool.object_key)
        return go(request, f"/{declared.path}/{moved.done[0]}/")
    return go(request, _back(request, pool))


def _claimed_text(moved: Moved) -> str:
    count = len(moved.done)
    if count == 1:
        return _("Claimed. It is yours now.")
    return _("%(count)s claimed. They are yours now.") % {"count": count}


def _refused(
    request: HttpRequest,
    pool: Pool,
    title: str,
    text: str,
    moved: Moved | None = None,
    titles: dict[int, str] | None = None,
) -> HttpResponse:
    """Say what was not done and why; some of it may have been done all the same."""
    lines = [
        {"title": (titles or {}).get(pk, f"#{pk}"), "text": why}
        for pk, why in (moved.refused if moved else {}).items()
    ]
    context = {
        "text": text,
        "lines": lines,
        "done_text": _claimed_text(moved) if moved and moved.done else "",
        "back_url": _back(request, pool),
    }
    # What was partly done is no error of form: the page behind has to be read anew.
    status = HTTPStatus.OK if moved and moved.done else HTTPStatus.UNPROCESSABLE_ENTITY
    return pool_dialog(request, "refused", title, context, status)


@signed_in
@require_POST
def hand_on_page(request: HttpRequest, pool_id: int) -> HttpResponse:
    """Ask to whom records of the pool go (a colleague, another pool), then give them."""
    access = access_of(request)
    pool = pool_for(access, pool_id)
    if not is_administrator(access, pool):
        raise PermissionDenied
    ids, problem = chosen_ids(request), ""
    titles = titles_in_pool(access, pool, ids)
    if request.POST.get("go"):
        try:
            moved = _hand_on(request, access, pool, ids)
        except PoolRefusal as refusal:
            problem = str(refusal.message)
        else:
            if not moved.refused:
                done = _("Handed on: %(count)s") % {"count": len(moved.done)}
                messages.success(request, done)
                return go(request, _back(request, pool))
            return _refused(request, pool, _("Not everything was handed on"), "", moved, titles)
    context = {
        "problem": problem,
        "action_url": f"/pool/{pool.pk}/hand-on/",
        "cancel_url": _back(request, pool),
        "count_text": _("%(count)s records") % {"count": f"{len(ids):,}"},
        "hidden_fields": [
            ("ids", ",".join(map(str, ids))),
            ("state", request.POST.get("state", "")),
        ],
        "control_html": person_box("new-owner", "owner", request.POST, required=False),
        "pools": other_pools(access, pool),
    }
    title = _("Assign from the pool")
    return pool_dialog(request, "hand_on", title, context, 422 if problem else 200)


def _hand_on(request: HttpRequest, access: Access, pool: Pool, ids: list[int]) -> Moved:
    target = whole_number(request.POST.get("pool", ""))
    taker = whole_number(picked_or_typed(request.POST, "owner"))
    if bool(target) == bool(taker):
        raise PoolRefusal(_("Please choose a colleague, or another pool."), "taker")
    if taker:
        return assign(access, pool, ids, taker, source=source_of(request))
    chosen = next((one for one in other_pools(access, pool) if one.pk == target), None)
    if chosen is None:
        raise PoolRefusal(_("Please choose one of the pools offered."), "pool")
    return move(access, pool, chosen, ids, source=source_of(request))


# --- into the pool -----------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def release_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """Ask into which pool and why, then give the record back."""
    access = access_of(request)
    if not can_be_pooled(declared):
        raise Http404
    record = get_record(access, declared, record_id)
    if not may_release(access, declared, record):
        raise PermissionDenied
    problem = ""
    if request.method == "POST":
        problem = _release(request, access, declared, [record_id])
        if not problem:
            messages.success(request, _("Returned to the pool."))
            still_seen = records(access, declared).filter(pk=record_id).exists()
            return go(
                request, f"/{declared.path}/{record_id}/" if still_seen else f"/{declared.path}/"
            )
    url = f"/{declared.path}/{record_id}/"
    title = titles_of(access, declared, [record_id]).get(record_id, "")
    context = {
        **release_choices(access, declared),
        "action_url": f"{url}pool/",
        "cancel_url": url,
        "problem": problem,
        "reason": request.POST.get("reason", ""),
    }
    heading = _("Return “%(title)s” to the pool?") % {"title": title}
    return pool_dialog(request, "release", heading, context, 422 if problem else 200)


def may_release(access: Access, declared: ObjectType, record: Any) -> bool:
    return (
        can_be_pooled(declared)
        and record.pool_id is None
        and access.reaches(Action.CHANGE, declared, record)
        and bool(pools_to_release_into(access, declared))
    )


def release_choices(access: Access, declared: ObjectType) -> dict[str, Any]:
    """Return the pools and reasons a person can choose from when giving records back."""
    pools = pools_to_release_into(access, declared)
    reasons = dict.fromkeys(reason for pool in pools for reason in pool.reasons)
    return {
        "pools": pools,
        "reasons": list(reasons),
        "needs_reason": any(pool.needs_reason for pool in pools),
    }


def _release(request: HttpRequest, access: Access, declared: ObjectType, ids: list[int]) -> str:
    """Give records back; return what was wrong, if anything."""
    pool, reason = asked_pool(request, access, declared), asked_reason(request)
    if pool is None:
        return _("Please choose one of the pools offered.")
    try:
        moved = release(access, pool, ids, reason, source=source_of(request))
    except PoolRefusal as refusal:
        return str(refusal.message)
    return " ".join(dict.fromkeys(moved.refused.values()))


def asked_pool(request: HttpRequest, access: Access, declared: ObjectType) -> Pool | None:
    wanted = whole_number(request.POST.get("pool", ""))
    offered = pools_to_release_into(access, declared)
    return next((one for one in offered if one.pk == wanted), None)


def asked_reason(request: HttpRequest) -> str:
    typed, chosen = request.POST.get("reason", "").strip(), request.POST.get("reason_choice", "")
    return (f"{chosen}：{typed}" if chosen and typed else typed or chosen)[:200]


@signed_in
@require_http_methods(["GET", "POST"])
def lock_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    """Lock a record against return, or unlock it, after a question."""
    access = access_of(request)
    if not can_be_pooled(declared):
        raise Http404
    record: Any = get_record(access, declared, record_id)
    if record.pool_id is not None or not may_lock(access, declared, record.owner_id):
        raise PermissionDenied
    url, locked = f"/{declared.path}/{record_id}/", not record.pool_locked
    if request.method == "POST":
        wanted = request.POST.get("locked") == "1"
        set_lock(access, declared, [record_id], locked=wanted, source=source_of(request))
        messages.success(request, _("Locked against return.") if wanted else _("Unlocked."))
        return go(request, url)
    context = {"action_url": f"{url}lock/", "cancel_url": url, "locked": locked}
    title = _("Lock against return to the pool?") if locked else _("Unlock for return to the pool?")
    return pool_dialog(request, "lock", title, context)


def pool_name(number: int | None) -> str:
    pool = known().pools.get(number or 0)
    return pool.name if pool else ""
