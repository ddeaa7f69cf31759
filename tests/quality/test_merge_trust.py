"""Of two values a merge keeps the verified one, drops the one found wrong, and heeds the company's order."""

from __future__ import annotations

from typing import Any

from django.test import Client

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.double_entry.models import EntryState, SecondEntry
from keqiao.quality.freshness.marks import State, confirm, find_wrong
from keqiao.quality.freshness.models import FieldMark
from keqiao.quality.merge_trust import source_ranks
from keqiao.quality.scores.facts import facts_of
from keqiao.records.drafts import Draft, Source
from keqiao.records.merging import Merged, merge_records
from keqiao.records.merging_undo import Unmerged, undo_merge
from keqiao.records.models import ChangeEntry
from keqiao.records.removal import delete_records
from keqiao.records.save import save_records
from tests.company import SYSTEM, TEST, Company, make
from tests.quality.double_entry.rules import entry_rule

ACCOUNT = object_type("account")
REVERT = Source("revert")


def stored(pk: int) -> Any:
    return ACCOUNT.model._default_manager.get(pk=pk)


def merged(kept: int, lost: int) -> int:
    outcome = merge_records(SYSTEM, ACCOUNT, kept, [lost], source=TEST)
    assert isinstance(outcome, Merged), outcome
    return outcome.merge_id


def test_a_verified_value_beats_a_newer_one_and_stays_verified(company: Company) -> None:
    access = Access.for_user(company.qian)
    kept, lost = make("account", seed=1), make("account", seed=2)
    ChangeEntry.objects.filter(record_id=lost).update(at=now().replace(year=2020))
    assert confirm(access, ACCOUNT, [lost], "phone") == [lost]
    right = stored(lost).phone
    before = {pk: stored(pk).quality_facts for pk in (kept, lost)}
    merge_id = merged(kept, lost)
    assert stored(kept).phone == right
    assert "phone" in facts_of(stored(kept).quality_facts).ok, "what was verified came along"
    assert FieldMark.objects.get().record_id == kept
    assert isinstance(undo_merge(SYSTEM, merge_id, source=REVERT), Unmerged)
    assert {pk: stored(pk).quality_facts for pk in (kept, lost)} == before
    assert FieldMark.objects.get().record_id == lost


def test_a_dead_number_loses_to_one_of_which_nothing_is_known(company: Company) -> None:
    kept, lost = make("account", seed=1), make("account", seed=2)
    ChangeEntry.objects.filter(record_id=lost).update(at=now().replace(year=2020))
    find_wrong(Access.for_user(company.qian), ACCOUNT, [kept], "phone", State.DEAD, "空号")
    other = stored(lost).phone
    merged(kept, lost)
    assert stored(kept).phone == other
    assert "phone" not in facts_of(stored(kept).quality_facts).bad


def test_the_company_says_which_source_it_trusts(company: Company) -> None:
    def pair() -> tuple[int, int]:
        made = []
        for channel, name in (("import", "甲"), ("form", "乙")):
            values = {"name": f"苏州{name}科技有限公司"}
            [saved] = save_records(SYSTEM, ACCOUNT, [Draft(values)], source=Source(channel))
            made.append(saved.record_id)  # type: ignore[union-attr]
        ChangeEntry.objects.update(at=now())
        return made[0], made[1]

    listed, typed = pair()
    merged(listed, typed)
    assert stored(listed).name == "苏州乙科技有限公司", "by hand is trusted more than a list"
    desk = Client()
    desk.force_login(company.qian)
    given = {"form": "0", "import": "4", "customer": "99", "hacked": "4"}
    assert desk.post("/settings/merging/", given).status_code in (302, 303)
    assert (source_ranks()["form"], source_ranks()["import"]) == (0, 4)
    assert source_ranks()["customer"] == 3, "a rank that is none is not taken"
    assert "hacked" not in source_ranks()
    delete_records(SYSTEM, ACCOUNT, [listed], source=TEST)
    listed, typed = pair()
    merged(typed, listed)
    assert stored(typed).name == "苏州甲科技有限公司"
    desk.force_login(company.li)
    assert desk.get("/settings/merging/").status_code == 403


def test_second_entries_move_and_come_back(company: Company) -> None:
    rule = entry_rule(company.zhou)
    kept, lost = make("account", seed=1), make("account", seed=2)
    SecondEntry.objects.all().delete()
    values = {
        "rule": rule,
        "object_key": "account",
        "first_at": now(),
        "first_by_id": company.li.pk,
    }
    first = SecondEntry.objects.create(record_id=kept, **values)
    second = SecondEntry.objects.create(record_id=lost, **values)
    agreed = SecondEntry.objects.create(record_id=lost, **values | {"state": EntryState.AGREED})

    def state() -> list[tuple[int, str]]:
        rows = [SecondEntry.objects.get(pk=one.pk) for one in (first, second, agreed)]
        return [(one.record_id, one.state) for one in rows]

    before = state()
    merge_id = merged(kept, lost)
    assert state() == [(kept, "open"), (kept, "dropped"), (kept, "agreed")]
    assert isinstance(undo_merge(SYSTEM, merge_id, source=REVERT), Unmerged)
    assert state() == before


def test_the_page_shows_the_order(company: Company) -> None:
    desk = Client()
    desk.force_login(company.qian)
    page = desk.get("/settings/merging/").content.decode()
    assert 'name="import"' in page and 'name="customer"' in page
