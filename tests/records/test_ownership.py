"""Whom a record belongs to: a person with a department, or a department alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.directory import update_user
from keqiao.access.models import User
from keqiao.access.tokens import issue_token
from keqiao.catalog.registry import object_type
from keqiao.importing.starting import importable_fields
from keqiao.records.audit import history
from keqiao.records.query import RecordNotFound, get_record
from keqiao.records.save import Draft, Rejected, Saved, Source, save_records
from keqiao.ui.bulk_jobs import change_many
from tests.company import SYSTEM, Company, make, save_one
from tests.importing.helpers import check, execute, problems, states, upload

pytestmark = pytest.mark.django_db


def belongs(record_id: int) -> tuple[int | None, int | None]:
    stored: Any = get_record(SYSTEM, object_type("account"), record_id)
    return stored.owner_id, stored.team_id


def sees(user: User, record_id: int) -> bool:
    try:
        get_record(Access.for_user(user), object_type("account"), record_id)
    except RecordNotFound:
        return False
    return True


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_record_can_belong_to_a_department_alone(company: Company) -> None:
    outcome = save_one(
        Access.for_user(company.wang), "account", {"name": "部门的客户", "team": "华东"}
    )
    assert isinstance(outcome, Saved), outcome
    assert belongs(outcome.record_id) == (None, company.east.pk)
    assert sees(company.wang, outcome.record_id)
    assert not sees(company.li, outcome.record_id)  # own records only
    assert not sees(company.zhou, outcome.record_id)


def test_a_department_out_of_reach_is_refused(company: Company) -> None:
    access = Access.for_user(company.wang)
    outcome = save_one(access, "account", {"name": "别的部门", "team": company.west.pk})
    assert isinstance(outcome, Rejected)
    assert [(one.field, one.code) for one in outcome.problems] == [("team", "out_of_reach")]
    record_id = make("account", owner=company.li)
    moved = save_one(
        access, "account", {"owner": None, "team": company.west.pk}, record_id=record_id
    )
    assert isinstance(moved, Rejected)
    assert belongs(record_id) == (company.li.pk, company.east.pk)
    seller = save_one(
        Access.for_user(company.li), "account", {"name": "我自己的", "team": company.east.pk}
    )
    assert isinstance(seller, Rejected)  # with reach to own records he would lose sight of it
    anywhere = save_one(
        Access.for_user(company.qian), "account", {"name": "任意", "team": company.west.pk}
    )
    assert isinstance(anywhere, Saved)


def test_with_an_owner_the_department_follows(company: Company) -> None:
    record_id = make("account", owner=company.li)
    refused = save_one(SYSTEM, "account", {"team": company.west.pk}, record_id=record_id)
    assert isinstance(refused, Rejected)
    assert refused.problems[0].code == "team_follows_owner"
    saved = save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=record_id)
    assert isinstance(saved, Saved)
    assert belongs(record_id) == (company.zhou.pk, company.west.pk)
    # A program that sends everything back as it read it changes the owner all the same.
    again = save_one(
        SYSTEM, "account", {"owner": company.li.pk, "team": company.west.pk}, record_id=record_id
    )
    assert isinstance(again, Saved)
    assert belongs(record_id) == (company.li.pk, company.east.pk)
    newest = history(Access.for_user(company.qian), object_type("account"), record_id)[0]
    assert {one.name: (one.before, one.after) for one in newest.fields} == {
        "owner": ("周销售", "李销售"),
        "team": ("西南", "华东"),
    }


def test_without_an_owner_the_department_keeps_the_record(company: Company) -> None:
    record_id = make("account", owner=company.li)
    saved = save_one(Access.for_user(company.wang), "account", {"owner": None}, record_id=record_id)
    assert isinstance(saved, Saved), saved
    assert belongs(record_id) == (None, company.east.pk)
    lost = save_one(Access.for_user(company.wang), "account", {"team": None}, record_id=record_id)
    assert isinstance(lost, Rejected)


def test_records_stay_where_they_were_when_their_owner_moves(company: Company) -> None:
    record_id = make("account", owner=company.li, level="B")
    update_user(company.li, department=company.west)
    save_one(SYSTEM, "account", {"level": "A"}, record_id=record_id)
    assert belongs(record_id) == (company.li.pk, company.east.pk)
    # Somebody who reaches both departments brings them along.
    saved = save_one(SYSTEM, "account", {"team": "西南"}, record_id=record_id)
    assert isinstance(saved, Saved)
    assert belongs(record_id) == (company.li.pk, company.west.pk)


def test_undoing_restores_owner_and_department_as_they_were(company: Company) -> None:
    record_id = make("account", owner=company.li)
    update_user(company.li, department=company.west)
    save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=record_id)
    draft = Draft({"owner": company.li.pk, "team": company.east.pk}, record_id=record_id)
    save_records(SYSTEM, object_type("account"), [draft], source=Source("revert"))
    assert belongs(record_id) == (company.li.pk, company.east.pk)


def test_the_transfer_dialog_takes_a_person_or_a_department(company: Company) -> None:
    record_id = make("account", owner=company.li)
    client = signed_in(company.wang)
    page = client.get(f"/accounts/{record_id}/transfer/").content.decode()
    assert 'name="owner"' in page
    assert 'name="team"' in page
    url = f"/accounts/{record_id}/transfer/"
    both = {"owner": "周销售", "team": "华东", "go": "1"}
    assert client.post(url, both).status_code == 422
    assert client.post(url, {"owner": "", "team": "", "go": "1"}).status_code == 422
    assert belongs(record_id) == (company.li.pk, company.east.pk)
    far = client.post(url, {"owner": "", "team": "西南", "go": "1"})
    assert far.status_code == 422
    assert client.post(url, {"owner": "", "team": "华东", "go": "1"}).status_code == 303
    assert belongs(record_id) == (None, company.east.pk)


def test_many_records_go_to_a_department_with_the_rights_of_who_asked(company: Company) -> None:
    mine = make("account", owner=company.li, seed=1)
    theirs = make("account", owner=company.zhou, seed=2)
    change_many.func(
        user_id=company.wang.pk, request_id="", object_key="account", where=[], search="",
        ids=[mine, theirs], values={"owner": "", "team": str(company.east.pk)},
    )  # fmt: skip
    assert belongs(mine) == (None, company.east.pk)
    assert belongs(theirs) == (company.zhou.pk, company.west.pk)


def test_the_form_offers_the_department_to_those_who_may_choose_one(company: Company) -> None:
    assert 'name="team"' in signed_in(company.wang).get("/accounts/new/").content.decode()
    assert 'name="team"' not in signed_in(company.li).get("/accounts/new/").content.decode()
    client = signed_in(company.wang)
    typed = {"name": "表单里的部门客户", "owner": "", "team": "华东", "was": "{}"}
    response = client.post("/accounts/new/", typed)
    assert response.status_code == 303, response.content.decode()
    assert belongs(int(response["Location"].split("/")[2])) == (None, company.east.pk)


def test_programs_and_lists_name_a_department(company: Company) -> None:
    _token, text = issue_token(company.wang, "sync", ["account:write"], days=1)
    response = Client().post(
        "/api/v1/accounts",
        {"name": "接口客户", "team": company.east.pk},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )
    assert response.status_code == 201, response.content
    assert belongs(response.json()["id"]) == (None, company.east.pk)
    declared = object_type("account")
    offered = {field.name for field in importable_fields(Access.for_user(company.wang), declared)}
    assert "team" in offered
    offered = {field.name for field in importable_fields(Access.for_user(company.li), declared)}
    assert "team" not in offered


def test_a_list_names_the_department_of_its_rows(company: Company) -> None:
    text = "客户名称,所属部门\n甲公司,华东\n乙公司,西南\n丙公司,没有这个部门\n"
    run = upload(Access.for_user(company.wang), text)
    assert "team" in run.mapping.values()
    fates = {2: "created", 3: "rejected", 4: "rejected"}
    assert states(check(run)) == fates
    assert states(execute(run)) == fates
    assert problems(run, 3) == [("team", "out_of_reach")]
    assert problems(run, 4) == [("team", "reference")]
    record_id = run.rows.get(number=2).record_id
    assert belongs(record_id) == (None, company.east.pk)
