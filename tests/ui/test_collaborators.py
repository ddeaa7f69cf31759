"""Collaborators: let in, extended, told before it ends, inherited from the customer, and left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.access.directory import share_record
from keqiao.access.models import Collaborator, User
from keqiao.access.reasons import reasons_to_see
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.notifications.models import Notice
from keqiao.notifications.shares import tell_ending_shares
from keqiao.records.models import ChangeEntry
from keqiao.records.outbox import dispatch_events
from keqiao.ui.dialogs import end_of_day
from tests.company import Company, make
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


def test_an_owner_extends_and_a_collaborator_leaves(company: Company) -> None:
    account = make("account", owner=company.li)
    until = now() + timedelta(hours=5)
    share_record(object_type("account"), account, company.zhou, by=company.li, expires_at=until)
    address = f"/accounts/{account}/people/"
    given = {"extend": str(company.zhou.pk), "until": "2099-01-02"}
    assert browser(company.zhou).post(address, given).status_code == 403  # he may only read
    assert browser(company.li).post(address, given).status_code == 200
    share = Collaborator.objects.get()
    assert share.expires_at is not None
    assert share.expires_at.year == 2099
    assert not share.can_write
    stranger = {"extend": str(company.zhao.pk), "until": ""}
    assert browser(company.li).post(address, stranger).status_code == 422
    left = browser(company.zhou).post(address, {"leave": "1"})
    assert left.status_code == 303
    assert left.headers["Location"] == "/accounts/"
    assert not Collaborator.objects.exists()
    record = object_type("account").model._default_manager.get(pk=account)
    assert not Access.for_user(company.zhou).allows(Action.VIEW, record)


def test_leaving_ends_nobody_elses_share(company: Company) -> None:
    account = make("account", owner=company.li)
    share_record(object_type("account"), account, company.zhou, by=company.li)
    browser(company.wang).post(f"/accounts/{account}/people/", {"leave": "1"})
    assert Collaborator.objects.count() == 1


def test_collaborators_of_the_customer_are_named_on_its_contact(company: Company) -> None:
    account = make("account", owner=company.li, name="桥东公司")
    contact = make("contact", owner=company.li, account=account)
    share_record(object_type("account"), account, company.zhou, by=company.li)
    page = browser(company.li).get(f"/contacts/{contact}/people/").content.decode()
    assert "周销售" in page
    assert "「桥东公司」" in page


def test_the_end_is_told_once_a_day_before(company: Company) -> None:
    account = make("account", owner=company.li)
    declared = object_type("account")
    share_record(declared, account, company.zhou, by=None, expires_at=now() + timedelta(hours=20))
    share_record(declared, account, company.zhao, by=None, expires_at=now() + timedelta(days=3))
    tell_ending_shares()
    tell_ending_shares()
    told = Notice.objects.filter(kind="share_ending")
    assert set(told.values_list("user_id", flat=True)) == {company.li.pk, company.zhou.pk}
    assert told.count() == 2


def test_several_are_let_in_at_once_with_a_note_to_each(company: Company) -> None:
    account = make("account", owner=company.li, name="桥东公司")
    contact = make("contact", owner=company.li, account=account)
    given = {
        "person": ["周销售", "赵客服", ""],
        "person__pick": [f"{company.zhou.pk}|周销售", "", ""],
        "can_write": "true",
        "until": "2099-01-02",
        "note": "麻烦一起\n盯一下这单",
    }
    assert browser(company.li).post(f"/accounts/{account}/people/", given).status_code == 200
    shares = Collaborator.objects.order_by("user_id")
    assert {one.user_id for one in shares} == {company.zhou.pk, company.zhao.pk}
    assert all(one.can_write and one.expires_at and not one.with_below for one in shares)
    contacts = object_type("contact").model._default_manager
    # Not ticked: the customer alone, without its contacts.
    seen = Access.for_user(company.zhou).scope(Action.VIEW, object_type("contact"))
    assert not contacts.filter(seen, pk=contact).exists()
    assert not reasons_to_see(company.zhou, contacts.get(pk=contact))
    whole = {**given, "with_below": "true"}
    browser(company.li).post(f"/accounts/{account}/people/", whole)
    seen = Access.for_user(company.zhou).scope(Action.VIEW, object_type("contact"))
    assert contacts.filter(seen, pk=contact).exists()
    assert reasons_to_see(company.zhou, contacts.get(pk=contact))
    dispatch_events()
    told = Notice.objects.filter(kind="shared", body="麻烦一起 盯一下这单")
    assert {one.user_id for one in told} == {company.zhou.pk, company.zhao.pk}
    assert told.count() == 4  # the second time nobody was new, but they were written to again
    silent = {**whole, "note": ""}
    browser(company.li).post(f"/accounts/{account}/people/", silent)
    dispatch_events()
    assert Notice.objects.filter(kind="shared").count() == 4
    log = browser(company.li).get(f"/accounts/{account}/?tab=history").content.decode()
    timeline = browser(company.li).get(f"/accounts/{account}/").content.decode()
    for page in (log, timeline):
        assert "麻烦一起 盯一下这单" in page
        assert "周销售" in page


def picked(person: User, **more: str) -> dict[str, str]:
    return {"person": person.name, "person__pick": f"{person.pk}|{person.name}", **more}


def test_who_is_let_in_again_after_his_access_ran_out_is_told(company: Company) -> None:
    account = make("account", owner=company.li)
    over = now() - timedelta(days=3)
    share_record(object_type("account"), account, company.zhou, by=company.li, expires_at=over)
    browser(company.li).post(f"/accounts/{account}/people/", picked(company.zhou))
    dispatch_events()
    assert Notice.objects.get(kind="shared").user == company.zhou


def test_who_was_let_in_gives_nobody_more_than_he_has(company: Company) -> None:
    account = make("account", owner=company.li, name="桥东公司")
    contact = make("contact", owner=company.li, account=account)
    day = timezone.localdate() + timedelta(days=3)
    share_record(
        object_type("account"), account, company.zhou, by=company.li, can_write=True,
        expires_at=end_of_day(day.isoformat()), with_below=False,
    )  # fmt: skip
    client, address = browser(company.zhou), f"/accounts/{account}/people/"
    before = Collaborator.objects.values().get()
    later, wide = (day + timedelta(days=1)).isoformat(), {"with_below": "true"}
    for given in (
        picked(company.zhou, can_write="true", **wide),
        picked(company.zhou, until=day.isoformat()),
        {"extend": str(company.zhou.pk), "until": later},
        picked(company.zhao, until=day.isoformat(), **wide),
        picked(company.zhao, until=later),
        picked(company.zhao),
    ):
        answer = client.post(address, given)
        assert answer.status_code == 422, given
        assert 'role="alert"' in answer.content.decode()
        assert Collaborator.objects.values().get() == before, given
    assert client.get(f"/contacts/{contact}/").status_code == 404
    page = client.get(address).content.decode()
    assert 'name="with_below"' not in page
    assert f'max="{day.isoformat()}"' in page
    assert 'name="extend"' not in page  # his own row; leaving is all that is offered
    assert 'name="leave"' in page
    given = picked(company.zhao, can_write="true", until=day.isoformat())
    assert client.post(address, given).status_code == 200
    share = Collaborator.objects.get(user=company.zhao)
    assert (share.can_write, share.with_below) == (True, False)
    assert share.expires_at == before["expires_at"]
    extended = client.post(address, {"extend": str(company.zhao.pk), "until": later})
    assert extended.status_code == 422
    assert client.post(address, {"leave": "1"}).status_code == 303


def test_a_share_of_the_customer_makes_no_longer_one_of_its_contact(company: Company) -> None:
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.li, account=account)
    until = now() + timedelta(hours=5)
    share_record(
        object_type("account"), account, company.zhou, by=company.li, can_write=True,
        expires_at=until,
    )  # fmt: skip
    address = f"/contacts/{contact}/people/"
    for person in (company.zhou, company.zhao):
        answer = browser(company.zhou).post(address, picked(person, can_write="true"))
        assert answer.status_code == 422
    assert Collaborator.objects.count() == 1
    # The last day he has himself means: until his own access ends on it.
    day = timezone.localdate(until).isoformat()
    given = picked(company.zhao, until=day, with_below="true")
    assert browser(company.zhou).post(address, given).status_code == 200
    assert Collaborator.objects.get(user=company.zhao).expires_at == until


def test_an_owner_who_was_let_in_once_gives_what_he_likes(company: Company) -> None:
    account = make("account", owner=company.li)
    until = now() + timedelta(hours=5)
    share_record(
        object_type("account"), account, company.li, by=company.wang, can_write=True,
        expires_at=until, with_below=False,
    )  # fmt: skip
    given = picked(company.zhao, with_below="true")
    address = f"/accounts/{account}/people/"
    assert browser(company.li).post(address, given).status_code == 200
    share = Collaborator.objects.get(user=company.zhao)
    assert (share.with_below, share.expires_at) == (True, None)


def test_ending_what_is_over_already_leaves_no_line(company: Company) -> None:
    account = make("account", owner=company.li)
    share_record(object_type("account"), account, company.zhou, by=company.li)
    for _again in range(2):
        browser(company.li).post(f"/accounts/{account}/people/", {"end": str(company.zhou.pk)})
    lines = ChangeEntry.objects.filter(action="share", after__has_key="end")
    assert lines.count() == 1


def test_a_name_that_fits_nobody_is_said_and_nobody_is_let_in(company: Company) -> None:
    account = make("account", owner=company.li)
    given = {"person": ["周销售", "王二麻子"], "person__pick": ["", ""], "note": "请看"}
    answer = browser(company.li).post(f"/accounts/{account}/people/", given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "王二麻子" in page
    assert "请看" in page  # what was typed is still there
    assert not Collaborator.objects.exists()


def test_who_was_let_in_changes_only_what_he_gave(company: Company) -> None:
    account = make("account", owner=company.li)
    declared = object_type("account")
    share_record(declared, account, company.zhou, by=company.li, can_write=True)
    share_record(declared, account, company.zhao, by=company.li, can_write=True)
    client, address = browser(company.zhou), f"/accounts/{account}/people/"
    for given in ({"end": str(company.zhao.pk)}, picked(company.zhao)):
        answer = client.post(address, given)
        assert answer.status_code == 422 and "赵客服" in answer.content.decode()
        assert Collaborator.objects.get(user=company.zhao).can_write
    client.post(address, picked(company.sun))
    assert Collaborator.objects.filter(user=company.sun).exists()
    client.post(address, {"end": str(company.sun.pk)})
    assert not Collaborator.objects.filter(user=company.sun).exists()
    browser(company.li).post(address, {"end": str(company.zhao.pk)})
    assert not Collaborator.objects.filter(user=company.zhao).exists()


def test_what_was_chosen_is_still_there_when_a_share_is_refused(company: Company) -> None:
    account = make("account", owner=company.li)
    address = f"/accounts/{account}/people/"
    zhou, zhao = f"{company.zhou.pk}|周销售", f"{company.zhao.pk}|赵客服"
    given = {
        "person": ["周销售", "赵客服", "王二麻子"],
        "person__pick": [zhou, zhao, ""],
        "can_write": "true",
        "until": "2099-01-02",
        "note": "请看",
    }
    answer = browser(company.li).post(address, given)
    assert answer.status_code == 422
    page = answer.content.decode()
    for picked_one in (zhou, zhao):
        assert page.count(f'name="person__pick" value="{picked_one}"') == 1
    for name in (*given["person"], ""):  # and an empty box for one more
        assert page.count(f'name="person" value="{name}"') == 1
    assert '<option value="true" selected' in page
    assert 'name="until" value="2099-01-02"' in page
    assert 'name="with_below" value="true"' in page
    assert 'name="with_below" value="true" checked' not in page
    # Sent again as it stands, without the stranger, it does what was meant.
    again = {**given, "person": ["周销售", "赵客服", ""]}
    assert browser(company.li).post(address, again).status_code == 200
    assert Collaborator.objects.count() == 2
    fresh = browser(company.li).get(address).content.decode()
    assert zhou not in fresh and "请看" not in fresh


def test_a_day_that_was_refused_stays_in_its_own_line(company: Company) -> None:
    account = make("account", owner=company.li)
    share_record(object_type("account"), account, company.zhou, by=company.li)
    given = {"extend": str(company.zhou.pk), "until": "2001年"}
    answer = browser(company.li).post(f"/accounts/{account}/people/", given)
    assert answer.status_code == 422
    assert answer.content.decode().count('value="2001年"') == 1


def test_a_transfer_that_was_refused_still_names_the_new_owner(company: Company) -> None:
    account = make("account", owner=company.li)
    zhou = f"{company.zhou.pk}|周销售"
    given = {"go": "1", "owner": "周销售", "owner__pick": zhou, "stays": "read", "stays_until": "x"}
    answer = browser(company.wang).post(f"/accounts/{account}/transfer/", given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'name="owner__pick" value="{zhou}"' in page
    assert 'name="owner" value="周销售"' in page
