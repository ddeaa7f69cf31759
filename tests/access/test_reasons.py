"""The reasons shown for seeing a record are the rules themselves: they agree with what is allowed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from keqiao.access.access import Access
from keqiao.access.directory import deactivate, share_record, update_user
from keqiao.access.models import Role, User
from keqiao.access.reasons import Why, reasons_for_fields, reasons_to_see, viewers
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.base.clock import now
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type, object_types
from tests.company import Company, found_company, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return found_company()


def stored(key: str, record_id: int):
    return object_type(key).model._default_manager.get(pk=record_id)


def agree(company: Company, declared: ObjectType, record_id: int) -> int:
    """Compare reasons with the condition of lists for everybody and every action; count what is allowed."""
    record, allowed = stored(declared.key, record_id), 0
    for person in User.objects.filter(is_active=True):
        for action in Action:
            reasons = reasons_to_see(person, record, action)
            is_allowed = Access.for_user(person).allows(action, record)
            assert bool(reasons) is is_allowed, (declared.key, person.name, action, reasons)
            allowed += is_allowed
    named = {one.user_id for one in viewers(record)}
    may = {u.pk for u in User.objects.all() if Access.for_user(u).allows(Action.VIEW, record)}
    assert named == may
    return allowed


def test_reasons_agree_with_what_is_allowed_for_every_person_and_type(company: Company) -> None:
    update_user(company.zhou, department=None)
    for seed, declared in enumerate(object_types()):
        for number, owner in enumerate((company.li, company.zhou, company.zhao)):
            record_id = make(declared.key, owner=owner, seed=seed * 10 + number + 1)
            assert agree(company, declared, record_id) > 0
            share_record(declared, record_id, company.wang, by=None, can_write=True)
            over = now() - timedelta(minutes=1)
            share_record(declared, record_id, company.li, by=None, expires_at=over)
            assert agree(company, declared, record_id) > 0


@pytest.mark.parametrize("level", list(Level))
def test_reasons_agree_at_every_level_and_through_the_customer(
    company: Company, level: Level
) -> None:
    sales = Role.objects.get(key="sales")
    for action in (Action.VIEW, Action.CHANGE, Action.EXPORT):
        set_right(sales, "*", action, level)
    account = make("account", owner=company.zhou)
    contact = make("contact", owner=company.zhao, account=account)
    task = make("task", owner=company.zhao, about=f"account:{account}")
    for key, record_id in (("account", account), ("contact", contact), ("task", task)):
        agree(company, object_type(key), record_id)
    share_record(object_type("account"), account, company.li, by=None, can_write=True)
    for key, record_id in (("account", account), ("contact", contact), ("task", task)):
        agree(company, object_type(key), record_id)


def test_one_role_gives_the_action_and_another_the_sight(company: Company) -> None:
    service = Role.objects.get(key="service")
    company.li.roles.add(service)
    set_right(Role.objects.get(key="sales"), "account", Action.CHANGE, Level.ALL)
    record_id = make("account", owner=company.zhou)
    agree(company, object_type("account"), record_id)


def test_the_reasons_name_owner_role_collaborator_and_customer(company: Company) -> None:
    account = make("account", owner=company.li)
    contact = make("contact", owner=company.zhou, account=account)
    until = now() + timedelta(days=3)
    share_record(object_type("account"), account, company.zhou, by=None, expires_at=until)
    record = stored("contact", contact)

    [through] = reasons_to_see(company.li, record)
    assert (through.why, through.above) == (Why.OWNER, ("account", account))
    owner, shared = reasons_to_see(company.zhou, record)
    assert (owner.why, owner.above) == (Why.OWNER, None)
    assert (shared.why, shared.above, shared.until) == (Why.SHARED, ("account", account), until)
    [head] = reasons_to_see(company.wang, record)
    manager = Role.objects.get(key="manager")
    assert (head.why, head.roles, head.department_id) == (
        Why.DEPARTMENT,
        (manager.pk,),
        company.east.pk,
    )
    assert [one.why for one in reasons_to_see(company.zhao, record)] == [Why.ALL]
    assert [one.why for one in reasons_to_see(company.qian, record)] == [Why.ADMINISTRATOR]
    assert viewers(record)[0].user_id in {company.li.pk, company.zhou.pk}


def test_who_left_is_not_named(company: Company) -> None:
    account = make("account", owner=company.li)
    deactivate(company.wang)
    assert company.wang.pk not in {one.user_id for one in viewers(stored("account", account))}


def test_the_reason_of_a_field_names_the_role_that_hides_it(company: Company) -> None:
    auditor = Role.objects.get(key="auditor")
    found = {one.name: one for one in reasons_for_fields(company.sun, object_type("contact"))}
    assert (found["phone"].right, found["phone"].roles) == (Right.MASKED, (auditor.pk,))
    assert found["note"].right is Right.HIDDEN
    assert (found["name"].right, found["name"].roles) == (Right.WRITE, ())
    set_field_right(auditor, "contact", "name", Right.READ)
    again = {one.name: one for one in reasons_for_fields(company.sun, object_type("contact"))}
    assert (again["name"].right, again["name"].roles) == (Right.READ, (auditor.pk,))
