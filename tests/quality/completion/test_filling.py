"""Empty fields are filled from what other values tell: previewed, by right, marked as filled, undone."""

from __future__ import annotations

from typing import Any

from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.quality.completion.filling import fill_in, preview, usable_rules
from keqiao.quality.freshness.marks import confirm
from keqiao.quality.scores.arithmetic import Dimension
from keqiao.quality.scores.expectations import expectations
from keqiao.quality.scores.facts import facts_of
from keqiao.quality.scores.measuring import parts_of
from keqiao.quality.scores.recount import recount
from keqiao.records.query import get_record
from tests.company import SYSTEM, Company, make

BLANK = {"region": "", "address": "", "uscc": "", "phone": ""}


def _row(key: str, pk: int) -> Any:
    return get_record(SYSTEM, object_type(key), pk)


def _fill(user: User, key: str, name: str) -> dict[str, Any]:
    result: dict[str, Any] = fill_in.func(
        user_id=user.pk, request_id="r1", object_key=key, where=[f"{name}:is_empty"], search="",
        ids=None, name=name,
    )  # fmt: skip
    return result


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_surest_rule_wins_and_nothing_is_overwritten(company: Company) -> None:
    by_address = make("account", owner=company.li, **{**BLANK, "address": "江苏省苏州市星湖街 8 号",
                                                     "phone": "010-62881234"})  # fmt: skip
    by_phone = make("account", owner=company.li, seed=2, **{**BLANK, "phone": "0512-62881234"})
    by_mobile = make("account", owner=company.li, seed=3, **{**BLANK, "phone": "13912345670"})
    filled = make("account", owner=company.li, seed=4, **{**BLANK, "region": "110000",
                                                         "phone": "0512-62881235"})  # fmt: skip
    assert _fill(company.li, "account", "region")["changed"] == 2
    assert _row("account", by_address).region[:4] == "3205"
    assert _row("account", by_phone).region[:4] == "3205"
    assert _row("account", by_mobile).region == ""
    assert _row("account", filled).region == "110000"


def test_what_is_filled_in_counts_half_until_it_is_confirmed(company: Company) -> None:
    pk = make("account", owner=company.li, **{**BLANK, "phone": "0512-62881234"})
    declared = object_type("account")

    def reached() -> int:
        row = _row("account", pk)
        facts = facts_of(row.quality_facts)
        return parts_of(row, expectations(declared), facts, 20_000)[Dimension.COMPLETENESS].reached

    empty = reached()
    _fill(company.li, "account", "region")
    assert reached() == empty + 1
    assert facts_of(_row("account", pk).quality_facts).half == ["region"]
    assert recount(declared).differences == 0
    confirm(SYSTEM, declared, [pk], "region")
    assert reached() == empty + 2


def test_a_contact_takes_the_region_of_its_account_where_one_may_see_it(company: Company) -> None:
    mine = make("account", owner=company.li, **{**BLANK, "region": "320500"})
    theirs = make("account", owner=company.zhou, seed=2, **{**BLANK, "region": "510100"})
    first = make("contact", owner=company.li, account=mine, region="", address="", phone="")
    second = make(
        "contact", owner=company.li, seed=2, account=theirs, region="", address="", phone=""
    )
    assert _fill(company.li, "contact", "region")["changed"] == 1
    assert _row("contact", first).region == "320500"
    assert _row("contact", second).region == ""


def test_only_records_one_may_change_are_filled(company: Company) -> None:
    pk = make("account", owner=company.zhou, **{**BLANK, "phone": "0512-62881234"})
    assert preview(Access.for_user(company.li), object_type("account"), "region") == ([], 0)
    assert _fill(company.li, "account", "region")["changed"] == 0
    assert _row("account", pk).region == ""


def test_a_source_out_of_sight_tells_nothing(company: Company) -> None:
    [role] = company.li.roles.all()
    set_field_right(role, "account", "phone", Right.HIDDEN)
    set_field_right(role, "account", "address", Right.MASKED)
    access = Access.for_user(company.li)
    sources = {rule.source for rule in usable_rules(access, object_type("account"))}
    assert sources == {"uscc", "email"}
    set_field_right(role, "account", "region", Right.READ)
    set_field_right(role, "account", "email", Right.MASKED)
    assert usable_rules(Access.for_user(company.li), object_type("account")) == []


def test_the_page_shows_examples_and_starts_the_work(company: Company) -> None:
    make("account", owner=company.li, **{**BLANK, "name": "苏州博远精密机械有限公司",
                                         "phone": "0512-62881234"})  # fmt: skip
    client = _client(company.li)
    page = client.get("/quality/completion/").content.decode()
    assert "苏州博远精密机械有限公司" in page and "苏州" in page
    assert (
        client.post("/quality/completion/", {"object": "account", "field": "note"}).status_code
        == 400
    )
    answer = client.post("/quality/completion/", {"object": "account", "field": "region"})
    assert answer.status_code == 303 and answer["Location"].startswith("/jobs/")
    assert _client(company.sun).get("/quality/completion/").status_code == 403


