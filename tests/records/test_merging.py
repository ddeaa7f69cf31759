"""Several records become one: the best values stay, everything that hung on the others moves along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from keqiao.access.access import Access
from keqiao.access.directory import share_record
from keqiao.access.models import Collaborator, Role
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.kinds.links import is_link, links_of
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.audit import history, verify_chain
from keqiao.records.merging import Merged, MergeRefused, merge_records
from keqiao.records.merging_pointers import count_pointing
from keqiao.records.merging_tombstones import survivor_of
from keqiao.records.merging_values import ALL
from keqiao.records.models import ChangeEntry, Event
from keqiao.records.query import records
from keqiao.records.removal import deleted_records, restore_records
from keqiao.records.save import DuplicateFound, Saved
from keqiao.records.search import search
from keqiao.ui.models import Favourite, Recent
from tests.company import SYSTEM, TEST, Company, make, save_one

ACCOUNT = object_type("account")


def row(key: str, pk: int) -> Any:
    return object_type(key).model._default_manager.get(pk=pk)


def merge(survivor: int, *losers: int, access: Access = SYSTEM, **more: Any) -> Any:
    return merge_records(access, ACCOUNT, survivor, losers, source=TEST, **more)


def links_to(key: str, pk: int) -> list[tuple[str, int, str]]:
    """Return every link of any record, also of the recycle bin, that points at this one."""
    return [
        (declared.key, one.pk, name)
        for declared in object_types()
        for one in declared.model._default_manager.all()
        for name, own in declared.fields().items()
        if is_link(own) and (key, pk) in links_of(own, own.value(one))
    ]


def test_what_hangs_on_the_loser_moves_whatever_kind_of_link_it_is(company: Company) -> None:
    one = add_custom_field(
        object_type("lead"), {"label": "介绍人", "kind": "reference", "target": "account"}
    ).key
    kept, lost = make("account", seed=1, parent=None), make("account", seed=2, parent=None)
    contact = make("contact", seed=3, account=lost)
    daughter = make("account", seed=4, parent=lost)
    affiliation = make("affiliation", seed=5, account=lost)
    task = make("task", seed=6, about=f"account:{lost}")
    of_contact = make("call", seed=7, about=f"contact:{contact}")
    lead = make("lead", seed=9, **{one: lost})
    binned = make("contact", seed=11, account=lost)
    object_type("contact").model._default_manager.filter(pk=binned).update(
        deleted_at=timezone.now()
    )
    seen = count_pointing(SYSTEM, ACCOUNT, [lost])
    outcome = merge(kept, lost)
    assert isinstance(outcome, Merged), outcome
    assert links_to("account", lost) == []
    assert row("contact", contact).account_id == row("contact", binned).account_id == kept
    assert row("account", daughter).parent_id == kept
    assert row("affiliation", affiliation).account_id == kept
    assert (row("task", task).about, row("task", task).account_id) == (f"account:{kept}", kept)
    assert row("call", of_contact).account_id == kept
    assert row("lead", lead).custom[one] == kept
    assert outcome.moved == seen, "the preview counts what moves"
    assert outcome.moved["contact"] == 1
    assert verify_chain().sound


def test_the_loser_is_gone_everywhere_and_leads_to_the_survivor(company: Company) -> None:
    kept = make("account", seed=1, name="苏州博远科技有限公司")
    lost = make("account", seed=2, name="博远科技苏州公司", phone="13800138000")
    assert isinstance(merge(kept, lost), Merged)
    assert not records(SYSTEM, ACCOUNT).filter(pk=lost).exists()
    hits = [hit.row.id for group in search(SYSTEM, "博远科技") for hit in group.hits]
    assert hits == [kept]
    assert lost not in [one.pk for one in deleted_records(SYSTEM, ACCOUNT)], "no way around undo"
    assert restore_records(SYSTEM, ACCOUNT, [lost], source=TEST).done == []
    assert survivor_of("account", lost) == kept
    last = make("account", seed=3)
    merge(last, kept)
    assert survivor_of("account", lost) == last, "an address leads on through several merges"


def test_by_default_the_newer_value_stays_and_nothing_empty_wins(company: Company) -> None:
    kept = make("account", seed=1, phone="13800138001", email="", website="", tags=["老客户"])
    lost = make("account", seed=2, phone="13800138002", email="a@example.com", tags=["展会"])
    at = timezone.now() - timedelta(days=30)
    ChangeEntry.objects.filter(record_id=kept).update(at=at)
    save_one(SYSTEM, "account", {"website": "https://kept.example.com"}, record_id=kept)
    save_one(SYSTEM, "account", {"website": ""}, record_id=lost)
    assert isinstance(merge(kept, lost), Merged)
    merged = row("account", kept)
    assert merged.phone == row("account", lost).phone, "changed later than the survivor's"
    assert merged.email == "a@example.com"
    assert merged.website == "https://kept.example.com"
    assert set(merged.tags) == {"老客户", "展会"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_of_one_day_the_value_that_tells_more_stays_in_any_language(
    company: Company, language: str
) -> None:
    """How long a choice is called in somebody's language says nothing about the value."""
    kept = make("account", seed=1, level="C", region="320000", address="竹园路209号", uscc="")
    lost = make("account", seed=2, level="B", region="320505", address="竹园路", uscc="")
    origin = timezone.now()
    ChangeEntry.objects.filter(record_id__in=(kept, lost)).update(at=origin)
    with translation.override(language):
        assert isinstance(merge(kept, lost), Merged)
    merged = row("account", kept)
    assert merged.level == "C"
    assert merged.region == "320505"
    assert merged.address == "竹园路209号"


