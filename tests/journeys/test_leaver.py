"""A colleague leaves: 500 customers with contacts and tasks go to three others, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from keqiao.access.directory import deactivate
from keqiao.access.models import ApiToken, Departure, User
from keqiao.access.tokens import issue_token
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.jobs.worker import run_worker
from keqiao.ui import leaving_job
from tests.company import Company, make_all
from tests.ui.test_pages import browser

pytestmark = pytest.mark.django_db


def owners(key: str) -> Counter[int | None]:
    return Counter(object_type(key).model._default_manager.values_list("owner_id", flat=True))


def estate(company: Company, count: int) -> list[int]:
    ids = make_all("account", [{"parent": None} for _ in range(count)], owner=company.li)
    make_all("contact", [{"account": pk} for pk in ids], owner=company.li, seed=5_000)
    later = (now() + timedelta(days=2)).isoformat()
    rows = [{"about": f"account:{pk}", "at": later, "state": "planned"} for pk in ids]
    make_all("task", rows, owner=company.li, seed=20_000)
    make_all(
        "task",
        [{"about": f"account:{ids[0]}", "at": later, "state": "done"}],
        owner=company.li,
        seed=90_000,
    )
    return ids


def answers(*takers: User, **more: str) -> dict[str, Any]:
    given: dict[str, Any] = {"keys": ["account", "contact", "task"], "shut_out": "on", **more}
    for place, taker in enumerate(takers):
        given[f"taker{place}"] = taker.name
        given[f"taker{place}__pick"] = f"{taker.pk}|{taker.name}"
    return given


def test_five_hundred_customers_of_a_leaver(company: Company) -> None:
    ids = estate(company, 500)
    issue_token(company.li, "ERP", ["account:read"], days=3)
    client, address = browser(company.qian), f"/settings/people/{company.li.pk}/leaving/"
    his = browser(company.li)
    assert '<td class="num">500</td>' in client.get(address).content.decode()
    takers = (company.zhou, company.wang, company.zhao)
    assert client.post(address, answers(*takers, reason="离职")).status_code == 303
    run_worker(once=True)

    assert [owners("account")[one.pk] for one in takers] == [167, 167, 166]
    assert owners("contact") == owners("account")
    tasks = owners("task")
    assert tasks.pop(company.li.pk) == 1  # what was done stays under his name
    assert tasks == owners("account")
    model = object_type("contact").model
    for contact in model._default_manager.select_related("account"):
        assert contact.owner_id == contact.account.owner_id  # type: ignore[attr-defined]
    assert object_type("account").model._default_manager.filter(pk__in=ids).count() == 500
    company.li.refresh_from_db()
    assert not company.li.is_active
    assert not ApiToken.objects.filter(user=company.li, revoked_at=None).exists()
    assert his.get("/").status_code in {302, 303}
    departure = Departure.objects.get()
    assert departure.ended_at is not None
    assert sum(count for _who, _key, count in departure.given) == 1500
    assert departure.left_count == 0
    assert "167" in client.get(address).content.decode()


def test_a_killed_worker_goes_on_where_it_stopped(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate(company, 7)
    kept: dict[str, Any] = {}
    monkeypatch.setattr(leaving_job, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(leaving_job, "resume_state", lambda: dict(kept))
    monkeypatch.setattr(leaving_job, "save_state", lambda new: kept.update(new))
    departure = Departure.objects.create(
        user_id=company.li.pk, by_id=company.qian.pk, started_at=now()
    )
    calls = []

    class Killed(BaseException):
        pass

    def stop(*_given: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Killed

    monkeypatch.setattr(leaving_job, "progress", stop)

    def run() -> dict[str, Any]:
        return leaving_job.hand_over_all.func(  # type: ignore[no-any-return]
            user_id=company.qian.pk,
            request_id="",
            leaver_id=company.li.pk,
            takers=[f"owner:{company.zhou.pk}", f"owner:{company.wang.pk}"],
            elsewhere={},
            keys=["account", "contact", "task"],
            shut_out=True,
            departure_id=departure.pk,
        )

    with pytest.raises(Killed):
        run()
    assert 0 < owners("account")[company.li.pk] < 7
    assert User.objects.get(pk=company.li.pk).is_active
    run()
    assert owners("account") == {company.zhou.pk: 4, company.wang.pk: 3}
    run()  # once more changes nothing
    departure.refresh_from_db()
    assert sum(count for _who, key, count in departure.given if key == "account") == 7
    assert not User.objects.get(pk=company.li.pk).is_active


def test_only_administrators_and_only_to_colleagues_who_are_here(company: Company) -> None:
    address = f"/settings/people/{company.li.pk}/leaving/"
    for person in (company.wang, company.zhou, company.sun):
        assert browser(person).post(address, answers(company.wang)).status_code == 403
    deactivate(company.zhou)
    client = browser(company.qian)
    for given in (answers(), answers(company.zhou), answers(company.li)):
        assert client.post(address, given).status_code == 422
    own = f"/settings/people/{company.qian.pk}/leaving/"
    assert client.post(own, answers(company.wang)).status_code == 422
    assert not Departure.objects.exists()
