"""Whom a record belongs to: a person, whose department it then follows, or a department alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.access.matrix import matrix
from keqiao.access.rights import Action, Level
from keqiao.records.drafts import Problem

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch, Item


def may_choose_department(access: Access, declared: ObjectType) -> bool:
    """Tell whether this person reaches the records of any department, so that he may give some."""
    levels = (access.level(action, declared) for action in (Action.CREATE, Action.CHANGE))
    return any(level.rank >= Level.TEAM.rank for level in levels)


def check_belonging(batch: Batch, item: Item) -> None:
    """Part of step 3: a new owner or department is one the actor may choose."""
    if "owner" not in item.values and "team" not in item.values:
        return
    if "owner" in item.values:
        _check_handing_over(batch, item)
    if not item.problems:
        _check_department(batch, item)


def _check_handing_over(batch: Batch, item: Item) -> None:
    """A record is handed to somebody else only by those who may transfer it."""
    owner, record, access = item.values["owner"], item.record, batch.access
    if record is None:
        if owner in (access.user_id, None) or access.can(Action.TRANSFER, batch.object_type):
            return
    else:
        before, team = record.owner_id, record.team_id  # type: ignore[attr-defined]
        if owner == before or access.is_in_reach(
            Action.TRANSFER, batch.object_type, before, team, record.pk
        ):
            return
    message = _("You may not hand this record to another owner. Please ask your manager.")
    item.problems.append(Problem("owner", message, "transfer"))


def _check_department(batch: Batch, item: Item) -> None:
    """Nobody puts a record where he would not reach it, unless a colleague looks after it there."""
    stored_owner, stored_team = _stored(item)
    owner, team = item.values.get("owner", stored_owner), item.values.get("team", stored_team)
    if (owner, team) == (stored_owner, stored_team):
        return
    if owner is not None and not _is_put_back(batch):
        if team in (None, stored_team) or team == _department_of(owner):
            return  # it follows the owner, whatever it was before
        message = _(
            "The department of a record is that of its owner. Leave the owner empty to give the"
            " record to a department as a whole."
        )
        item.problems.append(Problem("team", message, "team_follows_owner"))
        return
    action = Action.CREATE if item.creating else Action.CHANGE
    if owner is None and not batch.access.is_in_reach(action, batch.object_type, None, team, None):
        message = _(
            "Without an owner this record would lie outside of what you may change. Choose an"
            " owner or a department of yours."
        )
        item.problems.append(Problem("team", message, "out_of_reach"))


def follow_owner(batch: Batch, item: Item) -> None:
    """Part of step 9: a record with an owner is in the owner's department, and the log says so."""
    if "owner" not in item.values and "team" not in item.values:
        return
    stored_owner, stored_team = _stored(item)
    owner = item.values.get("owner", stored_owner)
    if owner is None or ("team" in item.values and _is_put_back(batch)):
        return
    if owner != stored_owner or item.values.get("team", stored_team) != stored_team:
        item.values["team"] = _department_of(owner)
    else:
        # A colleague who moved leaves the records where they were until somebody hands them over.
        item.values.pop("team", None)


def _stored(item: Item) -> tuple[int | None, int | None]:
    record = item.record
    if item.creating or record is None:
        return None, None
    return record.owner_id, record.team_id  # type: ignore[attr-defined]


def _department_of(owner: int) -> int | None:
    person = matrix().people.get(owner)
    return person.department_id if person else None


def _is_put_back(batch: Batch) -> bool:
    """Undoing an import restores what was, also the department a record once had."""
    return batch.source.channel == "revert"
