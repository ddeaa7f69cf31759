"""Tries a rule out on the records there are, before anybody is refused because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.catalog.filter import AllOf, parse_filter
from keqiao.catalog.quality_rules import Severity
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.quality.standards.checks import written_check
from keqiao.quality.standards.models import StandardRule
from keqiao.records.counting import capped_count
from keqiao.records.query import ListQuery, count_records, run_list

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Row

SAMPLE = 8
NEARLY_ALL = 0.95  # a rule that touches so large a share is hardly what somebody meant


@dataclass(frozen=True)
class Trial:
    """How many records the rule would find fault with, of how many, and some of them.

    The counts stop at the cap of lists (then `is_capped`); None when counting took too long.
    """

    count: int | None
    is_capped: bool
    all_count: int | None
    sample: list[Row]

    @property
    def is_exact(self) -> bool:
        return self.count is not None and self.all_count is not None and not self.is_capped

    @property
    def is_everything(self) -> bool:
        """Tell whether (nearly) every record would be touched: then the count is typed to confirm."""
        return is_nearly_all(self.count or 0, self.all_count or 0)


def is_nearly_all(count: int, all_count: int) -> bool:
    return count > 0 and count >= NEARLY_ALL * all_count


def try_rule(access: Access, declared: ObjectType, rule: StandardRule) -> Trial:
    """Return what a rule would find, within the reach and the fields of `access`.

    Raises `FilterProblem` when the rule cannot be asked of a record or names a hidden field.
    """
    query = _query(declared, rule)
    count, is_capped = capped_count(access, query)
    everything, _capped = capped_count(access, _everything(declared))
    return Trial(count, is_capped, everything, run_list(access, query).rows)


@task(title=_("Count what a data standard would find"), queue_name=LONG)
def count_rule(*, rule_id: int, version: int, user_id: int) -> dict[str, Any]:
    """Count exactly, in the background, and keep the counts with the version they were made for."""
    rule = StandardRule.objects.filter(pk=rule_id, version=version).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if rule is None or user is None:
        return {}
    access, declared = Access.for_user(user), object_type(rule.object_key)
    found = {
        "count": count_records(access, _query(declared, rule)),
        "all": count_records(access, _everything(declared)),
    }
    StandardRule.objects.filter(pk=rule_id, version=version).update(counted=found)
    return found


def _query(declared: ObjectType, rule: StandardRule) -> ListQuery:
    written_check(
        declared, "trial", rule.where, rule.field, "", Severity(rule.severity), rule.scope
    )
    parts = [parse_filter(rule.where), *([parse_filter(rule.scope)] if rule.scope else [])]
    return ListQuery(
        object_type=declared, columns=(declared.title,), filter=AllOf(tuple(parts)), limit=SAMPLE
    )


def _everything(declared: ObjectType) -> ListQuery:
    return ListQuery(object_type=declared, columns=(declared.title,))
