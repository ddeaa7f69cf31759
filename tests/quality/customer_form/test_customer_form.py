"""A customer answers by a link: what he sends waits for a colleague, and the link opens nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from keqiao.access.access import Access
from keqiao.access.models import Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.customer_form.links import askable_fields, form_at, make_form
from keqiao.quality.customer_form.models import CustomerForm
from keqiao.quality.customer_form.public import A_MINUTE
from keqiao.quality.review.known import rule_for_customers, rules_changed
from keqiao.quality.review.models import PendingChange
from keqiao.records.drafts import Source
from keqiao.records.models import ChangeEntry
from tests.company import Company, make

CONTACT = object_type("contact")
OLD, NEW = "13800138001", "13900139002"
USCC = "91350100M000100Y43"


def stored(pk: int, key: str = "contact") -> Any:
    return object_type(key).model._default_manager.get(pk=pk)


@pytest.fixture
def contact(company: Company) -> int:
    cache.clear()
    return make("contact", seed=1, owner=company.li, phone=OLD, note="不给外人看的备注")


def ask(company: Company, pk: int, *names: str, shows_values: bool = False) -> str:
    access = Access.for_user(company.li)
    _form, token = make_form(
        access, CONTACT, stored(pk), names or ("phone", "position"), days=7,
        shows_values=shows_values, source=Source("form"),
    )  # fmt: skip
    return token


def desk(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_answer_waits_for_whoever_asked_and_is_written_only_then(
    company: Company, contact: int
) -> None:
    token, customer = ask(company, contact), Client(enforce_csrf_checks=False)
    page = customer.get(f"/f/{token}/")
    assert page.status_code == 200
    assert "script" not in page.content.decode()
    assert page["Content-Security-Policy"].startswith("default-src 'none'")
    assert OLD not in page.content.decode(), "only what was asked for, and not what we have"
    answer = customer.post(f"/f/{token}/", {"phone": NEW, "position": "采购部经理"})
    assert (answer.status_code, answer["Location"]) == (302, "/f/thanks/")
    assert stored(contact).phone != "+86" + NEW, "nothing is written before somebody has looked"
    pending = PendingChange.objects.get()
    assert (pending.source, pending.record_id, pending.maker_id) == (
        "customer", contact, company.li.pk,
    )  # fmt: skip
    assert CustomerForm.objects.get().pending_id == pending.pk
    assert desk(company.zhou).get(f"/quality/review/{pending.pk}/").status_code == 404
    choices = {f"choice-{name}": "accept" for name in pending.checked}
    given = {"item": pending.pk, "decision": "accept", **choices}
    desk(company.li).post("/quality/queue/review/", given)
    assert stored(contact).phone.endswith(NEW)
    line = ChangeEntry.objects.filter(record_id=contact, action="change").latest("pk")
    assert line.source == "customer_answer"
    assert "李销售" in line.actor_name


def test_an_inactive_rule_of_the_company_opens_no_way_around(
    company: Company, contact: int
) -> None:
    rule = rule_for_customers("contact")
    rule.is_active = False
    rule.save()
    rules_changed()
    Client().post(f"/f/{ask(company, contact)}/", {"phone": NEW})
    assert PendingChange.objects.count() == 1
    assert not stored(contact).phone.endswith(NEW)


def test_what_we_have_is_shown_masked_and_only_on_wish(company: Company, contact: int) -> None:
    page = Client().get(f"/f/{ask(company, contact, shows_values=True)}/").content.decode()
    assert OLD not in page
    assert "8001" in page, "enough to recognise it"
    assert "8001" not in Client().get(f"/f/{ask(company, contact)}/").content.decode()


@pytest.mark.parametrize("way", ["tampered", "cut", "other", "unsigned", "long", "empty"])
def test_no_other_address_opens_anything(company: Company, contact: int, way: str) -> None:
    token, number = ask(company, contact), CustomerForm.objects.get().pk
    body, _colon, signature = token.rpartition(":")
    addresses = {
        "tampered": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "cut": token[:-5],
        "other": f"{number + 1}{body[len(str(number)) :]}:{signature}",
        "unsigned": body,
        "long": token * 40,
        "empty": ":",
    }
    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"/f/{addresses[way]}/", {"phone": NEW})
        assert answer.status_code == 404
    assert not PendingChange.objects.exists()


def test_a_link_is_used_once_and_ends(company: Company, contact: int) -> None:
    used = ask(company, contact)
    assert Client().post(f"/f/{used}/", {"phone": NEW}).status_code == 302
    assert Client().post(f"/f/{used}/", {"phone": OLD}).status_code == 404, "no replay"
    expired = ask(company, contact)
    CustomerForm.objects.filter(answered_at=None).update(expires_at=now() - timedelta(seconds=1))
    revoked = ask(company, contact)
    form = CustomerForm.objects.latest("pk")
    closing = f"/contacts/{contact}/ask-customer/{form.pk}/close/"
    assert desk(company.zhou).post(closing).status_code in (403, 404), "not his record"
    assert form_at(revoked) is not None
    desk(company.li).post(closing)
    texts = {Client().get(f"/f/{one}/").content.decode() for one in (used, expired, revoked)}
    pages = {re.sub(r'value="[^"]*"', "", text) for text in texts}
    assert len(pages) == 1, "why it is closed is nobody's business"
    assert PendingChange.objects.count() == 1


def test_other_fields_are_not_read_and_texts_have_an_end(company: Company, contact: int) -> None:
    token = ask(company, contact, "position")
    huge = Client().post(f"/f/{token}/", {"position": "长" * 50_000})
    assert huge.status_code == 422
    assert Client().post(f"/f/{token}/", {"note": "被改了", "owner": "1"}).status_code == 422
    sent = {"position": "经\x00理", "note": "被改了", "owner": company.zhou.pk, "phone": NEW}
    assert Client().post(f"/f/{token}/", sent).status_code == 302
    assert list(PendingChange.objects.get().values) == ["position"]


def test_wrong_answers_are_told_and_the_link_stays_open(company: Company, contact: int) -> None:
    token = ask(company, contact)
    answer = Client().post(f"/f/{token}/", {"phone": "abc"})
    assert answer.status_code == 422
    assert 'value="abc"' in answer.content.decode()
    assert Client().post(f"/f/{token}/", {"phone": NEW}).status_code == 302


def test_a_customer_never_learns_whom_we_know(company: Company, contact: int) -> None:
    make("contact", seed=2, owner=company.zhou, phone=NEW)
    answer = Client().post(f"/f/{ask(company, contact)}/", {"phone": NEW})
    assert (answer.status_code, answer["Location"]) == (302, "/f/thanks/")


def test_an_answer_another_record_holds_is_kept_for_whoever_asked(company: Company) -> None:
    cache.clear()
    make("account", seed=1, owner=company.zhou, name="苏州甲厂", uscc=USCC)
    pk = make("account", seed=2, owner=company.li, name="苏州乙厂", uscc="")
    access = Access.for_user(company.li)
    _form, token = make_form(
        access, object_type("account"), stored(pk, "account"), ("uscc",), days=7,
        shows_values=False, source=Source("form"),
    )  # fmt: skip
    answer = Client().post(f"/f/{token}/", {"uscc": USCC})
    assert answer["Location"] == "/f/thanks/", "a customer never learns whom we know"
    assert stored(pk, "account").uscc == "" and not PendingChange.objects.exists()
    page = desk(company.li).get(f"/accounts/{pk}/ask-customer/").content.decode()
    assert USCC in page and "另一条记录" in page
    assert "苏州甲厂" not in page
    role = company.li.roles.get()
    set_field_right(role, "account", "uscc", Right.MASKED)
    assert USCC not in desk(company.li).get(f"/accounts/{pk}/ask-customer/").content.decode()


def test_rights_that_are_taken_close_the_link(company: Company, contact: int) -> None:
    token = ask(company, contact, "phone", "position")
    sales = Role.objects.get(key="sales")
    set_field_right(sales, "contact", "phone", Right.MASKED)
    assert 'name="phone"' not in Client().get(f"/f/{token}/").content.decode()
    assert "phone" not in askable_fields(Access.for_user(company.li), CONTACT)
    CONTACT.model._default_manager.filter(pk=contact).update(owner=company.zhou.pk)
    assert Client().get(f"/f/{token}/").status_code == 404
    company.li.is_active = False
    company.li.save()
    assert Client().get(f"/f/{token}/").status_code == 404


def test_secrets_and_masked_fields_cannot_be_asked_for(company: Company, contact: int) -> None:
    names = askable_fields(Access.for_user(company.li), CONTACT)
    assert "id_number" not in names and "owner" not in names and "account" not in names
    page = desk(company.li).post(
        f"/contacts/{contact}/ask-customer/", {"fields": ["id_number", "owner"], "days": "7"}
    )
    assert page.status_code == 422
    assert not CustomerForm.objects.exists()
    assert desk(company.sun).get(f"/contacts/{contact}/ask-customer/").status_code == 403
    assert desk(company.zhou).get(f"/contacts/{contact}/ask-customer/").status_code == 404


def test_how_we_sort_customers_and_what_we_remark_is_not_shown_to_them(company: Company) -> None:
    access = Access.for_user(company.li)
    account = set(askable_fields(access, object_type("account")))
    assert account >= {"name", "phone", "email", "address", "uscc"}
    assert not account & {"level", "source_channel", "account_type", "note", "tags", "owner"}


def test_the_link_is_shown_once_with_a_mail_to_send(company: Company, contact: int) -> None:
    address = f"/contacts/{contact}/ask-customer/"
    made = desk(company.li).post(address, {"fields": ["phone"], "days": "99"}).content.decode()
    token = re.search(r"/f/([^/\"<]+)/", made)
    assert token and form_at(token.group(1)) is not None
    assert "mailto:" in made
    again = desk(company.li).get(address).content.decode()
    assert "/f/" not in again, "only its digest is kept"
    form = CustomerForm.objects.get()
    assert form.expires_at <= now() + timedelta(days=30)
    assert ChangeEntry.objects.filter(record_id=contact, action="form_link").count() == 1


def test_guessing_is_slow(company: Company, contact: int) -> None:
    client = Client()
    codes = [client.get(f"/f/{number}/").status_code for number in range(A_MINUTE * 2 + 2)]
    assert codes[0] == 404
    assert codes[-1] == 429
