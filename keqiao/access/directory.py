"""The company's people and departments: adding, moving and switching off, with what must follow."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import ApiToken, Collaborator, Department, User
from keqiao.base.clock import now
from keqiao.catalog import state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from django.utils.functional import Promise

    from keqiao.access.models import Role
    from keqiao.catalog.object_type import ObjectType


class DirectoryProblem(Exception):
    """A change of people or departments that cannot be made; `message` says why."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = message


_endings: list[Callable[[User], None]] = []


def register_ending(end: Callable[[User], None]) -> None:
    """Have `end` called in the transaction that shuts a person out: keys given elsewhere end too."""
    _endings.append(end)


def add_department(name: str, parent: Department | None = None) -> Department:
    with transaction.atomic():
        made = Department.objects.create(name=name, parent=parent)
        made.path = f"{parent.path if parent else '/'}{made.pk}/"
        made.save(update_fields=["path"])
        state.bump(state.ACCESS)
    return made


def move_department(department: Department, parent: Department | None) -> None:
    """Hang a department under another one, with all below it."""
    if parent is not None and parent.path.startswith(department.path):
        raise DirectoryProblem(_("A department cannot lie below itself."))
    with transaction.atomic():
        old = department.path
        new = f"{parent.path if parent else '/'}{department.pk}/"
        below = Department.objects.filter(path__startswith=old)
        below.update(path=Concat(Value(new), Substr("path", len(old) + 1)))
        Department.objects.filter(pk=department.pk).update(parent=parent)
        state.bump(state.ACCESS)


def name_head(department: Department, head: User | None) -> None:
    """Say who leads a department; its members' overdue work is reported to that person."""
    with transaction.atomic():
        Department.objects.filter(pk=department.pk).update(head=head)
        state.bump(state.ACCESS)


def add_user(
    username: str,
    name: str,
    password: str | None,
    *,
    department: Department | None = None,
    roles: Sequence[Role] = (),
    email: str = "",
    is_administrator: bool = False,
) -> User:
    with transaction.atomic():
        user = User.objects.create_user(
            username,
            password,
            name=name,
            email=email,
            department=department,
            is_administrator=is_administrator,
        )
        user.roles.set(roles)
        state.bump(state.ACCESS)
    return user


def set_roles(user: User, roles: Sequence[Role]) -> None:
    with transaction.atomic():
        user.roles.set(roles)
        state.bump(state.ACCESS)


def update_user(user: User, **values: object) -> None:
    """Change a person's name, department or administrator right."""
    with transaction.atomic():
        if values.get("is_administrator") is False:
            _keep_one_administrator(user)
        for name, value in values.items():
            setattr(user, name, value)
        user.save(update_fields=list(values))
        state.bump(state.ACCESS)


def deactivate(user: User) -> None:
    """Shut a person out: sessions, API tokens and the account end in the same transaction."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    with transaction.atomic():
        _keep_one_administrator(user)
        user.is_active = False
        user.save(update_fields=["is_active"])
        ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now())
        for end in _endings:
            end(user)
        for session in Session.objects.filter(expire_date__gt=now()).iterator():
            if session.get_decoded().get("_auth_user_id") == str(user.pk):
                # Through the session store, so that a cached copy ends with the row.
                store(session.session_key).delete()
        state.bump(state.ACCESS)


def reactivate(user: User) -> None:
    with transaction.atomic():
        user.is_active = True
        user.save(update_fields=["is_active"])
        state.bump(state.ACCESS)


def _keep_one_administrator(user: User) -> None:
    left = User.objects.filter(is_administrator=True, is_active=True).order_by("pk")
    # Locked: two administrators who switch each other off at once must not both succeed.
    if list(left.select_for_update().values_list("pk", flat=True)) == [user.pk]:
        raise DirectoryProblem(
            _("This is the last administrator. Please make somebody else administrator first.")
        )


def share_record(
    object_type: ObjectType,
    record_id: int,
    user: User,
    *,
    by: User | None,
    can_write: bool = False,
    expires_at: datetime | None = None,
    with_below: bool = True,
) -> Collaborator:
    """Let a colleague in to one record. The caller has checked that `by` may change it."""
    made, _created = Collaborator.objects.update_or_create(
        object_key=object_type.key,
        record_id=record_id,
        user=user,
        defaults={
            "can_write": can_write,
            "with_below": with_below,
            "expires_at": expires_at,
            "added_by": by,
        },
    )
    return made


def share_records(
    object_type: ObjectType,
    people: Mapping[int, User],
    *,
    by: User | None,
    can_write: bool,
    expires_at: datetime | None,
) -> None:
    """Let colleagues in to many records and what belongs to them: `people` by record."""
    terms = {"can_write": can_write, "with_below": True, "expires_at": expires_at, "added_by": by}
    Collaborator.objects.bulk_create(
        [
            Collaborator(object_key=object_type.key, record_id=record_id, user=user, **terms)
            for record_id, user in people.items()
        ],
        update_conflicts=True,
        unique_fields=["object_key", "record_id", "user"],
        update_fields=list(terms),
    )


def unshare_record(object_type: ObjectType, record_id: int, user_id: int) -> bool:
    """End a share; return whether there was one."""
    rows = Collaborator.objects.filter(object_key=object_type.key, record_id=record_id)
    return bool(rows.filter(user_id=user_id).delete()[0])
