"""Questions whose SQL is kept: the same answers as asked anew, for each person, also after rights changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqiao.access.access import Access
from keqiao.access.directory import share_record, unshare_record
from keqiao.access.models import Collaborator, Role, User
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.base import prepared
from keqiao.base.clock import now
from keqiao.base.prepared import ask, padded
from keqiao.catalog.filter import Condition
from keqiao.catalog.registry import object_type
from keqiao.records.below import records_below
from keqiao.records.numbered import numbered
from keqiao.records.query import ListQuery, RecordNotFound, get_record, records, run_list
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make
from tests.ui.test_pages import browser

ACCOUNT = "account"


def numbers(person: User, ids: list[int], **more: Any) -> list[int]:
    found = numbered(Access.for_user(person), object_type(ACCOUNT), ids, ["id"], **more)
    return sorted(row.id for row in found)


def test_it_reads_what_the_person_reaches_and_nothing_else(company: Company) -> None:
    account = object_type(ACCOUNT)
    own, other = make(ACCOUNT, owner=company.li), make(ACCOUNT, owner=company.zhou, seed=2)
    binned = make(ACCOUNT, owner=company.li, seed=3)
    delete_records(SYSTEM, account, [binned], source=TEST)
    ids = [own, other, binned]
    for _turn in ("written", "kept"):
        for person in company.everybody:
            access = Access.for_user(person)
            expected = sorted(
                records(access, account).filter(pk__in=ids).values_list("pk", flat=True)
            )
            assert numbers(person, ids) == expected, person.username
        assert numbers(company.li, ids, with_deleted=True) == [own, binned]
    assert get_record(SYSTEM, account, own) == account.model._default_manager.get(pk=own)


def test_rights_taken_away_and_shares_that_end_hold_at_once(company: Company) -> None:
    account, role = object_type(ACCOUNT), Role.objects.get(key="sales")
    own, other = make(ACCOUNT, owner=company.li), make(ACCOUNT, owner=company.zhou, seed=2)
    assert numbers(company.li, [own, other]) == [own]
    share_record(account, other, company.li, by=company.zhou)
    assert numbers(company.li, [own, other]) == [own, other]
    assert numbers(company.li, [own, other], action=Action.CHANGE) == [own]
    Collaborator.objects.update(expires_at=now() - timedelta(minutes=1))
    assert numbers(company.li, [own, other]) == [own]
    Collaborator.objects.update(expires_at=None)
    assert numbers(company.li, [own, other]) == [own, other]
    unshare_record(account, other, company.li.pk)
    assert numbers(company.li, [own, other]) == [own]
    set_right(role, ACCOUNT, Action.VIEW, Level.ALL)
    assert numbers(company.li, [own, other]) == [own, other]
    set_right(role, ACCOUNT, Action.VIEW, Level.NONE)
    assert numbers(company.li, [own, other]) == []


def test_what_hangs_on_a_record_is_the_list_that_shows_it(company: Company) -> None:
    contact, columns = object_type("contact"), ("name", "position")
    account = make(ACCOUNT, owner=company.li)
    for number in range(5):
        owner = company.li if number < 4 else company.zhou
        make("contact", owner=owner, seed=10 + number, account=account)
    for _turn in ("written", "kept"):
        for person in company.everybody:
            access = Access.for_user(person)
            if not numbers(person, [account]):
                continue
            for limit in (2, 12):
                found = records_below(access, contact, "account", account, columns, limit)
                where = Condition("account", "equals", account)
                get_record(access, object_type(ACCOUNT), account)
                query = ListQuery(object_type=contact, columns=columns, filter=where, limit=limit)
                page = run_list(access, query)
                assert [row.cells for row in found.rows] == [row.cells for row in page.rows]
                assert found.count_text == page.count_text


def test_a_list_begins_the_same_from_kept_sql_and_follows_rights_and_changes(
    company: Company,
) -> None:
    account, role = object_type(ACCOUNT), Role.objects.get(key="sales")
    ids = [make(ACCOUNT, owner=company.li, seed=seed, name=f"公司{seed}") for seed in range(1, 5)]
    query = ListQuery(object_type=account, columns=("name",), limit=2)
    assert [row.id for row in run_list(Access.for_user(company.li), query).rows] == ids[:1:-1]
    assert run_list(Access.for_user(company.zhou), query).rows == []
    delete_records(SYSTEM, account, [ids[3]], source=TEST)
    page = run_list(Access.for_user(company.li), query)
    assert [row.id for row in page.rows] == [ids[2], ids[1]] and page.count == 3
    following = run_list(Access.for_user(company.li), replace(query, cursor=page.next_cursor))
    assert [row.id for row in following.rows] == [ids[0]]
    set_right(role, ACCOUNT, Action.VIEW, Level.NONE)
    assert run_list(Access.for_user(company.li), query).rows == []


def test_sql_is_written_once_for_any_values(company: Company, monkeypatch: Any) -> None:
    written: list[Any] = []
    plain = prepared._written
    monkeypatch.setattr(prepared, "_written", lambda *given: written.append(given) or plain(*given))

    def build(marks: Any) -> Any:
        found = User.objects.filter(username=marks[0]) | User.objects.filter(pk__in=marks[1:])
        return found.order_by("pk").values_list("username", flat=True)

    asked = [
        ask("test", ["li", *padded(ids)], build)
        for ids in ([company.wang.pk], [company.sun.pk], [company.wang.pk, 0, -5], [1, 2, 3])
    ]
    assert asked[0] == ["li", "wang"] and asked[1] == ["li", "sun"] and asked[2] == ["li", "wang"]
    assert len(written) == 2  # for one number, and for up to four
    with pytest.raises(ValueError, match="does not stand"):
        ask("lost", [3], lambda marks: User.objects.all())


def test_colleagues_of_one_level_are_asked_for_with_the_same_sql(
    company: Company, monkeypatch: Any
) -> None:
    account = object_type(ACCOUNT)
    own, other = make(ACCOUNT, owner=company.li), make(ACCOUNT, owner=company.zhou, seed=2)
    assert numbers(company.li, [own, other]) == [own]
    monkeypatch.setattr(prepared, "_written", None)
    assert numbers(company.zhou, [own, other]) == [other]
    list_of = ListQuery(object_type=account, columns=("name",), limit=5)
    monkeypatch.undo()
    assert [row.id for row in run_list(Access.for_user(company.li), list_of).rows] == [own]
    monkeypatch.setattr(prepared, "_written", None)
    assert [row.id for row in run_list(Access.for_user(company.zhou), list_of).rows] == [other]


def test_the_oldest_question_is_forgotten_first(company: Company, monkeypatch: Any) -> None:
    monkeypatch.setattr(prepared, "_known", {})
    monkeypatch.setattr(prepared, "MOST_KEPT", 2)

    def build(marks: Any) -> Any:
        return User.objects.filter(pk=marks[0]).values_list("username", flat=True)

    for key in ("first", "second", "third"):
        assert ask(key, [company.li.pk], build) == ["li"]
    assert [key for _vendor, key, _types in prepared._known] == ["second", "third"]


def test_a_number_no_database_has_is_not_found(company: Company) -> None:
    with pytest.raises(RecordNotFound):
        get_record(Access.for_user(company.li), object_type(ACCOUNT), 2**63)


def test_people_of_a_role_or_department_are_not_read_as_anybody(company: Company) -> None:
    auditor = Role.objects.get(key="auditor")
    assert User.objects.get(pk=company.li.pk) == company.li
    with pytest.raises(User.DoesNotExist):
        auditor.users.get(pk=company.li.pk)
    with pytest.raises(User.DoesNotExist):
        company.west.members.get(pk=company.li.pk)
    assert User.objects.get(pk=company.sun.pk) == company.sun


def test_a_session_that_is_over_signs_nobody_in(company: Company) -> None:
    client = browser(company.li)
    assert client.get("/todo/").status_code == 200
    Session.objects.update(expire_date=now() - timedelta(seconds=1))
    assert client.get("/todo/").status_code == 302
    client = browser(company.li)
    User.objects.filter(pk=company.li.pk).update(is_active=False)
    assert client.get("/todo/").status_code == 302


def test_reading_by_number_is_one_query_each(company: Company) -> None:
    account = object_type(ACCOUNT)
    ids = [make(ACCOUNT, owner=company.li, seed=seed) for seed in range(1, 6)]
    access = Access.for_user(company.li)
    numbered(access, account, ids, ["id"])
    with CaptureQueriesContext(connection) as seen:
        assert len(numbered(access, account, ids, ["id"])) == 5
    assert len(seen) == 1
