"""The transfer dialog: counts first, options kept, many records in the background."""

from __future__ import annotations

import pytest

from keqiao.access.models import Collaborator
from keqiao.catalog.registry import object_type
from keqiao.jobs.models import Job
from keqiao.jobs.worker import run_worker
from keqiao.notifications.models import Notice
from keqiao.records.outbox import dispatch_events
from keqiao.ui import bulk_jobs
from tests.company import Company, make, make_all
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


def owners(key: str, ids: list[int]) -> set[int | None]:
    rows = object_type(key).model._default_manager.filter(pk__in=ids)
    return set(rows.values_list("owner_id", flat=True))


def to(user, **more: str) -> dict[str, str]:
    return {"owner": user.name, "owner__pick": f"{user.pk}|{user.name}", "go": "1", **more}


def test_one_record_with_its_contacts_and_the_old_owner_who_stays(company: Company) -> None:
    account = make("account", owner=company.li)
    contacts = [make("contact", owner=company.li, account=account, seed=n) for n in (2, 3)]
    client, address = browser(company.qian), f"/accounts/{account}/transfer/"
    assert "(2)" in client.get(address).content.decode()
    given = to(company.zhou, belongings="mine", stays="write", stays_until="2099-01-02")
    assert client.post(address, given).status_code == 303
    assert owners("account", [account]) == {company.zhou.pk}
    assert owners("contact", contacts) == {company.zhou.pk}
    [share] = Collaborator.objects.all()
    assert (share.user_id, share.can_write) == (company.li.pk, True)
    assert share.expires_at is not None
    wrong = client.post(address, to(company.li, stays="read", stays_until="gestern"))
    assert wrong.status_code == 422
    assert owners("account", [account]) == {company.zhou.pk}


def test_a_seller_has_no_transfer_dialog(company: Company) -> None:
    account = make("account", owner=company.li)
    for person in (company.li, company.zhou):
        answer = browser(person).post(f"/accounts/{account}/transfer/", to(company.zhou))
        assert answer.status_code in {403, 404}
    assert owners("account", [account]) == {company.li.pk}


def test_many_go_in_the_background_with_what_hangs_on_them(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_jobs, "ROWS_AT_ONCE", 3)
    ids = make_all("account", [{} for _ in range(7)], owner=company.li)
    contacts = make_all("contact", [{"account": pk} for pk in ids], owner=company.li, seed=50)
    foreign = make("account", owner=company.zhou, seed=90)
    given = to(company.wang, action="transfer", belongings="mine", stays="read")
    given["ids"] = ",".join(map(str, [*ids, foreign]))
    assert browser(company.wang).post("/accounts/bulk/", given).status_code == 200
    run_worker(once=True)
    assert Job.objects.get(task__endswith="transfer_many").status == "done"
    assert owners("account", ids) == {company.wang.pk}
    assert owners("contact", contacts) == {company.wang.pk}
    assert owners("account", [foreign]) == {company.zhou.pk}
    assert Collaborator.objects.filter(user=company.li).count() == 7


def test_undo_brings_back_what_went_along(company: Company) -> None:
    ids = make_all("account", [{} for _ in range(3)], owner=company.li)
    contacts = make_all("contact", [{"account": pk} for pk in ids], owner=company.li, seed=50)
    given = to(company.wang, action="transfer", belongings="mine", ids=",".join(map(str, ids)))
    client = browser(company.wang)
    client.post("/accounts/bulk/", given)
    run_worker(once=True)
    job = Job.objects.get(task__endswith="transfer_many")
    assert owners("contact", contacts) == {company.wang.pk}
    assert client.post(f"/jobs/{job.pk}/undo/").status_code == 200
    run_worker(once=True)
    assert owners("account", ids) == {company.li.pk}
    assert owners("contact", contacts) == {company.li.pk}


def test_the_old_owner_who_stays_hears_nothing_of_what_is_written_to_the_new(
    company: Company,
) -> None:
    account = make("account", owner=company.li)
    given = to(company.zhou, stays="read", reason="李销售压价太狠，小心")
    assert browser(company.qian).post(f"/accounts/{account}/transfer/", given).status_code == 303
    dispatch_events()
    assert Collaborator.objects.get().user == company.li
    [notice] = Notice.objects.all()
    assert (notice.user, notice.kind) == (company.zhou, "assigned")


def test_the_note_reaches_the_new_owner_and_stands_in_log_and_timeline(company: Company) -> None:
    account = make("account", owner=company.li)
    note = "对方周五前要报价 🙏"
    given = to(company.zhou, reason=f" {note}\n")
    assert browser(company.qian).post(f"/accounts/{account}/transfer/", given).status_code == 303
    many = make_all("account", [{} for _ in range(3)], owner=company.li, seed=40)
    given = to(company.wang, action="transfer", reason="老客户，慢慢来")
    given["ids"] = ",".join(map(str, many))
    assert browser(company.qian).post("/accounts/bulk/", given).status_code == 200
    run_worker(once=True)
    dispatch_events()
    [alone] = Notice.objects.filter(kind="assigned", user=company.zhou)
    assert alone.body == note
    [together] = Notice.objects.filter(kind="assigned", user=company.wang)
    assert together.body == "老客户，慢慢来"
    for tab in ("", "?tab=history"):
        assert note in browser(company.zhou).get(f"/accounts/{account}/{tab}").content.decode()
        page = browser(company.wang).get(f"/accounts/{many[0]}/{tab}").content.decode()
        assert "老客户，慢慢来" in page
