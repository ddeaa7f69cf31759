"""Verifying a value again and saying that it is no longer true: what it does to the score, and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.freshness.marks import State, confirm, find_wrong, latest_marks
from keqiao.quality.freshness.models import FieldMark
from keqiao.quality.scores.facts import day_number, facts_of
from keqiao.quality.scores.recount import recount
from keqiao.records.query import get_record
from keqiao.records.save import Draft, save_records
from tests.company import SYSTEM, TEST, Company, make

PHONE = {"phone": "13912345670", "position": "采购经理", "email": "zhou@boyuan-sz.cn"}


def _row(pk: int) -> Any:
    return get_record(SYSTEM, object_type("contact"), pk)


def _post(user: User, url: str, data: dict[str, str] | None = None) -> int:
    client = Client()
    client.force_login(user)
    return client.post(url, data or {}).status_code


def test_verifying_again_makes_an_old_value_fresh(company: Company, time_machine: Any) -> None:
    pk = make("contact", owner=company.li, **PHONE)
    time_machine.move_to(now() + timedelta(days=800))
    recount(object_type("contact"))
    old, version = _row(pk).quality_score, _row(pk).version
    assert _post(company.li, f"/contacts/{pk}/verify/phone/") == 303
    row = _row(pk)
    assert facts_of(row.quality_facts).on["phone"] == day_number(now())
    assert row.quality_score > old
    assert row.version == version
    told = latest_marks(object_type("contact"), pk)["phone"]
    assert (told.state, told.by) == (State.CONFIRMED, "李销售")
    assert recount(object_type("contact")).differences == 0


def test_a_dead_number_lowers_the_score_until_it_is_replaced_or_verified(company: Company) -> None:
    declared, access = object_type("contact"), Access.for_user(company.li)
    pk = make("contact", owner=company.li, **PHONE)
    before = _row(pk).quality_score
    assert find_wrong(access, declared, [pk], "phone", State.DEAD, "停机") == [pk]
    assert _row(pk).quality_score < before / 2
    assert "停机" in latest_marks(declared, pk)["phone"].told
    assert confirm(access, declared, [pk], "phone") == [pk]
    assert _row(pk).quality_score >= before


def test_nobody_judges_what_he_may_not_change_or_read(company: Company) -> None:
    pk = make("contact", owner=company.li, **PHONE)
    assert _post(company.zhou, f"/contacts/{pk}/verify/phone/") == 404
    assert _post(company.sun, f"/contacts/{pk}/verify/email/") == 403
    # The auditor sees the number only in part.
    assert _post(company.sun, f"/contacts/{pk}/wrong/phone/") == 404
    [role] = company.li.roles.all()
    set_field_right(role, "contact", "email", Right.HIDDEN)
    assert _post(company.li, f"/contacts/{pk}/verify/email/") == 404
    assert _post(company.li, f"/contacts/{pk}/verify/nothing/") == 404
    assert not FieldMark.objects.exists()


def test_an_empty_value_cannot_be_verified(company: Company) -> None:
    pk = make("contact", owner=company.li, **{**PHONE, "phone": ""})
    assert confirm(Access.for_user(company.li), object_type("contact"), [pk], "phone") == []


@pytest.mark.parametrize(("given", "kept"), [("bounced", "bounced"), ("nonsense", "bounced")])
def test_only_what_fits_the_field_can_be_found_wrong(
    company: Company, given: str, kept: str
) -> None:
    pk = make("contact", owner=company.li, **PHONE)
    assert _post(company.li, f"/contacts/{pk}/wrong/email/", {"state": given, "why": "退信"}) == 303
    mark = FieldMark.objects.get()
    assert (mark.state, mark.why, mark.by_id) == (kept, "退信", company.li.pk)


def test_what_was_found_out_stands_beside_the_value_until_it_changes(company: Company) -> None:
    pk = make("contact", owner=company.li, **PHONE)
    find_wrong(
        Access.for_user(company.li), object_type("contact"), [pk], "phone", State.DEAD, "停机"
    )
    client = Client()
    client.force_login(company.li)
    details = client.get(f"/contacts/{pk}/?tab=details").content.decode()
    assert "mark doubt" in details and "停机" in details
    declared = object_type("contact")
    save_records(SYSTEM, declared, [Draft({"phone": "13912345699"}, record_id=pk)], source=TEST)
    assert "停机" not in client.get(f"/contacts/{pk}/?tab=details").content.decode()
