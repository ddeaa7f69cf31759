"""Values nobody has confirmed for long, at the desk of the queue: one key says that they still hold."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.quality.freshness.marks import State, confirm, find_wrong, states_of, take_back
from keqiao.quality.queue.sources import (
    COUNT_STOPS_AT,
    Answer,
    Decision,
    Fact,
    Line,
    Option,
    QueueItem,
    QueueProblem,
    QueueSource,
)
from keqiao.quality.scores.arithmetic import days_of
from keqiao.quality.scores.expectations import expectations, measured_types
from keqiao.quality.scores.facts import day_number, day_of, facts_of
from keqiao.records.query import records
from keqiao.records.search_index import STRETCH, first_place
from keqiao.ui.cells import near_date
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model, QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.scores.expectations import Expected

STILL = "still"
# So many old records of a type are looked at for one that is due; the others have their turn later.
LOOKED_AT, AT_ONCE = 1_000, 100


class VerifySource(QueueSource):
    """Own records with values past their half-life. The number of an item is its place in the index."""

    key = "verify"
    label = gettext_lazy("To verify again")
    hint = gettext_lazy(
        "Values of your records that nobody has confirmed for long. Ask the customer."
    )
    icon = "refresh"
    order = 60

    def is_for(self, access: Access) -> bool:
        return access.user_id is not None and bool(_types(access))

    def count(self, access: Access) -> int:
        found = 0
        for declared in _types(access):
            for _row, _due in _stale(access, declared, 0):
                found += 1
                if found > COUNT_STOPS_AT:
                    return found
        return found

    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        for declared in _types(access):
            begin = first_place(declared.key)
            if after >= begin + STRETCH:
                continue
            for row, due in _stale(access, declared, max(0, after - begin)):
                return _item(declared, row, due)
        return None

    def item(self, access: Access, item_id: int) -> QueueItem | None:
        found = _found(access, item_id)
        return _item(*found) if found is not None else None

    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        with transaction.atomic():
            found = _found(access, item_id)
            if found is None:
                raise QueueProblem(
                    _("This has been verified or changed a moment ago."), is_gone=True
                )
            declared, row, due = found
            if answer.revision != str(row.version):  # type: ignore[attr-defined]
                raise QueueProblem(_("The record was changed meanwhile. Please look at it again."))
            for one in due:
                _say(access, declared, row.pk, one, answer)

    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        for declared in _types(access):
            if 0 < item_id - (begin := first_place(declared.key)) < STRETCH:
                if take_back(access, declared, item_id - begin):
                    return
                break
        raise QueueProblem(_("There is nothing to take back any more."))


def _say(
    access: Access, declared: ObjectType, record_id: int, one: Expected, answer: Answer
) -> None:
    choice = answer.choices.get(one.name)
    said = choice.option if choice is not None and answer.decision is Decision.ACCEPT else ""
    if said == STILL:
        done = confirm(access, declared, [record_id], one.name)
    elif said in states_of(one.field):
        done = find_wrong(access, declared, [record_id], one.name, State(said), "")
    else:
        raise QueueProblem(_("Please choose one of the decisions offered."))
    if not done:
        raise QueueProblem(_("This has been verified or changed a moment ago."), is_gone=True)


def _types(access: Access) -> list[ObjectType]:
    """Return the types with values that grow old and records this person may change, in order."""
    found = [
        one for one in measured_types() if access.can(Action.CHANGE, one) and _aging(access, one)
    ]
    return sorted(found, key=lambda one: first_place(one.key))


def _aging(access: Access, declared: ObjectType) -> list[Expected]:
    mask = access.fields(declared)
    return [one for one in expectations(declared).aging if mask.is_readable(one.name)]


def _candidates(access: Access, declared: ObjectType) -> QuerySet[Model]:
    """Return own records old enough to hold something stale: nothing is confirmed before it is there."""
    shortest = min(days_of(one.half_life_months) for one in _aging(access, declared))
    mine = records(access, declared, Action.CHANGE).filter(owner_id=access.user_id)
    return mine.filter(created_at__lt=now() - timedelta(days=shortest)).order_by("pk")


def _stale(
    access: Access, declared: ObjectType, behind: int
) -> Iterator[tuple[Any, list[Expected]]]:
    """Yield own records behind a number with the values that are due, in the order of entry."""
    aging, looked_at = _aging(access, declared), 0
    rows = _candidates(access, declared)
    while looked_at < LOOKED_AT and (part := list(rows.filter(pk__gt=behind)[:AT_ONCE])):
        for row in part:
            if due := _due(row, aging):
                yield row, due
        behind = part[-1].pk
        looked_at += len(part)


def _found(access: Access, item_id: int) -> tuple[ObjectType, Any, list[Expected]] | None:
    for declared in _types(access):
        number = item_id - first_place(declared.key)
        if 0 < number < STRETCH:
            row = _candidates(access, declared).filter(pk=number).first()
            due = _due(row, _aging(access, declared)) if row is not None else []
            return (declared, row, due) if due else None
    return None


def _due(row: Model, aging: list[Expected]) -> list[Expected]:
    facts, today = facts_of(row.quality_facts), day_number(now())  # type: ignore[attr-defined]
    made = day_number(row.created_at)  # type: ignore[attr-defined]
    return [
        one for one in aging
        if one.is_filled(row) and one.name not in facts.bad
        and today - facts.on.get(one.name, made) > days_of(one.half_life_months)
    ]  # fmt: skip


def _item(declared: ObjectType, row: Any, due: list[Expected]) -> QueueItem:
    facts, made = facts_of(row.quality_facts), day_number(row.created_at)
    return QueueItem(
        id=first_place(declared.key) + row.pk,
        title=str(declared.title_field().value(row)),
        kind=sentence(declared.label),
        lines=tuple(_line(one, row) for one in due),
        facts=tuple(
            Fact(
                sentence(one.field.label),
                _("last confirmed %(day)s")
                % {"day": near_date(day_of(facts.on.get(one.name, made)))},
            )
            for one in due
        ),
        revision=str(row.version),
        url=f"/{declared.path}/{row.pk}/",
        accept_label=gettext_lazy("Note this"),
    )


def _line(one: Expected, row: Any) -> Line:
    own = one.field
    wrong = tuple(Option(state.value, state.label, tone="red") for state in states_of(own))
    return Line(
        own.name,
        sentence(own.label),
        (Option(STILL, gettext_lazy("Still true"), tone="jade"), *wrong),
        before=own.kind.text(own.value(row), own),
        chosen=STILL,
    )
