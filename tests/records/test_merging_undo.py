"""A merge is undone to the byte; what people wrote since stays, and the order is kept."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from itertools import zip_longest
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from keqiao.access.access import Access
from keqiao.access.directory import share_record
from keqiao.catalog.custom_fields import add_custom_field
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.audit import verify_chain
from keqiao.records.drafts import Source
from keqiao.records.merging import Merged, MergeRefused, merge_records
from keqiao.records.merging_undo import Unmerged, forget_moves, undo_merge
from keqiao.records.models import Merge, MergeMove
from keqiao.records.query import records
from keqiao.records.removal import delete_records, restore_records
from keqiao.records.save import DuplicateFound, Saved
from keqiao.ui.models import Favourite
from tests.company import SYSTEM, TEST, Company, make, save_one

ACCOUNT = object_type("account")
REVERT = Source("revert", "test")
# The logs of what happened tell of both, the merge and the undoing.
LOGS = {
    "records_changeentry", "records_chainhead", "records_event", "records_merge",
    "records_mergemove", "records_mergedrecord", "sqlite_sequence", "django_migrations",
    "catalog_stateversion",
}  # fmt: skip
# A version never comes back: an ETag that was given out once stands for one content.
GOES_ON = {"version", "updated_at", "updated_by_id"}
# Indexes made from records have no identity of their own: their content is compared.
DERIVED = {"catalog_listvalue", "records_recordlink", "activities_timelineentry"}


def database() -> dict[str, list[tuple[Any, ...]]]:
    """Return the whole database as it stands, table by table, as the bytes of its columns."""
    record_tables = {one.model._meta.db_table for one in object_types()}
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in LOGS or table.startswith(("records_searchentry_", "records_search_")):
                continue
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            left_out = GOES_ON if table in record_tables else {"id"} if table in DERIVED else set()
            places = [
                place
                for place, column in enumerate(cursor.description)
                if column[0] not in left_out
            ]
            names = [column[0] for column in cursor.description]
            found[table] = sorted(
                tuple((names[place], cell(one[place])) for place in places)
                for one in cursor.fetchall()
            )
    return found


def cell(value: Any) -> str:
    """Return a cell's content; two spellings of the same JSON are the same."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        with contextlib.suppress(ValueError):
            return repr(json.loads(value))
    return repr(value)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
    """Return the cells that differ, so that a failure names them."""
    return [
        (table, sorted(set(was) ^ set(now)))
        for table, rows in before.items()
        for was, now in zip_longest(rows, after[table], fillvalue=())
        if was != now
    ]


def row(key: str, pk: int) -> Any:
    return object_type(key).model._default_manager.get(pk=pk)


def merge(survivor: int, *losers: int, **more: Any) -> int:
    outcome = merge_records(SYSTEM, ACCOUNT, survivor, losers, source=TEST, **more)
    assert isinstance(outcome, Merged), outcome
    return outcome.merge_id


def undo(merge_id: int, access: Access = SYSTEM) -> Any:
    return undo_merge(access, merge_id, source=REVERT)


def busy_pair(company: Company) -> tuple[int, int]:
    """Make two customers with everything that can hang on a customer."""
    link = add_custom_field(
        object_type("lead"), {"label": "介绍人", "kind": "reference", "target": "account"}
    ).key
    rating = add_custom_field(ACCOUNT, {"label": "信用评级", "kind": "integer"}).key
    code = add_custom_field(ACCOUNT, {"label": "旧系统编号", "kind": "text"}).key
    kept = make("account", owner=company.li, seed=1, **{rating: 3, code: "A-1"})
    lost = make("account", owner=company.zhou, seed=2, **{code: "B-2"})
    for number, pk in enumerate((kept, lost)):
        contact = make("contact", owner=company.zhou, seed=10 + number, account=pk)
        make("affiliation", seed=20 + number, account=pk)
        make("task", owner=company.zhou, seed=30 + number, about=f"account:{pk}")
        make("call", seed=40 + number, about=f"contact:{contact}", contacts=[contact])
        make("comment", seed=50 + number, about=f"account:{pk}")
        make("lead", seed=60 + number, **{link: pk})
        make("account", seed=70 + number, parent=pk)
        binned = make("contact", seed=80 + number, account=pk)
        delete_records(SYSTEM, object_type("contact"), [binned], source=TEST)
        share_record(ACCOUNT, pk, company.zhao, by=None, can_write=bool(number))
        for user in (company.li, company.zhou)[number:]:
            Favourite.objects.create(
                user=user, object_key="account", record_id=pk, added_at=timezone.now()
            )
    return kept, lost


def test_after_the_undoing_every_row_is_what_it_was(company: Company) -> None:
    kept, lost = busy_pair(company)
    before = database()
    merge_id = merge(kept, lost, choices={"name": lost, "owner": lost})
    assert differences(before, database()) != []
    outcome = undo(merge_id)
    assert isinstance(outcome, Unmerged), outcome
    assert outcome.conflicts == ()
    assert differences(before, database()) == []
    assert verify_chain().sound


@pytest.mark.parametrize("key", [one.key for one in object_types()])
def test_records_of_every_type_come_apart_again(company: Company, key: str) -> None:
    declared = object_type(key)
    kept, lost, more = make(key, seed=1), make(key, seed=2), make(key, seed=3)
    before = database()
    outcome = merge_records(SYSTEM, declared, kept, [lost, more], source=TEST)
    assert isinstance(outcome, Merged), outcome
    assert isinstance(undo(outcome.merge_id), Unmerged)
    assert differences(before, database()) == []


