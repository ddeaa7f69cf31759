"""Safe pairs are merged at once: only what is safe, confirmed by its number, and undone as a whole."""

from __future__ import annotations

from itertools import pairwise

import pytest

from keqiao.access.access import Access
from keqiao.access.rights import Action, Level
from keqiao.access.roles import set_right
from keqiao.customers.account import ACCOUNT
from keqiao.jobs.worker import run_worker
from keqiao.quality.duplicates import bulk_pages
from keqiao.quality.duplicates.bulk import LARGEST, merge_safe, safe_groups
from keqiao.quality.duplicates.deciding import Verdict, decide
from keqiao.quality.duplicates.models import PairStatus
from keqiao.records.merging import merge_records
from keqiao.records.models import Merge
from keqiao.records.query import records
from tests.company import SYSTEM, TEST, Company, make_all
from tests.quality.duplicates.finding import keep, pair_of
from tests.ui.test_pages import browser

PAGE = "/quality/duplicates/merge/"
SAFE = {"weight": 40.0, "probability": 0.9999}


def _accounts(company: Company, count: int) -> list[int]:
    rows = [{"name": f"苏州{number}号机械厂"} for number in range(count)]
    return make_all("account", rows, owner=company.wang)


def _chain(ids: list[int]) -> None:
    for left, right in pairwise(ids):
        keep(left, right, **SAFE)


def _live(ids: list[int]) -> int:
    return records(SYSTEM, ACCOUNT).filter(pk__in=ids).count()


def test_only_what_is_safe_is_in_a_group(company: Company) -> None:
    ids = _accounts(company, 12)
    _chain(ids[:3])
    keep(ids[3], ids[4])  # likely, not safe
    decide(SYSTEM, keep(ids[5], ids[6]).pk, Verdict(PairStatus.SAME))
    decide(SYSTEM, keep(ids[7], ids[8], **SAFE).pk, Verdict(PairStatus.DIFFERENT))
    found = safe_groups(SYSTEM, ACCOUNT)
    assert sorted(found.groups) == [ids[:3], ids[5:7]]
    assert found.surplus == 3


def test_a_chain_of_many_and_a_group_kept_apart_inside_are_for_people(company: Company) -> None:
    ids = _accounts(company, 20)
    _chain(ids[: LARGEST + 1])
    _chain(ids[12:15])
    decide(SYSTEM, keep(ids[12], ids[14]).pk, Verdict(PairStatus.DIFFERENT))
    _chain(ids[16:18])
    keep(ids[17], ids[18], **SAFE)
    keep(ids[16], ids[18], link="branch")
    found = safe_groups(SYSTEM, ACCOUNT)
    assert (found.groups, found.too_large, found.kept_apart) == ([], 1, 2)


def test_the_number_is_typed_and_the_whole_batch_taken_back(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_pages, "TYPED_FROM", 2)
    ids = _accounts(company, 5)
    _chain(ids[:3])
    _chain(ids[3:])
    client = browser(company.wang)
    page = client.get(PAGE).content.decode()
    assert "3 条记录将并入 2 条记录" in page
    for typed in ("", "2", "33"):
        given = {"object": "account", "count": typed, "shown": "3"}
        assert client.post(PAGE, given).status_code == 422
    stale = client.post(PAGE, {"object": "account", "count": "9", "shown": "9"})
    assert "刚刚有变化" in stale.content.decode()
    assert _live(ids) == 5
    assert client.post(PAGE, {"object": "account", "count": "3", "shown": "3"}).status_code == 303
    run_worker(once=True)
    assert _live(ids) == 2
    assert pair_of(ids[0], ids[1]).decided_by_id == company.wang.pk
    [batch] = set(Merge.objects.values_list("request_id", flat=True))
    assert browser(company.li).post(f"{PAGE}undo/", {"batch": batch}).status_code == 404
    assert client.post(f"{PAGE}undo/", {"batch": batch}).status_code == 303
    run_worker(once=True)
    assert _live(ids) == 5
    assert pair_of(ids[0], ids[1]).status == PairStatus.NEW


def test_what_a_colleague_decided_or_merged_meanwhile_is_left(company: Company) -> None:
    ids = _accounts(company, 6)
    for at in (0, 2, 4):
        keep(ids[at], ids[at + 1], **SAFE)
    last = pair_of(ids[4], ids[5]).pk
    merge_records(SYSTEM, ACCOUNT, ids[0], [ids[1]], source=TEST)
    decide(SYSTEM, pair_of(ids[2], ids[3]).pk, Verdict(PairStatus.DIFFERENT))
    done = merge_safe.func(
        user_id=company.wang.pk, batch="dup-1", object_key="account", until=last, most=3
    )
    assert (done["merged"], done["left"]) == (1, 0)
    assert _live(ids) == 4


def test_no_more_than_was_confirmed_and_nothing_found_later(company: Company) -> None:
    ids = _accounts(company, 6)
    until = keep(ids[0], ids[1], **SAFE).pk
    keep(ids[2], ids[3], **SAFE)
    given = {"user_id": company.wang.pk, "batch": "dup-1", "object_key": "account"}
    assert merge_safe.func(**given, until=until, most=5)["merged"] == 1
    keep(ids[4], ids[5], **SAFE)
    assert merge_safe.func(**given, until=10**9, most=1)["gone"] == 1


def test_rights_are_those_of_the_moment_it_runs(company: Company) -> None:
    ids = _accounts(company, 2)
    _chain(ids)
    set_right(company.wang.roles.get(), "account", Action.DELETE, Level.NONE)
    given = {"user_id": company.wang.pk, "batch": "dup-1", "object_key": "account"}
    assert merge_safe.func(**given, until=10**9, most=9)["merged"] == 0
    assert browser(company.wang).get(PAGE).status_code in {200, 403}
    assert _live(ids) == 2
    assert safe_groups(Access.for_user(company.wang), ACCOUNT).groups == []


def test_records_of_others_are_not_merged_nor_shown(company: Company) -> None:
    rows = [{"name": "成都秘密机械厂"}, {"name": "成都秘密机械公司"}]
    ids = make_all("account", rows, owner=company.zhou)
    _chain(ids)
    client = browser(company.li)
    page = client.get(PAGE)
    assert "秘密" not in page.content.decode()
    client.post(PAGE, {"object": "account", "count": "1", "shown": "1"})
    run_worker(once=True)
    assert _live(ids) == 2
