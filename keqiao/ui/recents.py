"""Remembers which records a person opened, so that the way back is one keystroke.

It is written when the answer has left: a record page never waits for it, and when the database is
busy with somebody's import the visit is forgotten instead. When pages follow each other closely, one
transaction a second takes the visits of all: one for each page cost a tenth of the page.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from threading import Timer, local
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from django.core.signals import request_finished
from django.db import DatabaseError, connection, transaction
from django.dispatch import receiver

from keqiao.base.clock import now
from keqiao.ui.models import Recent
from keqiao.ui.pointers import Pointer, pointers

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType

KEPT = 30
OFTEN_FROM = 3  # opened that many times, a record counts as one the person works with
PATIENCE_MS = 30
PAUSE_SECONDS = 1.0  # between two transactions of one process

# In plain statements, for each record page writes one: the ORM took a tenth of the page's time.
TABLE = Recent._meta.db_table
NOTE = (
    f"INSERT INTO {TABLE} (user_id, object_key, record_id, at, times) VALUES (%s, %s, %s, %s, 1)"  # noqa: S608
    " ON CONFLICT (user_id, object_key, record_id)"
    f" DO UPDATE SET at = excluded.at, times = {TABLE}.times + 1 RETURNING times"
)
FORGET = (
    f"DELETE FROM {TABLE} WHERE user_id = %s AND id IN (SELECT id FROM {TABLE}"  # noqa: S608
    " WHERE user_id = %s ORDER BY at DESC, id DESC LIMIT 100 OFFSET %s)"
)

log = structlog.get_logger("keqiao.recents")


class Visit(NamedTuple):
    user_id: int
    object_key: str
    record_id: int
    at: datetime


class _Waiting(local):
    """Visits of the request this thread is answering."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []


class _Written:
    """When this process wrote last, and whether it is going to by itself."""

    at = float("-inf")
    timer: Timer | None = None


_waiting = _Waiting()
_unwritten: deque[Visit] = deque()


def note_visit(access: Access, declared: ObjectType, record_id: int) -> None:
    """Remember that this person opened the record; it is written after the answer."""
    if access.user_id is not None:
        _waiting.visits.append(Visit(access.user_id, declared.key, record_id, now()))


@receiver(request_finished, dispatch_uid="keqiao.ui.recents")
def keep_visits(**_signal: Any) -> None:
    visits, _waiting.visits = _waiting.visits, []
    if not visits:
        return
    _unwritten.extend(visits)
    rest = _Written.at + PAUSE_SECONDS - time.monotonic()
    if rest <= 0:
        write_visits()
    elif _Written.timer is None:
        timer = _Written.timer = Timer(rest, _write_later)
        timer.daemon = True
        timer.start()


def _write_later() -> None:
    _Written.timer = None
    try:
        write_visits()
    finally:
        connection.close()  # of this thread, which ends here


def write_visits() -> None:
    """Write what this process noted of its pages."""
    _Written.at = time.monotonic()
    visits = []
    while _unwritten:
        visits.append(_unwritten.popleft())
    if not visits:
        return
    try:
        # A single one is a transaction by itself.
        with _impatient(), transaction.atomic() if len(visits) > 1 else nullcontext():
            for visit in visits:
                _write(visit)
    except DatabaseError as problem:
        log.info("visit_forgotten", problem=type(problem).__name__, visits=len(visits))


def _write(visit: Visit) -> None:
    at = connection.ops.adapt_datetimefield_value(visit.at)
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [visit.user_id, visit.object_key, visit.record_id, at])
        is_new = cursor.fetchall()[0][0] == 1
        if is_new:
            cursor.execute(FORGET, [visit.user_id, visit.user_id, KEPT])


@contextmanager
def _impatient() -> Iterator[None]:
    """Give up soon on SQLite, where one writer at a time is all there is.

    Nor is the disk waited for: a visit lost with the power is no loss, and reading is not slowed.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        usual = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        cursor.execute("PRAGMA synchronous")
        careful = int(cursor.fetchone()[0])
        cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA synchronous = {careful}")
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


# --- reading ---------------------------------------------------------------------------------------


class Opened(NamedTuple):
    """What a person opened, as it may be seen now: latest first, and what is opened most."""

    lately: list[Pointer]
    often: list[Pointer]


def opened(access: Access, *, lately: int = KEPT, often: int = 0, but: str = "") -> Opened:
    """Return the records a person opened, without the one at the address `but`."""
    if access.user_id is None:
        return Opened([], [])
    write_visits()
    rows = list(
        Recent.objects.filter(user_id=access.user_id)
        .order_by("-at", "-pk")
        .values_list("object_key", "record_id", "times")
    )
    times = {(key, number): count for key, number, count in rows}
    seen = [one for one in pointers(access, times) if one.url != but]
    first, rest = seen[:lately], seen[lately:]

    def how_often(one: Pointer) -> int:
        return times[(one.declared.key, one.record_id)]

    known = [one for one in rest if how_often(one) >= OFTEN_FROM]
    return Opened(first, sorted(known, key=how_often, reverse=True)[:often])