def test_what_was_filled_in_can_be_taken_back(company: Company) -> None:
    pk = make("account", owner=company.li, **{**BLANK, "phone": "0512-62881234"})
    before, client = _row("account", pk).quality_score, _client(company.li)
    client.post("/quality/completion/", {"object": "account", "field": "region"})
    run_worker(once=True)
    assert _row("account", pk).region[:4] == "3205"
    job = Job.objects.latest("pk")
    assert f"/jobs/{job.pk}/undo/" in client.get(f"/jobs/{job.pk}/").content.decode()
    assert client.post(f"/jobs/{job.pk}/undo/", HTTP_HX_REQUEST="true").status_code == 200
    run_worker(once=True)
    row = _row("account", pk)
    assert (row.region, row.quality_score) == ("", before)
    assert facts_of(row.quality_facts).half == []
    assert _client(company.wang).get(f"/jobs/{job.pk}/undo/").status_code in {403, 404}


def test_the_page_is_in_the_menu_of_whoever_may_fill_in(company: Company) -> None:
    assert "/quality/completion/" in _client(company.qian).get("/").content.decode()
    assert "/quality/completion/" not in _client(company.sun).get("/").content.decode()


def test_the_companys_own_mail_domain_names_its_site_and_a_providers_does_not(
    company: Company,
) -> None:
    own = make("account", seed=21, owner=company.li, email="info@boyuan-tech.cn", website="")
    common = make("account", seed=22, owner=company.li, email="boyuan@163.com", website="")
    assert _fill(company.li, "account", "website")["changed"] == 1
    assert "boyuan-tech.cn" in _row("account", own).website
    assert _row("account", common).website == ""


def test_siblings_fill_what_all_of_them_agree_on(company: Company) -> None:
    where = {"region": "", "owner": company.li}
    one = make("account", seed=31, owner=company.li, **BLANK)
    two = make("account", seed=32, owner=company.li, **BLANK)
    for number, (account, address) in enumerate(
        [(one, "星湖街 8 号"), (one, "星湖街 8 号"), (two, "中山路 1 号"), (two, "人民路 2 号")]
    ):
        make("contact", seed=40 + number, account=account, address=address, **where)
    agreed = make("contact", seed=50, account=one, address="", **where)
    differing = make("contact", seed=51, account=two, address="", **where)
    assert _fill(company.li, "contact", "address")["changed"] == 1
    assert _row("contact", agreed).address == _row("contact", agreed).address != ""
    assert _row("contact", differing).address == "", "where they differ nothing is invented"
    assert "address" in facts_of(_row("contact", agreed).quality_facts).half


def test_what_others_do_not_see_fills_nothing(company: Company) -> None:
    """A colleague's contact of the same customer is out of reach: its address is not told by a rule."""
    account = make("account", seed=61, owner=company.zhou, **BLANK)
    make("contact", seed=62, account=account, owner=company.zhou, address="星湖街 8 号")
    mine = make("contact", seed=63, account=account, owner=company.li, address="", region="")
    declared = object_type("contact")
    assert preview(Access.for_user(company.li), declared, "address")[0] == []
    assert [one.record.pk for one in preview(SYSTEM, declared, "address")[0]] == [mine]


def test_identity_numbers_are_read_only_where_the_company_says_so(company: Company) -> None:
    number = "11010519491231002X"
    pk = make("contact", seed=71, owner=company.li, id_number=number, birthday=None, gender="")
    declared, access = object_type("contact"), Access.for_user(company.li)
    names = {rule.target.name for rule in usable_rules(access, declared)}
    assert not names & {"birthday", "gender"}
    desk = _client(company.li)
    address = "/quality/completion/"
    given = {"do": "identity", "object": "contact", "uses_identity": "on"}
    assert desk.post(address, given).status_code == 403
    assert _client(company.qian).post(address, given).status_code in (302, 303)
    assert _fill(company.li, "contact", "birthday")["changed"] == 1
    assert _fill(company.li, "contact", "gender")["changed"] == 1
    row = _row("contact", pk)
    assert (str(row.birthday), row.gender) == ("1949-12-31", "female")
    masked = {rule.target.name for rule in usable_rules(Access.for_user(company.sun), declared)}
    assert not masked & {"birthday", "gender"}, "who may not read the number fills nothing from it"


def test_a_company_asks_at_a_level_for_what_must_be_known_before(company: Company) -> None:
    """“No A customer without a credit code” is a standard of the company; the form asks for the field."""
    from keqiao.base.clock import now
    from keqiao.quality.standards.known import standards_changed
    from keqiao.quality.standards.models import StandardRule
    from keqiao.records.drafts import Rejected, Saved
    from tests.company import save_one

    StandardRule.objects.create(
        object_key="account", name="A 级客户须有信用代码", field="uscc", severity="error",
        where={"field": "uscc", "operator": "is_empty"},
        scope={"field": "level", "operator": "any_of", "value": ["A"]},
        message_zh="升为 A 级前请填写统一社会信用代码。", is_active=True, changed_at=now(),
    )  # fmt: skip
    standards_changed()
    pk = make("account", seed=81, owner=company.li, uscc="", level="C")
    access = Access.for_user(company.li)
    refused = save_one(access, "account", {"level": "A"}, record_id=pk)
    assert isinstance(refused, Rejected)
    assert [one.field for one in refused.problems] == ["uscc"]
    given = {"level": "A", "uscc": "91350100M000100Y43"}
    assert isinstance(save_one(access, "account", given, record_id=pk), Saved)
