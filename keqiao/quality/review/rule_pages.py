"""The settings of review: which entries are held, for whom, and what that would have meant last month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.quality.review.known import SOURCES, known, rules_changed
from keqiao.quality.review.models import PendingChange, PendingState, ReviewRule
from keqiao.quality.review.trial import DAYS, MOST_LOOKED_AT, try_rule
from keqiao.quality.rule_form import (
    criteria_posted,
    criteria_shown,
    delete_rule,
    entered_type,
    entered_types,
    fields_posted,
    fields_shown,
    people_shown,
    rule_shown,
    take_rule,
)
from keqiao.quality.rules_in_force import people_named
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence
from keqiao.ui.people_boxes import people_posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/settings/review-rules/"


@administrators_only
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    waiting = Count("pending", filter=Q(pending__state=PendingState.WAITING))
    labels = {declared.key: sentence(declared.label_plural) for declared in entered_types()}
    heading = _("Review of entered data")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _(
            "What a rule holds back is no record yet: nobody else sees it and nothing follows from it"
            " until a second person has accepted it. The first rule that fits decides."
        ),
        "rules": [
            {
                "url": f"{ADDRESS}{rule.pk}/",
                "name": rule.name,
                "object": labels.get(rule.object_key, rule.object_key),
                "is_active": rule.is_active,
                "waiting": rule.waiting,
                "reviewers": len(known().people.get(rule.pk, ())),
            }
            for rule in ReviewRule.objects.annotate(waiting=waiting)
        ],
        "types": list(labels.items()),
    }
    return render(request, "quality/review/rules.html", context)


@administrators_only
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    key = request.POST.get("object") or request.GET.get("object", "")
    declared = entered_type(key)
    position = ReviewRule.objects.count()
    rule = ReviewRule(object_key=declared.key, position=position, sources=list(SOURCES))
    return _form(request, declared, rule)


@administrators_only
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, review_rule_id: int) -> HttpResponse:
    rule = get_object_or_404(ReviewRule, pk=review_rule_id)
    declared = entered_type(rule.object_key)
    if request.method == "POST" and request.POST.get("do") == "delete":
        return _delete(request, declared, rule)
    return _form(request, declared, rule)


def _form(request: HttpRequest, declared: ObjectType, rule: ReviewRule) -> HttpResponse:
    """Show the rule; its buttons try it out, build the condition further, or save it."""
    posted = take_rule(
        request, declared, rule,
        lambda: _read(request, declared, rule), rules_changed,
        lambda: try_rule(access_of(request), declared, rule),
    )  # fmt: skip
    if posted.is_kept:
        return go(request, ADDRESS)
    context = {
        "heading": rule.name
        or _("New review rule: %(objects)s") % {"objects": declared.label_plural},
        "page_title": _("Review of entered data"),
        "object_type": declared,
        "rule": rule,
        "problem": posted.problem,
        "sources": [
            {"key": key, "label": label, "on": key in rule.sources}
            for key, label in SOURCES.items()
        ],
        "people": people_shown(rule.reviewers, _("Colleagues")),
        "criteria": criteria_shown(
            access_of(request),
            declared,
            rule.filter,
            request.POST if request.method == "POST" else None,
        ),
        "fields": fields_shown(declared, rule.fields),
        "trial": posted.trial,
        "days": DAYS,
        "most": f"{MOST_LOOKED_AT:,}",
        "action_url": f"{ADDRESS}{rule.pk}/" if rule.pk else f"{ADDRESS}new/",
    }
    return rule_shown(request, "quality/review/rule.html", context)


def _read(request: HttpRequest, declared: ObjectType, rule: ReviewRule) -> str:
    """Put what was sent onto the rule; return what speaks against it, if anything."""
    given = request.POST
    rule.name = " ".join(given.get("name", "").split())[:80]
    rule.sources = [key for key in SOURCES if key in given.getlist("sources")]
    rule.fields = fields_posted(declared, given)
    rule.reviewers = people_posted(given, "users")
    rule.allows_self = "allows_self" in given
    rule.is_active = "is_active" in given
    rule.filter, problem = criteria_posted(declared, given)
    if problem:
        return problem
    if not rule.name:
        return _("Please give the rule a name: it tells people why their entry waits.")
    if not rule.sources:
        return _("Please tick at least one way of entering data.")
    if not people_named(rule.reviewers):
        return _("Nobody would review these entries. Please name colleagues, departments or roles.")
    return ""


def _delete(request: HttpRequest, declared: ObjectType, rule: ReviewRule) -> HttpResponse:
    """A rule goes only with nothing behind it; one that has held entries is switched off."""
    if PendingChange.objects.filter(rule=rule).exists():
        messages.error(
            request,
            _("This rule has held entries, which tell who reviewed what. Switch it off instead."),
        )
        return go(request, f"{ADDRESS}{rule.pk}/")
    delete_rule(request, declared, rule, rules_changed)
    return go(request, ADDRESS)
