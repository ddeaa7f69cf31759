"""The settings of archiving: rules, what each would take now, its runs, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog.filter import FilterProblem
from keqiao.catalog.registry import object_types
from keqiao.jobs.options import with_options
from keqiao.quality.archive.laying_aside import (
    Extent,
    archive_now,
    begin_run,
    bring_back,
    extent_of,
    quiet_records,
)
from keqiao.quality.archive.models import ArchiveRule, ArchiveRun
from keqiao.quality.rule_form import (
    criteria_posted,
    criteria_shown,
    delete_rule,
    keep_rule,
    rule_shown,
)
from keqiao.records.archived import can_be_archived
from keqiao.records.present import titles_of
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/settings/archive/"
EXAMPLES, RUNS_SHOWN, MOST_MONTHS = 5, 10, 240


def _types() -> list[ObjectType]:
    return [declared for declared in object_types() if can_be_archived(declared)]


def _type(key: str) -> ObjectType:
    for declared in _types():
        if declared.key == key:
            return declared
    raise Http404


@administrators_only
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    labels = {declared.key: sentence(declared.label_plural) for declared in _types()}
    paths = {declared.key: declared.path for declared in _types()}
    heading = _("Archiving")
    context = {
        "heading": heading,
        "page_title": heading,
        "lead": _(
            "Records nobody has dealt with for long leave lists and search. Nothing is deleted: a"
            " filter shows them, and each can be brought back."
        ),
        "rules": [
            {
                "url": f"{ADDRESS}{rule.pk}/",
                "name": rule.name,
                "object": labels.get(rule.object_key, rule.object_key),
                "months": rule.months,
                "is_active": rule.is_active,
            }
            for rule in ArchiveRule.objects.all()
        ],
        "runs": [_run_line(run, labels) for run in ArchiveRun.objects.all()[:RUNS_SHOWN]],
        "types": list(labels.items()),
        "lists": [
            (label, f"/{paths[key]}/?where=archived_at:is_filled") for key, label in labels.items()
        ],
    }
    return render(request, "quality/archive/rules.html", context)


def _run_line(run: ArchiveRun, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "id": run.pk,
        "at": timezone.localtime(run.at).strftime("%Y-%m-%d %H:%M"),
        "name": run.rule_name,
        "object": labels.get(run.object_key, run.object_key),
        "taken": f"{run.taken:,}",
        "back": f"{run.brought_back:,}" if run.undone_at else "",
        "is_refused": run.is_refused,
        "can_undo": bool(run.taken) and run.undone_at is None,
    }


@administrators_only
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    declared = _type(request.POST.get("object") or request.GET.get("object", ""))
    return _form(request, declared, ArchiveRule(object_key=declared.key))


@administrators_only
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, archive_rule_id: int) -> HttpResponse:
    rule = get_object_or_404(ArchiveRule, pk=archive_rule_id)
    declared = _type(rule.object_key)
    if request.method == "POST" and request.POST.get("do") == "delete":
        delete_rule(request, declared, rule)
        return go(request, ADDRESS)
    return _form(request, declared, rule)


def _form(request: HttpRequest, declared: ObjectType, rule: ArchiveRule) -> HttpResponse:
    """Show the rule; its buttons count what it would take, build the condition, save it or run it."""
    access, problem, extent = access_of(request), "", None
    do = request.POST.get("do", "")
    needs_number = False
    if request.method == "POST":
        problem = _read(request, declared, rule)
        is_final = do in {"try", "save", "run"}
        if is_final and not problem:
            try:
                extent = extent_of(declared, rule)
            except FilterProblem as found:
                problem = str(found.message)
        if extent is not None and do != "try":
            needs_number = extent.is_nearly_all and (rule.is_active or do == "run")
            typed = request.POST.get("typed", "").replace(",", "").strip()
            rule.may_take_all = needs_number and typed == str(extent.taken)
            if needs_number and not rule.may_take_all:
                problem = _(
                    "This takes %(count)s of %(all)s records, nearly all. If that is meant, please"
                    " type the number %(count)s."
                ) % {"count": extent.taken, "all": extent.of}
            else:
                return _keep(request, declared, rule, run=do == "run")
        if not is_final:
            problem = ""  # still building the condition
    context = {
        "heading": rule.name
        or _("New archive rule: %(objects)s") % {"objects": declared.label_plural},
        "page_title": _("Archiving"),
        "object_type": declared,
        "rule": rule,
        "problem": problem,
        "needs_number": needs_number,
        "most_months": MOST_MONTHS,
        "criteria": criteria_shown(
            access, declared, rule.filter, request.POST if request.method == "POST" else None
        ),
        "trial": _trial(request, declared, rule, extent) if extent is not None else None,
        "action_url": f"{ADDRESS}{rule.pk}/" if rule.pk else f"{ADDRESS}new/",
    }
    return rule_shown(request, "quality/archive/rule.html", context)


def _trial(
    request: HttpRequest, declared: ObjectType, rule: ArchiveRule, extent: Extent
) -> dict[str, Any]:
    found = quiet_records(declared, rule, now()).order_by("pk")
    ids = list(found.values_list("pk", flat=True)[:EXAMPLES])
    titles = titles_of(access_of(request), declared, ids)
    return {
        "taken": f"{extent.taken:,}",
        "of": f"{extent.of:,}",
        "sample": [(titles[pk], f"/{declared.path}/{pk}/") for pk in ids if pk in titles],
    }


def _read(request: HttpRequest, declared: ObjectType, rule: ArchiveRule) -> str:
    given = request.POST
    rule.name = " ".join(given.get("name", "").split())[:80]
    rule.months = whole_number(given.get("months", "").strip()) or 0
    rule.is_active = "is_active" in given
    rule.filter, problem = criteria_posted(declared, given)
    if problem:
        return problem
    if not rule.name:
        return _("Please give the rule a name.")
    if not 1 <= rule.months <= MOST_MONTHS:
        return _("Please say after how many quiet months, from 1 to %(most)s.") % {
            "most": MOST_MONTHS
        }
    return ""


def _keep(
    request: HttpRequest, declared: ObjectType, rule: ArchiveRule, *, run: bool
) -> HttpResponse:
    keep_rule(request, declared, rule)
    if not run:
        return go(request, ADDRESS)
    title = say(gettext_noop("Archive by “%(rule)s”"), rule=rule.name)
    return _enqueue(request, archive_now, begin_run(access_of(request), rule).pk, title)


def _enqueue(request: HttpRequest, work: Any, run_id: int, title: Any) -> HttpResponse:
    chosen: Any = with_options(work, actor_id=access_of(request).user_id, title=title)
    return go(request, f"/jobs/{chosen.enqueue(run_id=run_id).id}/")


@administrators_only
@require_POST
def undo_page(request: HttpRequest, archive_run_id: int) -> HttpResponse:
    """Bring back what one run archived, in the background."""
    run = get_object_or_404(ArchiveRun, pk=archive_run_id)
    if not run.taken or run.undone_at is not None:
        raise Http404
    title = say(gettext_noop("Undo: archive by “%(rule)s”"), rule=run.rule_name)
    return _enqueue(request, bring_back, run.pk, title)
