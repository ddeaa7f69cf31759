"""Rounds of correction over the stored records of a type: by hand, every night, and taken back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.base.words import say
from keqiao.catalog import state
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_type, object_types
from keqiao.jobs.options import LONG, with_options
from keqiao.jobs.problems import GiveUp, JobCancelled
from keqiao.jobs.progress import check_cancelled, progress, save_state
from keqiao.jobs.schedule import every
from keqiao.quality.cleaning.learning import learned
from keqiao.quality.cleaning.models import (
    Correction,
    CorrectionBatch,
    CorrectionState,
    NightlyCorrection,
)
from keqiao.quality.cleaning.reach import Narrowed
from keqiao.quality.cleaning.rule_modes import rules_in_use
from keqiao.quality.cleaning.stored import (
    Decided,
    correct_records,
    correctable_fields,
    rule_records,
    take_back,
)
from keqiao.records.query import records

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType

AT_ONCE = 200
COUNTS = ("looked_at", "applied", "suggested", "flagged", "refused", "lost")


def correctable_types(access: Access) -> list[ObjectType]:
    """Return the types whose records this person may change and rules can correct."""
    return [
        declared
        for declared in object_types()
        if Feature.IMPORT in declared.features
        and access.can(Action.CHANGE, declared)
        and correctable_fields(access, declared)
    ]


def start_batch(access: Access, declared: ObjectType, *, may_apply: bool) -> CorrectionBatch:
    """Correct all records in this person's reach in the background, with his rights."""
    with transaction.atomic():
        batch = CorrectionBatch.objects.create(
            object_key=declared.key, user_id=access.user_id, may_apply=may_apply, started_at=now()
        )
        title = say(gettext_noop("Correct %(objects)s"), objects=str(declared.label_plural))
        chosen: Any = with_options(correct_stored, actor_id=access.user_id, title=title)
        batch.job_id = int(chosen.enqueue(batch_id=batch.pk).id)
        batch.save(update_fields=["job_id"])
    return batch


@task(title=_("Correct stored records"), queue_name=LONG)
def correct_stored(*, batch_id: int) -> dict[str, Any]:
    return effect_of([run_batch(CorrectionBatch.objects.get(pk=batch_id))])


@every(daily_at="01:30")
@task(title=_("Correct what was changed since last night"), queue_name=LONG, retry_delays=(600,))
def correct_nightly() -> dict[str, Any]:
    """Correct what is new or changed, type by type; an interrupted round goes on where it was."""
    rounds = []
    off = set(NightlyCorrection.objects.filter(is_on=False).values_list("object_key", flat=True))
    only_proposing = set(
        NightlyCorrection.objects.filter(may_apply=False).values_list("object_key", flat=True)
    )
    access = Access.system("nightly correction")
    for declared in correctable_types(access):
        if declared.key in off:
            continue
        batch = _open_round(declared, may_apply=declared.key not in only_proposing)
        rounds.append(run_batch(batch))
        check_cancelled()
    return effect_of(rounds)


def _open_round(declared: ObjectType, *, may_apply: bool) -> CorrectionBatch:
    """Return tonight's round of a type: one that was cut short, or a new one behind the last."""
    earlier = CorrectionBatch.objects.filter(object_key=declared.key, user=None).order_by("-pk")
    last = earlier.first()
    if last is not None and last.finished_at is None:
        return last
    since = last.started_at if last is not None else None
    return CorrectionBatch.objects.create(
        object_key=declared.key, since=since, may_apply=may_apply, started_at=now()
    )


def effect_of(batches: list[CorrectionBatch]) -> dict[str, Any]:
    return {name: sum(getattr(one, name) for one in batches) for name in COUNTS}


def run_batch(batch: CorrectionBatch) -> CorrectionBatch:
    """Go through the records behind the last one dealt with; return the round as it ended.

    Records, corrections, counts and place of each part are one transaction, so that after a crash
    each record has had its turn exactly once or not yet.
    """
    declared, access = object_type(batch.object_key), _access(batch)
    knowledge = learned(access, declared)
    if batch.total is None:
        batch.total = _chosen(batch, access, declared).count()
        batch.save(update_fields=["total"])
    try:
        while True:
            state.forget_versions()
            access = _access(batch)
            history = rule_records()
            rules = rules_in_use(history, may_apply=batch.may_apply)
            with transaction.atomic(), override(_language(batch)):
                kept = CorrectionBatch.objects.select_for_update().get(pk=batch.pk)
                rows = _chosen(batch, access, declared).filter(pk__gt=kept.behind).order_by("pk")
                ids = list(rows.values_list("pk", flat=True)[:AT_ONCE])
                if not ids:
                    break
                effect = correct_records(
                    access, declared, ids, batch=batch.key, knowledge=knowledge, history=history,
                    rules=rules,
                )  # fmt: skip
                there = records(access, declared, Action.CHANGE).filter(pk__in=ids).count()
                kept.behind = ids[-1]
                for name in COUNTS[:-1]:
                    setattr(kept, name, getattr(kept, name) + getattr(effect, name))
                kept.lost += len(ids) - there
                kept.save()
                save_state({"batch": batch.pk, "behind": kept.behind})
            batch = kept
            progress(batch.looked_at, max(batch.total or 0, batch.looked_at))
    except JobCancelled:
        CorrectionBatch.objects.filter(pk=batch.pk).update(finished_at=now(), is_stopped=True)
        raise
    batch.finished_at = now()
    batch.save(update_fields=["finished_at"])
    return batch


def _access(batch: CorrectionBatch) -> Access:
    if batch.user_id is None:
        return Access.system("nightly correction")
    user = User.objects.filter(pk=batch.user_id, is_active=True).first()
    if user is None:
        message = "The person who started this correction is no longer active."
        raise GiveUp(message)
    return Access.for_user(user)


def _language(batch: CorrectionBatch) -> str:
    return (batch.user.language if batch.user is not None else "") or "zh-hans"


def _chosen(batch: CorrectionBatch, access: Access, declared: ObjectType) -> QuerySet[Model]:
    found = records(access, declared, Action.CHANGE)
    return found if batch.since is None else found.filter(updated_at__gte=batch.since)


# --- taken back ------------------------------------------------------------------------------------


def undo_lines(access: Access, declared: ObjectType, lines: QuerySet[Correction]) -> Decided:
    """Take back what `lines` selects, a few hundred records at a time, each part whole or not at all."""
    found, behind = Decided(), 0
    made = lines.filter(object_key=declared.key, state=CorrectionState.APPLIED)
    while True:
        own = made.filter(record_id__gt=behind).order_by("record_id")
        ids = list(own.values_list("record_id", flat=True).distinct()[:AT_ONCE])
        if not ids:
            return found
        part = take_back(access, declared, lines.filter(record_id__in=ids))
        found.done += part.done
        found.conflicts += part.conflicts
        behind = ids[-1]
        progress(found.done, found.done)


@task(title=_("Take corrections back"), queue_name=LONG)
def undo_many(*, user_id: int, object_key: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """Take back in the background what was chosen on the page, with the rights of who asked."""
    user = User.objects.get(pk=user_id, is_active=True)
    access, declared = Access.for_user(user), object_type(object_key)
    decided = undo_lines(access, declared, Narrowed(**chosen).of(Correction.objects.all()))
    return {"undone": decided.done, "left": len(decided.conflicts)}
