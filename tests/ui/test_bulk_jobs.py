"""Changing many records in the background: each has one turn, by the rights of that moment."""

from __future__ import annotations

import pytest

from keqiao.access.access import Access
from keqiao.access.directory import deactivate
from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.records.query import get_record
from keqiao.ui import bulk_jobs
from tests.company import SYSTEM, Company, make_all


def change(company: Company, **values: str) -> None:
    bulk_jobs.change_many.enqueue(
        user_id=company.li.pk,
        request_id="",
        object_key="account",
        where=["level:equals:C"],
        search="",
        ids=None,
        values=values,
    )


def levels(ids: list[int]) -> list[str]:
    account = object_type("account")
    return [get_record(SYSTEM, account, number).level for number in ids]  # type: ignore[attr-defined]


def test_rows_that_leave_the_filter_by_the_change_are_all_reached(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_jobs, "ROWS_AT_ONCE", 2)
    ids = make_all("account", [{"level": "C"} for _ in range(7)], owner=company.li)
    change(company, level="A")
    run_worker(once=True)
    assert levels(ids) == ["A"] * 7
    job = Job.objects.get()
    assert (job.progress_done, job.progress_total) == (7, 7)
    assert len(job.state) < 200


def test_it_ends_with_the_person_it_works_for(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_jobs, "ROWS_AT_ONCE", 2)
    ids = make_all("account", [{"level": "C"} for _ in range(5)], owner=company.li)
    first_part = bulk_jobs.progress

    def leave(done: int, total: int, note: str = "") -> None:
        first_part(done, total, note)
        deactivate(company.li)

    monkeypatch.setattr(bulk_jobs, "progress", leave)
    with pytest.raises(User.DoesNotExist):
        bulk_jobs.change_many.call(
            user_id=company.li.pk, request_id="", object_key="account", where=[], search="",
            ids=ids, values={"level": "A"},
        )  # fmt: skip
    assert levels(ids) == ["A", "A", "C", "C", "C"]
    assert not Access.for_user(company.li).is_administrator
