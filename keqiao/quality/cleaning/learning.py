"""Learns from the stored records of a type what is usual among them; it only ranks what is proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.base.names import company_core
from keqiao.catalog.kinds.roles import Role
from keqiao.quality.cleaning.knowledge import ENDING, Knowledge
from keqiao.quality.cleaning.lists import LEARNED_FROM, learn_value
from keqiao.quality.cleaning.stored import correctable_fields
from keqiao.records.query import records

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

_LEARNING = frozenset({Role.COMPANY, Role.PERSON, Role.EMAIL, Role.PHONE})
_AT_ONCE = 2_000


def learned(access: Access, declared: ObjectType) -> Knowledge:
    """Read the newest records in reach once: mail hosts, cities by area code, how names look,
    and which choice goes with which ending of a company's name.

    Nothing of it leaves the reach of `access`, and a field he may not write teaches nothing.
    """
    fields = correctable_fields(access, declared)
    knowledge = Knowledge()
    regions = [one for one in fields.values() if one.kind.matches_as is Role.REGION]
    telling = [
        one for one in fields.values() if one.kind.matches_as in _LEARNING and not one.kind.many
    ]
    names = [one for one in telling if one.kind.matches_as is Role.COMPANY][:1]
    choices = [one for one in fields.values() if one.kind.key == "choice"]
    pairs: list[tuple[str, str, str]] = []
    rows = records(access, declared).order_by("-pk")[:LEARNED_FROM]
    for row in rows.iterator(chunk_size=_AT_ONCE):
        place = next((value for one in regions if (value := one.value(row))), None)
        for one in telling:
            value = one.value(row)
            learn_value(knowledge, one, None if one.kind.is_empty(value) else value, place)
        for name in names:
            pairs += _endings(name, choices, row)
    _learn_choices(knowledge, pairs)
    return knowledge


def _endings(name: Field, choices: list[Field], row: Any) -> list[tuple[str, str, str]]:
    ending = company_core(str(name.value(row) or ""))[-ENDING:]
    if len(ending) < ENDING:
        return []
    return [(one.name, ending, str(value)) for one in choices if (value := one.value(row))]


def _learn_choices(knowledge: Knowledge, pairs: list[tuple[str, str, str]]) -> None:
    """Count which choice goes with which ending, all at once."""
    if not pairs:
        return
    import polars as pl  # late: only the worker needs it

    frame = pl.DataFrame(pairs, schema=["field", "ending", "value"], orient="row")
    counted = frame.group_by("field", "ending", "value").len()
    for name, ending, value, count in counted.iter_rows():
        knowledge.learn_choice(name, ending, value, count)
