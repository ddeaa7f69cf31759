"""Fault: a merge of many groups is killed again and again; every group is merged exactly once."""

from __future__ import annotations

from tests.faults.installation import Installation
from tests.faults.killing import KILLING

# Runs inside the installation. Each attempt is a process of its own that kills itself right before
# its n-th statement, a few statements later each time, until one gets to its end.
KILLED = """
from keqiao.access.access import Access
from keqiao.access.directory import add_user
from keqiao.catalog.registry import object_type
from keqiao.quality.duplicates.bulk import merge_safe, unmerge_batch
from keqiao.quality.duplicates.models import DuplicatePair, Scenario
from keqiao.quality.duplicates.pairs import FoundPair, record_pairs
from keqiao.records.audit import verify_chain
from keqiao.records.drafts import Draft, Source
from keqiao.records.models import Merge
from keqiao.records.save import save_records

ACCESS, SOURCE, GROUPS = Access.system("fault"), Source("form"), 6
admin = add_user("boss", "老板", "Kèqiáo-桥-2026", is_administrator=True)
names = [f"苏州{number // 2}号机械厂{'有限公司' * (number % 2)}" for number in range(GROUPS * 2)]
drafts = [Draft({"name": name}) for name in names]
ids = [one.record_id for one in save_records(ACCESS, object_type("account"), drafts, source=SOURCE)]
record_pairs(
    [FoundPair(("account", a), ("account", b), 30.0, 0.9999) for a, b in zip(ids[::2], ids[1::2])],
    Scenario.NIGHTLY, "0",
)

def killed_on_the_way(action):
    kill_at = kills = 0
    while attempt(action, kill_at := kill_at + 23):
        kills += 1
    return kills

def merge():
    merge_safe.func(user_id=admin.pk, batch="dup-1", object_key="account", until=10**9, most=GROUPS)

def undo():
    unmerge_batch.func(user_id=admin.pk, batch="dup-1")

live = object_type("account").model._default_manager.filter(deleted_at=None)
result = {"kills": killed_on_the_way(merge), "merges": Merge.objects.count(), "left": live.count(),
          "settled": DuplicatePair.objects.filter(status="merged").count()}
result |= {"undo_kills": killed_on_the_way(undo), "back": live.count(), "sound": verify_chain().sound,
           "waiting": DuplicatePair.objects.filter(status="new").count()}
"""


def test_every_group_is_merged_once_however_often_it_is_killed(installation: Installation) -> None:
    found = installation.script(KILLING + KILLED)
    assert found["kills"] > 2
    assert (found["merges"], found["left"], found["settled"]) == (6, 6, 6)
    assert found["undo_kills"] > 2
    assert (found["back"], found["waiting"], found["sound"]) == (12, 6, True)
