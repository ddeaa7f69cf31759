"""The review rules in force as this process knows them, with the reviewers each of them names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keqiao.base.clock import now
from keqiao.catalog import state
from keqiao.catalog.filter import parse_filter
from keqiao.quality.review.models import ReviewRule
from keqiao.quality.rules_in_force import rules_in_force

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.access.access import Access
    from keqiao.catalog.filter import FilterTree

ASKED = "customer-forms"
RULES = "review"  # the version that changes with every change of a rule

# What a customer sends by a form: held whatever the rules say. Accepted, it has a channel of its own.
CUSTOMER, CUSTOMER_CHECKED = "customer", "customer_answer"
# The roads by which people and programs enter data.
SOURCES: dict[str, str | Promise] = {
    "form": _("Entered or changed by hand"),
    "bulk": _("Several records changed at once"),
    "import": _("Import"),
    "api": _("API"),
    CUSTOMER: _("Answer of a customer"),
}
# What is written by these was looked at already, or puts back what had been there.
NO_ENTRY = frozenset(
    {CUSTOMER_CHECKED, "review", "reviewed_entry", "double_entry", "revert", "merge"}
)


def road_of(channel: str) -> str:
    """Return the road a channel of the change log stands for; empty when it enters nothing.

    Whatever is not listed is done by hand (a calendar, a board): a new page is never a way around.
    """
    if channel in NO_ENTRY:
        return ""
    return channel if channel in SOURCES else "form"


known = rules_in_force(RULES, ReviewRule.objects.all, lambda rule: rule.reviewers)


def rules_changed() -> None:
    """Say that a rule was changed; call inside the transaction that changes it."""
    state.bump(RULES)


def tree_of(rule: ReviewRule) -> FilterTree | None:
    return parse_filter(rule.filter) if rule.filter else None


def asked_by(user_id: int) -> None:
    """Note that somebody has asked a customer: answers may come to him from now on."""
    if user_id not in askers():
        state.bump(ASKED)


# Who ever sent a form to a customer and gets the answers; the forms' package tells whom.
_read_askers: list[Callable[[], Iterable[int]]] = []
askers = state.Remembered(
    lambda: (state.version(ASKED),),
    lambda: frozenset(pk for read in _read_askers for pk in read()),
)


def register_askers(read: Callable[[], Iterable[int]]) -> None:
    if read not in _read_askers:
        _read_askers.append(read)


def rule_for_customers(object_key: str) -> ReviewRule:
    """Return the rule under which answers of customers wait when no rule of the company names them.

    Whoever sent the form decides; reviewers who are named there decide as well.
    """
    own = ReviewRule.objects.filter(object_key=object_key, sources=[CUSTOMER]).first()
    if own is None:
        own = ReviewRule.objects.create(
            name=gettext("Answers of customers"), object_key=object_key, sources=[CUSTOMER],
            is_active=True, position=900, changed_at=now(),
        )  # fmt: skip
        rules_changed()
    return own


def rules_reviewed_by(access: Access) -> list[ReviewRule]:
    """Return the rules whose entries this person decides.

    Administrators, who could name themselves, decide all of them.
    """
    found = known()
    return [
        rule
        for rules in found.rules.values()
        for rule in rules
        if access.is_administrator or access.user_id in found.people[rule.pk]
    ]
