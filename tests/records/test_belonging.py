"""The owner of a customer sees what is made on it, and so do those let in to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Q

from keqiao.access.access import Access, Lens
from keqiao.access.models import Collaborator, User
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.filter import Condition, FilterProblem
from keqiao.catalog.registry import object_type
from keqiao.records import derived
from keqiao.records.derived import Written, write_derived
from keqiao.records.query import ListQuery, records, run_list
from keqiao.records.removal import delete_records, restore_records
from keqiao.records.save import Saved
from keqiao.records.search import search
from tests.company import SYSTEM, TEST, found_company, make, make_all, save_one

pytestmark = pytest.mark.django_db


def contacts_of(user: User) -> set[int]:
    access = Access.for_user(user)
    contact = object_type("contact")
    listed = {row.id for row in run_list(access, ListQuery(object_type=contact)).rows}
    for row in records(SYSTEM, contact):
        assert access.reaches(Action.VIEW, contact, row) == (row.pk in listed)
        assert access.allows(Action.VIEW, row) == (row.pk in listed)
    return listed


def test_owner_of_account_sees_contacts_of_others_on_it() -> None:
    company = found_company()
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.zhou, account=account)
    assert contacts_of(company.li) == {contact}
    assert contacts_of(company.wang) == {contact}
    assert contacts_of(company.zhao) == contacts_of(company.zhao)


def test_seeing_by_the_account_does_not_let_change() -> None:
    company = found_company()
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.zhou, account=account)
    outcome = save_one(
        Access.for_user(company.li), "contact", {"position": "CEO"}, record_id=contact
    )
    assert not isinstance(outcome, Saved)


def test_transfer_of_account_takes_the_sight_of_its_contacts_along() -> None:
    company = found_company()
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.zhao, account=account, name="欧阳询问")
    assert contacts_of(company.li) == {contact}
    save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=account)
    assert contacts_of(company.li) == set()
    assert contacts_of(company.zhou) == {contact}
    assert [
        hit.id for group in search(Access.for_user(company.zhou), "欧阳") for hit in group.hits
    ] == [contact]
    assert not search(Access.for_user(company.li), "欧阳")


def test_contact_that_moves_to_another_account_follows_its_owner() -> None:
    company = found_company()
    first = make("account", owner=company.li)
    second = make("account", owner=company.zhou, seed=50)
    contact = make("contact", owner=company.zhao, account=first)
    save_one(SYSTEM, "contact", {"account": second}, record_id=contact)
    assert contacts_of(company.li) == set()
    assert contacts_of(company.zhou) == {contact}


@pytest.mark.parametrize("count", [1, 501])
def test_collaborator_of_account_reaches_its_contacts_until_the_share_ends(count: int) -> None:
    company = found_company()
    accounts = make_all("account", [{}] * count, owner=company.li)
    contact = make("contact", owner=company.li, account=accounts[-1], name="欧阳询问")
    Collaborator.objects.bulk_create(
        Collaborator(
            object_key="account",
            record_id=account,
            user=company.zhou,
            can_write=True,
            expires_at=now() + timedelta(days=1),
        )
        for account in accounts
    )
    assert contacts_of(company.zhou) == {contact}
    access = Access.for_user(company.zhou)
    assert search(access, "欧阳")
    saved = save_one(access, "contact", {"position": "采购"}, record_id=contact)
    assert isinstance(saved, Saved)
    Collaborator.objects.update(expires_at=now() - timedelta(days=1))
    assert contacts_of(company.zhou) == set()


def test_lens_shows_exactly_its_rows_and_masks_its_fields() -> None:
    company = found_company()
    account = object_type("account")
    inside = make("account", owner=company.zhou, phone="13800138000")
    make("account", owner=company.li, seed=9)
    lens = Lens("account", Q(pk=inside), frozenset({"phone"}))
    access = Access.for_user(company.li).through(lens)
    page = run_list(access, ListQuery(object_type=account, columns=("name", "phone")))
    assert [row.id for row in page.rows] == [inside]
    assert page.rows[0].cells["phone"].masked and page.rows[0].cells["phone"].value is None
    assert page.count == 1
    with pytest.raises(FilterProblem):
        run_list(
            access, ListQuery(object_type=account, filter=Condition("phone", "contains", "138"))
        )
    assert not access.can(Action.CHANGE, account) and not access.can(Action.EXPORT, account)
    assert not records(access, account, Action.DELETE).exists()


def test_derivations_hear_of_every_write_and_derived_values_leave_the_version_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[tuple[str, tuple[int, ...]]] = []

    def listen(written: Written) -> None:
        heard.append((written.what, tuple(row.pk for row in written.records)))

    monkeypatch.setattr(derived, "_derivations", [])
    derived.register_derivation(listen)

    account = object_type("account")
    pk = make("account")
    save_one(SYSTEM, "account", {"note": "再联系"}, record_id=pk)
    delete_records(SYSTEM, account, [pk], source=TEST)
    restore_records(SYSTEM, account, [pk], source=TEST)
    assert heard == [("saved", (pk,)), ("saved", (pk,)), ("deleted", (pk,)), ("restored", (pk,))]
    version = records(SYSTEM, account).get(pk=pk).version  # type: ignore[attr-defined]
    at = now()
    write_derived(account, {pk: {"last_activity_at": at}})
    stored = records(SYSTEM, account).get(pk=pk)
    assert (stored.version, stored.last_activity_at) == (version, at)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="note"):
        write_derived(account, {pk: {"note": "x"}})
