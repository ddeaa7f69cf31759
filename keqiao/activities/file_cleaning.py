"""Removes stored files that no attachment names any more, and counts what there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from keqiao.activities.attachment import ATTACHMENT
from keqiao.activities.file_store import path_of, remove, stored, unfinished
from keqiao.base.clock import now

# An upload stores first and is noted afterwards; nothing younger than this is taken for left over.
YOUNGEST = timedelta(days=1)
AT_ONCE = 500


@dataclass(frozen=True)
class Stock:
    """What lies in the store, and what attachments name without it being there."""

    files: int
    size: int
    left_over: int
    missing: int


def clean() -> int:
    """Remove what is left over; return how many files went."""
    before = (now() - YOUNGEST).timestamp()
    old = [digest for digest, found in stored() if found.st_mtime < before]
    gone = 0
    for start in range(0, len(old), AT_ONCE):
        part = old[start : start + AT_ONCE]
        for digest in set(part) - named(part):
            remove(digest)
            gone += 1
    for path in unfinished():
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
    return gone


def named(digests: Iterable[str]) -> set[str]:
    """Return those that an attachment names, also one in the recycle bin."""
    wanted = list(digests)
    if not wanted:
        return set()
    table = connection.ops.quote_name(ATTACHMENT.model._meta.db_table)
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT digest FROM {table} WHERE digest IN ({marks})", wanted)  # noqa: S608
        return {row[0] for row in cursor.fetchall()}


def all_named() -> Iterable[str]:
    table = connection.ops.quote_name(ATTACHMENT.model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT digest FROM {table} WHERE digest <> ''")  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def stock() -> Stock:
    files = size = left_over = 0
    known = set(all_named())
    for digest, found in stored():
        files, size = files + 1, size + found.st_size
        left_over += digest not in known
    missing = sum(not path_of(digest).is_file() for digest in known)
    return Stock(files, size, left_over, missing)
