"""The settings of likeness: what happens on each road when a draft looks like a record that is there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqiao.catalog.registry import object_type
from keqiao.quality.candidates.comparing import compared_types
from keqiao.quality.candidates.crowded import MOST_SHARING
from keqiao.quality.candidates.models import CrowdedKey
from keqiao.quality.candidates.rekeying import due
from keqiao.quality.candidates.weighing import scope_of
from keqiao.quality.review.known import known as review_rules
from keqiao.quality.rule_form import (
    criteria_posted,
    criteria_shown,
    delete_rule,
    rule_shown,
    take_rule,
)
from keqiao.quality.scenarios.known import (
    ACTS,
    all_rules,
    default_rule,
    keys_to_choose,
    rules_changed,
)
from keqiao.quality.scenarios.models import WEIGHT, Act, Scenario, ScenarioRule
from keqiao.quality.scenarios.telling import STRONG
from keqiao.quality.scenarios.trial import LOOKED_AT, try_rule
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/settings/duplicates/"
_MOST_CROWDS = 20


@administrators_only
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    types = compared_types()
    chosen = request.GET.get("object", "") or (types[0].key if types else "")
    heading = _("Duplicate check")
    rules = all_rules(_compared(chosen)) if types else []
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _(
            "Equal telephone numbers, mail addresses and registration numbers are always noticed. These"
            " rules say what happens when records only look alike. On each way the first rule that"
            " fits decides."
        ),
        "roads": [
            {
                "label": scenario.label,
                "rules": [_line(one) for one in rules if one.scenario == scenario],
            }
            for scenario in Scenario
        ],
        "types": [(one.key, sentence(one.label_plural)) for one in types],
        "chosen": chosen,
        "crowds": [
            {"rule": keys_to_choose(_compared(chosen)).get(one.rule, one.rule),
             "value": one.value, "records": one.records}
            for one in CrowdedKey.objects.filter(object_key=chosen).order_by("-records")[:_MOST_CROWDS]
        ],
        "most_sharing": MOST_SHARING,
        "is_catching_up": chosen in {plan.object_type.key for plan in due()},
    }  # fmt: skip
    return render(request, "quality/scenarios/rules.html", context)


def _line(rule: ScenarioRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "url": f"{ADDRESS}{rule.pk}/"
        if rule.pk
        else f"{ADDRESS}new/?object={rule.object_key}&replaces={rule.replaces}",
        "when": _when(rule),
        "action": Act(rule.action).label,
        "scope": _(", ").join(sentence(object_type(key).label) for key in rule.scope),
        "is_active": rule.is_active,
        "is_ours": not rule.pk,
    }


def _when(rule: ScenarioRule) -> str:
    if rule.by != WEIGHT:
        return str(keys_to_choose(object_type(rule.object_key)).get(rule.by, rule.by))
    if rule.high is None:
        return _("likeness from %(low)g") % {"low": rule.low or 0}
    return _("likeness from %(low)g to below %(high)g") % {"low": rule.low or 0, "high": rule.high}


@administrators_only
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    declared = _compared(given.get("object", ""))
    replaces = given.get("replaces", "")
    if replaces:
        try:
            rule = default_rule(declared, replaces)
        except LookupError:
            raise Http404 from None
        written = ScenarioRule.objects.filter(object_key=declared.key, replaces=replaces).first()
        return _form(request, declared, written or rule)
    rule = ScenarioRule(
        object_key=declared.key, scenario=Scenario.ENTRY, action=Act.WARN, by=WEIGHT, low=STRONG,
        scope=[declared.key], position=ScenarioRule.objects.count(),
    )  # fmt: skip
    return _form(request, declared, rule)


@administrators_only
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, scenario_rule_id: int) -> HttpResponse:
    rule = get_object_or_404(ScenarioRule, pk=scenario_rule_id)
    declared = _compared(rule.object_key)
    if request.method == "POST" and request.POST.get("do") == "delete":
        delete_rule(request, declared, rule, rules_changed)
        return go(request, f"{ADDRESS}?object={declared.key}")
    return _form(request, declared, rule)


def _compared(key: str) -> ObjectType:
    for declared in compared_types():
        if declared.key == key:
            return declared
    raise Http404


def _form(request: HttpRequest, declared: ObjectType, rule: ScenarioRule) -> HttpResponse:
    """Show the rule; its buttons try it out, build the condition further, or save it."""
    posted = take_rule(
        request, declared, rule,
        lambda: _read(declared, rule, request.POST), rules_changed,
        lambda: try_rule(access_of(request), declared, rule),
    )  # fmt: skip
    if posted.is_kept:
        return go(request, f"{ADDRESS}?object={declared.key}")
    context = {
        "heading": rule.name or _("New rule for %(objects)s") % {"objects": declared.label_plural},
        "page_title": _("Duplicate check"),
        "object_type": declared,
        "rule": rule,
        "problem": posted.problem,
        "roads": [(one.value, one.label) for one in Scenario],
        "acts": [(one.value, one.label) for one in ACTS[Scenario(rule.scenario)]],
        "keys": list(keys_to_choose(declared).items()),
        "by_weight": rule.by == WEIGHT,
        "scope": [
            {"key": one.key, "label": sentence(one.label_plural), "on": one.key in rule.scope}
            for one in scope_of(declared)
        ],
        "criteria": criteria_shown(
            access_of(request),
            declared,
            rule.filter,
            request.POST if request.method == "POST" else None,
        ),
        "nobody_reviews": rule.action == Act.REVIEW and not review_rules().rules.get(declared.key),
        "trial": posted.trial,
        "most": f"{LOOKED_AT:,}",
        "back_url": f"{ADDRESS}?object={declared.key}",
        "action_url": f"{ADDRESS}{rule.pk}/" if rule.pk else f"{ADDRESS}new/",
    }
    return rule_shown(request, "quality/scenarios/rule.html", context)


def _read(declared: ObjectType, rule: ScenarioRule, given: QueryDict) -> str:
    """Put what was sent onto the rule; return what speaks against it, if anything."""
    rule.name = " ".join(given.get("name", "").split())[:80]
    if given.get("scenario") in Scenario.values and not rule.replaces:
        rule.scenario = str(given["scenario"])
    acts = ACTS[Scenario(rule.scenario)]
    asked = given.get("action", "")
    rule.action = asked if asked in acts else acts[0]
    by = str(given.get("by", ""))
    rule.by = by if by in keys_to_choose(declared) else WEIGHT
    rule.scope = [one.key for one in scope_of(declared) if one.key in given.getlist("scope")]
    rule.is_active = "is_active" in given
    rule.filter, problem = criteria_posted(declared, given)
    if problem:
        return problem
    if not rule.name:
        return _("Please give the rule a name.")
    if not rule.scope:
        return _("Please tick at least one kind of record to compare with.")
    return _read_band(rule, given.get("low", ""), given.get("high", ""))


def _read_band(rule: ScenarioRule, low: str, high: str) -> str:
    if rule.by != WEIGHT:
        rule.low = rule.high = None
        return ""
    try:
        rule.low = _number(low) or 0.0
        rule.high = _number(high)
    except ValueError:
        return _("The likeness is a number, 8 for example.")
    if rule.high is not None and rule.high <= rule.low:
        return _("The upper end of the likeness must lie above the lower one.")
    return ""


def _number(text: str) -> float | None:
    """Return a number of bits; ValueError when it is none, or beyond all likeness."""
    if not text.strip():
        return None
    number = float(text.strip())
    if not math.isfinite(number) or abs(number) > 1000:
        raise ValueError(text)
    return number
