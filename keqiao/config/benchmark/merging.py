"""A thousand merges of customers with their people and follow-ups, each undone again: what one takes.

Runs as a process of its own inside the measured installation and prints one line of JSON.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from typing import TYPE_CHECKING, Any

from keqiao.config.benchmark.client import percentile

if TYPE_CHECKING:
    from collections.abc import Callable

    from keqiao.access.access import Access

MERGES = 1000
# What hangs on each of the two records.
CONTACTS, NOTES, TASKS = 3, 5, 2
TARGET_MS = 50.0
_AT_ONCE = 200


def merge_and_undo(merges: int = MERGES) -> dict[str, Any]:
    """Return p50 and p99 in milliseconds of `merges` merges and of their undoing, one by one."""
    from keqiao.access.access import Access
    from keqiao.catalog.registry import object_type
    from keqiao.records.drafts import Source
    from keqiao.records.merging import Merged, merge_records
    from keqiao.records.merging_undo import Unmerged, undo_merge

    access, account = Access.system("benchmark"), object_type("account")
    pairs = pairs_to_merge(access, merges)
    done: list[int] = []

    def merge(pair: tuple[int, int]) -> None:
        outcome = merge_records(access, account, pair[0], [pair[1]], source=Source("benchmark"))
        if not isinstance(outcome, Merged):
            raise RuntimeError(str(outcome.message))
        done.append(outcome.merge_id)

    def undo(merge_id: int) -> None:
        outcome = undo_merge(access, merge_id, source=Source("revert"))
        if not isinstance(outcome, Unmerged):
            raise RuntimeError(str(outcome.message))

    found = {"merges": merges, "merge": _timed(merge, pairs), "undo": _timed(undo, done)}
    slow = [name for name in ("merge", "undo") if found[name]["p99_ms"] > TARGET_MS]  # type: ignore[index]
    return {**found, "misses": [f"{name} p99 over {TARGET_MS:g} ms" for name in slow]}


def _timed(act: Callable[[Any], None], over: list[Any]) -> dict[str, float]:
    times = []
    for one in over:
        begun = time.perf_counter()
        act(one)
        times.append((time.perf_counter() - begun) * 1000)
    return {
        "p50_ms": round(percentile(times, 0.50), 1),
        "p99_ms": round(percentile(times, 0.99), 1),
    }


def pairs_to_merge(access: Access, merges: int) -> list[tuple[int, int]]:
    """Make two customers for each merge, both with people and a history."""
    from keqiao.access.models import User
    from keqiao.base.clock import now

    owners = list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    run, at = secrets.token_hex(3), now()
    accounts = [
        {"name": f"苏州{run}{number // 2:05}精密机械{'有限公司' * (number % 2)}",
         "email": f"{run}{number}@bench.example", "note": f"benchmark {number % 2}",
         "region": "320505" if number % 2 else None, "owner": owners[number % len(owners)]}
        for number in range(2 * merges)
    ]  # fmt: skip
    made = _save(access, "account", accounts)
    _save(access, "contact", [
        {"name": f"联系人{pk}之{number}", "account": pk} for pk in made for number in range(CONTACTS)
    ])  # fmt: skip
    _save(access, "note", [
        {"about": f"account:{pk}", "body": f"第{number}次跟进", "at": at, "state": "done"}
        for pk in made for number in range(NOTES)
    ])  # fmt: skip
    _save(access, "task", [
        {"about": f"account:{pk}", "name": f"回访{number}"} for pk in made for number in range(TASKS)
    ])  # fmt: skip
    return list(zip(made[::2], made[1::2], strict=True))


def _save(access: Access, key: str, values: list[dict[str, Any]]) -> list[int]:
    from keqiao.catalog.registry import object_type
    from keqiao.records.drafts import Draft, Saved, Source
    from keqiao.records.save import save_records

    found: list[int] = []
    for start in range(0, len(values), _AT_ONCE):
        drafts = [Draft(one, allow_duplicates=True) for one in values[start : start + _AT_ONCE]]
        source = Source("benchmark", has_events=False)
        for outcome in save_records(access, object_type(key), drafts, source=source):
            if not isinstance(outcome, Saved):
                raise RuntimeError(str(outcome))
            found.append(outcome.record_id)
    return found


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(merge_and_undo(*map(int, sys.argv[1:2]))) + "\n")
