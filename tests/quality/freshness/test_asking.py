"""Owners are asked to verify what is old: the oldest first, few a day, and not again soon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from keqiao.access.directory import deactivate
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.freshness.asking import ask_owners, stale_records
from keqiao.quality.freshness.marks import confirm
from keqiao.quality.scores.models import ScoreSettings
from keqiao.records.outbox import dispatch_events
from keqiao.records.query import records
from tests.company import SYSTEM, Company, make_all

CONTACT = {"phone": "", "email": "", "position": "采购经理"}


def _tasks(owner: int) -> list[Any]:
    return list(records(SYSTEM, object_type("task")).filter(owner_id=owner).order_by("pk"))


def test_the_oldest_are_asked_for_up_to_the_days_share(company: Company, time_machine: Any) -> None:
    pks = make_all("contact", [dict(CONTACT) for _n in range(5)], owner=company.li)
    make_all("contact", [dict(CONTACT)], owner=company.zhou, seed=30)
    make_all("contact", [dict(CONTACT, position="")], owner=company.wang, seed=40)
    assert ask_owners() == 0
    time_machine.move_to(now() + timedelta(days=600))
    confirm(SYSTEM, object_type("contact"), pks[:1], "position")
    assert [one[2] for one in stale_records(object_type("contact"), now())] == [["position"]] * 5
    assert ask_owners() == 3 + 1
    dispatch_events()
    dispatch_events()
    mine = _tasks(company.li.pk)
    assert [one.about for one in mine] == [f"contact:{pk}" for pk in pks[1:4]]
    assert all("职务" in one.name and one.state == "planned" for one in mine)
    assert len(_tasks(company.zhou.pk)) == 1 and not _tasks(company.wang.pk)


def test_nobody_is_asked_again_soon_nor_when_it_is_switched_off(
    company: Company, time_machine: Any
) -> None:
    make_all("contact", [dict(CONTACT)], owner=company.li)
    time_machine.move_to(now() + timedelta(days=600))
    ScoreSettings.objects.create(verify_a_day=0)
    assert ask_owners() == 0
    ScoreSettings.objects.update(verify_a_day=3)
    assert ask_owners() == 1
    time_machine.move_to(now() + timedelta(days=30))
    assert ask_owners() == 0
    time_machine.move_to(now() + timedelta(days=90))
    assert ask_owners() == 1


def test_records_of_people_who_left_are_not_asked_for(company: Company, time_machine: Any) -> None:
    make_all("contact", [dict(CONTACT)], owner=company.li)
    deactivate(company.li)
    time_machine.move_to(now() + timedelta(days=600))
    assert ask_owners() == 0
