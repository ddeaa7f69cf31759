"""Who may do what, in one place: every road to data takes an `Access` first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Concat

from keqiao.access.field_mask import FieldMask
from keqiao.access.matrix import Matrix, matrix
from keqiao.access.models import Collaborator
from keqiao.access.rights import ANY_OBJECT, Action, Level, Right
from keqiao.base.clock import now
from keqiao.base.prepared import ask, padded
from keqiao.catalog import state
from keqiao.catalog.field import Sensitivity

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from typing import Any

    from django.db.models import Model, QuerySet

    from keqiao.access.models import ApiToken, User
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

_INLINE_SHARED = 500
_ALL_SHARED = ("", False)  # the mark that the shares of all types were read together
_NOBODY = Q(pk__in=())
_SHARED_BY = frozenset({Action.VIEW, Action.CHANGE, Action.EXPORT})
# What reaches a record through the one it belongs to: a customer's owner sees what is made on it.
_INHERITED = frozenset({Action.VIEW, Action.EXPORT})
_NOT_BOUND_TO_A_RECORD = frozenset({Action.VIEW, Action.CREATE, Action.IMPORT})


@dataclass(frozen=True)
class Actor:
    """Who acts: a user, a program with a user's token, or the system with a reason."""

    kind: str  # "user" | "token" | "system"
    user_id: int | None
    name: str
    reason: str = ""
    token_id: int | None = None


@dataclass(frozen=True)
class Lens:
    """A way to see records outside of one's reach: exactly those of `condition`, some fields masked.

    Nothing but seeing goes through a lens.
    """

    object_key: str
    condition: Q
    masked: frozenset[str] = frozenset()
    terms: tuple[str, ...] | None = None  # of the search index; None: any, and the rows decide


@dataclass(frozen=True)
class _Numbers:
    """The numbers of an actor that stand in the condition of his reach."""

    user: int | None = None
    department: int | None = None
    subtree: Sequence[int] = ()
    shared: Sequence[int] = ()


