"""Fingerprints of the whole database, to prove that an attack changed nothing."""

from __future__ import annotations

from hashlib import sha256

from django.db import connection

# Sessions slide forward by themselves; a failed sign-in and a refusal are counted on purpose, and so
# is what a person opened (that a record out of reach leaves no trace there is tested with the
# command box).
MOVING = (
    "django_session",
    "axes_accessattempt",
    "axes_accesslog",
    "axes_accessfailurelog",
    "access_refusedaccess",
    "ui_recent",
)


def fingerprint(*leaving_out: str) -> dict[str, str]:
    """Return one hash per table, so that a failing test names the table that changed."""
    skipped = {*MOVING, *leaving_out}
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - skipped)
        return {table: _hash(cursor, table) for table in tables}


def _hash(cursor: object, table: str) -> str:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # type: ignore[attr-defined]  # noqa: S608
    rows = sorted(repr(row) for row in cursor.fetchall())  # type: ignore[attr-defined]
    return sha256("\n".join(rows).encode()).hexdigest()


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [table for table in before if before[table] != after.get(table)]