def test_a_secret_comes_back_as_it_was_sealed(company: Company) -> None:
    contact = object_type("contact")
    kept, lost = make("contact", seed=1), make("contact", seed=2)
    sealed = row("contact", kept).id_number
    assert sealed
    outcome = merge_records(SYSTEM, contact, kept, [lost], {"id_number": lost}, source=TEST)
    assert isinstance(outcome, Merged), outcome
    assert row("contact", kept).id_number != sealed
    undo(outcome.merge_id)
    assert row("contact", kept).id_number == sealed


def test_what_people_wrote_since_stays_and_is_named(company: Company) -> None:
    kept = make("account", seed=1, phone="13800138001", employees=1)
    lost = make("account", seed=2, phone="13800138002", employees=2)
    mine, moved = make("contact", seed=3, account=kept), make("contact", seed=4, account=lost)
    elsewhere = make("account", seed=5)
    other = make("contact", seed=6, account=lost)
    old_phone = row("account", kept).phone
    merge_id = merge(kept, lost, choices={"phone": lost, "employees": lost})
    save_one(SYSTEM, "account", {"employees": 99}, record_id=kept)
    save_one(SYSTEM, "contact", {"account": elsewhere}, record_id=other)
    save_one(SYSTEM, "contact", {"name": "张新名"}, record_id=moved)
    new = make("contact", seed=7, account=kept)
    outcome = undo(merge_id)
    assert isinstance(outcome, Unmerged)
    assert sorted(outcome.conflicts) == sorted(
        [("account", kept, "employees"), ("contact", other, "account")]
    )
    assert row("account", kept).employees == 99
    assert row("account", kept).phone == old_phone
    assert row("contact", other).account_id == elsewhere
    assert row("contact", new).account_id == row("contact", mine).account_id == kept
    assert (row("contact", moved).account_id, row("contact", moved).name) == (lost, "张新名")
    assert Merge.objects.get(pk=merge_id).conflicts == [list(one) for one in outcome.conflicts]


def test_fingerprints_are_each_records_own_again(company: Company) -> None:
    kept = make("account", seed=1, phone="13800138001")
    lost = make("account", seed=2, phone="13800138002")
    merge_id = merge(kept, lost, choices={"phone": lost})
    save_one(SYSTEM, "account", {"phone": "13800138009"}, record_id=kept)
    undo(merge_id)
    for phone, holder in (("13800138009", kept), ("13800138002", lost)):
        found = save_one(SYSTEM, "account", {"name": "又一家", "phone": phone})
        assert isinstance(found, DuplicateFound)
        assert [one.record_id for one in found.candidates] == [holder]
    assert isinstance(
        save_one(SYSTEM, "account", {"name": "再一家", "phone": "13800138001"}), Saved
    ), "the number it had before the merge was given up since"


def test_merges_are_undone_in_the_order_they_came(company: Company) -> None:
    kept, first, second, last = (make("account", seed=seed) for seed in (1, 2, 3, 4))
    one, two = merge(kept, first), merge(kept, second)
    three = merge(last, kept)
    assert undo(one).code == undo(two).code == "merged_away"
    assert undo(one).record_ids == (last,)
    assert isinstance(undo(three), Unmerged)
    assert undo(one).code == "merged_again"
    assert isinstance(undo(two), Unmerged)
    assert isinstance(undo(one), Unmerged)
    assert undo(one).code == "undone"
    assert records(SYSTEM, ACCOUNT).filter(pk__in=[kept, first, second, last]).count() == 4


def test_a_deleted_survivor_is_brought_back_first(company: Company) -> None:
    kept, lost = make("account", seed=1), make("account", seed=2)
    merge_id = merge(kept, lost)
    delete_records(SYSTEM, ACCOUNT, [kept], source=TEST)
    assert undo(merge_id).code == "deleted"
    restore_records(SYSTEM, ACCOUNT, [kept], source=TEST)
    assert isinstance(undo(merge_id), Unmerged)


def test_a_single_value_that_somebody_else_has_now_stops_the_undoing(company: Company) -> None:
    kept, lost = make("account", seed=1), make("account", seed=2)
    uscc = row("account", lost).uscc
    merge_id = merge(kept, lost, choices={"uscc": kept})
    third = make("account", seed=3, uscc=uscc)
    refused = undo(merge_id)
    assert isinstance(refused, MergeRefused)
    assert (refused.code, refused.record_ids) == ("taken", (third,))
    assert row("account", lost).deleted_at is not None, "nothing half undone"


def test_only_who_may_change_and_delete_them_takes_them_apart(company: Company) -> None:
    kept, lost = (make("account", owner=company.li, seed=seed) for seed in (1, 2))
    merge_id = merge(kept, lost)
    assert undo(merge_id, Access.for_user(company.zhou)).code == "not_found"
    assert undo(merge_id + 1000).code == "not_found"
    assert isinstance(undo(merge_id, Access.for_user(company.li)), Unmerged)


def test_after_thirty_days_it_is_final_and_the_log_is_thrown_away(company: Company) -> None:
    kept, lost, more = (make("account", seed=seed) for seed in (1, 2, 3))
    old, young = merge(kept, lost), merge(kept, more)
    Merge.objects.filter(pk=old).update(at=timezone.now() - timedelta(days=31))
    undo(young)
    assert undo(old).code == "too_late"
    assert forget_moves(timezone.now() - timedelta(days=30)) == 1
    assert not MergeMove.objects.filter(merge_id=old).exists()
    assert MergeMove.objects.filter(merge_id=young).exists()
