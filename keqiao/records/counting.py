"""How many records a list has: quickly, up to a cap, and never at the price of the page."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import OperationalError, connection, transaction

from keqiao.records.models import LIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model, QuerySet

    from keqiao.access.access import Access
    from keqiao.records.query import ListQuery

COUNT_CAP = 10_000
# Above this a reader would rather have the page; the exact number is a click away.
BUDGET_MS = 60
_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
_QUERY_CANCELLED = "57014"


class _TooSlow(Exception):
    """Counting was given up."""


def capped_count(access: Access, query: ListQuery) -> tuple[int | None, bool]:
    """Return the number of records and whether it stopped at the cap; None when it takes too long.

    Counts each part of the reach by itself: "my department's or mine" as one condition would read
    every row, each part alone is answered by its index.
    """
    try:
        with time_limit(BUDGET_MS):
            return _count(access, query)
    except _TooSlow:
        return None, False


def _count(access: Access, query: ListQuery) -> tuple[int, bool]:
    from keqiao.records.query import narrowed

    found = 0
    for part in access.scope_parts(query.action, query.object_type):
        rows = query.object_type.model._default_manager.filter(LIVE, part)
        found += _up_to(narrowed(access, query, rows), COUNT_CAP + 1 - found)
        if found > COUNT_CAP:
            return COUNT_CAP, True
    return found, False


def _up_to(rows: QuerySet[Model], most: int) -> int:
    return rows.order_by().values("pk")[:most].count()


@contextmanager
def time_limit(milliseconds: int) -> Iterator[None]:
    """Let the database stop what takes longer; raises `_TooSlow` then."""
    limit = _sqlite_limit if connection.vendor == "sqlite" else _postgresql_limit
    try:
        with limit(milliseconds):
            yield
    except OperationalError as error:
        # By its code: the words depend on the server's language and on which process stopped.
        if (
            getattr(error.__cause__, "sqlstate", "") == _QUERY_CANCELLED
            or "interrupted" in str(error).lower()
        ):
            raise _TooSlow from error
        raise


@contextmanager
def _sqlite_limit(milliseconds: int) -> Iterator[None]:
    connection.ensure_connection()
    database = connection.connection
    end = time.monotonic() + milliseconds / 1000

    def look() -> int:
        return int(time.monotonic() > end)

    database.set_progress_handler(look, _INSTRUCTIONS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        database.set_progress_handler(None, 0)


@contextmanager
def _postgresql_limit(milliseconds: int) -> Iterator[None]:
    if connection.in_atomic_block:
        yield  # a cancelled statement would end the transaction of whoever asks
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {int(milliseconds)}")
        yield
