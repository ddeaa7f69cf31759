"""The settings of pools: which there are, who fishes in them, how much, and why things come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.base.clock import now
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.customers.pool import filter_boxes
from keqiao.customers.pool.due import RULES, is_broken
from keqiao.customers.pool.known import is_administrator, known, pools_changed
from keqiao.customers.pool.menu import runs_a_pool
from keqiao.customers.pool.models import Pool, PoolMember, PoolRule
from keqiao.customers.pool.pooled import can_be_pooled, pooled_types
from keqiao.customers.pool.reasons import return_exemptions, return_reason
from keqiao.customers.pool.returning import note_returns_soon
from keqiao.records.audit import write_note
from keqiao.records.query import records
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.people_boxes import (
    colleagues_box,
    department_boxes,
    people_posted,
    role_boxes,
)
from keqiao.ui.settings.custom_fields import own_first

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

MOST = 100_000
NUMBERS = ("claims_per_day", "claims_per_week", "views_per_day")  # empty: no limit
DAYS = ("cooldown_days", "fresh_days", "warn_days")
FLAGS = ("needs_reason", "reveals_on_open", "is_active")
MOST_REASONS = 30


def pool_settings_page(
    request: HttpRequest, template: str, heading: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show one page of the pool's settings inside the frame of all settings."""
    everything = {**context, "heading": heading, "page_title": heading}
    return render(request, f"customers/pool/{template}.html", everything, status=status)


@signed_in
@require_http_methods(["GET", "POST"])
def pools_page(request: HttpRequest) -> HttpResponse:
    """Show the pools this person runs, in their order."""
    access = access_of(request)
    if not runs_a_pool(access):
        raise PermissionDenied
    if request.method == "POST":
        if not access.is_administrator:
            raise PermissionDenied
        _reorder(whole_number(request.POST.get("up", "")) or 0)
        return go(request, "/settings/pools/")
    mine = [pool for pool in known().pools.values() if is_administrator(access, pool)]
    context = {
        "lead": _(
            "Records nobody looks after lie in a pool; its members claim them. Whose records return"
            " where is decided by the first pool a person is a member of."
        ),
        "pools": [_line(pool) for pool in mine],
        "types": [{"key": one.key, "label": sentence(one.label_plural)} for one in pooled_types()],
        "may_add": access.is_administrator,
    }
    return pool_settings_page(request, "settings", _("Pools"), context)


def _line(pool: Pool) -> dict[str, Any]:
    declared = object_type(pool.object_key)
    count = len(known().members.get(pool.pk, ()))
    return {
        "pool": pool,
        "object": sentence(declared.label_plural),
        "members": _("members: %(count)s") % {"count": count},
        "inside": records(RULES, declared).filter(pool_id=pool.pk).count(),
        "rules": len(known().rules.get(pool.pk, ())),
    }


def _reorder(pool_id: int) -> None:
    """Move a pool one place up: of two that both have a person, the upper one is home."""
    with transaction.atomic():
        rows = list(Pool.objects.select_for_update())
        for at, pool in enumerate(rows):
            if pool.pk == pool_id and at:
                rows[at - 1], rows[at] = rows[at], rows[at - 1]
        for position, pool in enumerate(rows):
            Pool.objects.filter(pk=pool.pk).update(position=position)
        pools_changed()
    for declared in pooled_types():
        note_returns_soon(declared)


# --- one pool ------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def new_pool(request: HttpRequest) -> HttpResponse:
    if not access_of(request).is_administrator:
        raise PermissionDenied
    try:
        declared = object_type(request.POST.get("object") or request.GET.get("object", "account"))
    except UnknownObject:
        raise Http404 from None
    if not can_be_pooled(declared):
        raise Http404
    position = len(known().pools)
    return _form(request, declared, Pool(object_key=declared.key, position=position))


@signed_in
@require_http_methods(["GET", "POST"])
def edit_pool(request: HttpRequest, pool_id: int) -> HttpResponse:
    pool = pool_run_by(access_of(request), pool_id)
    declared = object_type(pool.object_key)
    if request.method == "POST" and request.POST.get("delete"):
        return _delete(request, declared, pool)
    return _form(request, declared, pool)


def pool_run_by(access: Access, pool_id: int) -> Pool:
    """Return a pool this person runs, fresh from the database; any other does not exist."""
    pool = get_object_or_404(Pool, pk=pool_id)
    if not is_administrator(access, pool):
        raise Http404
    return pool


def _delete(request: HttpRequest, declared: ObjectType, pool: Pool) -> HttpResponse:
    if not access_of(request).is_administrator:
        raise PermissionDenied
    try:
        with transaction.atomic():
            _log(request, declared, pool, {"deleted": pool.name})
            pool.delete()
            pools_changed()
    except ProtectedError as problem:
        text = _(
            "%(count)s records lie in this pool (some perhaps in the recycle bin). Move or assign"
            " them first, or close the pool instead."
        )
        messages.error(request, text % {"count": f"{len(problem.protected_objects):,}"})
        return go(request, f"/settings/pools/{pool.pk}/")
    note_returns_soon(declared)
    messages.success(request, _("The pool is gone."))
    return go(request, "/settings/pools/")


