"""One rule of return: written, tried out on what there is, and only then switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.base.clock import now, today
from keqiao.catalog.registry import object_type
from keqiao.customers.pool import filter_boxes
from keqiao.customers.pool.due import first_day, is_broken
from keqiao.customers.pool.known import pools_changed
from keqiao.customers.pool.models import PoolRule
from keqiao.customers.pool.pool_settings import pool_run_by, pool_settings_page
from keqiao.customers.pool.reasons import return_reasons
from keqiao.customers.pool.returning import note_returns_soon
from keqiao.customers.pool.simulation import DRASTIC_COUNT, DRASTIC_SHARE, Simulation, simulate
from keqiao.records.audit import write_note
from keqiao.ui.cells import near_date
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, go, signed_in, source_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.models import Pool

MOST_DAYS = 3650


@signed_in
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest, pool_id: int) -> HttpResponse:
    pool = pool_run_by(access_of(request), pool_id)
    position = PoolRule.objects.filter(pool=pool).count()
    return _form(request, pool, PoolRule(pool=pool, days=30, position=position))


@signed_in
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, pool_id: int, rule_id: int) -> HttpResponse:
    pool = pool_run_by(access_of(request), pool_id)
    rule = get_object_or_404(PoolRule, pk=rule_id, pool=pool)
    if request.method == "POST" and request.POST.get("delete"):
        with transaction.atomic():
            _log(request, rule, {"deleted": True})
            rule.delete()
            pools_changed()
        note_returns_soon(object_type(pool.object_key))
        messages.success(request, _("The rule is gone."))
        return go(request, f"/settings/pools/{pool.pk}/")
    return _form(request, pool, rule)


def _form(request: HttpRequest, pool: Pool, rule: PoolRule) -> HttpResponse:
    """Show the rule; "try" only looks, "save" switches it on when nothing speaks against it."""
    access, declared = access_of(request), object_type(pool.object_key)
    was_active, problem = rule.is_active, ""
    found: Simulation | None = None
    if request.method == "POST":
        problem = _read(request, declared, rule)
        if not problem and (request.POST.get("try") or rule.is_active):
            found = simulate(access, declared, rule)
        if not problem and not request.POST.get("try"):
            problem = _confirmed(request, rule, found)
            if not problem:
                _keep(request, declared, rule, was_active=was_active)
                return go(request, f"/settings/pools/{pool.pk}/")
    context = {
        "pool": pool,
        "rule": rule,
        "object_type": declared,
        "problem": problem,
        "reasons": [
            {"key": one.key, "label": one.text(rule.days), "on": one.key == rule.reason}
            for one in return_reasons(declared)
        ],
        "boxes": filter_boxes.boxes(declared, rule.filter, "filter"),
        "foreign": filter_boxes.words(access, declared, rule.filter)
        if filter_boxes.is_foreign(rule.filter)
        else "",
        "is_broken": is_broken(declared, rule.filter),
        "found": found,
        "must_type": found is not None and found.is_drastic and rule.is_active,
        "first_day": near_date(first_day(pool, PoolRule(on_since=today()))),
        "is_stored": rule.pk is not None,
    }
    heading = _("Rule of “%(pool)s”") % {"pool": pool.name}
    page = "rule_form"
    return pool_settings_page(request, page, heading, context, 422 if problem else 200)


def _read(request: HttpRequest, declared: ObjectType, rule: PoolRule) -> str:
    given = request.POST
    days = whole_number(given.get("days", "").strip())
    position = whole_number(given.get("position", "").strip())
    reason = given.get("reason", "")
    rule.is_active = "is_active" in given
    rule.filter = filter_boxes.posted(declared, given, "filter", rule.filter)
    if position is not None and 0 < position < 1000:
        rule.position = position - 1
    if reason not in {one.key for one in return_reasons(declared)}:
        return _("Please choose what the rule waits for.")
    rule.reason = reason
    if days is None or not 1 <= days <= MOST_DAYS:
        return _("Please give a number of days between 1 and %(most)s.") % {"most": MOST_DAYS}
    rule.days = days
    return ""


def _confirmed(request: HttpRequest, rule: PoolRule, found: Simulation | None) -> str:
    """Ask for the count in figures when a rule would return very much."""
    if not rule.is_active or found is None or not found.is_drastic:
        return ""
    typed = "".join(char for char in request.POST.get("typed", "") if char.isdigit())
    if typed == str(found.to_type):
        return ""
    text = _(
        "This rule would return %(count)s of %(total)s records within a week: more than %(share)s"
        " percent or more than %(most)s. If that is meant, type the number %(plain)s and save again."
    )
    return text % {
        "count": f"{found.to_type:,}",
        "total": f"{found.total:,}",
        "share": DRASTIC_SHARE,
        "most": f"{DRASTIC_COUNT:,}",
        "plain": found.to_type,
    }


def _keep(request: HttpRequest, declared: ObjectType, rule: PoolRule, *, was_active: bool) -> None:
    with transaction.atomic():
        if rule.is_active and (not was_active or rule.on_since is None or _is_stricter(rule)):
            rule.on_since = today()
        rule.save()
        pools_changed()
        facts = {
            "reason": rule.reason, "days": rule.days, "filter": rule.filter,
            "is_active": rule.is_active,
        }  # fmt: skip
        _log(request, rule, facts)
    note_returns_soon(declared)
    if rule.is_active:
        day = near_date(first_day(rule.pool, rule))
        text = _("Saved. Owners are warned first; nothing returns by this rule before %(day)s.")
        messages.success(request, text % {"day": day})
    else:
        messages.success(request, _("Saved. The rule is switched off."))


def _is_stricter(rule: PoolRule) -> bool:
    """Tell whether records may be due now that were not before: they too are warned first."""
    stored = PoolRule.objects.filter(pk=rule.pk).first()
    if stored is None:
        return True
    return (
        rule.days < stored.days
        or rule.filter != stored.filter
        or rule.reason != stored.reason
        or rule.position != stored.position
    )


def _log(request: HttpRequest, rule: PoolRule, after: dict[str, Any]) -> None:
    note = {"pool": rule.pool.name, "rule": rule.reason, **after}
    declared = object_type(rule.pool.object_key)
    write_note(access_of(request), declared, "pool_rule", source_of(request), now(), after=note)
