"""Tries a review rule out on last month's entries before anybody has to wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.catalog.judging import judge
from keqiao.quality.review.holding import fields_to_check
from keqiao.quality.review.known import road_of, tree_of
from keqiao.records.audit import entries_since, logged_value
from keqiao.records.present import titles_of
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.review.models import ReviewRule

DAYS = 30
MOST_LOOKED_AT = 5_000
SAMPLE = 8


@dataclass(frozen=True)
class Trial:
    """How many entries were looked at, how many would have been held, and some of them.

    `is_capped`: there were more; the newest `MOST_LOOKED_AT` were looked at.
    """

    looked_at: int
    held: int
    is_capped: bool
    sample: tuple[tuple[str, str], ...] = ()  # title and address

    @property
    def per_day(self) -> float:
        return round(self.held / DAYS, 1)


def try_rule(access: Access, declared: ObjectType, rule: ReviewRule) -> Trial:
    """Judge the changes of the past 30 days by the rule as it stands on the form.

    Only what a line of the change log sets is known as it was; the rest of a record is taken as it
    is today. Raises `FilterProblem` for a condition a rule cannot ask.
    """
    fits = judge(declared, tree_of(rule))
    lines = entries_since(declared.key, now() - timedelta(days=DAYS), MOST_LOOKED_AT + 1)
    is_capped = len(lines) > MOST_LOOKED_AT
    lines = [line for line in lines[:MOST_LOOKED_AT] if road_of(line.source) in rule.sources]
    fields = declared.fields()
    today = _as_they_are(declared, {line.record_id for line in lines})
    held: list[int] = []
    for line in lines:
        entered = {
            name: logged_value(fields[name], raw)
            for name, raw in line.after.items()
            if name in fields and raw is not None
        }
        values = {**today.get(line.record_id, {}), **entered}
        if fields_to_check(declared, rule, list(entered)) and fits(values):
            held.append(line.record_id)
    shown = list(dict.fromkeys(held))[:SAMPLE]
    titles = titles_of(access, declared, shown)
    sample = tuple((titles[pk], f"/{declared.path}/{pk}/") for pk in shown if pk in titles)
    return Trial(len(lines), len(held), is_capped, sample)


def _as_they_are(declared: ObjectType, ids: set[int]) -> dict[int, dict[str, Any]]:
    fields = declared.fields()
    wanted, found = sorted(ids), {}
    for start in range(0, len(wanted), 500):
        rows = records(Access.system("try a review rule out"), declared)
        for record in rows.filter(pk__in=wanted[start : start + 500]):
            found[record.pk] = {name: own.value(record) for name, own in fields.items()}
    return found
