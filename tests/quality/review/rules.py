"""A review rule to test with, and what people enter under it."""

from __future__ import annotations

from typing import Any

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.review.known import SOURCES, rules_changed
from keqiao.quality.review.models import PendingChange, ReviewRule
from keqiao.records.drafts import Draft, Source
from keqiao.records.save import save_records


def review_rule(*reviewers: User, object_key: str = "account", **values: Any) -> ReviewRule:
    given: dict[str, Any] = {
        "name": "新客户复核",
        "object_key": object_key,
        "sources": list(SOURCES),
        "fields": ["name", "uscc"],
        "reviewers": {"users": [one.pk for one in reviewers]},
        "is_active": True,
        "changed_at": now(),
        **values,
    }
    rule = ReviewRule.objects.create(**given)
    rules_changed()
    return rule


def enter(user: User, values: dict[str, Any], key: str = "account", **more: Any) -> Any:
    """Save as this person does on a form and return the outcome."""
    channel = more.pop("channel", "form")
    options = {name: more.pop(name) for name in ("mode", "dry_run") if name in more}
    [outcome] = save_records(
        Access.for_user(user), object_type(key), [Draft(values, **more)],
        source=Source(channel), **options,
    )  # fmt: skip
    return outcome


def only_pending() -> PendingChange:
    return PendingChange.objects.select_related("rule").get()
