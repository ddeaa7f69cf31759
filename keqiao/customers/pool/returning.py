"""The night's work of the pool: note days of return, warn owners, send back what ran out.

Each step goes through the records in order and in small transactions, so that it can be stopped and
taken up again, and a second run the same night finds nothing to do.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy, gettext_noop
from django_tasks import task

from keqiao.base.clock import today
from keqiao.base.words import say
from keqiao.catalog import state
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.catalog.words import things
from keqiao.customers.pool.due import RULES, active_rules, dues
from keqiao.customers.pool.forecast import refresh_part
from keqiao.customers.pool.known import known
from keqiao.customers.pool.models import PoolMove, PoolView, ReturnWarning
from keqiao.customers.pool.moving import into_pool
from keqiao.customers.pool.pooled import pooled_types
from keqiao.jobs.options import LONG, enqueue_coalesced
from keqiao.jobs.progress import progress, resume_state, save_state
from keqiao.jobs.schedule import every
from keqiao.notifications.notify import notify
from keqiao.records.drafts import Source
from keqiao.records.query import records

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType
    from keqiao.customers.pool.due import Due
    from keqiao.customers.pool.models import Pool

AT_ONCE = 100
NAMED_AT_MOST = 5  # above this one notice for all of them is kinder
KEPT_DAYS = 400
NIGHT = Source("rule")

WARNED = gettext_noop(
    "“%(record)s” returns to the pool on %(day)s unless you follow it up by then."
)
WARNED_MANY = gettext_noop(
    "%(count)s %(objects)s of yours return to the pool soon, the first on %(day)s."
)
RETURNED = gettext_noop("“%(name)s” has returned to the pool “%(pool)s”: %(reason)s")
RETURNED_MANY = gettext_noop("%(count)s %(objects)s of yours have returned to the pool “%(pool)s”.")


@every(daily_at="00:30")
@task(title=gettext_lazy("Return records to the pool"), queue_name=LONG)
def return_to_pools() -> dict[str, int]:
    """Do the night's work for every type; says how many were noted, warned of and returned."""
    state.forget_versions()
    steps = [
        (step, declared.key) for declared in pooled_types() for step in ("note", "warn", "return")
    ]
    kept = resume_state() or {"step": 0, "behind": 0, "note": 0, "warn": 0, "return": 0}
    day = date.fromisoformat(kept.setdefault("day", today().isoformat()))
    while kept["step"] < len(steps):
        step, key = steps[kept["step"]]
        with transaction.atomic():
            behind, done = _STEPS[step](object_type(key), kept["behind"], day)
            kept[step] += done
            kept["behind"] = behind
            if not behind:
                kept["step"] += 1
            save_state(kept)
        note = say(gettext_noop("%(count)s returned"), count=kept["return"])
        progress(kept["step"], len(steps), note)
    _forget_old(day)
    return {name: kept[name] for name in ("note", "warn", "return")}


def _note(declared: ObjectType, behind: int, _day: date) -> tuple[int, int]:
    if not active_rules(declared) and not _noted(declared).exists():
        return 0, 0
    last, _read, changed = refresh_part(declared, behind)
    return last, changed


def _noted(declared: ObjectType) -> QuerySet[Model]:
    return records(RULES, declared).filter(returns_on__isnull=False)


# --- warning ---------------------------------------------------------------------------------------


def _warn(declared: ObjectType, behind: int, day: date) -> tuple[int, int]:
    """Warn of the next records that return within their pool's days of warning; all at once per owner."""
    longest = max((pool.warn_days for pool in known().pools.values()), default=0)
    if not longest or not active_rules(declared):
        return 0, 0
    soon = _noted(declared).filter(
        returns_on__gt=day, returns_on__lte=day + timedelta(days=longest), owner__isnull=False
    )
    homes, pools = known().homes.get(declared.key, {}), known().pools
    wanted: list[ReturnWarning] = []
    for pk, owner, on in soon.order_by("returns_on", "pk").values_list(
        "pk", "owner_id", "returns_on"
    ):
        number = homes.get(owner)
        if number and on <= day + timedelta(days=pools[number].warn_days):
            wanted.append(
                ReturnWarning(object_key=declared.key, record_id=pk, owner_id=owner, returns_on=on)
            )
    fresh = _not_yet_told(wanted)
    ReturnWarning.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    by_owner: dict[int, list[ReturnWarning]] = defaultdict(list)
    for warning in fresh:
        by_owner[warning.owner_id].append(warning)
    for owner, warnings in by_owner.items():
        _tell_warning(declared, owner, warnings)
    return 0, len(fresh)


