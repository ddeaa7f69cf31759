"""A rule about likeness to test with."""

from __future__ import annotations

from typing import Any

from keqiao.base.clock import now
from keqiao.quality.scenarios.known import rules_changed
from keqiao.quality.scenarios.models import WEIGHT, Act, Scenario, ScenarioRule

BOYUAN = {"name": "苏州博远科技有限公司", "phone": "0512-66668888", "region": "320505"}
# The same by its sound; to the exact guard another one, for name and telephone differ.
ALIKE = {"name": "苏州博源科技有限公司", "phone": "0512-66668889", "region": "320505"}


def rule(action: Act, scenario: Scenario = Scenario.ENTRY, **values: Any) -> ScenarioRule:
    given: dict[str, Any] = {
        "name": "疑似重复", "object_key": "account", "scenario": scenario, "action": action,
        "scope": ["account"], "by": WEIGHT, "low": 8.0, "is_active": True, "changed_at": now(),
        **values,
    }  # fmt: skip
    made = ScenarioRule.objects.create(**given)
    rules_changed()
    return made
