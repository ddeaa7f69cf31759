"""An administrator lets a colleague in again whose telephone is lost; nobody else does, and it is logged."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

from keqiao.records.audit import verify_chain
from keqiao.records.models import ChangeEntry
from tests.company import PASSWORD, Company
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked_out(company: Company) -> Company:
    TOTP.activate(company.li, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(company.li)
    TOTP.activate(company.zhou, "JBSWY3DPEHPK3PXQ")
    return company


def devices(user: Any) -> int:
    return Authenticator.objects.filter(user=user).count()


def test_after_ones_own_password_the_second_step_is_gone_and_the_log_says_by_whom(
    locked_out: Company,
) -> None:
    client, li = browser(locked_out.qian), locked_out.li
    page = client.get(f"/settings/people/{li.pk}/").content.decode()
    assert f"/settings/people/{li.pk}/two-factor/" in page
    answer = client.post(f"/settings/people/{li.pk}/two-factor/", {"password": PASSWORD})
    assert answer.status_code == 303
    assert (devices(li), devices(locked_out.zhou)) == (0, 1)
    line = ChangeEntry.objects.latest("pk")
    assert (line.object_key, line.record_id, line.action) == ("sign-in", li.pk, "mfa_reset")
    assert line.actor_id == locked_out.qian.pk
    assert verify_chain().sound
    page = client.get(f"/settings/people/{li.pk}/").content.decode()
    assert "钱管理员" in page
    assert f"/settings/people/{li.pk}/two-factor/" not in page
    client.get(f"/settings/people/{locked_out.zhou.pk}/")


@pytest.mark.parametrize("password", ["", "wrong", "PASSWORD-2026"])
def test_without_the_right_password_nothing_happens(locked_out: Company, password: str) -> None:
    client, li = browser(locked_out.qian), locked_out.li
    client.post(f"/settings/people/{li.pk}/two-factor/", {"password": password})
    assert devices(li) == 2
    assert not ChangeEntry.objects.filter(action="mfa_reset").exists()


def test_trying_passwords_out_there_locks_as_at_the_sign_in(
    locked_out: Company, settings: Any
) -> None:
    client, li = browser(locked_out.qian), locked_out.li
    address = f"/settings/people/{li.pk}/two-factor/"
    for _try in range(settings.AXES_FAILURE_LIMIT):
        client.post(address, {"password": "wrong"})
    client.post(address, {"password": PASSWORD})
    assert devices(li) == 2


def test_nobody_but_administrators_resets_it(locked_out: Company) -> None:
    for person in (locked_out.wang, locked_out.li, locked_out.sun):
        answer = browser(person).post(
            f"/settings/people/{locked_out.li.pk}/two-factor/", {"password": PASSWORD}
        )
        assert answer.status_code == 403
    assert devices(locked_out.li) == 2
