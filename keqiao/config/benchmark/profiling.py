"""Profiles one field of all customers and brings a hundred thousand values together: what each takes.

Runs as a process of its own inside the measured installation and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from random import Random
from typing import Any

FIELD = "name"
VALUES = 100_000
PROFILE_TARGET_S, CLUSTER_TARGET_S = 5.0, 10.0
SEED = 7
_PLACES = ("苏州", "杭州", "成都", "广州", "青岛", "武汉", "南京", "厦门")
_BRAND = "云启博远山海粤通知行光谷鹭岛秦岭精诚万达宏图新源盛世天地华东"
_TRADES = ("科技", "机械", "贸易", "电子", "食品", "建材")
_FORMS = ("有限公司", "股份有限公司", " 有限公司", "")


def profile_and_cluster() -> dict[str, Any]:
    """Return the seconds of a profile with its facets, and of each way of finding variants."""
    from keqiao.access.access import Access
    from keqiao.catalog.registry import object_type
    from keqiao.quality.profiling.answers import FILL, PROFILE
    from keqiao.quality.profiling.clustering import clusters, default_stop_words
    from keqiao.quality.profiling.counting import ANSWERS, Question

    access, account = Access.system("benchmark"), object_type("account")
    found: dict[str, Any] = {"field": FIELD}
    for part, name in ((FILL, ""), (PROFILE, FIELD)):
        begun = time.perf_counter()
        result = ANSWERS[part](access, Question(account, part, name), None)
        found[part] = {"seconds": _since(begun), "records": result["records"]}
    counts, words = _values(), default_stop_words()
    found["values"] = len(counts)
    found["clusters"] = {}
    for likeness in account.field(FIELD).kind.clustered_by:
        begun = time.perf_counter()
        groups = clusters(counts, likeness, words)
        found["clusters"][likeness.value] = {"seconds": _since(begun), "found": len(groups)}
    slow = [way for way, one in found["clusters"].items() if one["seconds"] > CLUSTER_TARGET_S]
    found["misses"] = [f"{way} over {CLUSTER_TARGET_S:g} s" for way in slow]
    if found[PROFILE]["seconds"] > PROFILE_TARGET_S:
        found["misses"].append(f"profile over {PROFILE_TARGET_S:g} s")
    return found


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 2)


def _values() -> dict[str, int]:
    """Invent different names of companies, some of them variants of each other."""
    rng = Random(SEED)  # noqa: S311
    found: dict[str, int] = {}
    while len(found) < VALUES:
        brand = "".join(rng.choices(_BRAND, k=rng.randint(3, 5)))
        name = rng.choice(_PLACES) + brand + rng.choice(_TRADES) + rng.choice(_FORMS)
        found[name] = rng.randint(1, 20)
    return found


def told(result: dict[str, Any] | None) -> list[str]:
    """Return the lines of the table; none where it was not measured."""
    if result is None:
        return []
    profile, fill = result["profile"], result["fill"]
    ways = ", ".join(f"{way} {one['seconds']} s" for way, one in result["clusters"].items())
    whole = f"{profile['records']:,} x “{result['field']}”, facets beside it"
    lines = [
        f"{'profile':<16}{profile['seconds']} s: {whole}; {fill['seconds']} s the fill of all fields",
        f"{'variants':<16}{ways} of {result['values']:,} values",
    ]
    if result["misses"]:
        lines[-1] += f"  ! {', '.join(result['misses'])}"
    return lines


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(profile_and_cluster()) + "\n")
