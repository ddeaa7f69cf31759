"""The roles a company starts with, and the one way to change what a role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from keqiao.access.matrix import AUDITOR
from keqiao.access.models import FieldRight, Role, RoleRight
from keqiao.access.rights import ANY_OBJECT, Action, Level, Right
from keqiao.catalog import state
from keqiao.catalog.custom_fields import Use

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType

_OWN = dict.fromkeys(
    (Action.VIEW, Action.CREATE, Action.CHANGE, Action.DELETE, Action.EXPORT, Action.IMPORT),
    Level.OWN,
)
_SUBTREE = dict.fromkeys(Action, Level.SUBTREE)
_SEE_ALL = {Action.VIEW: Level.ALL}

# (key, Chinese name, English name, rights on every object type)
STANDARD_ROLES: tuple[tuple[str, str, str, dict[Action, Level]], ...] = (
    ("sales", "销售", "Sales", _OWN),
    ("manager", "销售经理", "Sales manager", _SUBTREE),
    (
        "service",
        "客服",
        "Service",
        {**_SEE_ALL, Action.CREATE: Level.OWN, Action.CHANGE: Level.OWN},
    ),
    (AUDITOR, "审计", "Auditor", _SEE_ALL),
)


# What packages above give a standard role beyond that, when the role is made:
# (role, object type, action) -> level.
_own_lines: dict[tuple[str, str, Action], Level] = {}


def register_default_right(role_key: str, object_key: str, action: Action, level: Level) -> None:
    """Say how far a standard role goes with one object type; a company may change it afterwards."""
    _own_lines[role_key, object_key, action] = level


def ensure_standard_roles() -> dict[str, Role]:
    """Make the standard roles where they are missing; never change one a company has edited."""
    roles: dict[str, Role] = {}
    with transaction.atomic():
        for key, name, name_en, rights in STANDARD_ROLES:
            role, created = Role.objects.get_or_create(
                key=key, defaults={"name": name, "name_en": name_en}
            )
            roles[key] = role
            if created:
                RoleRight.objects.bulk_create(
                    RoleRight(role=role, object_key=ANY_OBJECT, action=action, level=level)
                    for action, level in rights.items()
                )
                RoleRight.objects.bulk_create(
                    RoleRight(role=role, object_key=object_key, action=action, level=level)
                    for (role_key, object_key, action), level in _own_lines.items()
                    if role_key == key
                )
        state.bump(state.ACCESS)
    return roles


def set_right(role: Role, object_key: str, action: Action, level: Level) -> None:
    """Say how far a role may go; holds from everybody's next request."""
    with transaction.atomic():
        RoleRight.objects.update_or_create(
            role=role, object_key=object_key, action=action, defaults={"level": level}
        )
        state.bump(state.ACCESS)


def set_field_right(role: Role, object_key: str, field: str, right: Right | None) -> None:
    """Say what a role may do with a field; None goes back to the default of its sensitivity."""
    with transaction.atomic():
        line: dict[str, Any] = {"role": role, "object_key": object_key, "field": field}
        if right is None:
            FieldRight.objects.filter(**line).delete()
        else:
            FieldRight.objects.update_or_create(**line, defaults={"right": right.name.lower()})
        state.bump(state.ACCESS)


def rights_on_field(declared: ObjectType, field: str) -> list[Use]:
    """Tell, before a field is taken away, which roles have a right of their own on it."""
    rights = FieldRight.objects.filter(object_key=declared.key, field=field)
    english = (get_language() or "").startswith("en")
    names = tuple(
        (english and right.role.name_en) or right.role.name
        for right in rights.select_related("role").order_by("role_id")
    )
    return [Use(_("roles with a right of their own on it"), len(names), names)]
