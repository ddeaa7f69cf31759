"""Each question to the timeline is one range of one index, so that millions of entries do not matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqiao.access.access import Access
from keqiao.activities.agenda import agenda, count_open, open_of
from keqiao.activities.entries import TimelineEntry
from keqiao.activities.timeline import open_activities, timeline
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from tests.company import Company, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(company: Company) -> int:
    """A timeline of some length beside many others, as the planner must see it to choose well."""
    account = make("account", owner=company.li)
    moment = now()
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            object_key=key, record_id=account + number % 400, activity_key="note",
            activity_id=number, at=moment - timedelta(hours=number), is_open=number % 9 == 0,
            is_done=number % 9 != 0,
        )
        for key in ("account", "user")
        for number in range(8_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE activities_timelineentry")
    return account


@contextmanager
def plans() -> Iterator[list[str]]:
    """Collect how the database answers every question to the timeline."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as asked:
        yield found
    for query in asked.captured_queries:
        sql = query["sql"]
        if 'FROM "activities_timelineentry"' in sql and sql.startswith("SELECT"):
            found.append(explained(sql))


def explained(sql: str) -> str:
    head = "EXPLAIN (COSTS OFF) " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(head + sql.replace("%", "%%"))
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize("question", ["timeline", "next page", "open", "day", "mine", "count"])
def test_a_question_reads_one_range_in_its_order(
    question: str, many: int, company: Company
) -> None:
    access, declared = Access.for_user(company.li), object_type("account")
    mark = timeline(access, declared, many, limit=1).next
    start = now() - timedelta(days=2)
    asked: dict[str, Any] = {
        "timeline": lambda: timeline(access, declared, many),
        "next page": lambda: timeline(access, declared, many, before=mark),
        "open": lambda: open_activities(access, declared, many),
        "day": lambda: agenda(access, many, start, start + timedelta(days=1)),
        "mine": lambda: open_of(access, many, until=now()),
        "count": lambda: count_open(many, until=now()),
    }
    with plans() as found:
        asked[question]()
    assert found
    for plan in found:
        assert "timeline_record" in plan or "timeline_open" in plan or "timeline_pinned" in plan, (
            plan
        )
        for slow in ("TEMP B-TREE", "Seq Scan", "SCAN activities", "Sort"):
            assert slow not in plan, plan
