"""Hands over everything a leaving colleague holds, in small steps that survive a stopped worker."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.directory import DirectoryProblem, deactivate
from keqiao.access.models import Departure, User
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.catalog.registry import object_type, object_types
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import current_job_id, progress, resume_state, save_state
from keqiao.records.drafts import Source
from keqiao.records.handing_over import (
    MINE,
    Handover,
    is_open_work,
    open_work_of,
    stays_with_its_writer,
)
from keqiao.records.query import records
from keqiao.records.takers import take_over
from keqiao.ui.bulk_jobs import acting
from keqiao.ui.dialogs import refusal_text
from keqiao.ui.models import SavedView

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType

ROWS_AT_ONCE = 50
MOST_LISTED = 200


def types_to_hand_over() -> list[ObjectType]:
    """Return the types somebody has to take over: those others belong to first, open work last.

    Whoever gets a record thereby gets what belongs to it and open work too; what remains follows.
    """
    held = [one for one in object_types() if not stays_with_its_writer(one)]
    return sorted(held, key=lambda one: (is_open_work(one), bool(one.belongs_to)))


def held_by(access: Access, declared: ObjectType, user_id: int) -> QuerySet[Model]:
    """Return what a colleague holds of a type; of work, what is still to be done."""
    found = records(access, declared, Action.TRANSFER).filter(owner_id=user_id)
    return open_work_of(found, declared)


@task(title=gettext_lazy("Hand over what a leaving colleague holds"), queue_name=LONG)
def hand_over_all(
    *,
    user_id: int,
    request_id: str,
    leaver_id: int,
    takers: list[str],
    elsewhere: dict[str, str],
    keys: list[str],
    shut_out: bool,
    departure_id: int,
    reason: str = "",
) -> dict[str, Any]:
    """Give the types in `keys` to the takers in turn, then end the account.

    Takers read "owner:5" or "team:3"; types named in `elsewhere` go to the taker that stands there.
    """
    source = Source("bulk", request_id=request_id, note=reason)
    with override(acting(user_id).language):
        kept = resume_state() or {
            "type": 0, "behind": 0, "turn": 0, "at": 0, "done": 0, "given": {}, "left": [],
            "left_count": 0,
        }  # fmt: skip
        wanted = [one for one in types_to_hand_over() if one.key in keys]
        access = Access.for_user(acting(user_id))
        total = kept["at"] + sum(held_by(access, one, leaver_id).count() for one in wanted)
        while kept["type"] < len(wanted):
            state.forget_versions()
            access = Access.for_user(acting(user_id))
            if not access.is_administrator:
                break
            with transaction.atomic():
                declared = wanted[kept["type"]]
                targets = [elsewhere[declared.key]] if declared.key in elsewhere else takers
                _one_part(access, declared, leaver_id, targets, source, kept)
                save_state(kept)
            progress(min(kept["at"], total), total)
        with transaction.atomic():
            _end(user_id, leaver_id, takers, departure_id, kept, shut_out=shut_out)
            save_state(kept)
    return {"rows": kept["at"], "changed": kept["done"], "left": kept["left_count"]}


def _one_part(
    access: Access,
    declared: ObjectType,
    leaver_id: int,
    targets: list[str],
    source: Source,
    kept: dict[str, Any],
) -> None:
    """Hand over the next few records of one type; when none is left, the next type has its turn."""
    rows = held_by(access, declared, leaver_id).filter(pk__gt=kept["behind"]).order_by("pk")
    part = list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    if not part:
        kept["type"] += 1
        kept["behind"] = 0
        return
    by_target: dict[str, list[int]] = defaultdict(list)
    for number in part:
        by_target[targets[kept["turn"] % len(targets)]].append(number)
        kept["turn"] += 1
    handover = Handover({}, belongings=MINE, open_work=True)
    for taker, numbers in by_target.items():
        became = take_over(access, declared, numbers, taker, handover, source=source)
        given = kept["given"].setdefault(taker, {})
        for key, count in {declared.key: len(became.done), **became.along}.items():
            given[key] = given.get(key, 0) + count
            kept["done"] += count
        listed = [[declared.key, pk, refusal_text(why)] for pk, why in became.refused.items()]
        kept["left"] = [*kept["left"], *listed][:MOST_LISTED]
        kept["left_count"] += len(listed)
        kept["at"] += len(numbers) + sum(became.along.values())
    kept["behind"] = part[-1]


def _end(
    user_id: int,
    leaver_id: int,
    takers: list[str],
    departure_id: int,
    kept: dict[str, Any],
    *,
    shut_out: bool,
) -> None:
    """Write down who got what, pass shared views on, and end the account with all its keys."""
    acting_user, leaver = acting(user_id), User.objects.get(pk=leaver_id)
    heir = next((one for one in takers if one.startswith("owner:")), f"owner:{user_id}")
    shared = SavedView.objects.filter(user_id=leaver_id).exclude(audience=SavedView.OWN)
    views = shared.update(user_id=int(heir.partition(":")[2]))
    problem = ""
    if shut_out and acting_user.is_administrator and leaver.is_active:
        try:
            deactivate(leaver)
        except DirectoryProblem as found:
            problem = str(found.message)
    given = [
        [taker, key, count]
        for taker, counts in sorted(kept["given"].items())
        for key, count in counts.items()
        if count
    ]
    if views:
        given.append([heir, "", views])
    Departure.objects.filter(pk=departure_id).update(
        ended_at=now(),
        job_id=current_job_id(),
        given=given,
        left=kept["left"],
        left_count=kept["left_count"],
        problem=problem[:200],
    )


def type_label(key: str) -> str:
    """Return how the report calls what was given."""
    return str(object_type(key).label_plural) if key else _("Shared views")
