"""What was done to many records is taken back, but never the work somebody did since."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.records.query import get_record, records
from tests.company import SYSTEM, Company, make_all, save_one


def stored(number: int, key: str = "account") -> Any:
    return get_record(SYSTEM, object_type(key), number)


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def bulk(client: Client, **given: Any) -> int:
    answer = client.post("/accounts/bulk/", {"go": "1", **given}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200, answer.content.decode()
    [number] = re.findall(r"/jobs/(\d+)/", answer.content.decode())
    run_worker(once=True)
    return int(number)


def undo(client: Client, job: int) -> Job:
    before = client.get(f"/jobs/{job}/undo/")
    assert before.status_code == 200
    answer = client.post(f"/jobs/{job}/undo/", HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    run_worker(once=True)
    return Job.objects.latest("pk")


def ticked(ids: list[int]) -> str:
    return ",".join(map(str, ids))


def test_old_values_come_back_except_where_somebody_went_on(company: Company) -> None:
    rows = [{"level": level} for level in ("A", "B", "C", "B", None)]
    ids = make_all("account", rows, owner=company.li)
    client = signed(company.li)
    job = bulk(client, action="edit", field="level", value="D", ids=ticked(ids))
    assert [stored(one).level for one in ids] == ["D"] * 5
    wang = Access.for_user(company.wang)
    save_one(wang, "account", {"level": "A"}, record_id=ids[1])
    save_one(wang, "account", {"level": "D"}, record_id=ids[1])  # back again: still his decision
    save_one(wang, "account", {"address": "别的字段"}, record_id=ids[2])
    result = json.loads(undo(client, job).result)
    assert [stored(one).level or None for one in ids] == ["A", "D", "C", "B", None]
    assert stored(ids[2]).address == "别的字段"
    assert (result["changed"], result["left"]) == (4, 1)
    assert result["refused"][0][0] == ids[1]
    page = client.get(f"/jobs/{Job.objects.latest('pk').pk}/").content.decode()
    assert f"/accounts/{ids[1]}/" in page and stored(ids[1]).name in page
    again = json.loads(undo(client, job).result)
    assert again["changed"] == 0


def test_deleted_and_handed_over_records_come_back(company: Company) -> None:
    ids = make_all("account", [{}, {}], owner=company.li)
    client = signed(company.wang)
    job = bulk(client, action="delete", ids=ticked(ids))
    assert records(SYSTEM, object_type("account")).filter(pk__in=ids).count() == 0
    undo(client, job)
    assert records(SYSTEM, object_type("account")).filter(pk__in=ids).count() == 2
    pick = f"{company.wang.pk}|{company.wang.name}"
    job = bulk(
        client, action="transfer", owner=company.wang.name, owner__pick=pick, ids=ticked(ids)
    )
    assert {stored(one).owner_id for one in ids} == {company.wang.pk}
    undo(client, job)
    assert {stored(one).owner_id for one in ids} == {company.li.pk}


def test_nobody_undoes_the_work_of_others(company: Company) -> None:
    ids = make_all("account", [{"level": "A"}], owner=company.li)
    job = bulk(signed(company.li), action="edit", field="level", value="D", ids=ticked(ids))
    for other in (company.zhou, company.qian):
        client = signed(other)
        assert client.get(f"/jobs/{job}/undo/").status_code == 404
        assert client.post(f"/jobs/{job}/undo/").status_code == 404
    assert stored(ids[0]).level == "D"


def test_undo_asks_for_the_rights_of_that_moment(company: Company) -> None:
    ids = make_all("account", [{"level": "A"}, {"level": "B"}], owner=company.li)
    client = signed(company.li)
    job = bulk(client, action="edit", field="level", value="D", ids=ticked(ids))
    save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=ids[0])
    result = json.loads(undo(client, job).result)
    assert [stored(one).level for one in ids] == ["D", "B"]
    assert (result["changed"], result["left"]) == (1, 1)
    page = client.get(f"/jobs/{Job.objects.latest('pk').pk}/").content.decode()
    assert stored(ids[0]).name not in page


def test_all_that_match_obey_the_nested_filter_too(company: Company) -> None:
    ids = make_all("account", [{"level": "A"}, {"level": "B"}, {"level": "C"}], owner=company.li)
    either = [{"field": "level", "operator": "equals", "value": one} for one in "AB"]
    client = signed(company.li)
    state = urlencode({"where": "level:none_of:B", "filter": json.dumps({"any": either})})
    bulk(client, action="edit", field="level", value="D", all="1", state=state)
    assert [stored(one).level for one in ids] == ["D", "B", "C"]


def test_tags_are_put_on_and_taken_away_beside_others(company: Company) -> None:
    rows = [{"tags": ["老客户", "展会"]}, {"tags": ["展会"]}, {"tags": []}]
    ids = make_all("account", rows, owner=company.li)
    client = signed(company.li)
    given = {"field": "tags", "added": "重点", "removed": "展会"}
    job = bulk(client, action="tags", ids=ticked(ids), **given)
    assert [list(stored(one).tags or []) for one in ids] == [["老客户", "重点"], ["重点"], ["重点"]]
    undo(client, job)
    assert [list(stored(one).tags or []) for one in ids] == [["老客户", "展会"], ["展会"], []]


@pytest.mark.parametrize("action", ["tags", "edit"])
def test_a_question_without_an_answer_asks_again(company: Company, action: str) -> None:
    ids = make_all("account", [{}], owner=company.li)
    answer = signed(company.li).post(
        "/accounts/bulk/",
        {"action": action, "ids": ticked(ids), "go": "1" if action == "tags" else ""},
        HTTP_HX_REQUEST="true",
    )
    assert answer.status_code in {200, 422}
    assert Job.objects.filter(task__contains="bulk").count() == 0
