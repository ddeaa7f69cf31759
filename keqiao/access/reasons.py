"""Why somebody may see a record: the reasons named one by one, from the very rules that decide it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q

from keqiao.access.access import Access, Actor
from keqiao.access.matrix import matrix
from keqiao.access.models import Collaborator, User
from keqiao.access.rights import ANY_OBJECT, Action, Level, Right
from keqiao.base.clock import now
from keqiao.catalog.field import Sensitivity
from keqiao.catalog.pointer import pointed_to
from keqiao.catalog.registry import object_type_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import Model

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

Place = tuple[str, int]  # object type and number of a record
_THROUGH_A_SHARE = frozenset({Action.VIEW, Action.CHANGE, Action.EXPORT})
_THROUGH_WHAT_IS_ABOVE = frozenset({Action.VIEW, Action.EXPORT})


class Why(StrEnum):
    """By what a person reaches a record."""

    ADMINISTRATOR = "administrator"
    ALL = "all"  # a role reaches every record of the type
    OWNER = "owner"
    DEPARTMENT = "department"  # a role reaches the record's department
    SHARED = "shared"


@dataclass(frozen=True)
class Reason:
    """One way in. `above` names the record it belongs to, when the way leads through that one."""

    why: Why
    roles: tuple[int, ...] = ()
    level: Level = Level.NONE
    department_id: int | None = None
    above: Place | None = None
    can_write: bool = False
    until: datetime | None = None
    with_below: bool = False  # a share that lets in to what belongs to the record, too


@dataclass(frozen=True)
class Share:
    """A colleague let in to the record or to one it belongs to."""

    place: Place
    can_write: bool
    until: datetime | None
    with_below: bool


@dataclass(frozen=True)
class Viewer:
    """Somebody who sees a record: what else that person may do with it, and why."""

    user_id: int
    name: str
    department_id: int | None
    reasons: tuple[Reason, ...]
    may: frozenset[Action]


def reasons_to_see(user: User, record: Model, action: Action = Action.VIEW) -> list[Reason]:
    """Return why this person may do `action` with the record; none when it is not allowed."""
    return _reasons(Access.for_user(user), action, record, _shares_of(record).get(user.pk, []))


def viewers(record: Model) -> list[Viewer]:
    """Return every active colleague who sees the record, those nearest to it first."""
    rules, shares = matrix(), _shares_of(record)
    administrators = set(
        User.objects.filter(is_administrator=True, is_active=True).values_list("pk", flat=True)
    )
    found = []
    for person in rules.people.values():
        if not person.is_active:
            continue
        access = Access(
            Actor("user", person.id, person.name),
            department_id=person.department_id,
            is_administrator=person.id in administrators,
        )
        given = shares.get(person.id, [])
        if reasons := _reasons(access, Action.VIEW, record, given):
            may = frozenset(one for one in Action if _reasons(access, one, record, given))
            found.append(Viewer(person.id, person.name, person.department_id, tuple(reasons), may))
    nearness = [Why.OWNER, Why.SHARED, Why.DEPARTMENT, Why.ALL, Why.ADMINISTRATOR]
    found.sort(key=lambda one: (min(nearness.index(r.why) for r in one.reasons), one.name))
    return found


def records_above(record: Model) -> list[tuple[str, Place]]:
    """Return the records this one belongs to, with the field that names each."""
    declared = object_type_of(type(record))
    found = []
    for name in declared.belongs_to:
        own = declared.builtin_fields[name]
        value = own.value(record)
        place = (own.target, value) if value and own.target else pointed_to(value or "")
        if place:
            found.append((name, place))
    return found


def _shares_of(record: Model) -> dict[int, list[Share]]:
    """Return by person who was let in to the record or to one above; what is over counts no more."""
    declared = object_type_of(type(record))
    places = {(declared.key, record.pk), *(place for _name, place in records_above(record))}
    wanted = Q()
    for key, record_id in places:
        wanted |= Q(object_key=key, record_id=record_id)
    rows = Collaborator.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now()), wanted)
    found: dict[int, list[Share]] = {}
    for row in rows:
        place = (row.object_key, row.record_id)
        if place != (declared.key, record.pk) and not row.with_below:
            continue
        found.setdefault(row.user_id, []).append(
            Share(place, row.can_write, row.expires_at, row.with_below)
        )
    return found


def _reasons(
    access: Access, action: Action, record: Model, shares: Iterable[Share]
) -> list[Reason]:
    declared = object_type_of(type(record))
    level = access.level(action, declared)
    if level is Level.NONE:
        return []
    roles = _roles_giving(access, action, declared, level)
    if access.is_administrator:
        found = [Reason(Why.ADMINISTRATOR, level=level)]
    else:
        found = [Reason(Why.ALL, roles, level)] if level is Level.ALL else []
    for owner, team, above in _holders(declared, record, action):
        if level.rank >= Level.OWN.rank and owner is not None and owner == access.user_id:
            found.append(Reason(Why.OWNER, level=level, above=above))
        if team is not None and team in _departments(access, level):
            found.append(Reason(Why.DEPARTMENT, roles, level, team, above))
    if action in _THROUGH_A_SHARE:
        here = (declared.key, record.pk)
        found.extend(
            Reason(
                Why.SHARED,
                level=Level.SHARED,
                above=None if share.place == here else share.place,
                can_write=share.can_write,
                until=share.until,
                with_below=share.with_below,
            )
            for share in shares
            if share.can_write or action is not Action.CHANGE
        )
    return found


def _holders(
    declared: ObjectType, record: Model, action: Action
) -> list[tuple[int | None, int | None, Place | None]]:
    """Return owner and department of the record and, where they count, of those above."""
    found: list[tuple[int | None, int | None, Place | None]] = [
        (record.owner_id, record.team_id, None)  # type: ignore[attr-defined]
    ]
    if action in _THROUGH_WHAT_IS_ABOVE:
        above = [
            (getattr(record, f"{name}_owner_id"), getattr(record, f"{name}_team_id"), place)
            for name, place in records_above(record)
        ]
        # A follow-up on a customer names that customer twice: once is enough.
        found.extend(dict.fromkeys(above))
    return found


def _departments(access: Access, level: Level) -> list[int]:
    if level is Level.TEAM and access.department_id is not None:
        return [access.department_id]
    return matrix().subtree(access.department_id) if level is Level.SUBTREE else []


def _roles_giving(
    access: Access, action: Action, declared: ObjectType, level: Level
) -> tuple[int, ...]:
    """Return the roles that reach as far as this person does."""
    rules = matrix()
    found = []
    for role in rules.roles_of.get(access.user_id or 0, ()):
        given = rules.levels.get((role, declared.key, action.value)) or rules.levels.get(
            (role, ANY_OBJECT, action.value)
        )
        if given is not None and given.rank >= level.rank:
            found.append(role)
    return tuple(found)


# --- fields -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldReason:
    """What a person may do with a field; without roles it follows from how sensitive the field is."""

    name: str
    right: Right
    roles: tuple[int, ...] = ()


def reasons_for_fields(user: User, declared: ObjectType) -> list[FieldReason]:
    """Return what this person may do with every field of a type, and which roles say so."""
    mask, rules = Access.for_user(user).fields(declared), matrix()
    roles = () if user.is_administrator else rules.roles_of.get(user.pk, ())
    found = []
    for name, field in declared.fields().items():
        right = mask[name]
        saying = tuple(
            role for role in roles if rules.field_rights.get((role, declared.key, name)) is right
        )
        is_default = right is _by_sensitivity(field)
        found.append(FieldReason(name, right, () if is_default else saying))
    return found


def _by_sensitivity(field: Field) -> Right:
    return Right.MASKED if field.sensitivity is Sensitivity.SECRET else Right.WRITE
