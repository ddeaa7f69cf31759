"""How many records a list has: quickly, up to a cap, and never at the price of the page."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from keqiao.catalog import state
from keqiao.catalog.filter import AllOf, Condition
from keqiao.records.models import LIVE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from keqiao.access.access import Access
    from keqiao.catalog.filter import FilterTree
    from keqiao.records.query import ListQuery

COUNT_CAP = 10_000
# Above this a reader would rather have the page; the exact number is a click away.
BUDGET_MS = 60
# A list that passed the cap is not counted again at each turn of a page: "10,000+" it stays.
CAPPED_SECONDS = 15
# What took too long to count is not tried again at each turn of a page either.
SLOW_SECONDS = 120
_MOST_KEPT = 2_000
_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
_QUERY_CANCELLED = "57014"


class TooSlow(Exception):
    """Counting was given up."""


def capped_count(
    access: Access, query: ListQuery, *, known: int | None = None
) -> tuple[int | None, bool]:
    """Return the number of records and whether it stopped at the cap; None when it takes too long.

    Counts each part of the reach by itself: "my department's or mine" as one condition would read
    every row, each part alone is answered by its index. `known` is the number of a list that was
    read whole.
    """
    if known is not None:
        return min(known, COUNT_CAP), known > COUNT_CAP
    asked = question(access, query)
    answer, until = _kept.get(asked, (None, 0.0))
    if answer is not None and until > time.monotonic():
        return answer
    try:
        with time_limit(BUDGET_MS):
            answer, seconds = _count(access, query), CAPPED_SECONDS
    except TooSlow:
        answer, seconds = (None, False), SLOW_SECONDS
    count, capped = answer
    if asked is not None and (capped or count is None):
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[asked] = answer, time.monotonic() + seconds
    return answer


_kept: dict[Hashable, tuple[tuple[int | None, bool], float]] = {}


def forget() -> None:
    """Count everything anew."""
    _kept.clear()


def question(access: Access, query: ListQuery) -> Hashable | None:
    """Return what is counted and for whom; other rights or other fields make another question."""
    if query.ids is not None or access.lens is not None:
        return None
    return (
        COUNT_CAP,
        state.version(state.ACCESS),
        state.version(state.CATALOG),
        access.actor,
        access.department_id,
        access.is_administrator,
        access.scopes,
        query.action,
        query.object_type.key,
        repr(query.filter),
        query.search,
    )


def _count(access: Access, query: ListQuery) -> tuple[int, bool]:
    from keqiao.records.query import narrowed

    manager = query.object_type.model._default_manager
    # Reading in order finds a page of common words at once, but not all of them.
    query = replace(query, search_surely=True)
    parts = [
        narrowed(access, query, manager.filter(LIVE, part)).order_by().values("pk")
        for part in _parts(access, query)
    ]
    # One question for all parts; the database stops at the cap, whichever part it is in.
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = rows[: COUNT_CAP + 1].count()
    return min(found, COUNT_CAP), found > COUNT_CAP


def _parts(access: Access, query: ListQuery) -> list[Q]:
    """Return the parts of the reach; what is one's own is in reach, and then the list says it all.

    The other parts would be read to the end for records that are one's own and are not.
    """
    if access.reaches_own(query.action, query.object_type) and _is_own(access, query.filter):
        return [Q()]
    return access.scope_parts(query.action, query.object_type)


def _is_own(access: Access, tree: FilterTree | None) -> bool:
    """Tell whether a filter leaves only what belongs to the reader."""
    match tree:
        case AllOf(items):
            return any(_is_own(access, one) for one in items)
        case Condition("owner", "is_me"):
            return True
        case Condition("owner", "equals" | "any_of", value):
            several = value if isinstance(value, list | tuple) else [value]
            return [str(one) for one in several] == [str(access.user_id)]
    return False


@contextmanager
def time_limit(milliseconds: int) -> Iterator[None]:
    """Let the database stop what takes longer; raises `TooSlow` then."""
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
            raise TooSlow from error
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