def _form(request: HttpRequest, declared: ObjectType, pool: Pool) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        problem = _read(request, declared, pool)
        if not problem:
            _keep(request, declared, pool)
            messages.success(request, _("Saved. It holds from everybody's next click."))
            return go(request, f"/settings/pools/{pool.pk}/")
    access = access_of(request)
    people = _people(request, pool)
    context = {
        "pool": pool,
        "object_type": declared,
        "problem": problem,
        "departments": department_boxes(people["departments"]),
        "roles": role_boxes(people["roles"]),
        "users_html": colleagues_box("users", _("Colleagues"), people["users"]),
        "administrators_html": colleagues_box(
            "administrators", _("Colleagues"), people["administrators"]
        ),
        "fields": [
            {"name": name, "label": sentence(field.label), "on": name in pool.hidden_fields}
            for name, field in own_first(declared.fields()).items()
        ],
        "reasons": "\n".join(pool.reasons),
        "exempt": filter_boxes.boxes(declared, pool.exempt_filter, "exempt"),
        "exempt_foreign": filter_boxes.words(access, declared, pool.exempt_filter)
        if filter_boxes.is_foreign(pool.exempt_filter)
        else "",
        "exemptions": [
            {"key": one.key, "label": one.label, "on": one.key in pool.exemptions}
            for one in return_exemptions(declared)
        ],
        "rules": _rules(access, declared, pool) if pool.pk else [],
        "may_delete": bool(pool.pk) and access.is_administrator,
    }
    heading = pool.name or _("New pool: %(objects)s") % {"objects": declared.label_plural}
    page = "pool_form"
    return pool_settings_page(request, page, heading, context, 422 if problem else 200)


def _rules(access: Access, declared: ObjectType, pool: Pool) -> list[dict[str, Any]]:
    found = []
    for rule in PoolRule.objects.filter(pool=pool):
        reason = return_reason(rule.reason)
        found.append(
            {
                "url": f"/settings/pools/{pool.pk}/rules/{rule.pk}/",
                "text": reason.text(rule.days) if reason else rule.reason,
                "filter": filter_boxes.words(access, declared, rule.filter),
                "is_active": rule.is_active,
                "is_broken": is_broken(declared, rule.filter),
            }
        )
    return found


# --- what the form sends ----------------------------------------------------------------------------


def _read(request: HttpRequest, declared: ObjectType, pool: Pool) -> str:
    """Put what was sent onto the pool; return what is wrong with it, if anything."""
    given = request.POST
    pool.name = " ".join(given.get("name", "").split())[:60]
    for name in (*NUMBERS, *DAYS):
        text = given.get(name, "").strip()
        value = whole_number(text) if text else None if name in NUMBERS else 0
        if text and (value is None or value > MOST):
            return _("Please give limits and days as whole numbers, or leave them empty.")
        setattr(pool, name, value)
    if pool.warn_days > 90:
        return _("Please warn at most 90 days before.")
    for name in FLAGS:
        setattr(pool, name, name in given)
    fields = declared.fields()
    pool.hidden_fields = [name for name in given.getlist("hidden") if name in fields]
    lines = (" ".join(line.split())[:80] for line in given.get("reasons", "").splitlines())
    pool.reasons = list(dict.fromkeys(filter(None, lines)))[:MOST_REASONS]
    known_keys = {one.key for one in return_exemptions(declared)}
    pool.exemptions = [key for key in given.getlist("exemptions") if key in known_keys]
    pool.exempt_filter = filter_boxes.posted(declared, given, "exempt", pool.exempt_filter)
    if not pool.name:
        return _("Please give the pool a name.")
    if Pool.objects.filter(name=pool.name, object_key=pool.object_key).exclude(pk=pool.pk).exists():
        return _("Another pool has this name. Please choose a different one.")
    return ""


def _keep(request: HttpRequest, declared: ObjectType, pool: Pool) -> None:
    """Store the pool and its people, note it in the change log, work out days of return anew."""
    people = _people(request, pool)
    rows = [
        *(PoolMember(department_id=pk) for pk in people["departments"]),
        *(PoolMember(role_id=pk) for pk in people["roles"]),
        *(PoolMember(user_id=pk) for pk in people["users"]),
        *(PoolMember(user_id=pk, is_administrator=True) for pk in people["administrators"]),
    ]
    with transaction.atomic():
        pool.save()
        PoolMember.objects.filter(pool=pool).delete()
        for row in rows:
            row.pool = pool
        PoolMember.objects.bulk_create(rows)
        pools_changed()
        facts = {name: getattr(pool, name) for name in ("name", *NUMBERS, *DAYS, *FLAGS)}
        _log(request, declared, pool, {**facts, "hidden": pool.hidden_fields, **people})
    note_returns_soon(declared)


def _log(request: HttpRequest, declared: ObjectType, pool: Pool, after: dict[str, Any]) -> None:
    note = {"pool": pool.name, **after}
    write_note(access_of(request), declared, "pool", source_of(request), now(), after=note)


def _people(request: HttpRequest, pool: Pool) -> dict[str, list[int]]:
    """Return who is chosen: as sent, or as stored when nothing was sent yet."""
    if request.method == "POST":
        return people_posted(request.POST, "users", "administrators")
    lines = list(PoolMember.objects.filter(pool=pool)) if pool.pk else []
    return {
        "users": [one.user_id for one in lines if one.user_id and not one.is_administrator],
        "administrators": [one.user_id for one in lines if one.user_id and one.is_administrator],
        "departments": [one.department_id for one in lines if one.department_id],
        "roles": [one.role_id for one in lines if one.role_id],
    }
