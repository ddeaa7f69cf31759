"""Finds what a rule lays aside, does so in small steps, and brings it back: one record, or a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy
from django_tasks import task

from keqiao.access.access import Access, Actor
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.catalog.filter import FilterProblem, parse_filter
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import check_cancelled, progress
from keqiao.jobs.schedule import every
from keqiao.quality.archive.models import ArchiveRule, ArchiveRun
from keqiao.records.archived import FIELD, archive_changed, can_be_archived
from keqiao.records.drafts import Draft, Saved, Source
from keqiao.records.query import ListQuery, narrowed, records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType

RULES = Access.system("archive rule")
SOURCE = Source("archive")
AT_ONCE = 200
DAYS_A_MONTH = 30
# A rule that takes more than this of all records has to be confirmed by typing their number.
NEARLY_ALL = 0.8
FEW = 20  # of so few records "nearly all" means nothing


@dataclass(frozen=True)
class Extent:
    """How much a rule would take, of how many that are not archived."""

    taken: int
    of: int

    @property
    def is_nearly_all(self) -> bool:
        return self.of > FEW and self.taken > self.of * NEARLY_ALL


def quiet_records(declared: ObjectType, rule: ArchiveRule, at: datetime) -> QuerySet[Model]:
    """Return what a rule takes: fits, not followed up since, nothing planned, made and changed long ago.

    Raises `FilterProblem` when a field of its condition is gone: then it takes nothing.
    """
    since = at - timedelta(days=DAYS_A_MONTH * rule.months)
    quiet = Q(last_activity_at__isnull=True) | Q(last_activity_at__lt=since)
    planned = Q(next_activity_at__gte=at)
    found = records(RULES, declared).filter(
        quiet, ~planned, archived_at__isnull=True, created_at__lt=since, updated_at__lt=since
    )
    tree = parse_filter(rule.filter) if rule.filter else None
    return narrowed(RULES, ListQuery(object_type=declared, filter=tree), found)


def extent_of(declared: ObjectType, rule: ArchiveRule) -> Extent:
    """Count what a rule would take now; nothing is changed."""
    alive = records(RULES, declared).filter(archived_at__isnull=True).count()
    return Extent(quiet_records(declared, rule, now()).count(), alive)


# --- laying aside ---------------------------------------------------------------------------------


@every(daily_at="02:10")
@task(title=gettext_lazy("Archive what has been quiet for long"), queue_name=LONG)
def archive_quiet() -> dict[str, int]:
    """Run every rule in force; one that would take nearly all unasked takes nothing and says so."""
    state.forget_versions()
    taken = 0
    for rule in ArchiveRule.objects.filter(is_active=True):
        declared = _declared(rule.object_key)
        if declared is None:
            continue
        try:
            extent = extent_of(declared, rule)
        except FilterProblem:
            continue
        if extent.is_nearly_all and not rule.may_take_all:
            _begin(rule, RULES, is_refused=True)
        elif extent.taken:
            taken += lay_aside(_begin(rule, RULES).pk)
    return {"taken": taken}


@task(title=gettext_lazy("Archive by a rule"), queue_name=LONG)
def archive_now(run_id: int) -> int:
    return lay_aside(run_id)


@task(title=gettext_lazy("Bring archived records back"), queue_name=LONG)
def bring_back(run_id: int) -> int:
    return undo_run(run_id)


def _begin(rule: ArchiveRule, access: Access, *, is_refused: bool = False) -> ArchiveRun:
    return ArchiveRun.objects.create(
        rule=rule, rule_name=rule.name, object_key=rule.object_key, at=now(),
        is_refused=is_refused, actor_name=access.actor.name[:160],
    )  # fmt: skip


def begin_run(access: Access, rule: ArchiveRule) -> ArchiveRun:
    """Note that somebody wants a rule to run now; the job that does it takes the run's number."""
    return _begin(rule, access)


def lay_aside(run_id: int) -> int:
    """Archive what the run's rule takes, in small transactions; called again, it goes on."""
    run = ArchiveRun.objects.select_related("rule").get(pk=run_id)
    declared = _declared(run.object_key)
    if declared is None or run.rule is None or run.undone_at is not None:
        return 0
    total = quiet_records(declared, run.rule, run.at).count()
    behind = 0
    while True:
        check_cancelled()
        found = quiet_records(declared, run.rule, run.at).filter(pk__gt=behind).order_by("pk")
        ids = list(found.values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return run.taken
        with transaction.atomic():
            # Asked again under lock: whoever followed one up in this very moment keeps it.
            still = found.filter(pk__in=ids).select_for_update(of=("self",))
            run.taken += _set(RULES, declared, [row.pk for row in still], run.at)
            run.save(update_fields=["taken"])
        behind = ids[-1]
        progress(run.taken, total)


def undo_run(run_id: int) -> int:
    """Bring back what a run archived and is archived still; what came back already stays as it is."""
    run = ArchiveRun.objects.get(pk=run_id)
    declared = _declared(run.object_key)
    if declared is None:
        return 0
    ArchiveRun.objects.filter(pk=run_id).update(undone_at=now())
    while True:
        check_cancelled()
        rows = records(RULES, declared).filter(archived_at=run.at).order_by("pk")
        with transaction.atomic():
            part = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True)[:AT_ONCE])
            done = _set(RULES, declared, part, None)
            run.brought_back += done
            run.save(update_fields=["brought_back"])
        if not part or not done:
            return run.brought_back
        progress(run.brought_back, run.taken)


def restore(access: Access, declared: ObjectType, ids: Sequence[int]) -> int:
    """Bring back what this person may change; return how many came back."""
    reach = records(access, declared, Action.CHANGE).filter(pk__in=ids, archived_at__isnull=False)
    with transaction.atomic():
        mine = [row.pk for row in reach.order_by("pk").select_for_update(of=("self",))]
        acting = Access(
            Actor(
                "system", access.user_id, access.actor.name, reason="bring back from the archive"
            ),
            department_id=access.department_id,
            is_administrator=True,
        )
        return _set(acting, declared, mine, None)


def _set(access: Access, declared: ObjectType, ids: Sequence[int], at: datetime | None) -> int:
    if not ids:
        return 0
    drafts = [Draft({}, record_id=pk, settled={FIELD: at}) for pk in ids]
    outcomes: list[Any] = save_records(
        access, declared, drafts, source=SOURCE, allow_duplicates=True
    )
    archive_changed()
    return sum(isinstance(one, Saved) for one in outcomes)


def _declared(key: str) -> ObjectType | None:
    try:
        declared = object_type(key)
    except UnknownObject:
        return None
    return declared if can_be_archived(declared) else None
