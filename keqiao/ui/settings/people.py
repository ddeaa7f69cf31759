"""Colleagues and departments: who works here, where, with which roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.directory import (
    DirectoryProblem,
    add_department,
    add_user,
    deactivate,
    move_department,
    name_head,
    reactivate,
    set_roles,
    update_user,
)
from keqiao.access.models import Department, Role, User
from keqiao.catalog import state
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import administrators_only, go
from keqiao.ui.picking import picked_or_typed
from keqiao.ui.settings.menu import settings_page
from keqiao.ui.settings.roles import role_name
from keqiao.ui.settings.two_factor import two_factor_facts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

DEEPEST_SHOWN = 4


@administrators_only
def people(request: HttpRequest) -> HttpResponse:
    rows = User.objects.select_related("department").prefetch_related("roles")
    context = {
        "people": [
            {
                "id": user.pk,
                "name": user.name,
                "username": user.username,
                "department": user.department.name if user.department else "",
                "roles": [role_name(role) for role in user.roles.all()],
                "is_active": user.is_active,
                "is_administrator": user.is_administrator,
            }
            for user in rows.order_by("-is_active", "department__path", "name")
        ],
        "departments": _tree(),
    }
    return settings_page(request, "people", _("People and departments"), context)


def _tree() -> list[dict[str, Any]]:
    members: dict[int | None, int] = {}
    for number in User.objects.filter(is_active=True).values_list("department_id", flat=True):
        members[number] = members.get(number, 0) + 1
    return [
        {
            "id": one.pk,
            "name": one.name,
            "depth": min(one.path.count("/") - 2, DEEPEST_SHOWN),
            "indent": "　" * max(one.path.count("/") - 2, 0),
            "members": members.get(one.pk, 0),
            "head": one.head,
            "parent_id": one.parent_id,
        }
        for one in Department.objects.select_related("head").order_by("path")
    ]


# --- one person ---------------------------------------------------------------------------------------


@administrators_only
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, user_id: int | None = None) -> HttpResponse:
    user = get_object_or_404(User, pk=user_id) if user_id else None
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _save(request, user)
        if not errors:
            messages.success(request, _("Saved."))
            return go(request, "/settings/people/")
    given = request.POST if request.method == "POST" else None
    chosen = (
        {whole_number(one) for one in given.getlist("roles")}
        if given
        else set(user.roles.values_list("pk", flat=True))
        if user
        else set()
    )
    context = {
        "person": user,
        "given": given or user,
        "department_id": whole_number(given.get("department", ""))
        if given
        else (user.department_id if user else None),
        "departments": _tree(),
        "roles": [
            {"id": role.pk, "name": role_name(role), "on": role.pk in chosen}
            for role in Role.objects.order_by("pk")
        ],
        "errors": errors,
        "two_factor": two_factor_facts(user),
    }
    heading = user.name if user else _("New colleague")
    return settings_page(request, "person", heading, context, 422 if errors else 200)


def _save(request: HttpRequest, user: User | None) -> dict[str, str]:
    """Save one person; return what was wrong, by field."""
    given = request.POST
    if user is not None and given.get("switch"):
        return _switch(user, given["switch"])
    values: dict[str, Any] = {
        "name": " ".join(given.get("name", "").split())[:60],
        "email": given.get("email", "").strip(),
        "department": _department(given.get("department", "")),
        "is_administrator": "is_administrator" in given,
    }
    errors = _checked(values, given.get("username", "").strip(), given.get("password", ""), user)
    if errors:
        return errors
    chosen = Role.objects.filter(pk__in=[whole_number(one) for one in given.getlist("roles")])
    try:
        with transaction.atomic():
            if user is None:
                add_user(
                    given["username"].strip(),
                    password=given["password"],
                    roles=list(chosen),
                    **values,
                )
            else:
                if given.get("password"):
                    # The hash of the password is part of every session, so old ones end here.
                    values["password"] = make_password(given["password"])
                update_user(user, **values)
                set_roles(user, list(chosen))
    except DirectoryProblem as problem:
        return {"": str(problem.message)}
    return {}


def _department(text: str) -> Department | None:
    number = whole_number(text)
    return Department.objects.filter(pk=number).first() if number is not None else None


def _checked(
    values: dict[str, Any], username: str, password: str, user: User | None
) -> dict[str, str]:
    errors = {}
    if not values["name"]:
        errors["name"] = _("Please enter the name.")
    if values["email"]:
        try:
            validate_email(values["email"])
        except ValidationError:
            errors["email"] = _("This is not an e-mail address.")
    if user is None:
        if not username or len(username) > 60:
            errors["username"] = _("Please enter a sign-in name of at most 60 characters.")
        elif User.objects.filter(username__iexact=username).exists():
            errors["username"] = _("Somebody has this sign-in name already.")
    if user is None or password:
        login = user.username if user else username
        try:
            validate_password(password, User(username=login, name=values["name"]))
        except ValidationError as problem:
            errors["password"] = " ".join(problem.messages)
    return errors


def _switch(user: User, wanted: str) -> dict[str, str]:
    try:
        if wanted == "off":
            deactivate(user)
        else:
            reactivate(user)
    except DirectoryProblem as problem:
        return {"": str(problem.message)}
    return {}


# --- departments ----------------------------------------------------------------------------------------


@administrators_only
@require_http_methods(["POST"])
def departments(request: HttpRequest) -> HttpResponse:
    """Add, rename or move a department."""
    given = request.POST
    name = " ".join(given.get("name", "").split())[:80]
    parent = _department(given.get("parent", ""))
    number = whole_number(given.get("id", ""))
    try:
        if not name:
            raise DirectoryProblem(_("Please give the department a name."))
        if number is None:
            add_department(name, parent)
        else:
            department = get_object_or_404(Department, pk=number)
            head = _head(given)
            _change_department(department, name, parent)
            name_head(department, head)
    except DirectoryProblem as problem:
        messages.error(request, str(problem.message))
    else:
        messages.success(request, _("Saved."))
    return go(request, "/settings/people/#departments")


def _head(given: QueryDict) -> User | None:
    wanted = picked_or_typed(given, "head")
    if not wanted:
        return None
    active = User.objects.filter(is_active=True)
    number = whole_number(wanted)
    found = active.filter(name=wanted) if number is None else active.filter(pk=number)
    people = list(found[:2])
    if len(people) != 1:
        raise DirectoryProblem(_("Please choose one colleague from the list as the head."))
    return people[0]


def _change_department(department: Department, name: str, parent: Department | None) -> None:
    with transaction.atomic():
        if (parent.pk if parent else None) != department.parent_id:
            move_department(department, parent)
        Department.objects.filter(pk=department.pk).update(name=name)
        state.bump(state.ACCESS)
