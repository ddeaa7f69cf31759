"""A held entry on every road: form, cell, API, import; each says what became of it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.tokens import issue_token
from keqiao.customers.account import ACCOUNT
from keqiao.importing.command import run_import_command
from keqiao.importing.models import RowState
from keqiao.importing.reverting import revert_run
from keqiao.quality.review.models import PendingChange, PendingState
from keqiao.records.query import get_record, records
from tests.company import SYSTEM, Company, make
from tests.importing.helpers import adds_up, check, execute, states, upload
from tests.quality.review.rules import enter, only_pending, review_rule

LIST = "客户名称,电话\n苏州博远科技有限公司,0512-62881234\n无锡银行股份有限公司,0510-82881234\n"
BANKS = {"field": "name", "operator": "contains", "value": "银行"}


def _desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_form_says_that_the_entry_waits(company: Company) -> None:
    review_rule(company.wang)
    client = _desk(company.li)
    answer = client.post(
        "/accounts/new/", {"name": "苏州博远科技有限公司", "was": "{}"}, follow=True
    )
    assert "等待第二人审核" in answer.content.decode()
    assert only_pending().maker_id == company.li.pk


def test_a_cell_shows_the_old_value_and_says_so(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    answer = _desk(company.li).post(
        f"/accounts/{pk}/cell/name/",
        {"name": "苏州新名有限公司", "version": "1", "was": "{}"},
        headers={"HX-Request": "true"},
    )
    assert "苏州旧名有限公司" in answer.content.decode()
    assert "审核" in json.loads(answer.headers["HX-Trigger"])["toast"]["text"]


def test_the_record_tells_whoever_may_know_that_a_change_waits(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    enter(company.li, {"name": "苏州新名有限公司"}, record_id=pk)
    told = "有待审核的修改"
    assert told in _desk(company.li).get(f"/accounts/{pk}/").content.decode()
    assert told in _desk(company.wang).get(f"/accounts/{pk}/").content.decode()
    # The auditor sees the record, but may not change it and reviews nothing.
    assert told not in _desk(company.sun).get(f"/accounts/{pk}/").content.decode()


@pytest.fixture
def headers(company: Company) -> dict[str, str]:
    _token, secret = issue_token(company.li, "ERP", ["*:write"], days=1)
    return {"Authorization": f"Bearer {secret}"}


def test_the_api_answers_202_with_the_number_of_the_entry(
    company: Company, headers: dict[str, str]
) -> None:
    review_rule(company.wang)
    answer = Client().post(
        "/api/v1/accounts", {"name": "苏州博远科技有限公司"},
        content_type="application/json", headers=headers,
    )  # fmt: skip
    address = f"/api/v1/pending-changes/{only_pending().pk}"
    told = {"pending_id": only_pending().pk, "state_url": address}
    assert (answer.status_code, answer.json(), answer["Location"]) == (202, told, address)
    assert only_pending().maker_name == "李销售 · ERP"
    batch = Client().post(
        "/api/v1/accounts/bulk", {"items": [{"name": "无锡商贸有限公司"}]},
        content_type="application/json", headers=headers,
    ).json()  # fmt: skip
    assert (batch["saved"], batch["held"], batch["refused"]) == (0, 1, 0)
    assert batch["results"][0]["status"] == 202


def test_a_program_asks_what_became_of_what_it_sent_and_nobody_else_learns_it(
    company: Company, headers: dict[str, str]
) -> None:
    review_rule(company.wang)
    values = {"name": "苏州博远科技有限公司"}
    sent = Client().post(
        "/api/v1/accounts", values, content_type="application/json", headers=headers
    ).json()  # fmt: skip
    address = sent["state_url"]
    told = Client().get(address, headers=headers).json()
    assert (told["state"], told["object"], told["record_id"]) == ("waiting", "account", None)
    assert "博远" not in str(told), "only what became of it is told, no values"
    for stranger, status in ((company.zhou, 404), (company.wang, 200)):
        _token, secret = issue_token(stranger, "x", ["*:write"], days=1)
        theirs = {"Authorization": f"Bearer {secret}"}
        assert Client().get(address, headers=theirs).status_code == status
    assert Client().get(address).status_code == 401
    assert Client().get("/api/v1/pending-changes/999999", headers=headers).status_code == 404
    desk = _desk(company.wang)
    checked = {f"choice-{name}": "accept" for name in only_pending().checked}
    desk.post(
        "/quality/queue/review/", {"item": only_pending().pk, "decision": "accept", **checked}
    )
    told = Client().get(address, headers=headers).json()
    assert told["state"] == "accepted"
    assert records(SYSTEM, ACCOUNT).get().pk == told["record_id"]
    assert told["fields"]["name"] == {"accepted": True, "reason": ""}


def test_an_import_that_is_undone_withdraws_what_it_left_waiting(company: Company) -> None:
    review_rule(company.wang, filter=BANKS)
    done = execute(upload(Access.for_user(company.li), LIST))
    other = execute(upload(Access.for_user(company.li), LIST.replace("无锡", "常州")))
    revert_run(done.pk, company.li.pk, lambda _done, _total: None)
    kept = {one.title: one.state for one in PendingChange.objects.all()}
    assert kept == {"无锡银行股份有限公司": "withdrawn", "常州银行股份有限公司": "waiting"}
    assert states(done)[3] == RowState.REVERTED
    assert states(other)[3] == RowState.HELD


def test_an_import_counts_held_rows_and_still_adds_up(company: Company) -> None:
    review_rule(company.wang, filter=BANKS)
    run = upload(Access.for_user(company.li), LIST)
    checked = check(run)
    assert (checked.created, checked.held, adds_up(checked)) == (1, 1, True)
    done = execute(run)
    assert states(done) == {2: RowState.CREATED, 3: RowState.HELD}
    assert (done.created, done.held, done.errors, adds_up(done)) == (1, 1, 0, True)
    assert records(SYSTEM, ACCOUNT).count() == 1
    assert only_pending().title == "无锡银行股份有限公司"
    page = _desk(company.li).get(f"/import/{done.pk}/").content.decode()
    assert "待审核" in page


def test_the_command_line_counts_them_among_what_did_not_come_in(
    company: Company, tmp_path
) -> None:
    review_rule(company.wang, filter=BANKS)
    path = tmp_path / "名单.csv"
    path.write_text(LIST)
    told = run_import_command(str(path), "account")
    assert (told["created"], told["rejected"], told["held"]) == (1, 1, 1)
    assert told["rows_read"] == sum(
        told[name] for name in ("created", "updated", "duplicates", "rejected")
    )
    assert only_pending().maker_id is None
    desk = _desk(company.wang)
    desk.post(
        "/quality/queue/review/",
        {"item": only_pending().pk, "decision": "accept", "choice-name": "accept"},
    )
    assert records(SYSTEM, ACCOUNT).count() == 2


# --- the desk and what comes back -----------------------------------------------------------------


def test_the_desk_shows_before_and_after_and_writes_what_is_accepted(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    enter(company.li, {"name": "苏州新名有限公司", "note": "电话确认"}, record_id=pk)
    client = _desk(company.wang)
    page = client.get("/quality/queue/review/").content.decode()
    for text in ("苏州旧名有限公司", "苏州新名有限公司", "电话确认", "李销售", "新客户复核"):
        assert text in page, text
    answer = client.post(
        "/quality/queue/review/",
        {"item": only_pending().pk, "decision": "accept", "choice-name": "accept", "revision": "1"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州新名有限公司"
    client.post(
        "/quality/queue/review/", {"decision": "undo", "last": only_pending().pk, "done": 1}
    )
    assert get_record(SYSTEM, ACCOUNT, pk).name == "苏州旧名有限公司"


def test_a_field_that_somebody_else_changed_is_not_accepted_by_default(company: Company) -> None:
    pk = make("account", owner=company.li, name="苏州旧名有限公司")
    review_rule(company.wang)
    enter(company.li, {"name": "苏州新名有限公司"}, record_id=pk)
    enter(company.qian, {"note": "x"}, record_id=pk)
    from tests.company import save_one

    save_one(SYSTEM, "account", {"name": "苏州别名有限公司"}, record_id=pk)
    page = _desk(company.wang).get("/quality/queue/review/").content.decode()
    assert "苏州别名有限公司" in page
    assert " checked" not in page.split('name="choice-name"')[1].split(">")[0]


def test_what_was_sent_back_is_corrected_and_sent_again(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, {"name": "苏州博原科技有限公司", "note": "展会认识"})
    reviewer, maker = _desk(company.wang), _desk(company.li)
    pending = only_pending()
    reviewer.post(
        "/quality/queue/review/",
        {"item": pending.pk, "decision": "dismiss", "reason": "应为博远"},
    )
    page = maker.get(f"/quality/review/{pending.pk}/correct/").content.decode()
    assert "应为博远" in page
    assert "苏州博原科技有限公司" in page
    maker.post(
        f"/quality/review/{pending.pk}/correct/",
        {"name": "苏州博远科技有限公司", "note": "展会认识", "was": "{}"},
    )
    again = PendingChange.objects.get(state=PendingState.WAITING)
    assert (again.follows_id, again.values["name"]) == (pending.pk, "苏州博远科技有限公司")
    assert PendingChange.objects.get(pk=pending.pk).state == PendingState.RESENT


def test_a_withdrawn_entry_can_no_longer_be_decided(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, {"name": "苏州博远科技有限公司"})
    pk = only_pending().pk
    _desk(company.zhou).post(f"/quality/review/{pk}/withdraw/")
    assert only_pending().state == PendingState.WAITING
    _desk(company.li).post(f"/quality/review/{pk}/withdraw/")
    assert only_pending().state == PendingState.WITHDRAWN
    answer = _desk(company.wang).post(
        "/quality/queue/review/", {"item": pk, "decision": "accept", "choice-name": "accept"}
    )
    assert answer.status_code == 422


def test_pages_of_an_entry_exist_for_its_people_alone(company: Company) -> None:
    review_rule(company.wang)
    enter(company.li, {"name": "苏州博远科技有限公司"})
    address = f"/quality/review/{only_pending().pk}/"
    answers = {one.username: _desk(one).get(address).status_code for one in company.everybody}
    assert {name for name, code in answers.items() if code == 200} == {"li", "wang", "qian"}
    assert set(answers.values()) == {200, 404}
    assert _desk(company.zhou).get("/quality/queue/review/").status_code == 404
    assert "苏州博远" not in _desk(company.zhou).get("/quality/review/").content.decode()


def test_a_rule_is_tried_out_before_it_holds_anything(company: Company) -> None:
    enter(company.li, {"name": "无锡银行股份有限公司"})
    enter(company.li, {"name": "苏州博远科技有限公司"})
    client = _desk(company.qian)
    form = {
        "object": "account", "name": "银行客户复核", "sources": ["form"], "roles": [],
        "users__pick": [f"{company.wang.pk}|王经理"], "users": ["王经理"],
        "node": ["1:0:line"], "field-1": "name", "operator-1": "contains", "value-1": "银行",
        "is_active": "on",
    }  # fmt: skip
    tried = client.post("/settings/review-rules/new/", {**form, "do": "try"})
    assert "过去 30 天的 2 次录入中，有 1 次会被暂存" in tried.content.decode()
    from keqiao.quality.review.models import ReviewRule

    assert not ReviewRule.objects.exists()
    client.post("/settings/review-rules/new/", {**form, "do": "save"})
    rule = ReviewRule.objects.get()
    assert rule.reviewers == {"users": [company.wang.pk], "departments": [], "roles": []}
    assert client.get(f"/settings/review-rules/{rule.pk}/").status_code == 200
    assert client.get("/settings/review-rules/").status_code == 200
    enter(company.li, {"name": "常熟银行"})
    assert only_pending().rule_id == rule.pk
    assert _desk(company.li).get("/settings/review-rules/").status_code == 403
