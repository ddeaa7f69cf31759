"""The duplicate check under load: one draft in the process, and a thousand new ones against the base.

Runs as a process of its own inside the measured installation and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from keqiao.config.benchmark.client import percentile

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType

PROBES, NEW = 1_000, 1_000
TARGET_P50_MS, TARGET_P99_MS, TARGET_SECONDS = 2.0, 10.0, 1.5


def measure_likeness() -> dict[str, Any]:
    """Ask about records that are there, written a little otherwise, and about a thousand new ones."""
    from keqiao.access.access import Access
    from keqiao.catalog.registry import object_type
    from keqiao.quality.candidates.comparing import comparing
    from keqiao.quality.candidates.lookup import look_up, look_up_many
    from keqiao.quality.candidates.rekeying import due, rekey
    from keqiao.quality.candidates.weighing import scope_of
    from keqiao.records.query import records

    for plan in due():
        rekey(plan)
    account = object_type("account")
    plan_of_account = comparing(account)
    if plan_of_account is None:
        raise LookupError(account.key)
    every = records(Access.system("benchmark"), account)
    last = every.order_by("-pk").values_list("pk", flat=True)[0]
    rows = list(every.filter(pk__in=range(1, last, max(1, last // PROBES)))[:PROBES])
    scope, times, found = scope_of(account), [], 0
    for row in rows:
        draft = _retyped(account, row)
        begun = time.perf_counter()
        answer = look_up(plan_of_account, plan_of_account.forms(draft), scope)
        times.append((time.perf_counter() - begun) * 1000)
        found += any(one.record_id == row.pk and one.object_type == account for one in answer[:5])
    drafts = [_retyped(account, row) for row in (rows * (NEW // len(rows) + 1))[:NEW]]
    begun = time.perf_counter()
    look_up_many(plan_of_account, [plan_of_account.forms(one) for one in drafts], scope)
    seconds = time.perf_counter() - begun
    figures = {
        "probes": len(rows),
        "found_share": round(found / len(rows), 4),
        "p50_ms": round(percentile(times, 0.50), 2),
        "p99_ms": round(percentile(times, 0.99), 2),
        "new": NEW,
        "new_seconds": round(seconds, 2),
    }
    return {**figures, "misses": _misses(figures)}


def _retyped(declared: ObjectType, row: Any) -> dict[str, Any]:
    """Return a record's values as somebody else would type them: no legal form, some of it empty."""
    fields = declared.fields()
    values = {name: fields[name].value(row) for name in ("name", "phone", "region", "address")}
    values["name"] = str(values["name"]).removesuffix("有限公司")
    if row.pk % 3 == 0:
        values["phone"] = ""
    if row.pk % 5 == 0:
        values["address"] = ""
    return values


def _misses(figures: dict[str, Any]) -> list[str]:
    targets = (
        ("p50_ms", TARGET_P50_MS, "ms"),
        ("p99_ms", TARGET_P99_MS, "ms"),
        ("new_seconds", TARGET_SECONDS, "s"),
    )
    return [f"{name} over {most:g} {unit}" for name, most, unit in targets if figures[name] > most]


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(measure_likeness(), ensure_ascii=False) + "\n")
