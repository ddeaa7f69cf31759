"""Tries a rule out on the newest records, as if each came in today, before anybody has to obey it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqiao.access.access import Access
from keqiao.catalog.filter import parse_filter
from keqiao.catalog.judging import judge
from keqiao.quality.candidates.comparing import comparing
from keqiao.quality.candidates.lookup import look_up_many
from keqiao.quality.scenarios.judging import is_meant
from keqiao.quality.scenarios.known import compared_with
from keqiao.records.present import titles_of
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.candidates.lookup import Candidate
    from keqiao.quality.scenarios.models import ScenarioRule

LOOKED_AT = 1_000
SAMPLE = 8
_AT_ONCE = 250


@dataclass(frozen=True)
class Trial:
    """How many of the newest records the rule would have met, and some pairs: (title, address) twice."""

    looked_at: int
    met: int
    sample: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = ()


def try_rule(access: Access, declared: ObjectType, rule: ScenarioRule) -> Trial:
    """Compare the newest records with those that were there before them.

    Raises `FilterProblem` for a condition a rule cannot ask.
    """
    plan, scope = comparing(declared), compared_with(rule)
    if plan is None or not scope:
        return Trial(0, 0)
    fits = judge(declared, parse_filter(rule.filter) if rule.filter else None)
    fields = declared.fields()
    newest = records(Access.system("try a duplicate rule out"), declared).order_by("-pk")
    rows = [
        row
        for row in newest[:LOOKED_AT]
        if fits({name: own.value(row) for name, own in fields.items()})
    ]
    pairs: list[tuple[int, Candidate]] = []
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        forms = [plan.forms_of(row) for row in part]
        for row, own, found in zip(part, forms, look_up_many(plan, forms, scope), strict=True):
            # Of two records of one type the later one is the draft: each pair counts once.
            earlier = [
                one for one in found if one.object_type != declared or one.record_id < row.pk
            ]
            first = next((one for one in earlier if is_meant(plan, rule, own, one)), None)
            if first is not None:
                pairs.append((row.pk, first))
    return Trial(len(rows), len(pairs), tuple(_shown(access, declared, pairs[:SAMPLE])))


def _shown(
    access: Access, declared: ObjectType, pairs: list[tuple[int, Candidate]]
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    mine = titles_of(access, declared, [pk for pk, _one in pairs])
    found = []
    for pk, one in pairs:
        other = one.object_type
        title = titles_of(access, other, [one.record_id]).get(one.record_id)
        if pk in mine and title is not None:
            left = (mine[pk], f"/{declared.path}/{pk}/")
            found.append((left, (title, f"/{other.path}/{one.record_id}/")))
    return found
