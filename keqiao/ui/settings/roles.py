"""What each role may do: a matrix of objects and actions, and the rights on single fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.access.models import FieldRight, Role, RoleRight
from keqiao.access.rights import (
    ACTION_LABELS,
    ANY_OBJECT,
    LEVEL_LABELS,
    RIGHT_LABELS,
    Action,
    Level,
    Right,
)
from keqiao.access.roles import set_field_right, set_right
from keqiao.base.pinyin import full_pinyin
from keqiao.catalog.field import Sensitivity
from keqiao.catalog.registry import object_types
from keqiao.ui.gate import administrators_only, go
from keqiao.ui.navigation import sentence
from keqiao.ui.settings.custom_fields import chosen_type, own_first, type_tabs
from keqiao.ui.settings.menu import settings_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SENSITIVITY_NAMES = {
    Sensitivity.PUBLIC: gettext_lazy("public"),
    Sensitivity.INTERNAL: gettext_lazy("internal"),
    Sensitivity.PERSONAL: gettext_lazy("personal"),
    Sensitivity.SECRET: gettext_lazy("secret"),
}
SENSITIVITY_TONES = {Sensitivity.PERSONAL: "amber", Sensitivity.SECRET: "red"}
# Creating and importing make new records, so how far they reach is a yes or a no.
YES_OR_NO = frozenset({Action.CREATE, Action.IMPORT})


@administrators_only
@require_http_methods(["GET", "POST"])
def roles(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        name = " ".join(request.POST.get("name", "").split())[:60]
        if name:
            role = Role.objects.create(key=_free_key(name), name=name)
            return go(request, f"/settings/roles/{role.pk}/")
        messages.error(request, _("Please give the role a name."))
        return go(request, "/settings/roles/")
    rows = Role.objects.order_by("pk").prefetch_related("users")
    context = {
        "lead": _("Rights add up over all roles of a person. Without a role nobody sees anything."),
        "roles": [
            {
                "id": role.pk,
                "name": role_name(role),
                "people": [user.name for user in role.users.all()],  # type: ignore[attr-defined]
            }
            for role in rows
        ],
    }
    return settings_page(request, "roles", _("Roles and rights"), context)


def role_name(role: Role) -> str:
    return role.name_en if role.name_en and (get_language() or "").startswith("en") else role.name


def _free_key(name: str) -> str:
    base = "_".join(full_pinyin(name))[:32].lower() or "role"
    taken = set(Role.objects.values_list("key", flat=True))
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


@administrators_only
@require_http_methods(["GET", "POST"])
def role_matrix(request: HttpRequest, role_id: int) -> HttpResponse:
    """Show and change how far one role may go, object by object and action by action."""
    role = get_object_or_404(Role, pk=role_id)
    stored = {
        (right.object_key, right.action): right.level
        for right in RoleRight.objects.filter(role=role)
    }
    if request.method == "POST":
        changed = _changed_levels(request, stored)
        with transaction.atomic():
            for (object_key, action), level in changed.items():
                set_right(role, object_key, action, level)
        messages.success(request, _("Saved. It holds from everybody's next click."))
        return go(request, f"/settings/roles/{role.pk}/")
    context = {
        "role": role,
        "lead": _("How far each action reaches. A line of its own goes before “all objects”."),
        "actions": [ACTION_LABELS[action] for action in Action],
        "lines": [_matrix_line(key, label, stored) for key, label in _objects()],
        "fields_url": f"/settings/roles/{role.pk}/fields/",
    }
    return settings_page(request, "role_matrix", role_name(role), context)


def _objects() -> list[tuple[str, str]]:
    return [
        (ANY_OBJECT, _("All objects")),
        *((one.key, sentence(one.label_plural)) for one in object_types()),
    ]


def _matrix_line(key: str, label: str, stored: dict[tuple[str, str], str]) -> dict[str, Any]:
    cells = []
    for action in Action:
        now = stored.get((key, action.value), "")
        levels = [Level.NONE, Level.ALL] if action in YES_OR_NO else list(Level)
        if now and Level(now) not in levels:
            levels.insert(1, Level(now))
        options = [
            {"key": one.value, "label": LEVEL_LABELS[one], "on": one.value == now} for one in levels
        ]
        if key != ANY_OBJECT:
            options.insert(0, {"key": "", "label": _("as all"), "on": not now})
        cells.append(
            {
                "name": f"{key}.{action.value}",
                "options": options,
                "action": ACTION_LABELS[action],
                "inherits": key != ANY_OBJECT and not now,
            }
        )
    return {"label": label, "cells": cells}


def _changed_levels(
    request: HttpRequest, stored: dict[tuple[str, str], str]
) -> dict[tuple[str, Action], Level]:
    known, found = {level.value for level in Level}, {}
    for key, _label in _objects():
        for action in Action:
            wanted = request.POST.get(f"{key}.{action.value}")
            if wanted in known and wanted != stored.get((key, action.value), ""):
                found[(key, action)] = Level(wanted)
    return found


@administrators_only
@require_http_methods(["GET", "POST"])
def field_rights(request: HttpRequest, role_id: int) -> HttpResponse:
    """Show and change what one role may do with each field of an object."""
    role, declared = get_object_or_404(Role, pk=role_id), chosen_type(request)
    lines = FieldRight.objects.filter(role=role, object_key=declared.key)
    stored = dict(lines.values_list("field", "right"))
    base = f"/settings/roles/{role.pk}/fields/"
    if request.method == "POST":
        with transaction.atomic():
            for name in declared.fields():
                wanted = request.POST.get(f"right.{name}")
                if wanted is not None and wanted != stored.get(name, ""):
                    right = Right[wanted.upper()] if wanted.upper() in Right.__members__ else None
                    set_field_right(role, declared.key, name, right)
        messages.success(request, _("Saved. It holds from everybody's next click."))
        return go(request, f"{base}?object={declared.key}")
    context = {
        "role": role,
        "object_type": declared,
        "tabs": type_tabs(declared, base),
        "back": f"/settings/roles/{role.pk}/",
        "lines": [
            {
                "name": name,
                "label": sentence(field.label),
                "sensitivity": SENSITIVITY_NAMES[field.sensitivity],
                "tone": SENSITIVITY_TONES.get(field.sensitivity, ""),
                "options": _right_options(stored.get(name, "")),
            }
            for name, field in own_first(declared.fields()).items()
        ],
    }
    heading = _("%(role)s: fields") % {"role": role_name(role)}
    return settings_page(request, "field_rights", heading, context)


def _right_options(now: str) -> list[dict[str, Any]]:
    options = [{"key": "", "label": _("by its sensitivity"), "on": not now}]
    for right in Right:
        key = right.name.lower()
        options.append({"key": key, "label": RIGHT_LABELS[right], "on": key == now})
    return options