def test_a_choice_beats_the_default(company: Company) -> None:
    kept, lost = make("account", seed=1, tags=["甲"]), make("account", seed=2, tags=["乙"])
    before = {pk: row("account", pk) for pk in (kept, lost)}
    choices = {"name": lost, "phone": kept, "tags": lost, "more_phones": ALL}
    assert isinstance(merge(kept, lost, choices=choices), Merged)
    merged = row("account", kept)
    assert (merged.name, merged.phone) == (before[lost].name, before[kept].phone)
    assert merged.tags == ["乙"]
    assert merged.number == before[kept].number


def test_nobody_becomes_his_own_parent(company: Company) -> None:
    kept, lost = make("account", seed=1, parent=None), make("account", seed=2, parent=None)
    save_one(SYSTEM, "account", {"parent": lost}, record_id=kept)
    middle = make("account", seed=3, parent=lost)
    other = make("account", seed=4, parent=middle)
    assert isinstance(merge(kept, lost), Merged)
    assert row("account", kept).parent_id is None
    assert isinstance(merge(other, kept), Merged)
    assert row("account", middle).parent_id == other
    assert row("account", other).parent_id is None, "no circle"


def test_stars_shares_and_visits_follow_and_are_there_once(company: Company) -> None:
    kept, lost = make("account", seed=1), make("account", seed=2)
    for user in (company.li, company.wang):
        Favourite.objects.create(
            user=user, object_key="account", record_id=lost, added_at=timezone.now()
        )
    Favourite.objects.create(
        user=company.li, object_key="account", record_id=kept, added_at=timezone.now()
    )
    for pk, times in ((kept, 2), (lost, 5)):
        Recent.objects.create(
            user=company.li, object_key="account", record_id=pk, at=timezone.now(), times=times
        )
    share_record(ACCOUNT, kept, company.zhou, by=None)
    share_record(ACCOUNT, lost, company.zhou, by=None, can_write=True)
    share_record(ACCOUNT, lost, company.zhao, by=None)
    merge(kept, lost)
    assert sorted(Favourite.objects.values_list("user_id", "record_id")) == sorted(
        [(company.li.pk, kept), (company.wang.pk, kept)]
    )
    assert list(Recent.objects.values_list("record_id", "times")) == [(kept, 7)]
    shares = dict(Collaborator.objects.filter(record_id=kept).values_list("user_id", "can_write"))
    assert shares == {company.zhou.pk: True, company.zhao.pk: False}
    assert not Collaborator.objects.filter(object_key="account", record_id=lost).exists()


def test_whose_record_went_into_anothers_keeps_his_sight_of_it(company: Company) -> None:
    kept, lost = (
        make("account", owner=company.li, seed=1),
        make("account", owner=company.zhou, seed=2),
    )
    task = make("task", owner=company.zhou, seed=3, about=f"account:{lost}")
    merge(kept, lost)
    zhou = Access.for_user(company.zhou)
    assert records(zhou, ACCOUNT).filter(pk=kept).exists()
    assert records(zhou, object_type("task")).filter(pk=task).exists()


def test_only_who_may_change_and_delete_all_of_them_may_merge(company: Company) -> None:
    mine, theirs = (
        make("account", owner=company.li, seed=1),
        make("account", owner=company.zhou, seed=2),
    )
    third = make("account", owner=company.li, seed=3)
    li = Access.for_user(company.li)
    for survivor, loser in ((mine, theirs), (theirs, mine)):
        refused = merge(survivor, loser, access=li)
        assert isinstance(refused, MergeRefused)
        assert refused.code == "not_found", "like a record that does not exist"
        assert merge(mine, 999_999, access=li) == MergeRefused(
            "not_found", refused.message, record_ids=(999_999,)
        )
    share_record(ACCOUNT, theirs, company.li, by=None, can_write=True)
    assert isinstance(merge(theirs, mine, access=li), MergeRefused), "a share deletes nothing"
    assert isinstance(merge(mine, third, access=li), Merged)


