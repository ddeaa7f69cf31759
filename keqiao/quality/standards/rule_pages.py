"""The settings of data standards: what holds by itself, the company's own rules, and their dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.base.words import say
from keqiao.catalog.filter import AllOf, FilterProblem, as_data, parse_filter
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.quality_rules import SEVERITY_LABELS
from keqiao.jobs.options import with_options
from keqiao.quality.cleaning.proposal import read_as
from keqiao.quality.rule_form import (
    criteria_posted,
    criteria_shown,
    delete_rule,
    enterable_fields,
    entered_type,
    entered_types,
    keep_rule,
    rule_shown,
)
from keqiao.quality.standards.known import check_of, message_of, standards_changed
from keqiao.quality.standards.models import StandardRule
from keqiao.quality.standards.telling import declared_rules
from keqiao.quality.standards.trial import Trial, count_rule, is_nearly_all, try_rule
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/settings/standards/"


@administrators_only
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    """List the standards of one object type: those it comes with and the company's own."""
    types = entered_types()
    asked = request.GET.get("object", "")
    declared = next((one for one in types if one.key == asked), types[0])
    heading = _("Data standards")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _(
            "What must be true of a record. A rule refuses an entry, sends it to review or gives a"
            " hint, on every way in: form, import, API."
        ),
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"{ADDRESS}?object={one.key}",
                "current": one == declared,
            }
            for one in types
        ],
        "declared": declared,
        "own": [
            _own_facts(declared, rule)
            for rule in StandardRule.objects.filter(object_key=declared.key)
        ],
        "builtin": declared_rules(declared),
        "fields": [
            {"label": sentence(own.label), "standard": own.standard, "required": own.required}
            for own in enterable_fields(declared).values()
            if own.standard
        ],
    }
    return render(request, "quality/standards/rules.html", context)


def _own_facts(declared: ObjectType, rule: StandardRule) -> dict[str, Any]:
    try:
        check_of(declared, rule)
        problem = ""
    except FilterProblem as found:
        problem = str(found.message)
    field = declared.fields().get(rule.field)
    return {
        "url": f"{ADDRESS}{rule.pk}/",
        "name": rule.name,
        "text": message_of(rule.message_zh, rule.message_en),
        "field": sentence(field.label) if field is not None else rule.field,
        "severity": SEVERITY_LABELS[rule.severity],
        "tone": rule.severity,
        "is_active": rule.is_active,
        "problem": problem,
    }


@administrators_only
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    declared = entered_type(request.POST.get("object") or request.GET.get("object", ""))
    return _form(request, declared, StandardRule(object_key=declared.key, where={}, version=0))


@administrators_only
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, standard_rule_id: int) -> HttpResponse:
    rule = get_object_or_404(StandardRule, pk=standard_rule_id)
    declared = entered_type(rule.object_key)
    back = f"{ADDRESS}?object={declared.key}"
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do == "delete":
        delete_rule(request, declared, rule, standards_changed)
        return go(request, back)
    if do == "off":
        rule.is_active = False
        keep_rule(request, declared, rule, standards_changed)
        return go(request, back)
    return _form(request, declared, rule)


def _form(request: HttpRequest, declared: ObjectType, rule: StandardRule) -> HttpResponse:
    """Show the rule; its buttons try it out, build the condition further, or save it."""
    access, problem, asks = access_of(request), "", 0
    trial: Trial | None = None
    do = request.POST.get("do", "")
    if request.method == "POST":
        known = _facts_of(rule) if rule.pk else None
        problem = _read(declared, rule, request.POST)
        if do in {"try", "save"} and not problem:
            try:
                trial = try_rule(access, declared, rule)
            except FilterProblem as found:
                problem = str(found.message)
        if do == "save" and trial is not None:
            is_other = known != _facts_of(rule)
            if is_other:
                rule.version, rule.counted = rule.version + 1, None
            if not rule.is_active:
                return _kept(request, declared, rule)
            counts = _counts(rule, trial)
            if counts is None:
                return _counted_first(request, declared, rule)
            count, everything = counts
            if not is_nearly_all(count, everything) or _is_confirmed(request.POST, count):
                return _kept(request, declared, rule)
            asks = count
            problem = _(
                "This rule would find fault with %(count)s of %(all)s records. If you mean that, type the"
                " number %(count)s below and save again."
            ) % {"count": count, "all": everything}
        if do not in {"try", "save"}:
            problem = ""  # still building the condition
    context = {
        "heading": rule.name
        or _("New data standard: %(objects)s") % {"objects": declared.label_plural},
        "page_title": _("Data standards"),
        "object_type": declared,
        "rule": rule,
        "problem": problem,
        "asks": asks,
        "severities": [
            {"key": key, "label": label, "on": key == rule.severity}
            for key, label in SEVERITY_LABELS.items()
        ],
        "fields": [
            {"name": name, "label": sentence(own.label), "on": name == rule.field}
            for name, own in enterable_fields(declared).items()
        ],
        "criteria": criteria_shown(
            access, declared, _condition(rule), request.POST if request.method == "POST" else None
        ),
        "trial": trial,
        "action_url": f"{ADDRESS}{rule.pk}/" if rule.pk else f"{ADDRESS}new/",
        "back_url": f"{ADDRESS}?object={declared.key}",
        "record_url": f"/{declared.path}/",
    }
    return rule_shown(request, "quality/standards/rule.html", context)


