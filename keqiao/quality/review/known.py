"""The review rules in force as this process knows them, with the reviewers each of them names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from keqiao.access.matrix import matrix
from keqiao.catalog import state
from keqiao.catalog.filter import parse_filter
from keqiao.catalog.object_type import Feature
from keqiao.catalog.registry import object_types
from keqiao.quality.people import people_named
from keqiao.quality.review.models import ReviewRule

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.filter import FilterTree
    from keqiao.catalog.object_type import ObjectType

RULES = "review"  # the version that changes with every change of a rule

# The roads by which people and programs enter data.
SOURCES: dict[str, str | Promise] = {
    "form": _("Entered or changed by hand"),
    "bulk": _("Several records changed at once"),
    "import": _("Import"),
    "api": _("API"),
}
# What is written by these was looked at already, or puts back what had been there.
NO_ENTRY = frozenset({"review", "reviewed_entry", "double_entry", "revert", "merge"})


def road_of(channel: str) -> str:
    """Return the road a channel of the change log stands for; empty when it enters nothing.

    Whatever is not listed is done by hand (a calendar, a board): a new page is never a way around.
    """
    if channel in NO_ENTRY:
        return ""
    return channel if channel in SOURCES else "form"


@dataclass(frozen=True)
class Known:
    """All rules by object type, in order, and the reviewers of each."""

    versions: tuple[int, int]
    rules: dict[str, list[ReviewRule]] = field(default_factory=dict)
    reviewers: dict[int, frozenset[int]] = field(default_factory=dict)


_current = Known(versions=(-1, -1))


def known() -> Known:
    """Return what holds now; reads the database only after a change."""
    global _current
    versions = (state.version(RULES), matrix().version)
    found = _current
    if found.versions != versions:
        found = _current = _load(versions)
    return found


def rules_changed() -> None:
    """Say that a rule was changed; call inside the transaction that changes it."""
    state.bump(RULES)


def _load(versions: tuple[int, int]) -> Known:
    rules: dict[str, list[ReviewRule]] = defaultdict(list)
    reviewers = {}
    for rule in ReviewRule.objects.all():
        rules[rule.object_key].append(rule)
        reviewers[rule.pk] = people_named(rule.reviewers)
    return Known(versions, dict(rules), reviewers)


def reviewable_types() -> list[ObjectType]:
    """Return the types whose entries can be held: those that come by form and by import."""
    return [declared for declared in object_types() if Feature.IMPORT in declared.features]


def tree_of(rule: ReviewRule) -> FilterTree | None:
    return parse_filter(rule.filter) if rule.filter else None


def rules_reviewed_by(access: Access) -> list[ReviewRule]:
    """Return the rules whose entries this person decides.

    Administrators, who could name themselves, decide all of them.
    """
    found = known()
    return [
        rule
        for rules in found.rules.values()
        for rule in rules
        if access.is_administrator or access.user_id in found.reviewers[rule.pk]
    ]
