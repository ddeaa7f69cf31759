"""Who may do what: levels, several roles, field rights, collaborators, leavers and tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from keqiao.access import set_up
from keqiao.access.access import Access
from keqiao.access.directory import (
    DirectoryProblem,
    add_department,
    deactivate,
    move_department,
    set_roles,
    share_record,
    unshare_record,
    update_user,
)
from keqiao.access.models import ApiToken, Role
from keqiao.access.rights import Action, Level, Right
from keqiao.access.roles import ensure_standard_roles, set_field_right, set_right
from keqiao.access.tokens import (
    issue_token,
    revoke_token,
    token_for,
)
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.records.query import records
from tests.company import Company, make

ACCOUNT = "account"


def seen(access: Access) -> set[int]:
    return set(records(access, object_type(ACCOUNT)).values_list("pk", flat=True))


def test_each_level_reaches_further(company: Company) -> None:
    below = add_department("华东二组", company.east)
    mine = make(ACCOUNT, owner=company.li)
    team = make(ACCOUNT, owner=company.wang, seed=2)
    update_user(company.zhao, department=below)
    lower = make(ACCOUNT, owner=company.zhao, seed=3)
    far = make(ACCOUNT, owner=company.zhou, seed=4)
    role = Role.objects.get(key="sales")
    expected = {
        Level.NONE: set(),
        Level.SHARED: set(),
        Level.OWN: {mine},
        Level.TEAM: {mine, team},
        Level.SUBTREE: {mine, team, lower},
        Level.ALL: {mine, team, lower, far},
    }
    for level, ids in expected.items():
        set_right(role, ACCOUNT, Action.VIEW, level)
        assert seen(Access.for_user(company.li)) == ids, level


def test_the_widest_of_several_roles_counts(company: Company) -> None:
    roles = ensure_standard_roles()
    make(ACCOUNT, owner=company.zhou)
    assert seen(Access.for_user(company.li)) == set()
    set_roles(company.li, [roles["sales"], roles["auditor"]])
    access = Access.for_user(company.li)
    assert access.level(Action.VIEW, object_type(ACCOUNT)) is Level.ALL
    assert access.level(Action.CHANGE, object_type(ACCOUNT)) is Level.OWN


def test_nobody_without_a_role_sees_anything(company: Company) -> None:
    make(ACCOUNT, owner=company.li)
    set_roles(company.li, [])
    access = Access.for_user(company.li)
    assert seen(access) == set()
    assert all(access.fields(object_type(ACCOUNT)).is_hidden(name) for name in ("name", "phone"))


def test_a_line_of_its_own_beats_the_one_for_all_objects(company: Company) -> None:
    role = Role.objects.get(key="auditor")
    set_right(role, ACCOUNT, Action.VIEW, Level.NONE)
    access = Access.for_user(company.sun)
    assert not access.can(Action.VIEW, object_type(ACCOUNT))
    assert access.can(Action.VIEW, object_type("contact"))


def test_field_rights_follow_role_and_sensitivity(company: Company) -> None:
    contact = object_type("contact")
    assert Access.for_user(company.wang).fields(contact)["id_number"] is Right.MASKED
    assert Access.for_user(company.li).fields(contact)["id_number"] is Right.WRITE
    assert Access.for_user(company.sun).fields(contact)["phone"] is Right.MASKED
    role = Role.objects.get(key="sales")
    set_field_right(role, "contact", "email", Right.HIDDEN)
    assert Access.for_user(company.li).fields(contact)["email"] is Right.HIDDEN
    set_field_right(role, "contact", "email", None)
    assert Access.for_user(company.li).fields(contact)["email"] is Right.WRITE


def test_sharing_lets_in_until_it_ends(company: Company) -> None:
    theirs = make(ACCOUNT, owner=company.zhou)
    account = object_type(ACCOUNT)
    ends = now() + timedelta(hours=1)
    share_record(account, theirs, company.li, by=company.zhou, expires_at=ends)
    reader = Access.for_user(company.li)
    assert seen(reader) == {theirs}
    assert not records(reader, account, Action.CHANGE).exists()
    with time_machine.travel(ends + timedelta(seconds=1)):
        assert seen(Access.for_user(company.li)) == set()
    share_record(account, theirs, company.li, by=company.zhou, can_write=True)
    assert records(Access.for_user(company.li), account, Action.CHANGE).exists()
    assert not records(Access.for_user(company.li), account, Action.DELETE).exists()
    unshare_record(account, theirs, company.li.pk)
    assert seen(Access.for_user(company.li)) == set()


def test_moving_a_department_moves_its_whole_subtree(company: Company) -> None:
    below = add_department("西南一组", company.west)
    update_user(company.zhou, department=below)
    far = make(ACCOUNT, owner=company.zhou)
    assert far not in seen(Access.for_user(company.wang))
    move_department(company.west, company.east)
    assert far in seen(Access.for_user(company.wang))
    company.east.refresh_from_db()
    below.refresh_from_db()
    with pytest.raises(DirectoryProblem):
        move_department(company.east, below)


def test_a_leaver_is_out_at_once(company: Company) -> None:
    _token, secret = issue_token(company.li, "导出脚本", ["*:read"], days=30)
    session = SessionStore()
    session["_auth_user_id"] = str(company.li.pk)
    session.create()
    other = SessionStore()
    other["_auth_user_id"] = str(company.wang.pk)
    other.create()
    deactivate(company.li)
    assert token_for(secret) is None
    assert not Session.objects.filter(pk=session.session_key).exists()
    assert Session.objects.filter(pk=other.session_key).exists()
    company.li.refresh_from_db()
    assert not company.li.is_active


def test_the_last_administrator_stays(company: Company) -> None:
    with pytest.raises(DirectoryProblem):
        deactivate(company.qian)
    with pytest.raises(DirectoryProblem):
        update_user(company.qian, is_administrator=False)
    update_user(company.wang, is_administrator=True)
    deactivate(company.qian)


def test_a_token_is_kept_as_a_hash_and_ends(company: Company) -> None:
    token, secret = issue_token(company.li, "同步", ["account:read"], days=1)
    assert secret not in str(list(ApiToken.objects.values()))
    found = token_for(secret)
    assert found == token
    access = Access.for_token(token)
    assert access.can(Action.VIEW, object_type(ACCOUNT))
    assert not access.can(Action.CHANGE, object_type(ACCOUNT))
    assert not access.can(Action.VIEW, object_type("contact"))
    with time_machine.travel(now() + timedelta(days=2)):
        assert token_for(secret) is None
    revoke_token(token)
    assert token_for(secret) is None
    for wrong in ("", "kq_", secret + "x", "x" * 10_000, "\ud800", secret.upper()):
        assert token_for(wrong) is None


def test_a_token_never_reaches_further_than_its_person(company: Company) -> None:
    make(ACCOUNT, owner=company.zhou)
    token, _secret = issue_token(company.li, "同步", ["*:write"], days=30)
    assert seen(Access.for_token(token)) == set()


@pytest.mark.django_db
def test_the_set_up_key_opens_once_and_for_a_limited_time() -> None:
    assert not set_up.is_open()
    first = set_up.issue_token()
    second = set_up.issue_token()
    assert not set_up.use_token(first)
    assert not set_up.use_token("wrong")
    with time_machine.travel(now() + set_up.VALID_FOR + timedelta(seconds=1)):
        assert not set_up.use_token(second)
    assert set_up.use_token(second)
    assert not set_up.use_token(second)
    assert not set_up.is_open()
