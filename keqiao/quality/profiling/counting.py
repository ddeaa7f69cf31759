"""Answers what pages ask of values: at once where that is quick, else by a job that keeps the answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.catalog.filter import AllOf, FilterTree, parse_filter, parse_where
from keqiao.catalog.registry import object_type
from keqiao.jobs import board
from keqiao.jobs.options import LONG, with_options
from keqiao.jobs.problems import JobProblem
from keqiao.quality.profiling.models import ProfileSnapshot
from keqiao.records.counting import TooSlow, time_limit
from keqiao.records.query import ListQuery
from keqiao.ui.bulk_jobs import acting

if TYPE_CHECKING:
    from collections.abc import Callable

    from keqiao.base.words import Words
    from keqiao.catalog.object_type import ObjectType
    from keqiao.jobs.board import JobLine

PATIENCE_MS = 1_000
# A page that is answered at once reads so many different values at most.
MOST_AT_ONCE = 20_000
KEPT_DAYS = 7


@dataclass(frozen=True)
class Question:
    """What is asked: of which records, of which field, and what about it (a key of `ANSWERS`)."""

    declared: ObjectType
    part: str
    field: str = ""
    where: tuple[str, ...] = ()
    filter: str = ""

    @property
    def mark(self) -> str:
        asked = (self.declared.key, self.part, self.field, self.where, self.filter)
        return _digest(asked)

    def query(self, action: Action = Action.VIEW) -> ListQuery:
        """Return the question to the row door; raises `FilterProblem` for a broken condition."""
        tree: FilterTree | None = parse_where(list(self.where))
        if self.filter:
            nested = parse_filter(self.filter)
            tree = AllOf((tree, nested)) if tree else nested
        return ListQuery(object_type=self.declared, filter=tree, action=action)


@dataclass
class Answer:
    """What was found and when; `result` is None while a job works on it or nobody asked for it."""

    result: dict[str, Any] | None = None
    at: datetime | None = None  # None: of this moment
    job: JobLine | None = None


# How each part is answered: (access, question, most different values) -> JSON-ready data.
ANSWERS: dict[str, Callable[[Access, Question, int | None], dict[str, Any]]] = {}


def scope_mark(access: Access, declared: ObjectType) -> str:
    """Return what the reach and the readable fields of a person hang on; another mark, other rights."""
    shared = sorted(access.shared_ids(declared))
    return _digest((
        state.version(state.ACCESS), state.version(state.CATALOG), access.actor.user_id,
        access.department_id, access.is_administrator, access.level(Action.VIEW, declared).value,
        shared,
    ))  # fmt: skip


def answer(access: Access, question: Question) -> Answer:
    """Return the answer of this moment if that is quick; else what was kept, or the job at work."""
    try:
        with time_limit(PATIENCE_MS):
            return Answer(ANSWERS[question.part](access, question, MOST_AT_ONCE))
    except TooSlow:
        return _kept(access, question)


def _kept(access: Access, question: Question) -> Answer:
    row = ProfileSnapshot.objects.filter(
        user_id=access.user_id or 0, question=question.mark
    ).first()
    if row is None:
        return Answer()
    job = _job_at_work(row)
    if row.result is None or row.scope != scope_mark(access, question.declared):
        return Answer(job=job)
    return Answer(row.result, row.counted_at, job)


def _job_at_work(row: ProfileSnapshot) -> JobLine | None:
    if row.job_id is None:
        return None
    try:
        job = board.job_line(row.job_id)
    except JobProblem:
        return None
    return job if job.finished_at is None else None


def have_counted(access: Access, question: Question, title: Words, request_id: str) -> None:
    """Start the job that answers, unless it is at work already."""
    kept = ProfileSnapshot.objects.filter(
        user_id=access.user_id or 0, question=question.mark
    ).first()
    if kept is not None and _job_at_work(kept) is not None:
        return
    ProfileSnapshot.objects.filter(asked_at__lt=now() - timedelta(days=KEPT_DAYS)).delete()
    # The row is there before the job: a quick one finds where to put its answer.
    row, _made = ProfileSnapshot.objects.update_or_create(
        user_id=access.user_id or 0,
        question=question.mark,
        defaults={
            "object_key": question.declared.key,
            "field": question.field,
            "asked_at": now(),
        },
    )
    chosen: Any = with_options(count_values, actor_id=access.user_id, title=title)
    job = chosen.enqueue(
        user_id=access.user_id,
        request_id=request_id,
        object_key=question.declared.key,
        part=question.part,
        field=question.field,
        where=list(question.where),
        filter=question.filter,
    )
    ProfileSnapshot.objects.filter(pk=row.pk).update(job_id=job.id)


@task(title=gettext_lazy("Count the values of a field"), queue_name=LONG)
def count_values(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    part: str,
    field: str,
    where: list[str],
    filter: str,
) -> dict[str, Any]:
    """Work the answer out with the rights of whoever asked, and keep it for that person alone."""
    user = acting(user_id)
    with override(user.language):
        access = Access.for_user(user)
        question = Question(object_type(object_key), part, field, tuple(where), filter)
        scope = scope_mark(access, question.declared)
        result = ANSWERS[part](access, question, None)
        ProfileSnapshot.objects.filter(user_id=user_id, question=question.mark).update(
            scope=scope, counted_at=now(), result=result
        )
    return {"rows": result.get("records", 0)}


def _digest(parts: Any) -> str:
    text = json.dumps(parts, ensure_ascii=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()
