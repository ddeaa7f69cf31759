"""Handing records over with what hangs on them: contacts, open work, and the old owner as collaborator.

Nothing but owner and department changes: stages, next steps and clocks stay what they were.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.catalog.pointer import pointed_to, pointer
from keqiao.catalog.registry import object_types
from keqiao.records.drafts import Draft, Saved
from keqiao.records.query import records
from keqiao.records.save import save_records
from keqiao.records.sharing import let_stay
from keqiao.records.takers import Taker, register_taker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Outcome, Source

MINE, EVERY, NONE = "mine", "all", "none"
READ, WRITE = "read", "write"


@dataclass(frozen=True)
class Handover:
    """To whom (`values`: owner, or team alone) and what goes along."""

    values: dict[str, Any]
    belongings: str = NONE  # contacts and the like: those the old owner holds, all, or none
    open_work: bool = False  # the old owner's planned activities
    stays: str = ""  # the old owner as collaborator: "", "read" or "write"
    stays_until: datetime | None = None

    def to(self, values: dict[str, Any]) -> Handover:
        """Return the same hand-over to somebody else."""
        return replace(self, values=values)


@dataclass
class HandedOver:
    """What became of it: records given, refusals by record, and what went along, by type."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, Outcome] = field(default_factory=dict)
    along: Counter[str] = field(default_factory=Counter)
    along_left: int = 0


@dataclass(frozen=True)
class _Along:
    """Records of one type that go along, by the record above."""

    declared: ObjectType
    above: dict[int, int]


_open_work: dict[str, Q] = {}


def register_open_work(object_key: str, condition: Q) -> None:
    """Say which records of a type are work still to be done; packages above call this at start-up."""
    _open_work[object_key] = condition


def is_open_work(declared: ObjectType) -> bool:
    """Tell whether records of this type are work, of which only the open part needs a new owner."""
    return declared.key in _open_work


def stays_with_its_writer(declared: ObjectType) -> bool:
    """Tell whether records of this type are remarks or files, whose owner is whoever wrote them."""
    targets = {declared.builtin_fields[name].target for name in declared.belongs_to}
    return "" in targets and not is_open_work(declared)


def open_work_of(found: QuerySet[Model], declared: ObjectType) -> QuerySet[Model]:
    """Narrow a type of work to what is still to be done; other types stay as they are."""
    return found.filter(_open_work[declared.key]) if is_open_work(declared) else found


def count_along(access: Access, declared: ObjectType, chosen: QuerySet[Model]) -> dict[str, int]:
    """Count what could go along with the chosen records, before anybody decides."""
    counts = {MINE: 0, EVERY: 0, "work": 0}
    for below, is_work in _types_below(declared):
        if not access.can(Action.TRANSFER, below):
            continue
        found = records(access, below, Action.TRANSFER)
        if is_work:
            counts["work"] += _work_on(found, declared, below, chosen).count()
            continue
        for wanted in (MINE, EVERY):
            counts[wanted] += _belonging_to(found, declared, below, chosen, wanted).count()
    return counts


def types_along(declared: ObjectType) -> tuple[str, ...]:
    """Return the types whose records may go along with one of this type."""
    return tuple(below.key for below, _is_work in _types_below(declared))


def hand_over(
    access: Access,
    declared: ObjectType,
    ids: Sequence[int],
    handover: Handover,
    *,
    source: Source,
) -> HandedOver:
    """Hand records over in one transaction, each by the rules, with what the actor may give along."""
    result = HandedOver()
    wanted = sorted(set(ids))
    with transaction.atomic():
        reach = records(access, declared, Action.TRANSFER).filter(pk__in=wanted)
        owners = dict(reach.values_list("pk", "owner_id"))
        may_share = set(
            records(access, declared, Action.CHANGE)
            .filter(pk__in=wanted)
            .values_list("pk", flat=True)
        )
        along = _gather(access, declared, wanted, handover)
        drafts = [Draft(dict(handover.values), record_id=pk) for pk in wanted]
        outcomes = save_records(access, declared, drafts, source=source, allow_duplicates=True)
        for pk, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, Saved):
                result.done.append(pk)
            else:
                result.refused[pk] = outcome
        _give_along(access, along, handover, source, result)
        if handover.stays:
            staying = {pk: owners.get(pk) for pk in result.done if pk in may_share}
            _let_stay(access, declared, staying, handover, source)
    return result


def _types_below(declared: ObjectType) -> list[tuple[ObjectType, bool]]:
    """Return the types whose records may go along, and whether they are work.

    What is written about any record (a comment, a file) stays with whoever wrote it.
    """
    found = []
    for below in object_types():
        if below.key in _open_work:
            if any(_leads_to(below, name, declared) for name in below.belongs_to):
                found.append((below, True))
            continue
        targets = {below.builtin_fields[name].target for name in below.belongs_to}
        if declared.key in targets and not stays_with_its_writer(below):
            found.append((below, False))
    return found


def _leads_to(below: ObjectType, name: str, declared: ObjectType) -> bool:
    return below.builtin_fields[name].target in ("", declared.key)


