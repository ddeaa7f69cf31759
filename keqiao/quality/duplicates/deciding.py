"""What people decide about a pair: the same, related, or not the same for ever; and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.quality.candidates.comparing import compared_types
from keqiao.quality.duplicates.models import Band, DuplicatePair, PairStatus, Relation
from keqiao.quality.duplicates.moving import about
from keqiao.quality.duplicates.uniqueness import recount_twins
from keqiao.records.query import records

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.duplicates.pairs import Side

# A chain of "the same" is followed so far when a decision is checked against the others.
MOST_IN_CHAIN = 500
DECISIONS = frozenset({PairStatus.SAME, PairStatus.RELATED, PairStatus.DIFFERENT})


@dataclass(frozen=True)
class Verdict:
    """What somebody says of a pair: `relation` goes with `RELATED` alone."""

    status: PairStatus
    relation: str = ""
    reason: str = ""


class PairProblem(Exception):
    """A decision that cannot be taken. `code`: missing | decided | invalid | contradiction."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def visible_types(access: Access) -> list[ObjectType]:
    """Return the object types in which duplicates are looked for, as far as this person sees them."""
    return [one for one in compared_types() if access.can(Action.VIEW, one)]


def visible_pairs(access: Access) -> QuerySet[DuplicatePair]:
    """Return the pairs of which this person may see both records."""
    return DuplicatePair.objects.filter(
        in_reach(access, Action.VIEW, "left"), in_reach(access, Action.VIEW, "right")
    )


def decidable_pairs(access: Access) -> QuerySet[DuplicatePair]:
    """Return the pairs this person may decide about: he sees both records and may change one."""
    either = in_reach(access, Action.CHANGE, "left") | in_reach(access, Action.CHANGE, "right")
    return visible_pairs(access).filter(either)


def open_pairs(access: Access) -> QuerySet[DuplicatePair]:
    """Return what waits for this person: undecided pairs worth a look, and, for whoever may merge
    both records, those that somebody called the same.
    """
    waits = Q(status=PairStatus.NEW) & ~Q(band=Band.WEAK)
    if any(access.can(Action.DELETE, one) for one in visible_types(access)):
        both = in_reach(access, Action.DELETE, "left") & in_reach(access, Action.DELETE, "right")
        waits |= Q(status=PairStatus.SAME, left_key=F("right_key")) & both
    return decidable_pairs(access).filter(waits)


def in_reach(access: Access, action: Action, side: str) -> Q:
    reach = Q(pk__in=())
    for declared in visible_types(access):
        if access.can(action, declared):
            rows = records(access, declared, action).filter(pk=OuterRef(f"{side}_id"))
            reach |= Q((f"{side}_key", declared.key)) & Q(Exists(rows))
    return reach


def decide(
    access: Access, pair_id: int, verdict: Verdict, *, is_sure: bool = False
) -> DuplicatePair:
    """Keep what a person decided about a pair; it holds until he takes it back.

    `is_sure`: he said it a second time, after being told that it contradicts an earlier decision.
    Raises `PairProblem`.
    """
    _check(verdict)
    with transaction.atomic():
        pair = _locked(access, pair_id)
        if pair.decided_at is not None and pair.status != PairStatus.SAME:
            message = _("A colleague has decided about these two a moment ago.")
            raise PairProblem("decided", message)
        if verdict.status == PairStatus.SAME and not is_sure and is_contradicted(pair):
            message = _(
                "Somebody decided that these are not the same, by way of a third record. Please look"
                " at that decision first; if you are sure, say it once more."
            )
            raise PairProblem("contradiction", message)
        pair.status, pair.relation = verdict.status, verdict.relation
        pair.reason = verdict.reason[:300]
        pair.decided_at, pair.decided_by = now(), person(access)
        pair.save(update_fields=["status", "relation", "reason", "decided_at", "decided_by"])
    # Not within: a merge locks records before pairs.
    recount_twins([pair.left, pair.right])
    return pair


def take_back(access: Access, pair_id: int) -> DuplicatePair:
    """Make a pair undecided again: its decider may, and whoever may change both records."""
    with transaction.atomic():
        pair = _locked(access, pair_id)
        is_own = access.user_id is not None and pair.decided_by_id == access.user_id
        if pair.status not in DECISIONS or pair.decided_at is None:
            raise PairProblem("decided", _("There is nothing to take back any more."))
        if not is_own and not _may_change_both(access, pair):
            message = _(
                "Only who decided this may take it back, or somebody who may change both records."
            )
            raise PairProblem("missing", message)
        pair.status, pair.relation, pair.reason = PairStatus.NEW, "", ""
        pair.decided_at = pair.decided_by = None
        pair.save(update_fields=["status", "relation", "reason", "decided_at", "decided_by"])
    recount_twins([pair.left, pair.right])
    return pair


def _check(verdict: Verdict) -> None:
    is_related = verdict.status == PairStatus.RELATED
    if verdict.status not in DECISIONS or (verdict.relation in Relation.values) != is_related:
        raise PairProblem("invalid", _("Please choose one of the decisions offered."))


def _locked(access: Access, pair_id: int) -> DuplicatePair:
    found = decidable_pairs(access).filter(pk=pair_id)
    pair = DuplicatePair.objects.select_for_update().filter(pk=pair_id).first()
    if pair is None or not found.exists():
        message = _("This pair is gone, or one of its records is not yours to see.")
        raise PairProblem("missing", message)
    return pair


def person(access: Access) -> User | None:
    return User.objects.filter(pk=access.user_id).first() if access.user_id else None


def _may_change_both(access: Access, pair: DuplicatePair) -> bool:
    both = in_reach(access, Action.CHANGE, "left") & in_reach(access, Action.CHANGE, "right")
    return DuplicatePair.objects.filter(both, pk=pair.pk).exists()


# --- what goes together --------------------------------------------------------------------------


def is_contradicted(pair: DuplicatePair) -> bool:
    """Tell whether "the same" would join records that somebody decided to keep apart."""
    first, second = _same_as(pair.left), _same_as(pair.right)
    apart = DuplicatePair.objects.filter(
        _of_sides(first), status__in=[PairStatus.DIFFERENT, PairStatus.RELATED]
    ).exclude(pk=pair.pk)
    return any(
        (row.left in first and row.right in second) or (row.left in second and row.right in first)
        for row in apart.only("left_key", "left_id", "right_key", "right_id").iterator()
    )


def _same_as(side: Side) -> set[Side]:
    """Return the records that decisions make one with this one, itself included."""
    found, asked = {side}, {side}
    while asked and len(found) < MOST_IN_CHAIN:
        rows = DuplicatePair.objects.filter(_of_sides(asked), status=PairStatus.SAME)
        asked = {one for row in rows for one in (row.left, row.right)} - found
        found |= asked
    return found


def _of_sides(sides: set[Side]) -> Q:
    by_key: dict[str, list[int]] = {}
    for key, pk in sides:
        by_key.setdefault(key, []).append(pk)
    condition = Q(pk__in=())
    for key, ids in sorted(by_key.items()):
        condition |= about(key, ids)
    return condition
