"""The rights of all roles as this process knows them, reloaded when somebody changes one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from django.utils.translation import get_language

from keqiao.access.field_mask import FieldMask
from keqiao.access.models import Department, FieldRight, Role, RoleRight, User
from keqiao.access.rights import ANY_OBJECT, Level, Right, right_named
from keqiao.catalog import state

AUDITOR = "auditor"  # the standard role whose holders read what others may only cause


@dataclass(frozen=True)
class Person:
    """A colleague as the directory shows one."""

    id: int
    name: str
    department_id: int | None
    is_active: bool


@dataclass(frozen=True)
class Matrix:
    """Rights by role, and the company's directory, as of one version."""

    version: int
    levels: dict[tuple[int, str, str], Level] = field(default_factory=dict)
    field_rights: dict[tuple[int, str, str], Right] = field(default_factory=dict)
    roles_of: dict[int, tuple[int, ...]] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    departments: dict[int, tuple[str, str]] = field(default_factory=dict)  # id -> (name, path)
    heads: dict[int, int] = field(default_factory=dict)  # department -> who leads it
    auditor_roles: frozenset[int] = frozenset()
    # What was worked out of the above, the same for everybody with the same roles.
    widest_levels: dict[tuple[tuple[int, ...], str, str], Level] = field(default_factory=dict)
    masks: dict[Hashable, FieldMask] = field(default_factory=dict)

    def widest(self, roles: tuple[int, ...], object_key: str, action: str) -> Level:
        """Return the widest level that one of the roles gives for an action."""
        key = (roles, object_key, action)
        found = self.widest_levels.get(key)
        if found is None:
            given = [
                self.levels.get((role, object_key, action))
                or self.levels.get((role, ANY_OBJECT, action))
                for role in roles
            ]
            found = max(filter(None, given), key=lambda level: level.rank, default=Level.NONE)
            self.widest_levels[key] = found
        return found

    def subtree(self, department_id: int | None) -> list[int]:
        """Return the ids of a department and all below it."""
        if department_id is None or department_id not in self.departments:
            return []
        path = self.departments[department_id][1]
        return [id_ for id_, (_name, other) in self.departments.items() if other.startswith(path)]

    def people_of(
        self,
        users: Iterable[int] = (),
        departments: Iterable[int] = (),
        roles: Iterable[int] = (),
    ) -> set[int]:
        """Return the people meant: some, all of departments and below them, all with some role."""
        below = {one for pk in departments for one in self.subtree(pk)}
        wanted = set(roles)
        return {
            *users,
            *(one.id for one in self.people.values() if one.department_id in below),
            *(pk for pk, held in self.roles_of.items() if not wanted.isdisjoint(held)),
        }

    def superior_of(self, user_id: int) -> int | None:
        """Return the head of the person's department, or of the nearest one above that has another.

        Somebody who left leads nobody; a head's superior is the head above.
        """
        person = self.people.get(user_id)
        path = self.departments.get((person.department_id if person else None) or 0, ("", ""))[1]
        for part in reversed(path.strip("/").split("/")):
            head = self.people.get(self.heads.get(int(part), 0)) if part else None
            if head is not None and head.is_active and head.id != user_id:
                return head.id
        return None


_current = Matrix(version=-1)


def matrix() -> Matrix:
    """Return the rights now in force; reads the database only after a change."""
    global _current
    number = state.version(state.ACCESS)
    found = _current
    if found.version != number:
        found = _current = _load(number)
    return found


def forget() -> None:
    """Drop the snapshot (tests that roll the database back behind its version)."""
    global _current
    _current = Matrix(version=-1)


def _load(number: int) -> Matrix:
    roles_of: dict[int, tuple[int, ...]] = {}
    for user_id, role_id in User.roles.through.objects.values_list("user_id", "role_id"):
        roles_of[user_id] = (*roles_of.get(user_id, ()), role_id)
    return Matrix(
        version=number,
        levels={
            (right.role_id, right.object_key, right.action): Level(right.level)
            for right in RoleRight.objects.all()
        },
        field_rights={
            (right.role_id, right.object_key, right.field): right_named(right.right)
            for right in FieldRight.objects.all()
        },
        roles_of=roles_of,
        people={
            id_: Person(id_, name, department_id, is_active)
            for id_, name, department_id, is_active in User.objects.values_list(
                "id", "name", "department_id", "is_active"
            )
        },
        departments={
            id_: (name, path)
            for id_, name, path in Department.objects.values_list("id", "name", "path")
        },
        heads=dict(Department.objects.exclude(head=None).values_list("id", "head_id")),
        auditor_roles=frozenset(Role.objects.filter(key=AUDITOR).values_list("id", flat=True)),
    )


def role_names() -> dict[int, str]:
    """Return the roles as the reader's language calls them."""
    english = (get_language() or "").startswith("en")
    rows = Role.objects.values_list("id", "name", "name_en")
    return {pk: (english and name_en) or name for pk, name, name_en in rows}
