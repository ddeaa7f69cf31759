"""Settings about the records themselves: numbering rules and the recycle bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.rights import Action
from keqiao.catalog.models import NumberingRule
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.numbering import change_rule, preview
from keqiao.records.present import present
from keqiao.records.removal import deleted_records, restore_records
from keqiao.ui.cells import near_moment
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go, signed_in, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.settings.menu import settings_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

DATE_FORMATS = ("", "YYYY", "YYYYMM", "YYYYMMDD", "YYMM")
MOST_DIGITS = 12


@administrators_only
@require_http_methods(["GET", "POST"])
def numbering(request: HttpRequest) -> HttpResponse:
    rules = _rules()
    if request.method == "POST":
        key, _dot, name = request.POST.get("rule", "").partition(".")
        rule = rules.get((key, name))
        if rule is None:
            raise Http404
        problem = _change_rule(request, rule)
        if problem:
            messages.error(request, problem)
        else:
            messages.success(
                request, _("Saved. The next number is %(number)s.") % {"number": preview(rule)}
            )
        return go(request, "/settings/numbering/")
    context = {
        "lead": _("How the numbers look that the product gives to new records."),
        "rules": [
            {
                "key": f"{rule.object_key}.{rule.field}",
                "object": sentence(object_type(rule.object_key).label),
                "field": sentence(object_type(rule.object_key).field(rule.field).label),
                "rule": rule,
                "preview": preview(rule),
            }
            for rule in rules.values()
        ],
        "date_formats": DATE_FORMATS,
        "restarts": NumberingRule.Restart.choices,
    }
    return settings_page(request, "numbering", _("Numbering rules"), context)


def _rules() -> dict[tuple[str, str], NumberingRule]:
    """Return a rule for every serial field; one that was never used has its defaults."""
    stored = {(rule.object_key, rule.field): rule for rule in NumberingRule.objects.all()}
    found = {}
    for declared in object_types():
        for name, field in declared.fields().items():
            if field.kind.key == "serial":
                made = NumberingRule(
                    object_key=declared.key, field=name, prefix=declared.key[:1].upper(), digits=6
                )
                found[(declared.key, name)] = stored.get((declared.key, name), made)
    return found


def _change_rule(request: HttpRequest, rule: NumberingRule) -> str:
    looks, problem = asked_looks(request.POST)
    if not problem:
        change_rule(rule.object_key, rule.field, **looks)
        for name, value in looks.items():
            setattr(rule, name, value)
    return problem


def asked_looks(given: QueryDict) -> tuple[dict[str, Any], str]:
    """Return how numbers shall look as a form asks for it, or what is wrong with that."""
    prefix = given.get("prefix", "").strip()
    count = whole_number(given.get("digits", ""))
    if count is None or not 1 <= count <= MOST_DIGITS:
        return {}, _("Please give 1 to 12 digits.")
    if len(prefix) > 12:
        return {}, _("The beginning may have at most 12 characters.")
    date_format, restart = given.get("date_format", ""), given.get("restart", "")
    if date_format not in DATE_FORMATS or restart not in NumberingRule.Restart.values:
        return {}, _("Please choose one of the offered forms.")
    if restart != NumberingRule.Restart.NEVER and not _date_tells_period(date_format, restart):
        return {}, _("Numbers that start again need the date in them, or they would repeat.")
    return {
        "prefix": prefix, "digits": count, "date_format": date_format, "restart": restart,
    }, ""  # fmt: skip


def _date_tells_period(date_format: str, restart: str) -> bool:
    needed = {"year": 4, "month": 6, "day": 8}[restart]
    return len(date_format) >= needed or (restart != "day" and date_format == "YYMM")


# --- recycle bin ------------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "POST"])
def recycle_bin(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    offered = [one for one in object_types() if access.can(Action.DELETE, one)]
    if not offered:
        raise PermissionDenied
    declared = _chosen(request, offered)
    if request.method == "POST":
        given = map(whole_number, request.POST.getlist("ids"))
        ids = [number for number in given if number is not None]
        removal = restore_records(access, declared, ids, source=source_of(request))
        messages.success(request, _("Brought back: %(count)s") % {"count": len(removal.done)})
        if removal.in_use:
            text = _(
                "Left in the bin: %(count)s, because another record now has a value that only one"
                " may have. Change that record first."
            )
            messages.error(request, text % {"count": len(removal.in_use)})
        return go(request, f"/settings/bin/?object={declared.key}")
    context = {
        "lead": _("Deleted records stay here until somebody brings them back."),
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"/settings/bin/?object={one.key}",
                "current": one == declared,
            }
            for one in offered
        ],
        "object_type": declared,
        "lines": _binned(access, declared),
    }
    return settings_page(request, "bin", _("Recycle bin"), context)


def _chosen(request: HttpRequest, offered: list[ObjectType]) -> ObjectType:
    wanted = request.POST.get("object") or request.GET.get("object") or ""
    try:
        found = object_type(wanted)
    except UnknownObject:
        return offered[0]
    return found if found in offered else offered[0]


def _binned(access: Access, declared: ObjectType) -> list[dict[str, Any]]:
    binned = deleted_records(access, declared)
    return [
        {
            "id": row.id,
            "title": row.title,
            "when": near_moment(record.deleted_at),  # type: ignore[attr-defined]
            "who": access.person_name(record.deleted_by_id),  # type: ignore[attr-defined]
        }
        for record, row in zip(binned, present(access, declared, binned, ()), strict=True)
    ]