@dataclass(frozen=True, eq=False)
class Access:
    """What one actor may see and do, fixed for one request, job or token call."""

    actor: Actor
    department_id: int | None = None
    is_administrator: bool = False
    scopes: frozenset[str] | None = None  # of an API token; None: no limit beyond the user's own
    _masks: dict[str, FieldMask] = dataclass_field(default_factory=dict)
    _shared: dict[tuple[str, bool], list[int]] = dataclass_field(default_factory=dict)
    _reached: dict[tuple[str, bool], list[int]] = dataclass_field(default_factory=dict)
    # Records this actor was found to see: one page asks for the same link again and again.
    seen: set[tuple[str, object]] = dataclass_field(default_factory=set)
    lens: Lens | None = None

    @classmethod
    def for_user(cls, user: User) -> Access:
        return cls(
            Actor("user", user.pk, user.name),
            department_id=user.department_id,
            is_administrator=user.is_administrator,
        )

    @classmethod
    def for_token(cls, token: ApiToken) -> Access:
        return cls(
            Actor("token", token.user_id, f"{token.user.name} · {token.name}", token_id=token.pk),
            department_id=token.user.department_id,
            is_administrator=token.user.is_administrator,
            scopes=frozenset(token.scopes),
        )

    @classmethod
    def system(cls, reason: str) -> Access:
        """The explicit bypass: sees and may do everything, and every change says why."""
        return cls(Actor("system", None, "Keqiao", reason=reason), is_administrator=True)

    def through(self, lens: Lens) -> Access:
        """Return this actor looking through `lens`: of its object type only that, and only seeing."""
        return replace(self, lens=lens, _masks={}, _shared={}, _reached={}, seen=set())

    def _lens_for(self, object_type: ObjectType) -> Lens | None:
        lens = self.lens
        return lens if lens is not None and lens.object_key == object_type.key else None

    @property
    def is_system(self) -> bool:
        return self.actor.kind == "system"

    @property
    def user_id(self) -> int | None:
        return self.actor.user_id

    @cached_property
    def _matrix(self) -> Matrix:
        return matrix()

    @cached_property
    def _roles(self) -> tuple[int, ...]:
        return self._matrix.roles_of.get(self.actor.user_id or 0, ())

    @cached_property
    def _subtree(self) -> list[int]:
        return self._matrix.subtree(self.department_id)

    def level(self, action: Action, object_type: ObjectType) -> Level:
        """Return the widest level any of the actor's roles gives.

        Nothing that is done with a record reaches further than seeing it does.
        """
        if self._lens_for(object_type):
            return Level.SHARED if action is Action.VIEW else Level.NONE
        given = self._given(action, object_type)
        if action in _NOT_BOUND_TO_A_RECORD or given is Level.NONE:
            return given
        return min(given, self._given(Action.VIEW, object_type), key=lambda level: level.rank)

    def _given(self, action: Action, object_type: ObjectType) -> Level:
        if self.scopes is not None and not self._token_allows(action, object_type):
            return Level.NONE
        if self.is_administrator:
            return Level.ALL
        return self._matrix.widest(self._roles, object_type.key, action.value)

    def _token_allows(self, action: Action, object_type: ObjectType) -> bool:
        """A token's scopes read `account:read`, `account:write` or `*:read`; writing includes reading."""
        allowed = {f"{object_type.key}:write", f"{ANY_OBJECT}:write"}
        if action is Action.VIEW:
            allowed |= {f"{object_type.key}:read", f"{ANY_OBJECT}:read"}
        return not allowed.isdisjoint(self.scopes or ())

    def can(self, action: Action, object_type: ObjectType) -> bool:
        return self.level(action, object_type) is not Level.NONE

    def scope(self, action: Action, object_type: ObjectType) -> Q:
        """Return the condition a record must meet for `action`."""
        combined = Q()
        for condition in self._reaches(action, object_type):
            combined |= condition
        return combined

    def scope_form(
        self, action: Action, object_type: ObjectType
    ) -> tuple[Hashable, list[int]] | None:
        """Return what the SQL of `scope` hangs on, and the numbers of this actor that stand in it.

        Equal forms, equal SQL: colleagues of one level share it. None when the condition is more
        than numbers in places: a lens, or very many shares.
        """
        numbers = self._numbers(action, object_type)
        if numbers is None or self._lens_for(object_type):
            return None
        subtree, shared = padded(numbers.subtree), padded(numbers.shared)
        form = (
            self.level(action, object_type),
            numbers.user is None, numbers.department is None, len(subtree), len(shared),
        )  # fmt: skip
        own = [one for one in (numbers.user, numbers.department) if one is not None]
        return form, [*own, *subtree, *shared]

    def scope_with(self, action: Action, object_type: ObjectType, values: Sequence[Any]) -> Q:
        """Return `scope` with other values in the places of the numbers of `scope_form`."""
        numbers = self._numbers(action, object_type) or _Numbers()
        rest = list(values)
        user = None if numbers.user is None else rest.pop(0)
        department = None if numbers.department is None else rest.pop(0)
        length = len(padded(numbers.subtree))
        combined = Q()
        for condition in self._reaches(
            action, object_type, _Numbers(user, department, rest[:length], rest[length:])
        ):
            combined |= condition
        return combined

    def _numbers(self, action: Action, object_type: ObjectType) -> _Numbers | None:
        """Return the numbers in the conditions of `scope`; None when some stand in the database."""
        level = self.level(action, object_type)
        if level is Level.ALL or level is Level.NONE:
            return _Numbers()
        shared: list[int] = []
        if action in _SHARED_BY:
            shared = self.shared_ids(object_type, writing=action is Action.CHANGE)
        if len(shared) > _INLINE_SHARED or self.user_id is None:
            return None
        return _Numbers(
            self.user_id if level.rank >= Level.OWN.rank else None,
            self.department_id if level is Level.TEAM else None,
            self._subtree if level is Level.SUBTREE else [],
            shared,
        )

    def scope_parts(self, action: Action, object_type: ObjectType) -> list[Q]:
        """Return the same condition as parts that share no record, each served by one index."""
        parts: list[Q] = []
        earlier = Q()
        for condition in self._reaches(action, object_type):
            parts.append(condition & ~earlier if earlier else condition)
            earlier |= condition
        return parts

    def reaches_own(self, action: Action, object_type: ObjectType) -> bool:
        """Tell whether `action` reaches all that belongs to this actor."""
        level = self.level(action, object_type)
        is_open = level.rank >= Level.OWN.rank and not self._lens_for(object_type)
        return is_open and self.user_id is not None

    def _reaches(
        self, action: Action, object_type: ObjectType, numbers: _Numbers | None = None
    ) -> list[Q]:
        if lens := self._lens_for(object_type):
            return [lens.condition] if action is Action.VIEW else [_NOBODY]
        level = self.level(action, object_type)
        if level is Level.ALL:
            return [Q()]
        own = numbers or self._numbers(action, object_type)
        if own is None:
            own = _Numbers(self.user_id, self.department_id, self._subtree)
        reaches = []
        for owner, team in reach_columns(object_type, action):
            if level is Level.TEAM and own.department is not None:
                reaches.append(Q((team, own.department)))
            if level is Level.SUBTREE and own.subtree:
                reaches.append(Q((f"{team}__in", own.subtree)))
            if level.rank >= Level.OWN.rank:
                reaches.append(Q((owner, own.user)))
        if own.shared:
            # Few are named by number, so that indexes serve.
            reaches.append(Q(pk__in=own.shared))
        elif level is not Level.NONE and (shared := self._many_shared(action, object_type)):
            reaches.append(shared)
        return reaches or [_NOBODY]

    def _many_shared(self, action: Action, object_type: ObjectType) -> Q:
        """Return the condition of being let in to a record by shares too many to be named."""
        writing = action is Action.CHANGE
        if action not in _SHARED_BY or not self.shared_ids(object_type, writing=writing):
            return Q()
        return self.let_in_to(object_type, writing=writing)

    def let_in_to(self, object_type: ObjectType, *, writing: bool = False) -> Q:
        """Return the condition of being shared with this actor, directly or from above."""
        ids = self.shared_ids(object_type, writing=writing)
        if len(ids) <= _INLINE_SHARED:
            return Q(pk__in=ids)
        return self._let_in_to(object_type, writing=writing)

    def shared_ids(self, object_type: ObjectType, *, writing: bool = False) -> list[int]:
        """Return up to `_INLINE_SHARED` + 1 records of a type the actor was let in to.

        Whoever was let in to a record was let in to what belongs to it.
        """
        key = (object_type.key, writing)
        if key not in self._reached:
            found = self._directly_shared(object_type.key, writing=writing)
            if object_type.belongs_to and self._is_let_in_above(object_type, writing=writing):
                rows = object_type.model._default_manager.filter(
                    self._let_in_to(object_type, writing=writing)
                )
                found = list(rows.values_list("pk", flat=True)[: _INLINE_SHARED + 1])
            self._reached[key] = found
        return self._reached[key]

    def _directly_shared(self, object_key: str, *, writing: bool) -> list[int]:
        key = (object_key, writing)
        if key not in self._shared and not self._knows_all_shared():
            rows = self._collaborations(object_key, writing=writing)
            self._shared[key] = list(rows[: _INLINE_SHARED + 1].values_list("record_id", flat=True))
        return self._shared.setdefault(key, [])

    def _is_let_in_above(self, object_type: ObjectType, *, writing: bool) -> bool:
        """Tell whether a share of another type could reach records of this one."""
        if not self._knows_all_shared():
            return True
        return any(
            ids and key[1] == writing and key != _ALL_SHARED for key, ids in self._shared.items()
        )

    def _let_in_to(self, object_type: ObjectType, *, writing: bool) -> Q:
        """Return the condition of being shared with the actor, directly or from above."""
        found = Q(pk__in=self._collaborations(object_type.key, writing=writing))
        for name in object_type.belongs_to:
            above = object_type.builtin_fields[name]
            if above.target:
                ids = self._collaborations(above.target, writing=writing, below=True)
                found |= Q((f"{name}_id__in", ids))
            else:
                everything = self._collaborations("", writing=writing, below=True).annotate(
                    marked=Concat(F("object_key"), Value(":"), Cast("record_id", CharField()))
                )
                found |= Q((f"{name}__in", everything.values("marked")))
        return found

    def _knows_all_shared(self) -> bool:
        """Read the shares of all types in one query; False when they are too many for that."""
        if _ALL_SHARED in self._shared:
            return not self._shared[_ALL_SHARED]
        found = ask("shares", [self.user_id or 0], _shares)
        is_whole = len(found) <= _INLINE_SHARED
        self._shared[_ALL_SHARED] = [] if is_whole else [len(found)]
        moment = now()
        for object_key, record_id, can_write, expires_at in found if is_whole else ():
            if expires_at is not None and expires_at <= moment:
                continue
            self._shared.setdefault((object_key, False), []).append(record_id)
            if can_write:
                self._shared.setdefault((object_key, True), []).append(record_id)
        return is_whole

    def _is_shared(self, action: Action, object_type: ObjectType, record_id: int) -> bool:
        if action not in _SHARED_BY:
            return False
        writing = action is Action.CHANGE
        ids = self.shared_ids(object_type, writing=writing)
        if len(ids) <= _INLINE_SHARED:
            return record_id in ids
        rows = object_type.model._default_manager.filter(
            self._let_in_to(object_type, writing=writing), pk=record_id
        )
        return bool(rows.exists())

    def _collaborations(  # type: ignore[no-untyped-def]
        self, object_key: str, *, writing: bool, below: bool = False
    ):
        """Return this actor's shares that are not over; of all types when `object_key` is empty.

        `below`: only those that let in to what belongs to the record as well.
        """
        rows = Collaborator.objects.filter(
            Q(expires_at=None) | Q(expires_at__gt=now()), user_id=self.user_id or 0
        )
        if object_key:
            rows = rows.filter(object_key=object_key)
        if below:
            rows = rows.filter(with_below=True)
        return (rows.filter(can_write=True) if writing else rows).values("record_id")

    def visibility_terms(self, object_type: ObjectType) -> list[str] | None:
        """Return the search-index terms of which one must match; None when all is visible."""
        level = self.level(Action.VIEW, object_type)
        if lens := self._lens_for(object_type):
            return None if lens.terms is None else list(lens.terms)
        if level is Level.ALL:
            return None
        terms = [] if level.rank < Level.OWN.rank else [f"_o{self.user_id}"]
        if level is Level.TEAM and self.department_id is not None:
            terms.append(f"_t{self.department_id}")
        if level is Level.SUBTREE:
            terms.extend(f"_t{team}" for team in self._subtree)
        return terms

    def fields(self, object_type: ObjectType) -> FieldMask:
        """Return the field rights: the most generous of the actor's roles, else by sensitivity."""
        mask = self._masks.get(object_type.key)
        if mask is None:
            mask = self._masks[object_type.key] = self._build_mask(object_type)
        return mask

    def _build_mask(self, object_type: ObjectType) -> FieldMask:
        if self.is_system:
            return FieldMask(Right.WRITE, {})
        mask = self._mask_of_roles(object_type)
        lens = self._lens_for(object_type)
        if lens is None:
            return mask
        bound = {name: min(mask[name], Right.MASKED) for name in lens.masked & mask.rights.keys()}
        return FieldMask(Right.HIDDEN, {**mask.rights, **bound})

    def _mask_of_roles(self, object_type: ObjectType) -> FieldMask:
        """Return the mask all with these roles share; it holds as long as rights and fields do."""
        known = self._matrix.masks
        key = (
            self.is_administrator or self._roles, object_type.key, state.version(state.CATALOG),
        )  # fmt: skip
        mask = known.get(key)
        if mask is None:
            fields = object_type.fields().items()
            mask = known[key] = FieldMask(
                Right.HIDDEN,
                {name: self._field_right(object_type, field) for name, field in fields},
            )
        return mask

    def _field_right(self, object_type: ObjectType, field: Field) -> Right:
        default = Right.MASKED if field.sensitivity is Sensitivity.SECRET else Right.WRITE
        if self.is_administrator:
            return default
        table = self._matrix.field_rights
        given = [table.get((role, object_type.key, field.name), default) for role in self._roles]
        return max(given, default=Right.HIDDEN)

    def allows(self, action: Action, record: Model) -> bool:
        """Answer for one record with the very condition that lists use."""
        from keqiao.catalog.registry import object_type_of

        declared = object_type_of(type(record))
        manager = type(record)._default_manager
        return manager.filter(self.scope(action, declared), pk=record.pk).exists()

    def person_name(self, user_id: int | None) -> str:
        person = self._matrix.people.get(user_id or 0)
        return person.name if person else ""

    def department_name(self, department_id: int | None) -> str:
        return self._matrix.departments.get(department_id or 0, ("", ""))[0]

    def is_in_reach(
        self,
        action: Action,
        object_type: ObjectType,
        owner_id: int | None,
        team_id: int | None,
        record_id: int | None,
        above: tuple[tuple[int | None, int | None], ...] = (),
    ) -> bool:
        """Answer the question of `scope` for values in memory (a record not yet written).

        `above` are owner and department of each record it belongs to (`reach_values`).
        """
        if lens := self._lens_for(object_type):
            rows = object_type.model._default_manager.filter(lens.condition, pk=record_id or 0)
            return action is Action.VIEW and bool(rows.exists())
        level = self.level(action, object_type)
        if level is Level.ALL:
            return True
        if level is Level.NONE:
            return False
        if record_id is not None and self._is_shared(action, object_type, record_id):
            return True
        pairs = ((owner_id, team_id), *(above if action in _INHERITED else ()))
        return any(self._is_of_reach(level, owner, team) for owner, team in pairs)

    def _is_of_reach(self, level: Level, owner_id: int | None, team_id: int | None) -> bool:
        if level.rank >= Level.OWN.rank and owner_id == self.user_id:
            return True
        if level is Level.TEAM:
            return team_id is not None and team_id == self.department_id
        return level is Level.SUBTREE and team_id in self._subtree

    def reaches(self, action: Action, object_type: ObjectType, record: Model) -> bool:
        """Answer the question of `scope` for a record that was read, without another query."""
        above = tuple(
            (getattr(record, f"{name}_owner_id"), getattr(record, f"{name}_team_id"))
            for name in object_type.belongs_to
        )
        owner, team = record.owner_id, record.team_id  # type: ignore[attr-defined]
        return self.is_in_reach(action, object_type, owner, team, record.pk, above)


def reach_columns(object_type: ObjectType, action: Action) -> list[tuple[str, str]]:
    """Return the pairs of columns (owner, department) by which `action` reaches a record."""
    names = object_type.belongs_to if action in _INHERITED else ()
    return [
        ("owner_id", "team_id"),
        *((f"{name}_owner_id", f"{name}_team_id") for name in names),
    ]


def _shares(marks: Sequence[Any]) -> QuerySet[Collaborator, Any]:
    """Return somebody's shares, also those that are over; one more than are named one by one."""
    rows = Collaborator.objects.filter(user_id=marks[0])
    columns = ("object_key", "record_id", "can_write", "expires_at")
    return rows.values_list(*columns)[: _INLINE_SHARED + 1]
