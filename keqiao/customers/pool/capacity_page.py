"""The settings of capacity: how many customers a person, a role or a department may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.matrix import matrix, role_names
from keqiao.access.models import Department, Role, User
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.customers.pool import filter_boxes
from keqiao.customers.pool.known import pools_changed
from keqiao.customers.pool.models import PoolCapacity
from keqiao.customers.pool.pool_settings import MOST, pool_settings_page
from keqiao.customers.pool.pooled import can_be_pooled, pooled_types
from keqiao.ui.converters import whole_number
from keqiao.ui.dialogs import person_box
from keqiao.ui.gate import access_of, administrators_only, go
from keqiao.ui.navigation import sentence
from keqiao.ui.picking import picked_or_typed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.catalog.object_type import ObjectType

ADDRESS = "/settings/pools/capacity/"


@administrators_only
@require_http_methods(["GET", "POST"])
def capacity_page(request: HttpRequest) -> HttpResponse:
    declared = _chosen_type(request)
    problem = ""
    if request.method == "POST":
        problem = _change(request, declared)
        if not problem:
            messages.success(request, _("Saved. It holds from everybody's next click."))
            return go(request, f"{ADDRESS}?object={declared.key}")
    access = access_of(request)
    rows = PoolCapacity.objects.filter(object_key=declared.key).order_by("is_total", "pk")
    context = {
        "lead": _(
            "For a person the closest line counts: the own one, then that of a role, of the"
            " department, of everybody. A department's total counts besides."
        ),
        "object_type": declared,
        "tabs": [
            {
                "label": sentence(one.label_plural),
                "url": f"{ADDRESS}?object={one.key}",
                "current": one == declared,
            }
            for one in pooled_types()
        ],
        "lines": [
            {
                "id": row.pk,
                "whose": _whose(row),
                "limit": f"{row.limit:,}",
                "not_counted": filter_boxes.words(access, declared, row.not_counted),
            }
            for row in rows
        ],
        "departments": sorted(
            ((pk, name) for pk, (name, _path) in matrix().departments.items()),
            key=lambda line: matrix().departments[line[0]][1],
        ),
        "roles": sorted(role_names().items()),
        "control_html": person_box("capacity-person", "person", request.POST, required=False),
        "boxes": filter_boxes.boxes(declared, None, "not_counted"),
        "problem": problem,
    }
    page = "capacity"
    return pool_settings_page(request, page, _("Capacity"), context, 422 if problem else 200)


def _chosen_type(request: HttpRequest) -> ObjectType:
    key = request.POST.get("object") or request.GET.get("object") or ""
    try:
        declared = object_type(key)
    except UnknownObject:
        return pooled_types()[0]
    return declared if can_be_pooled(declared) else pooled_types()[0]


def _whose(row: PoolCapacity) -> str:
    if row.user_id is not None:
        person = matrix().people.get(row.user_id)
        return person.name if person else _("a former colleague")
    if row.role_id is not None:
        name = role_names().get(row.role_id, "")
        return _("Each with the role “%(role)s”") % {"role": name}
    if row.department_id is not None:
        name = matrix().departments.get(row.department_id, ("", ""))[0]
        words = _("“%(department)s” together") if row.is_total else _("Each in “%(department)s”")
        return words % {"department": name}
    return _("Everybody")


def _change(request: HttpRequest, declared: ObjectType) -> str:
    """Add or take away one line; return what is wrong, if anything."""
    given = request.POST
    gone = whole_number(given.get("remove", ""))
    if gone is not None:
        with transaction.atomic():
            PoolCapacity.objects.filter(pk=gone, object_key=declared.key).delete()
            pools_changed()
        return ""
    limit = whole_number(given.get("limit", "").strip())
    if limit is None or limit > MOST:
        return _("Please say how many, as a whole number.")
    whose, problem = _asked_whose(request)
    if problem:
        return problem
    left_out = filter_boxes.posted(declared, given, "not_counted", None)
    with transaction.atomic():
        PoolCapacity.objects.update_or_create(
            object_key=declared.key,
            user=whose.get("user"),
            role=whose.get("role"),
            department=whose.get("department"),
            is_total=bool(whose.get("is_total")),
            defaults={"limit": limit, "not_counted": left_out},
        )
        pools_changed()
    return ""


def _asked_whose(request: HttpRequest) -> tuple[dict[str, Any], str]:
    given = request.POST
    kind = given.get("whose", "all")
    if kind == "all":
        return {}, ""
    if kind == "person":
        user_id = whole_number(picked_or_typed(given, "person"))
        if user_id in matrix().people:
            return {"user": User.objects.get(pk=user_id)}, ""
        return {}, _("Please choose a colleague from the suggestions.")
    if kind == "role":
        role_id = whole_number(given.get("role", ""))
        known_roles = role_names()
        return (
            ({"role": Role.objects.get(pk=role_id)}, "")
            if role_id in known_roles
            else ({}, _("Please choose a role."))
        )
    department_id = whole_number(given.get("department", ""))
    if department_id not in matrix().departments:
        return {}, _("Please choose a department.")
    found = Department.objects.get(pk=department_id)
    return {"department": found, "is_total": kind == "total"}, ""
