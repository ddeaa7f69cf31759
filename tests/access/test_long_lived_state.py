"""Rights and sessions that processes keep: nothing taken back or ended lives on in them."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from keqiao.access.access import Access
from keqiao.access.directory import deactivate, share_record
from keqiao.access.models import Collaborator, Role, RoleRight
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import set_field_right, set_right
from keqiao.catalog import state
from keqiao.catalog.custom_fields import add_custom_field, uses_of
from keqiao.catalog.models import StateVersion
from keqiao.catalog.registry import object_type
from tests.company import Company, make

CACHED = "django.contrib.sessions.backends.cached_db"


def test_a_change_rolled_back_never_stands_for_a_later_one(company: Company) -> None:
    role, account = Role.objects.get(key="sales"), object_type("account")
    with pytest.raises(RuntimeError), transaction.atomic():
        set_right(role, "account", Action.VIEW, Level.ALL)
        assert Access.for_user(company.li).level(Action.VIEW, account) is Level.ALL
        taken_back = StateVersion.objects.get(name=state.ACCESS).number
        raise RuntimeError
    # Another process changes something else before this one looks again.
    set_right(role, "account", Action.VIEW, Level.NONE)
    assert StateVersion.objects.get(name=state.ACCESS).number != taken_back
    assert Access.for_user(company.li).level(Action.VIEW, account) is Level.NONE
    assert RoleRight.objects.get(role=role, object_key="account").level == Level.NONE


@override_settings(SESSION_ENGINE=CACHED)
def test_the_cached_session_of_a_leaver_ends_too(company: Company) -> None:
    store = import_module(CACHED).SessionStore
    session = store()
    session["_auth_user_id"] = str(company.li.pk)
    session.create()
    key = session.cache_key
    assert cache.get(key) is not None
    deactivate(company.li)
    assert cache.get(key) is None


def test_very_many_shares_are_all_known(company: Company) -> None:
    account = object_type("account")
    last = make("account", owner=company.zhou)
    Collaborator.objects.bulk_create(
        Collaborator(object_key="account", record_id=number, user=company.li, can_write=True)
        for number in range(1_000_000, 1_000_600)
    )
    share_record(account, last, company.li, by=company.zhou, can_write=True)
    access = Access.for_user(company.li)
    assert access.is_in_reach(Action.CHANGE, account, company.zhou.pk, None, last)
    assert not access.is_in_reach(Action.CHANGE, account, company.zhou.pk, None, 999)


def test_taking_a_field_away_tells_which_roles_know_it(company: Company) -> None:
    row = add_custom_field(object_type("account"), {"label": "信用", "kind": "text"})
    assert uses_of(row) == []
    set_field_right(Role.objects.get(key="sales"), "account", row.key, Right.READ)
    assert [use.count for use in uses_of(row)] == [1]
