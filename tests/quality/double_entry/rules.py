"""A rule of double entry to test with."""

from __future__ import annotations

from typing import Any

from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.quality.double_entry.known import rules_changed
from keqiao.quality.double_entry.models import DoubleEntryRule


def entry_rule(*people: User, **values: Any) -> DoubleEntryRule:
    given: dict[str, Any] = {
        "name": "大客户复录",
        "object_key": "account",
        "share": 100,
        "fields": ["name", "uscc", "phone"],
        "keyers": {"users": [one.pk for one in people]},
        "is_active": True,
        "changed_at": now(),
        **values,
    }
    rule = DoubleEntryRule.objects.create(**given)
    rules_changed()
    return rule
