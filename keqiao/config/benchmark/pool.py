"""The pool under load: its list, fifty people who want one customer, and the night's work."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from keqiao.config.benchmark.client import Request, RequestFailed, percentile, send

if TYPE_CHECKING:
    from keqiao.access.models import User

NAME = "Benchmark"
INSIDE = 500
RACERS, RACES = 50, 5


def pool_ground(users: list[User]) -> dict[str, Any]:
    """Make a pool with records in it, once; return a token for each of fifty members."""
    from keqiao.access.tokens import issue_token
    from keqiao.catalog.registry import object_type
    from keqiao.customers.pool.due import RULES, owned
    from keqiao.customers.pool.known import pools_changed
    from keqiao.customers.pool.models import Pool, PoolMember, PoolMove
    from keqiao.customers.pool.moving import into_pool
    from keqiao.records.drafts import Source
    from keqiao.records.query import records

    account = object_type("account")
    pool, _made = Pool.objects.get_or_create(name=NAME, object_key="account", position=900)
    racers = users[:RACERS]
    for user in racers:
        PoolMember.objects.get_or_create(pool=pool, user=user)
    pools_changed()
    inside = records(RULES, account).filter(pool_id=pool.pk)
    missing = INSIDE - inside.count()
    if missing > 0:
        rows = list(owned(account).order_by("pk")[:missing])
        what, source = PoolMove.What.ADDED, Source("benchmark")
        into_pool(RULES, account, pool, rows, {}, what=what, source=source)
    return {
        "pool": pool.pk,
        "wanted": list(inside.order_by("-pk").values_list("pk", flat=True)[:RACES]),
        "racers": [issue_token(user, "bench", ["*:write"], days=2)[1] for user in racers],
    }


def race(port: int, ground: dict[str, Any]) -> dict[str, Any]:
    """Let everybody claim the same customer at once, a few times; exactly one may win each."""
    times: list[float] = []
    for wanted in ground["wanted"]:
        answers: list[tuple[int, float]] = []
        barrier = threading.Barrier(len(ground["racers"]))

        def claim(token: str, answers: list[Any] = answers, wanted: int = wanted,
                  barrier: threading.Barrier = barrier) -> None:  # fmt: skip
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            path = f"/api/v1/accounts/{wanted}/claim"
            request = Request("POST", path, headers, b"{}", expected=(200, 404, 409))
            barrier.wait(timeout=60)
            begun = time.perf_counter()
            status = send(port, request).status
            answers.append((status, (time.perf_counter() - begun) * 1000))

        threads = [threading.Thread(target=claim, args=(token,)) for token in ground["racers"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = sum(status == 200 for status, _ms in answers)
        if won != 1 or len(answers) != len(threads):
            msg = f"{won} of {len(answers)} claimers won one customer."
            raise RequestFailed(msg)
        times += [milliseconds for _status, milliseconds in answers]
    return {
        "claimers": len(ground["racers"]),
        "races": len(ground["wanted"]),
        "winners_each": 1,
        "p95_ms": round(percentile(times, 0.95)),
    }


NIGHT = """
import json, time
from keqiao.customers.pool.known import pools_changed
from keqiao.customers.pool.models import Pool, PoolRule
from keqiao.customers.pool.returning import return_to_pools
pool = Pool.objects.get(name="Benchmark")
PoolRule.objects.get_or_create(pool=pool, reason="no_follow_up", days=3000, is_active=True)
pools_changed()
begun = time.perf_counter()
first = return_to_pools.call()
between = time.perf_counter()
again = return_to_pools.call()
print(json.dumps({"first_seconds": round(between - begun, 1), "noted": first["note"],
                  "again_seconds": round(time.perf_counter() - between, 1)}))
"""
