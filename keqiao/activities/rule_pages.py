"""The settings of reminding: how early, at what time, and the ladder of overdue work."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.models import Department
from keqiao.activities.escalation import MOST_STEPS, Step
from keqiao.activities.follow_up_rules import RuleProblem, change_rules, rules
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import administrators_only, go

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ADDRESS = "/settings/follow-up-rules/"


@administrators_only
@require_http_methods(["GET", "POST"])
def rules_page(request: HttpRequest) -> HttpResponse:
    held, problem = rules(), ""
    lines = [_line(step) for step in held.steps]
    given = {"event_minutes": str(held.event_minutes), "morning": held.morning}
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in given}
        lines = _given_lines(request)
        try:
            change_rules(_steps(lines), _number(given["event_minutes"]), given["morning"].strip())
        except RuleProblem as found:
            problem = str(found)
        else:
            messages.success(request, _("Saved."))
            return go(request, ADDRESS)
    empty = {"days": "", "owner": False, "superior": False, "risk": False}
    heading = _("Reminders and escalation")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _("Days are working days: nobody is reported for a holiday."),
        "lines": [*lines, *[empty] * (MOST_STEPS - len(lines))][:MOST_STEPS],
        "given": given,
        "without_head": list(
            Department.objects.filter(head=None, is_active=True).values_list("name", flat=True)[:8]
        ),
        "problem": problem,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "activities/rules.html", context, status=status)


def _line(step: Step) -> dict[str, Any]:
    return {
        "days": str(step.after_days),
        "owner": step.tells_owner,
        "superior": step.tells_superior,
        "risk": step.marks_risk,
    }


def _given_lines(request: HttpRequest) -> list[dict[str, Any]]:
    given = request.POST
    return [
        {
            "days": given.get(f"days{number}", "").strip(),
            "owner": f"owner{number}" in given,
            "superior": f"superior{number}" in given,
            "risk": f"risk{number}" in given,
        }
        for number in range(MOST_STEPS)
        if given.get(f"days{number}", "").strip()
    ]


def _steps(lines: list[dict[str, Any]]) -> list[Step]:
    return [
        Step(_number(line["days"]), line["owner"], line["superior"], line["risk"]) for line in lines
    ]


def _number(text: str) -> int:
    number = whole_number(text.strip())
    if number is None:
        raise RuleProblem(_("“%(text)s” is no number.") % {"text": text[:20]})
    return number
