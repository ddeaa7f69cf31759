"""Notes what people find out about a value: verified again, a dead number, mail that came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.access.matrix import matrix
from keqiao.base.clock import now
from keqiao.quality.freshness.models import FieldMark
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.facts import day_number, facts_of, stored_form
from keqiao.records.measuring import change_facts, is_measured
from keqiao.ui.cells import near_moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.scores.facts import Facts

State = FieldMark.State
LONGEST_WHY = 200
# What one decision says of several values is noted within moments.
SAID_TOGETHER = timedelta(seconds=30)
_LISTS = ("ok", "bad", "half")


@dataclass(frozen=True)
class Told:
    """The latest finding about a field as people read it."""

    state: str
    at: datetime
    by: str
    why: str
    by_person: bool = True

    @property
    def told(self) -> str:
        said = _("%(state)s, %(who)s %(when)s") % {
            "state": State(self.state).label,
            "who": self.by,
            "when": near_moment(self.at),
        }
        return f"{said}: {self.why}" if self.why else said


def states_of(field: Field) -> list[State]:
    """Return what can be found wrong with a value of this kind."""
    by_use = {"phone": State.DEAD, "email": State.BOUNCED}
    special = by_use.get(field.kind.searchable)
    return [special, State.WRONG] if special else [State.WRONG]


def confirm(access: Access, declared: ObjectType, ids: Sequence[int], name: str) -> list[int]:
    """Note that somebody verified the value just now; return the records of which he may say so."""
    return _note(access, declared, ids, name, State.CONFIRMED, "")


def find_wrong(
    access: Access, declared: ObjectType, ids: Sequence[int], name: str, state: State, why: str
) -> list[int]:
    """Note that a value is no longer true; the record's accuracy falls until somebody replaces it."""
    return _note(access, declared, ids, name, state, why)


def _note(
    access: Access, declared: ObjectType, ids: Sequence[int], name: str, state: State, why: str
) -> list[int]:
    """Write facts, score and the finding in one transaction; a field out of sight is not judged."""
    one, at = expectations(declared).named(name) if is_measured(declared) else None, now()
    if one is None or not access.fields(declared).is_readable(name):
        return []
    earlier: dict[int, dict[str, Any]] = {}

    def change(row: Any) -> bool:
        if not one.is_filled(row):
            return False
        facts = facts_of(row.quality_facts)
        earlier[row.pk] = _known_of(facts, name)
        is_right = state is State.CONFIRMED
        facts.forget(name)
        (facts.ok if is_right else facts.bad).append(name)
        if is_right and one.half_life_months:
            facts.on[name] = day_number(at)
        row.quality_facts = stored_form(facts)
        return True

    with transaction.atomic():
        done = change_facts(access, declared, ids, change, at)
        FieldMark.objects.bulk_create(
            FieldMark(
                object_key=declared.key, record_id=pk, field=name, state=state, at=at,
                by_id=access.user_id, why=why[:LONGEST_WHY], earlier=earlier[pk],
            )
            for pk in done
        )  # fmt: skip
    return done


def _known_of(facts: Facts, name: str) -> dict[str, Any]:
    lists = [kept for kept in _LISTS if name in getattr(facts, kept)]
    return {"on": facts.on.get(name), "lists": lists}


def take_back(access: Access, declared: ObjectType, record_id: int) -> bool:
    """Forget what this person said last about values of a record; False when that no longer stands.

    A slip of the finger is no finding: the marks go, and what was known before is known again.
    """
    mask, at = access.fields(declared), now()
    with transaction.atomic():
        rows = FieldMark.objects.filter(object_key=declared.key, record_id=record_id)
        latest = {row.field: row for row in rows.order_by("id")}
        last = max((row.at for row in latest.values()), default=None)
        slips = [
            row for row in latest.values()
            if last is not None and last - row.at <= SAID_TOGETHER and row.by_id == access.user_id
            and row.earlier is not None and mask.is_readable(row.field)
        ]  # fmt: skip

        def change(row: Any) -> bool:
            facts = facts_of(row.quality_facts)
            if not all(_still_stands(facts, slip) for slip in slips):
                return False
            for slip in slips:
                facts.forget(slip.field)
                known = slip.earlier or {}
                for kept in known["lists"]:
                    getattr(facts, kept).append(slip.field)
                if known["on"] is not None:
                    facts.on[slip.field] = known["on"]
            row.quality_facts = stored_form(facts)
            return True

        if not slips or not change_facts(access, declared, [record_id], change, at):
            return False
        FieldMark.objects.filter(pk__in=[slip.pk for slip in slips]).delete()
    return True


def _still_stands(facts: Facts, mark: FieldMark) -> bool:
    return mark.field in (facts.ok if mark.state == State.CONFIRMED else facts.bad)


def latest_marks(declared: ObjectType, record_id: int) -> dict[str, Told]:
    """Return the latest finding about each field of a record."""
    rows = FieldMark.objects.filter(object_key=declared.key, record_id=record_id).order_by("id")
    people = matrix().people
    return {
        row.field: Told(
            row.state,
            row.at,
            people[row.by_id].name if row.by_id in people else _("the system"),
            row.why,
            row.by_id is not None,
        )
        for row in rows
    }
