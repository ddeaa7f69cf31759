"""What was quiet for long leaves lists and search, is whole all the time, and comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.tokens import issue_token
from keqiao.base.clock import now
from keqiao.catalog.filter import Condition
from keqiao.catalog.registry import object_type
from keqiao.quality.archive.laying_aside import (
    archive_quiet,
    begin_run,
    extent_of,
    lay_aside,
    restore,
    undo_run,
)
from keqiao.quality.archive.models import ArchiveRule, ArchiveRun
from keqiao.records.audit import verify_chain
from keqiao.records.drafts import DuplicateFound
from keqiao.records.models import ChangeEntry
from keqiao.records.query import ListQuery, get_record, run_list
from keqiao.records.search import search
from tests.company import SYSTEM, Company, make, save_one

ACCOUNT = object_type("account")
LONG_AGO = timedelta(days=900)


def stored(pk: int) -> Any:
    return ACCOUNT.model._default_manager.get(pk=pk)


def account(company: Company, number: int, *, old: bool = True, **values: Any) -> int:
    pk = make("account", seed=number, owner=company.li, name=f"苏州第{number}号机械厂", **values)
    if old:
        at = now() - LONG_AGO
        ACCOUNT.model._default_manager.filter(pk=pk).update(
            created_at=at, updated_at=at, last_activity_at=None, next_activity_at=None
        )
    return pk


def rule(**values: Any) -> ArchiveRule:
    given = {"name": "两年没有跟进", "object_key": "account", "months": 24, "is_active": True}
    return ArchiveRule.objects.create(**given | {"changed_at": now()} | values)


def shown(access: Access, **more: Any) -> set[int]:
    return {row.id for row in run_list(access, ListQuery(object_type=ACCOUNT, **more)).rows}


def run(of: ArchiveRule) -> ArchiveRun:
    started = begin_run(SYSTEM, of)
    lay_aside(started.pk)
    started.refresh_from_db()
    return started


def test_only_what_was_quiet_and_fits_is_taken(company: Company) -> None:
    quiet, level_a = account(company, 1, level="C"), account(company, 2, level="A")
    young = account(company, 3, old=False, level="C")
    followed, planned = account(company, 4, level="C"), account(company, 5, level="C")
    rows = ACCOUNT.model._default_manager
    rows.filter(pk=followed).update(last_activity_at=now() - timedelta(days=3))
    rows.filter(pk=planned).update(next_activity_at=now() + timedelta(days=3))
    never = {"not": {"field": "level", "operator": "any_of", "value": ["A"]}}
    one = rule(filter=never)
    assert (extent_of(ACCOUNT, one).taken, extent_of(ACCOUNT, one).of) == (1, 5)
    assert run(one).taken == 1
    archived = {pk for pk in (quiet, level_a, young, followed, planned) if stored(pk).archived_at}
    assert archived == {quiet}


def test_an_archived_record_is_out_of_sight_but_whole(company: Company) -> None:
    access = Access.for_user(company.li)
    kept, gone = account(company, 1, old=False), account(company, 2, phone="0512-62880001")
    assert shown(access) == {kept, gone}
    run(rule())
    assert shown(access) == {kept}
    assert run_list(access, ListQuery(object_type=ACCOUNT)).count == 1
    assert gone not in {hit.id for group in search(access, "机械厂") for hit in group.hits}
    asked = Condition("archived_at", "is_filled")
    assert shown(access, filter=asked) == {gone}
    assert get_record(access, ACCOUNT, gone).pk == gone, "its page opens"
    _token, secret = issue_token(company.li, "x", ["*:write"], days=1)
    headers = {"Authorization": f"Bearer {secret}"}
    told = Client().get("/api/v1/accounts", headers=headers).json()
    assert [one["id"] for one in told["items"]] == [kept]
    outcome = save_one(access, "account", {"name": "另一家", "phone": "0512-62880001"})
    assert isinstance(outcome, DuplicateFound), "a duplicate of it is found all the same"


def test_bringing_back_needs_the_right_to_change(company: Company) -> None:
    gone = account(company, 2)
    run(rule())
    assert restore(Access.for_user(company.sun), ACCOUNT, [gone]) == 0
    assert restore(Access.for_user(company.zhou), ACCOUNT, [gone]) == 0
    desk = Client()
    desk.force_login(company.zhou)
    assert desk.post(f"/accounts/{gone}/unarchive/").status_code in (403, 404)
    desk.force_login(company.li)
    assert "/unarchive/" in desk.get(f"/accounts/{gone}/").content.decode()
    assert desk.post(f"/accounts/{gone}/unarchive/").status_code in (302, 303)
    access = Access.for_user(company.li)
    assert shown(access) == {gone}
    assert gone in {hit.id for group in search(access, "机械厂") for hit in group.hits}
    line = ChangeEntry.objects.filter(record_id=gone).latest("pk")
    assert (line.source, line.actor_name) == ("archive", company.li.name)
    assert verify_chain().sound


def test_a_run_is_undone_and_leaves_alone_what_came_back(company: Company) -> None:
    first, second = account(company, 1), account(company, 2)
    done = run(rule())
    assert done.taken == 2
    restore(Access.for_user(company.li), ACCOUNT, [first])
    assert undo_run(done.pk) == 1
    assert stored(first).archived_at is stored(second).archived_at is None
    assert undo_run(done.pk) == 1, "asked twice it does nothing more"


def test_a_run_that_was_broken_off_goes_on(company: Company, monkeypatch: Any) -> None:
    from keqiao.quality.archive import laying_aside

    for number in range(1, 6):
        account(company, number)
    monkeypatch.setattr(laying_aside, "AT_ONCE", 2)
    started, calls = begin_run(SYSTEM, rule()), []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(laying_aside, "check_cancelled", stop)
    with pytest.raises(KeyboardInterrupt):
        lay_aside(started.pk)
    assert ArchiveRun.objects.get().taken == 2
    assert lay_aside(started.pk) == 5
    assert ACCOUNT.model._default_manager.filter(archived_at=started.at).count() == 5


def test_at_night_a_rule_that_would_take_nearly_all_takes_nothing(
    company: Company, monkeypatch: Any
) -> None:
    from keqiao.quality.archive import laying_aside

    monkeypatch.setattr(laying_aside, "FEW", 2)
    for number in range(1, 6):
        account(company, number)
    one = rule()
    assert archive_quiet.call() == {"taken": 0}
    assert ArchiveRun.objects.get().is_refused
    one.may_take_all = True
    one.save()
    assert archive_quiet.call() == {"taken": 5}
    assert archive_quiet.call() == {"taken": 0}


def test_nearly_all_is_confirmed_by_typing_the_number(company: Company, monkeypatch: Any) -> None:
    from keqiao.quality.archive import laying_aside

    monkeypatch.setattr(laying_aside, "FEW", 2)
    for number in range(1, 6):
        account(company, number)
    desk = Client()
    desk.force_login(company.qian)
    given = {"object": "account", "name": "两年没有跟进", "months": "24", "is_active": "on"}
    counted = desk.post("/settings/archive/new/", {**given, "do": "try"})
    assert "第1号机械厂" in counted.content.decode()
    assert not ArchiveRule.objects.exists(), "counting changes nothing"
    for typed in ("", "4", "yes"):
        refused = desk.post("/settings/archive/new/", {**given, "do": "run", "typed": typed})
        assert refused.status_code == 422
        assert 'name="typed"' in refused.content.decode()
    assert not ArchiveRule.objects.exists()
    kept = desk.post("/settings/archive/new/", {**given, "do": "run", "typed": "5"})
    assert kept["Location"].startswith("/jobs/")
    assert ArchiveRule.objects.get().may_take_all
    assert desk.get("/settings/archive/").status_code == 200
    desk.force_login(company.wang)
    assert desk.get("/settings/archive/").status_code == 403


def test_a_list_costs_nothing_more_while_nothing_is_archived(company: Company) -> None:
    from keqiao.records.archived import archived_types, hides_archived

    account(company, 1)
    query = ListQuery(object_type=ACCOUNT)
    assert not hides_archived(query)
    run(rule())
    assert archived_types() == {"account"}
    assert hides_archived(query)
