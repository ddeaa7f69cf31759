"""Reserves record numbers ahead of writing, so that all rows of a batch can name each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from django.db.models import Model


def reserve_ids(model: type[Model], count: int) -> list[int]:
    """Return `count` ids nobody else will get. Call inside the writing transaction."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        # SQLite: the transaction holds the one write lock, so reading the counter is enough;
        # inserting explicit ids moves it on.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        last = row[0] if row else 0
        return list(range(last + 1, last + 1 + count))
