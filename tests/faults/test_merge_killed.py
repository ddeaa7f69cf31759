"""Fault: the process is killed at every statement of a merge and of its undoing; all or nothing."""

from __future__ import annotations

from tests.faults.installation import Installation
from tests.faults.killing import KILLING

# Runs inside the installation. Each attempt is a process of its own that kills itself right before
# its n-th statement, the commit being the last one.
KILLED = """
import hashlib
from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.records.audit import verify_chain
from keqiao.records.drafts import Draft, Source
from keqiao.records.merging import Merged, merge_records
from keqiao.records.merging_undo import Unmerged, undo_merge
from keqiao.records.models import Merge
from keqiao.records.save import save_records

ACCESS, SOURCE = Access.system("fault"), Source("form")

def make(key, **values):
    [saved] = save_records(ACCESS, object_type(key), [Draft(values)], source=SOURCE)
    return saved.record_id

kept = make("account", name="苏州博远科技有限公司", phone="13800138001", tags=["老客户"])
lost = make("account", name="博远科技（苏州）", phone="13800138002", tags=["展会"])
contact = make("contact", name="张三", account=lost, phone="13900139001")
make("task", name="回访", about=f"account:{lost}", at="2026-12-01 10:00")
make("call", name="来电", about=f"contact:{contact}", contacts=[contact], at="2026-11-01 10:00")
make("affiliation", contact=contact, account=lost, position="顾问")

PARTS = ("records_", "customers_", "activities_", "catalog_", "ui_", "quality_", "access_collaborator")
with connection.cursor() as cursor:
    TABLES = [one for one in sorted(connection.introspection.table_names(cursor)) if one.startswith(PARTS)]

def state():
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f'SELECT * FROM "{table}"')
            digest.update(repr((table, sorted(map(repr, cursor.fetchall())))).encode())
    return digest.hexdigest()

def killed_everywhere(action):
    before, kill_at, halves = state(), 1, []
    while attempt(action, kill_at):
        if state() != before:
            halves.append(kill_at)
        kill_at += 1
    return kill_at - 1, halves, state() != before

def merge():
    assert isinstance(merge_records(ACCESS, object_type("account"), kept, [lost], source=SOURCE), Merged)

def undo():
    number = Merge.objects.values_list("pk", flat=True).get()
    assert isinstance(undo_merge(ACCESS, number, source=Source("revert")), Unmerged)

result = {
    "merge": killed_everywhere(merge),
    "undo": killed_everywhere(undo),
    "sound": verify_chain().sound,
    "live": object_type("account").model._default_manager.filter(deleted_at=None).count(),
}
"""


def test_a_merge_killed_at_any_statement_is_whole_or_not_there(installation: Installation) -> None:
    result = installation.script(KILLING + KILLED)
    for name in ("merge", "undo"):
        statements, halves, is_done = result[name]
        assert statements > 40, "it was killed at each of its statements"
        assert halves == [], name
        assert is_done, name
    assert (result["sound"], result["live"]) == (True, 2)