def test_a_field_one_may_not_write_is_not_ones_to_decide_but_never_lost(company: Company) -> None:
    sales = Role.objects.get(key="sales")
    set_field_right(sales, "account", "level", Right.HIDDEN)
    set_field_right(sales, "account", "legal_person", Right.HIDDEN)
    kept = make("account", owner=company.li, seed=1, level="A", legal_person="")
    lost = make("account", owner=company.li, seed=2, level="C", legal_person="张三")
    li = Access.for_user(company.li)
    refused = merge(kept, lost, access=li, choices={"level": lost})
    assert isinstance(refused, MergeRefused)
    assert refused.code == "forbidden_field"
    assert isinstance(merge(kept, lost, access=li), Merged)
    merged = row("account", kept)
    assert (merged.level, merged.legal_person) == ("A", "张三")


def test_the_owner_is_chosen_only_by_who_may_hand_over(company: Company) -> None:
    kept, lost = (make("account", owner=company.li, seed=seed) for seed in (1, 2))
    owner = {"owner": lost}
    assert merge(kept, lost, access=Access.for_user(company.li), choices=owner).code == (
        "forbidden_field"
    )
    other = make("account", owner=company.wang, seed=3)
    outcome = merge(kept, other, access=Access.for_user(company.wang), choices={"owner": other})
    assert isinstance(outcome, Merged), outcome
    assert row("account", kept).owner_id == company.wang.pk


def test_who_edited_one_meanwhile_is_not_overruled(company: Company) -> None:
    kept, lost = make("account", seed=1), make("account", seed=2)
    versions = {pk: row("account", pk).version for pk in (kept, lost)}
    save_one(SYSTEM, "account", {"employees": 77}, record_id=lost)
    refused = merge(kept, lost, versions=versions)
    assert isinstance(refused, MergeRefused)
    assert (refused.code, refused.record_ids) == ("stale", (lost,))
    assert row("account", lost).deleted_at is None


def test_a_merged_record_is_not_merged_or_edited_again(company: Company) -> None:
    kept, lost, third = (make("account", seed=seed) for seed in (1, 2, 3))
    merge(kept, lost)
    assert merge(third, lost).code == "not_found"
    assert merge(lost, third).code == "not_found"
    assert save_one(SYSTEM, "account", {"employees": 5}, record_id=lost).missing
    assert merge(kept, kept).code == "same"


def test_the_losers_telephone_still_finds_the_customer(company: Company) -> None:
    kept = make("account", seed=1, phone="13800138001", uscc="")
    lost = make("account", seed=2, phone="13800138002")
    uscc = row("account", lost).uscc
    merge(kept, lost, choices={"phone": kept, "uscc": kept})
    found = save_one(SYSTEM, "account", {"name": "第三家", "phone": "13800138002"})
    assert isinstance(found, DuplicateFound)
    assert [one.record_id for one in found.candidates] == [kept]
    again = save_one(SYSTEM, "account", {"name": "第四家", "uscc": uscc})
    assert isinstance(again, Saved), "a value that nobody has now blocks nobody"


def test_a_third_holder_of_a_single_value_stops_the_merge(company: Company) -> None:
    """The third got the number while the loser lay in the bin of an old version of the rules."""
    kept, lost = make("account", seed=1), make("account", seed=2)
    third = make("account", seed=3)
    uscc = row("account", third).uscc
    object_type("account").model._default_manager.filter(pk=lost).update(uscc=uscc)
    refused = merge(kept, lost, choices={"uscc": lost})
    assert isinstance(refused, MergeRefused)
    assert (refused.code, refused.record_ids) == ("duplicate", (third,))
    assert row("account", lost).deleted_at is None


def test_log_and_events_tell_of_the_merge(company: Company) -> None:
    kept, lost = make("account", seed=1), make("account", seed=2)
    contact = make("contact", seed=3, account=lost)
    since = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    merge(kept, lost)
    told = list(Event.objects.filter(pk__gt=since).values_list("name", "record_id", "data"))
    assert ("account.merged", kept, {"merged": [lost]}) in told
    assert ("account.deleted", lost, {"merged_into": kept}) in told
    assert "contact.changed" in [name for name, pk, _data in told if pk == contact]
    assert history(SYSTEM, ACCOUNT, kept)[0].action == "merge"
    [line] = history(SYSTEM, object_type("contact"), contact, 1)
    assert [one.name for one in line.fields] == ["account"]


@pytest.mark.parametrize("key", [one.key for one in object_types()])
def test_records_of_every_type_can_be_merged(company: Company, key: str) -> None:
    declared = object_type(key)
    kept, lost = make(key, seed=1), make(key, seed=2)
    outcome = merge_records(SYSTEM, declared, kept, [lost], source=TEST)
    assert isinstance(outcome, Merged), outcome
    assert survivor_of(key, lost) == kept
    assert verify_chain().sound