def _condition(rule: StandardRule) -> dict[str, Any] | None:
    """Return what a wrong record looks like, with the scope that older rules keep apart."""
    if not rule.where or not rule.scope:
        return rule.where or None
    return as_data(AllOf((parse_filter(rule.scope), parse_filter(rule.where))))


def _facts_of(rule: StandardRule) -> tuple[Any, ...]:
    return (
        _condition(rule),
        rule.field,
        rule.severity,
        rule.message_zh,
        rule.message_en,
        rule.repair,
    )


def _read(declared: ObjectType, rule: StandardRule, given: QueryDict) -> str:
    """Put what was sent onto the rule; return what speaks against it, if anything."""
    rule.name = " ".join(given.get("name", "").split())[:80]
    rule.message_zh = " ".join(given.get("message_zh", "").split())[:200]
    rule.message_en = " ".join(given.get("message_en", "").split())[:200]
    rule.repair = given.get("repair", "").strip()[:200]
    rule.is_active = "is_active" in given
    rule.severity = given.get("severity", "")
    rule.field = given.get("field", "")
    condition, problem = criteria_posted(declared, given)
    rule.where, rule.scope = condition or {}, None
    fields = enterable_fields(declared)
    if problem:
        return problem
    if not condition:
        return _(
            "Please say what a wrong record looks like: the rule needs at least one condition."
        )
    if not rule.name or not rule.message_zh:
        return _(
            "Please give the rule a name and a message: people read it when their entry is wrong."
        )
    if rule.severity not in SEVERITY_LABELS or rule.field not in fields:
        return _("Please choose at which field the message stands and what happens then.")
    if rule.repair:
        found = read_as(fields[rule.field], rule.repair)
        if isinstance(found, FieldProblem):
            return _("The value offered does not fit its field: %(problem)s") % {
                "problem": found.message
            }
    return ""


def _counts(rule: StandardRule, trial: Trial) -> tuple[int, int] | None:
    """Return how many records the rule finds of how many; None when nobody has counted that yet."""
    if trial.is_exact or trial.count == 0:
        return trial.count or 0, trial.all_count or 0
    if rule.counted:
        return rule.counted["count"], rule.counted["all"]
    return None


def _is_confirmed(given: QueryDict, count: int) -> bool:
    return whole_number(given.get("confirm", "").replace(",", "").strip()) == count


def _kept(request: HttpRequest, declared: ObjectType, rule: StandardRule) -> HttpResponse:
    keep_rule(request, declared, rule, standards_changed)
    return go(request, f"{ADDRESS}?object={declared.key}")


def _counted_first(request: HttpRequest, declared: ObjectType, rule: StandardRule) -> HttpResponse:
    """Keep a rule over too many records switched off until the background has counted them."""
    rule.is_active = False
    keep_rule(request, declared, rule, standards_changed)
    access = access_of(request)
    title = say(gettext_noop("Count what “%(name)s” would find"), name=rule.name)
    chosen: Any = with_options(count_rule, actor_id=access.user_id, title=title)
    chosen.enqueue(rule_id=rule.pk, version=rule.version, user_id=access.user_id)
    messages.info(
        request,
        _(
            "So many records are counted in the background. The rule is kept switched off; come back in"
            " a moment and switch it on."
        ),
    )
    return go(request, f"{ADDRESS}{rule.pk}/")
