"""Gives SQLite room while one job writes very many rows into a large database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

# New entries of an index fall all over it. At a million customers the 16 MB that serve a page hold a
# small part of the inner pages, and a checkpoint every 4 MB writes the same pages again and again.
_CACHE_KIBIBYTES = 256_000
_PAGES_BETWEEN_CHECKPOINTS = 16_000


@contextmanager
def bulk_room(*, sync_each_commit: bool = True) -> Iterator[None]:
    """Widen the cache and put checkpoints further apart; both are as before at the end.

    Every commit still reaches the disk. Without `sync_each_commit` only checkpoints do: a power cut
    may then cost the last rows, never the file.
    """
    wanted = {
        "wal_autocheckpoint": _PAGES_BETWEEN_CHECKPOINTS,
        "cache_size": -_CACHE_KIBIBYTES,
        **({} if sync_each_commit else {"synchronous": 1}),
    }
    # Within a transaction SQLite leaves these as they are.
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    before: dict[str, int] = {}
    with connection.cursor() as cursor:
        for name, value in wanted.items():
            cursor.execute(f"PRAGMA {name}")
            before[name] = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA {name} = {value}")
    try:
        yield
    finally:
        # A connection that broke has forgotten them by itself, and its error is the one to be told.
        with suppress(DatabaseError), connection.cursor() as cursor:
            for name, value in before.items():
                cursor.execute(f"PRAGMA {name} = {value}")
