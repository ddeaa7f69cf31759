"""Keeps uploaded lists and written exports in the data folder, outside of anything a browser reaches."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from keqiao.importing.file_problem import FileProblem
from keqiao.importing.limits import LIMITS, MEGABYTE, Limits


def folder(name: str) -> Path:
    place = Path(settings.DATA) / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def import_path(stored_name: str) -> Path:
    return folder("imports") / Path(stored_name).name


def export_path(stored_name: str) -> Path:
    return folder("exports") / Path(stored_name).name


def new_name(extension: str) -> str:
    """Return a name nobody can guess; the name that the person gave never becomes a path."""
    return f"{secrets.token_urlsafe(24)}{extension}"


def keep_upload(name: str, chunks: Iterable[bytes], limits: Limits = LIMITS) -> tuple[str, int]:
    """Store an upload and return its stored name and size; too large ones are cut off early."""
    suffix = Path(name).suffix.lower()
    stored = new_name(suffix if suffix in {".xlsx", ".xls", ".csv", ".tsv", ".txt"} else ".bin")
    path, size, limit = import_path(stored), 0, limits.text_size
    try:
        with disk_guard(), path.open("xb") as file:
            path.chmod(0o600)
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise FileProblem("too_large", size=size // MEGABYTE, limit=limit // MEGABYTE)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return stored, size


@contextmanager
def disk_guard() -> Iterator[None]:
    """Turn a full disk, met by a file or by the database, into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise FileProblem("disk_full") from error
        raise
    except DatabaseError as error:
        if is_disk_full(error):
            raise FileProblem("disk_full") from error
        raise


def is_disk_full(error: BaseException) -> bool:
    """SQLite says "database or disk is full", PostgreSQL SQLSTATE 53100."""
    cause = error.__cause__
    return "disk is full" in str(error) or getattr(cause, "sqlstate", "") == "53100"
