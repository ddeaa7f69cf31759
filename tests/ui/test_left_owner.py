"""Somebody who left stays readable wherever the name stands: records, timeline, views, log, files."""

from __future__ import annotations

import pytest
from django.db.models import ProtectedError

from keqiao.access.access import Access
from keqiao.access.directory import deactivate
from keqiao.access.models import User
from keqiao.activities.verbs import log_follow_up
from keqiao.catalog.registry import object_type
from keqiao.ui.list_state import ListState
from keqiao.ui.models import SavedView
from keqiao.ui.saved_views import save_view
from tests.company import Company, make, save_one
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


def test_everything_of_a_colleague_who_left_still_opens_and_says_so(company: Company) -> None:
    account = make("account", owner=company.zhou, name="他的客户")
    access = Access.for_user(company.zhou)
    log_follow_up(access, f"account:{account}", type="note", body="最后一次拜访")
    note = object_type("note").model._default_manager.get()
    save_one(access, "comment", {"about": f"note:{note.pk}", "body": "留给后来的人"})
    save_one(access, "account", {"level": "B"}, record_id=account)
    declared = object_type("account")
    where = (f"owner:equals:{company.zhou.pk}",)
    view = save_view(access, ListState(declared, where), "周的客户", SavedView.OWN)
    SavedView.objects.filter(pk=view.pk).update(audience=SavedView.EVERYBODY)
    deactivate(company.zhou)

    client = browser(company.qian)
    pages = {
        address: client.get(address)
        for address in (
            "/accounts/",
            f"/accounts/?view={view.pk}",
            f"/accounts/{account}/",
            f"/accounts/{account}/?tab=details",
            f"/accounts/{account}/?tab=history",
            f"/accounts/{account}/people/",
            f"/accounts/{account}/who/",
            f"/accounts/{account}/edit/",
            f"/notes/{note.pk}/",
        )
    }
    for address, answer in pages.items():
        assert answer.status_code == 200, address
        assert "周销售" in answer.content.decode(), address
    for address in ("/accounts/", f"/accounts/{account}/"):
        assert "已离职" in pages[address].content.decode(), address
    timeline = pages[f"/accounts/{account}/"].content.decode()
    assert "最后一次拜访" in timeline
    assert "留给后来的人" in timeline


def test_nobody_removes_the_account_that_records_name(company: Company) -> None:
    make("account", owner=company.zhou)
    deactivate(company.zhou)
    with pytest.raises(ProtectedError):
        company.zhou.delete()
    assert User.objects.filter(pk=company.zhou.pk).exists()