def _gather(
    access: Access, declared: ObjectType, ids: Sequence[int], handover: Handover
) -> list[_Along]:
    """Read what goes along before the owner changes: "his" is told by the old owner."""
    manager = declared.model._default_manager
    chosen = manager.filter(pk__in=ids)
    found = []
    for below, is_work in _types_below(declared):
        if not access.can(Action.TRANSFER, below):
            continue
        reach = records(access, below, Action.TRANSFER)
        if is_work:
            # Work without anybody to do it is forgotten: a department alone gets none.
            if not handover.open_work or not handover.values.get("owner"):
                continue
            rows = _work_on(reach, declared, below, chosen, ids)
        elif handover.belongings != NONE:
            rows = _belonging_to(reach, declared, below, chosen, handover.belongings)
        else:
            continue
        found.append(_Along(below, _above_of(rows, declared, below, set(ids))))
    return found


def _belonging_to(
    reach: QuerySet[Model],
    declared: ObjectType,
    below: ObjectType,
    chosen: QuerySet[Model],
    wanted: str,
) -> QuerySet[Model]:
    matching = Q()
    for name in below.belongs_to:
        if below.builtin_fields[name].target == declared.key:
            one = Q((f"{name}_id__in", chosen.values("pk")))
            matching |= one & Q(owner_id=F(f"{name}_owner_id")) if wanted == MINE else one
    return reach.filter(matching)


def _work_on(
    reach: QuerySet[Model],
    declared: ObjectType,
    below: ObjectType,
    chosen: QuerySet[Model],
    ids: Sequence[int] | None = None,
) -> QuerySet[Model]:
    matching = Q()
    for name in below.belongs_to:
        target = below.builtin_fields[name].target
        held = Q(owner_id=F(f"{name}_owner_id"))
        if target == declared.key:
            matching |= Q((f"{name}_id__in", chosen.values("pk"))) & held
        elif not target:
            numbers = ids if ids is not None else chosen.values_list("pk", flat=True)[:1000]
            matching |= Q((f"{name}__in", [pointer(declared.key, pk) for pk in numbers])) & held
    return reach.filter(_open_work[below.key], matching)


def _above_of(
    rows: QuerySet[Model], declared: ObjectType, below: ObjectType, ids: set[int]
) -> dict[int, int]:
    """Return for each record which of the records handed over it hangs on."""
    columns = {
        name: f"{name}_id" if below.builtin_fields[name].target else name
        for name in below.belongs_to
        if _leads_to(below, name, declared)
    }
    found = {}
    for row in rows.values("pk", *columns.values()):
        for name, column in columns.items():
            value = row[column]
            if not below.builtin_fields[name].target:
                place = pointed_to(value or "")
                value = place[1] if place and place[0] == declared.key else None
            if value in ids:
                found[row["pk"]] = value
                break
    return found


def _give_along(
    access: Access, along: list[_Along], handover: Handover, source: Source, result: HandedOver
) -> None:
    given = set(result.done)
    for one in along:
        drafts = [
            Draft(dict(handover.values), record_id=pk)
            for pk, above in sorted(one.above.items())
            if above in given
        ]
        outcomes = save_records(access, one.declared, drafts, source=source, allow_duplicates=True)
        saved = sum(isinstance(outcome, Saved) for outcome in outcomes)
        if saved:
            result.along[one.declared.key] += saved
        result.along_left += len(drafts) - saved


def _let_stay(
    access: Access,
    declared: ObjectType,
    owners: dict[int, int | None],
    handover: Handover,
    source: Source,
) -> None:
    """Keep old owners in as collaborators; only by somebody who could have let them in himself."""
    people = User.objects.filter(is_active=True).in_bulk({one for one in owners.values() if one})
    new_owner = str(handover.values.get("owner") or "")
    staying = {
        pk: people[owner]
        for pk, owner in owners.items()
        if owner in people and str(owner) != new_owner
    }
    let_stay(
        access, declared, staying, source=source, can_write=handover.stays == WRITE,
        until=handover.stays_until,
    )  # fmt: skip


# --- colleagues and departments -------------------------------------------------------------------


def _give_to_person(
    access: Access,
    declared: ObjectType,
    ids: Sequence[int],
    number: int,
    handover: Handover,
    source: Source,
) -> HandedOver:
    return hand_over(access, declared, ids, handover.to({"owner": str(number)}), source=source)


def _give_to_department(
    access: Access,
    declared: ObjectType,
    ids: Sequence[int],
    number: int,
    handover: Handover,
    source: Source,
) -> HandedOver:
    values = {"owner": "", "team": str(number)}
    return hand_over(access, declared, ids, handover.to(values), source=source)


def _picked_elsewhere(_access: Access, _declared: ObjectType) -> list[tuple[int, str]]:
    """Colleagues and departments are too many for a list: they have boxes that suggest them."""
    return []


register_taker(
    Taker(
        "owner", _("Colleague"), _picked_elsewhere, _give_to_person,
        lambda access, number: access.person_name(number),
    )
)  # fmt: skip
register_taker(
    Taker(
        "team", _("Department"), _picked_elsewhere, _give_to_department,
        lambda access, number: access.department_name(number),
    )
)  # fmt: skip
