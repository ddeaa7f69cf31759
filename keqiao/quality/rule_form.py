"""What the settings of all rules of data quality share: whom a rule names, which records, keeping it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from keqiao.base.clock import now
from keqiao.catalog.filter import FilterProblem, as_data, parse_filter
from keqiao.catalog.judging import judge
from keqiao.catalog.object_type import Feature
from keqiao.catalog.operators import WITHOUT_VALUE
from keqiao.catalog.registry import object_types
from keqiao.records.audit import write_note
from keqiao.ui.filter_builder import act_on, fields_to_choose, shown_group
from keqiao.ui.filter_form import MOST_LINES, Group, from_tree, read_form, to_tree
from keqiao.ui.gate import access_of, is_partial, source_of
from keqiao.ui.navigation import sentence
from keqiao.ui.people_boxes import colleagues_box, department_boxes, role_boxes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.http import HttpRequest, HttpResponse, QueryDict
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.archive.models import ArchiveRule
    from keqiao.quality.rule_model import PeopleRule
    from keqiao.quality.standards.models import StandardRule

    KeptRule = PeopleRule | StandardRule | ArchiveRule
    Changed = Callable[[], None] | None

Trial = TypeVar("Trial")


# --- which rule -----------------------------------------------------------------------------------


def entered_types() -> list[ObjectType]:
    """Return the types whose records people enter: those that come by form and by import."""
    return [declared for declared in object_types() if Feature.IMPORT in declared.features]


def entered_type(key: str) -> ObjectType:
    for declared in entered_types():
        if declared.key == key:
            return declared
    raise Http404


def keep_rule(
    request: HttpRequest, declared: ObjectType, rule: KeptRule, changed: Changed = None
) -> None:
    """Save a rule whose form was right; `changed` says so to processes that remember rules."""
    rule.changed_at, rule.changed_by_id = now(), access_of(request).user_id
    with transaction.atomic():
        rule.save()
        if changed:
            changed()
        _log(request, declared, rule, {name: getattr(rule, name) for name in rule.FACTS})
    messages.success(
        request,
        _("Saved. The rule is in force.")
        if rule.is_active
        else _("Saved. The rule is switched off."),
    )


def delete_rule(
    request: HttpRequest, declared: ObjectType, rule: KeptRule, changed: Changed = None
) -> None:
    with transaction.atomic():
        _log(request, declared, rule, {"deleted": rule.name})
        rule.delete()
        if changed:
            changed()
    messages.success(request, _("The rule is gone."))


def _log(request: HttpRequest, declared: ObjectType, rule: KeptRule, after: dict[str, Any]) -> None:
    write_note(access_of(request), declared, rule.NOTE, source_of(request), now(), after=after)


# --- one visit of the form --------------------------------------------------------------------------


@dataclass(frozen=True)
class Posted(Generic[Trial]):
    """What became of a form that was sent: wrong, tried out, kept, or still being built."""

    problem: str = ""
    trial: Trial | None = None
    is_kept: bool = False


def take_rule(
    request: HttpRequest,
    declared: ObjectType,
    rule: KeptRule,
    read: Callable[[], str],
    changed: Callable[[], None],
    tried: Callable[[], Trial] | None = None,
) -> Posted[Trial]:
    """Do what the pressed button says; `read` puts the form onto the rule and tells what is wrong."""
    if request.method != "POST":
        return Posted()
    do, problem = request.POST.get("do", ""), read()
    if do not in {"try", "save"}:
        return Posted()  # still building the condition: nothing is wrong yet
    if problem:
        return Posted(problem)
    if do == "save":
        keep_rule(request, declared, rule, changed)
        return Posted(is_kept=True)
    try:
        return Posted(trial=tried() if tried else None)
    except FilterProblem as found:
        return Posted(str(found.message))


def rule_shown(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Return the page of a rule, or its form alone; 422 when `problem` in the context says so."""
    part = "#form" if is_partial(request) else ""
    status = 422 if context["problem"] else 200
    return render(request, template + part, context, status=status)


# --- people ---------------------------------------------------------------------------------------


def people_shown(chosen: Mapping[str, Sequence[int]], label: str | Promise) -> dict[str, Any]:
    """Return the boxes for colleagues, departments and roles as the template needs them."""
    return {
        "users_html": colleagues_box("users", label, chosen.get("users", ())),
        "departments": department_boxes(chosen.get("departments", ())),
        "roles": role_boxes(chosen.get("roles", ())),
    }


# --- which records --------------------------------------------------------------------------------


def criteria_posted(declared: ObjectType, given: QueryDict) -> tuple[Any, str]:
    """Return the filter of the form in its stored form (None: all records), and what is wrong."""
    tree = to_tree(read_form(given), WITHOUT_VALUE)
    if tree is None:
        return None, ""
    try:
        judge(declared, tree)
    except FilterProblem as problem:
        return as_data(tree), str(problem.message)
    return as_data(tree), ""


def criteria_shown(
    access: Access, declared: ObjectType, stored: Any, given: QueryDict | None = None
) -> dict[str, Any]:
    """Return the builder: as sent, with what its own buttons ask for, or as stored."""
    if given is not None and "node" in given:
        root = read_form(given)
        act_on(root, given.get("do", ""))
    elif given is not None and given.get("do"):
        root = Group(0)
        act_on(root, str(given["do"]))
    else:
        root = from_tree(parse_filter(stored) if stored else None)
    own = fields_to_choose(access, declared)[:1]
    return {
        "root": shown_group(access, declared, root, own),
        "is_full": len(root.lines) >= MOST_LINES,
    }


# --- which fields ---------------------------------------------------------------------------------


def fields_posted(declared: ObjectType, given: QueryDict) -> list[str]:
    known = enterable_fields(declared)
    return [name for name in dict.fromkeys(given.getlist("fields")) if name in known]


def fields_shown(declared: ObjectType, chosen: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "label": sentence(own.label), "on": name in chosen}
        for name, own in enterable_fields(declared).items()
    ]


def enterable_fields(declared: ObjectType) -> dict[str, Field]:
    """Return the fields people fill in, in the form's order."""
    placed = [own for _label, fields in declared.sections() for own in fields]
    return {own.name: own for own in placed if not own.read_only}
