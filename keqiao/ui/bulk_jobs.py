"""The background part of changing many records: in small steps, resumable, each row by the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.catalog import state
from keqiao.catalog.filter import parse_where
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import progress, resume_state, save_state
from keqiao.records.drafts import Draft, Saved, Source
from keqiao.records.query import ListQuery, matching_records
from keqiao.records.removal import delete_records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType

ROWS_AT_ONCE = 200


@task(title=gettext_lazy("Change many records"), queue_name=LONG)
def change_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    values: dict[str, Any],
    reason: str = "",
) -> dict[str, int]:
    """Set the same values on every chosen record; refused rows are left as they are."""
    declared = object_type(object_key)
    action = Action.TRANSFER if "owner" in values else Action.CHANGE
    source = Source("bulk", reason, request_id)

    def save(access: Access, part: list[int]) -> int:
        drafts = [Draft(dict(values), record_id=number) for number in part]
        outcomes = save_records(access, declared, drafts, source=source, allow_duplicates=True)
        return sum(isinstance(outcome, Saved) for outcome in outcomes)

    return in_steps(user_id, declared, action, where, search, ids, save)


@task(title=gettext_lazy("Delete many records"), queue_name=LONG)
def delete_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    reason: str = "",
) -> dict[str, int]:
    """Move every chosen record to the recycle bin, except those others cannot do without."""
    declared = object_type(object_key)
    source = Source("bulk", reason, request_id)

    def remove(access: Access, part: list[int]) -> int:
        return len(delete_records(access, declared, part, source=source).done)

    return in_steps(user_id, declared, Action.DELETE, where, search, ids, remove)


def in_steps(
    user_id: int,
    declared: ObjectType,
    action: Action,
    where: list[str],
    search: str,
    ids: list[int] | None,
    work: Callable[[Access, list[int]], int],
) -> dict[str, int]:
    """Do `work` part by part, with the rights the person has while it runs, not when it began.

    The parts follow the record numbers, so each record has its turn once, though a change may take
    it out of the filter that found it, and a million of them need no list in memory.
    """
    with override(_acting(user_id).language):
        kept = resume_state()
        if not kept:
            chosen = _chosen(
                Access.for_user(_acting(user_id)), declared, action, where, search, ids
            )
            last = chosen.order_by("-pk").values_list("pk", flat=True).first()
            kept = {"total": chosen.count(), "until": last or 0, "behind": 0, "at": 0, "done": 0}
        while True:
            state.forget_versions()
            access = Access.for_user(_acting(user_id))
            chosen = _chosen(access, declared, action, where, search, ids)
            here = chosen.filter(pk__gt=kept["behind"], pk__lte=kept["until"]).order_by("pk")
            part = list(here.values_list("pk", flat=True)[:ROWS_AT_ONCE])
            if not part:
                break
            with transaction.atomic():
                kept["done"] += work(access, part)
                kept["at"] += len(part)
                kept["behind"] = part[-1]
                save_state(kept)
            left = kept["at"] - kept["done"]
            note = _("%(count)s left as they were") % {"count": left} if left else ""
            progress(kept["at"], max(kept["total"], kept["at"]), note)
    return {"rows": kept["at"], "changed": kept["done"], "left": kept["at"] - kept["done"]}


def _acting(user_id: int) -> User:
    return User.objects.get(pk=user_id, is_active=True)


def _chosen(
    access: Access,
    declared: ObjectType,
    action: Action,
    where: list[str],
    search: str,
    ids: list[int] | None,
) -> QuerySet[Model]:
    query = ListQuery(
        object_type=declared,
        filter=parse_where(where),
        ids=None if ids is None else tuple(ids),
        search=search,
        action=action,
        count=False,
    )
    return matching_records(access, query)
