"""The settings of double entry: which records are keyed again, which fields, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.quality.double_entry.known import keyable_fields, known, rules_changed
from keqiao.quality.double_entry.models import DoubleEntryRule, EntryState, SecondEntry
from keqiao.quality.rule_form import (
    Posted,
    criteria_posted,
    criteria_shown,
    delete_rule,
    entered_type,
    entered_types,
    people_shown,
    rule_shown,
    take_rule,
)
from keqiao.quality.rules_in_force import people_named
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence
from keqiao.ui.people_boxes import people_posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/settings/double-entry/"
FEWEST_PEOPLE = 2


@administrators_only
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    open_ones = Count("entries", filter=Q(entries__state__in=(EntryState.OPEN, EntryState.DIFFERS)))
    heading = _("Double entry")
    labels = {declared.key: sentence(declared.label_plural) for declared in entered_types()}
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _(
            "Two people key the same record without seeing each other's entry; a third one settles"
            " what differs. So you know how right your data are, and where errors come from."
        ),
        "rules": [
            {
                "url": f"{ADDRESS}{rule.pk}/",
                "name": rule.name,
                "object": labels.get(rule.object_key, rule.object_key),
                "is_active": rule.is_active,
                "share": rule.share,
                "waiting": rule.waiting,
                "keyers": len(known().people.get(rule.pk, ())),
            }
            for rule in DoubleEntryRule.objects.annotate(waiting=open_ones)
        ],
        "types": list(labels.items()),
        "has_report": bool(known().rules),
    }
    return render(request, "quality/double_entry/rules.html", context)


@administrators_only
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    declared = entered_type(request.POST.get("object") or request.GET.get("object", ""))
    position = DoubleEntryRule.objects.count()
    return _form(request, declared, DoubleEntryRule(object_key=declared.key, position=position))


@administrators_only
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, entry_rule_id: int) -> HttpResponse:
    rule = get_object_or_404(DoubleEntryRule, pk=entry_rule_id)
    declared = entered_type(rule.object_key)
    if request.method == "POST" and request.POST.get("do") == "delete":
        return _delete(request, declared, rule)
    return _form(request, declared, rule)


def _form(request: HttpRequest, declared: ObjectType, rule: DoubleEntryRule) -> HttpResponse:
    posted: Posted[None] = take_rule(
        request, declared, rule, lambda: _read(request, declared, rule), rules_changed
    )
    if posted.is_kept:
        return go(request, ADDRESS)
    given = request.POST if request.method == "POST" else None
    heading = rule.name or _("New rule of double entry: %(objects)s") % {
        "objects": declared.label_plural
    }
    context = {
        "heading": heading,
        "page_title": heading,
        "object_type": declared,
        "rule": rule,
        "problem": posted.problem,
        "people": people_shown(rule.keyers, _("Colleagues")),
        "criteria": criteria_shown(access_of(request), declared, rule.filter, given),
        "fields": [
            {"name": name, "label": sentence(own.label), "on": name in rule.fields}
            for name, own in keyable_fields(declared).items()
        ],
        "action_url": f"{ADDRESS}{rule.pk}/" if rule.pk else f"{ADDRESS}new/",
    }
    return rule_shown(request, "quality/double_entry/rule.html", context)


def _read(request: HttpRequest, declared: ObjectType, rule: DoubleEntryRule) -> str:
    given = request.POST
    known_fields = keyable_fields(declared)
    rule.name = " ".join(given.get("name", "").split())[:80]
    rule.fields = [name for name in known_fields if name in given.getlist("fields")]
    rule.keyers = people_posted(given, "users")
    rule.is_active = "is_active" in given
    share = whole_number(given.get("share", "").strip())
    rule.share = min(share, 100) if share else 0
    rule.filter, problem = criteria_posted(declared, given)
    if problem:
        return problem
    if not rule.name:
        return _("Please give the rule a name.")
    if not 1 <= rule.share <= 100:
        return _("Please give the share as a whole number from 1 to 100.")
    if not rule.fields:
        return _("Please tick at least one field to be keyed again.")
    if len(people_named(rule.keyers)) < FEWEST_PEOPLE:
        return _("Please name at least two people: nobody keys the own record again.")
    return ""


def _delete(request: HttpRequest, declared: ObjectType, rule: DoubleEntryRule) -> HttpResponse:
    if SecondEntry.objects.filter(rule=rule).exists():
        messages.error(
            request,
            _("Records were keyed twice by this rule, and the figures rest on it. Switch it off"
              " instead."),
        )  # fmt: skip
        return go(request, f"{ADDRESS}{rule.pk}/")
    delete_rule(request, declared, rule, rules_changed)
    return go(request, ADDRESS)
