"""A disk that fills up in mid-import stops it with a sentence, loses nothing and repeats nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg.errors
import pytest
from django.db import connection

from keqiao.customers.account import Account
from keqiao.importing import running
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.models import RunState
from keqiao.records.audit import verify_chain
from keqiao.records.models import ChainHead, ChangeEntry
from tests.company import SYSTEM
from tests.importing.helpers import adds_up, execute, forget, quiet, upload

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 400


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the database run out of space for real (SQLite), or answer as if (PostgreSQL)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Pages that earlier tests left empty would be room still.
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages + 30}")
            yield
            cursor.execute("PRAGMA max_page_count = 1073741823")
        return

    written = []
    real = running.store_rows

    def store(rows: list[object]) -> None:
        written.append(len(rows))
        if len(written) > 3:
            with connection.wrap_database_errors:
                raise psycopg.errors.DiskFull("could not extend file")
        real(rows)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(running, "store_rows", store)
        yield


def test_full_disk_stops_the_import_and_room_lets_it_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ChainHead.objects.get_or_create(pk=1)
    monkeypatch.setattr(running, "BATCH", 20)
    lines = "".join(f"客户{n}号有限公司,{13_800_000_000 + n}\n" for n in range(ROWS))
    run = upload(SYSTEM, f"客户名称,手机\n{lines}")
    running._stage(run)
    with full_disk(monkeypatch), pytest.raises(FileProblem) as problem:
        running.execute_run(run.pk, quiet, forget)
    assert problem.value.code == "disk_full"
    run.refresh_from_db()
    assert run.state != RunState.DONE
    assert 0 < run.created < ROWS
    assert Account.objects.count() == run.created == ChangeEntry.objects.count()
    done = execute(run)
    assert (done.state, done.created) == (RunState.DONE, ROWS)
    assert adds_up(done)
    assert Account.objects.count() == ROWS == ChangeEntry.objects.count()
    assert verify_chain().sound