def _not_yet_told(wanted: list[ReturnWarning]) -> list[ReturnWarning]:
    if not wanted:
        return []
    days = {warning.returns_on for warning in wanted}
    told = set(
        ReturnWarning.objects.filter(
            object_key=wanted[0].object_key, returns_on__gte=min(days), returns_on__lte=max(days)
        ).values_list("record_id", "owner_id", "returns_on")
    )
    return [one for one in wanted if (one.record_id, one.owner_id, one.returns_on) not in told]


def _tell_warning(declared: ObjectType, owner: int, warnings: list[ReturnWarning]) -> None:
    if len(warnings) <= NAMED_AT_MOST:
        for one in warnings:
            notify(
                [owner],
                "pool_warning",
                title=say(WARNED, day=one.returns_on.isoformat()),
                record=(declared, one.record_id),
                dedup_key=f"pool-warning:{declared.key}:{one.record_id}:{one.returns_on}",
            )
        return
    first = warnings[0].returns_on.isoformat()
    words = say(WARNED_MANY, count=len(warnings), objects=things(declared.key), day=first)
    notify([owner], "pool_warning", title=words, url="/pool/forecast/")


# --- returning ---------------------------------------------------------------------------------------


def _return(declared: ObjectType, behind: int, day: date) -> tuple[int, int]:
    """Send the next records back whose clock has run out; the rules are asked again under the lock."""
    if not active_rules(declared):
        return 0, 0
    ripe = _noted(declared).filter(returns_on__lte=day, pk__gt=behind, pool__isnull=True)
    ids = list(ripe.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        return 0, 0
    here = records(RULES, declared).filter(pk__in=ids, pool__isnull=True)
    rows = list(here.order_by("pk").select_for_update(of=("self",)))
    answers = dues(declared, here)
    by_pool: dict[int, list[tuple[Model, Due]]] = defaultdict(list)
    for row in rows:
        answer = answers.get(row.pk, (None, None))[0]
        if answer is not None and answer.on <= day:
            by_pool[answer.pool_id].append((row, answer))
    done = 0
    for number, lot in by_pool.items():
        reasons = {row.pk: answer.reason for row, answer in lot}
        pool, lot_rows = known().pools[number], [row for row, _answer in lot]
        owners = {row.pk: row.owner_id for row in lot_rows}  # type: ignore[attr-defined]
        what = PoolMove.What.RETURNED
        moved = into_pool(RULES, declared, pool, lot_rows, reasons, what=what, source=NIGHT)
        done += len(moved.done)
        _tell_returned(declared, pool, {pk: owners[pk] for pk in moved.done}, reasons)
    return ids[-1], done


def _tell_returned(
    declared: ObjectType, pool: Pool, owners: dict[int, int], reasons: dict[int, str]
) -> None:
    by_owner: dict[int, list[int]] = defaultdict(list)
    for pk, owner in owners.items():
        by_owner[owner].append(pk)
    names = _names(declared, list(owners))
    for owner, ids in by_owner.items():
        if len(ids) > NAMED_AT_MOST:
            words = say(RETURNED_MANY, count=len(ids), objects=things(declared.key), pool=pool.name)
            notify([owner], "pool_returned", title=words, url=f"/pool/{pool.pk}/")
            continue
        for pk in ids:
            # The owner knew the name until now; the record itself is out of reach.
            words = say(RETURNED, name=names[pk], pool=pool.name, reason=reasons[pk])
            notify([owner], "pool_returned", title=words, url=f"/pool/{pool.pk}/{pk}/")


def _names(declared: ObjectType, ids: list[int]) -> dict[int, str]:
    name = declared.title
    return dict(records(RULES, declared).filter(pk__in=ids).values_list("pk", name))


def _forget_old(day: date) -> None:
    old = day - timedelta(days=KEPT_DAYS)
    ReturnWarning.objects.filter(returns_on__lt=old).delete()
    PoolView.objects.filter(day__lt=old).delete()


_STEPS: dict[str, Any] = {"note": _note, "warn": _warn, "return": _return}


# --- after a change of the rules --------------------------------------------------------------------


@task(title=gettext_lazy("Work out days of return"), queue_name=LONG)
def note_returns(object_key: str) -> dict[str, int]:
    """Note the days of return of a type anew, after its rules or their people changed."""
    state.forget_versions()
    try:
        declared = object_type(object_key)
    except UnknownObject:
        return {"changed": 0}
    kept = resume_state() or {"behind": 0, "read": 0, "changed": 0}
    while True:
        with transaction.atomic():
            behind, read, changed = refresh_part(declared, kept["behind"])
            if not behind:
                break
            kept = {
                "behind": behind,
                "read": kept["read"] + read,
                "changed": kept["changed"] + changed,
            }
            save_state(kept)
        progress(kept["read"], kept["read"])
    return {"changed": kept["changed"]}


def note_returns_soon(declared: ObjectType) -> None:
    """Have the days of return worked out anew in the background."""
    enqueue_coalesced(note_returns, declared.key, declared.key)
