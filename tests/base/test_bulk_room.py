"""Bulk writing has more room in SQLite, and leaves the connection as it was, also after a failure."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from keqiao.base.bulk_room import bulk_room

pytestmark = pytest.mark.django_db(transaction=True)
IS_SQLITE = connection.vendor == "sqlite"


def settings_now() -> list[int]:
    found = []
    with connection.cursor() as cursor:
        for name in ("synchronous", "wal_autocheckpoint", "cache_size") if IS_SQLITE else ():
            cursor.execute(f"PRAGMA {name}")
            found.append(cursor.fetchone()[0])
    return found


def test_there_is_more_room_inside_and_as_much_as_before_afterwards() -> None:
    before = settings_now()
    with CaptureQueriesContext(connection) as sent, bulk_room():
        inside = settings_now()
    # Other databases have their room by their own settings: nothing is said to them.
    assert bool(sent) is IS_SQLITE
    if IS_SQLITE:
        assert inside[0] == before[0] and inside[1] > before[1] and -inside[2] > -before[2]
        with bulk_room(sync_each_commit=False):
            assert settings_now()[0] == 1
    assert settings_now() == before


def test_a_failure_and_an_open_transaction_change_nothing() -> None:
    before = settings_now()
    with pytest.raises(ValueError, match="row"), bulk_room():
        raise ValueError("row")
    with transaction.atomic(), bulk_room():
        assert settings_now() == before
    assert settings_now() == before
