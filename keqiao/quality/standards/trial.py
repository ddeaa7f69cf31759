"""Tries a rule out on the records there are, before anybody is refused because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.catalog.filter import AllOf, parse_filter
from keqiao.catalog.quality_rules import Severity
from keqiao.quality.standards.checks import written_check
from keqiao.records.counting import capped_count
from keqiao.records.query import ListQuery, run_list

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.standards.models import StandardRule
    from keqiao.records.present import Row

SAMPLE = 20


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
    def is_everything(self) -> bool:
        """Tell whether every record would be touched: then the count is typed to confirm."""
        return bool(self.count) and self.count == self.all_count


def try_rule(access: Access, declared: ObjectType, rule: StandardRule) -> Trial:
    """Return what a rule would find, within the reach and the fields of `access`.

    Raises `FilterProblem` when the rule cannot be asked of a record or names a hidden field.
    """
    written_check(
        declared, "trial", rule.where, rule.field, "", Severity(rule.severity), rule.scope
    )
    parts = [parse_filter(rule.where), *([parse_filter(rule.scope)] if rule.scope else [])]
    query = ListQuery(
        object_type=declared, columns=(declared.title,), filter=AllOf(tuple(parts)), limit=SAMPLE
    )
    count, is_capped = capped_count(access, query)
    everything, _capped = capped_count(
        access, ListQuery(object_type=declared, columns=(declared.title,))
    )
    return Trial(count, is_capped, everything, run_list(access, query).rows)
