"""What a profile consists of: the fill of all fields, and of one field its values beside the facets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from keqiao.catalog.kinds.roles import Profiled
from keqiao.jobs.progress import check_cancelled
from keqiao.quality.profiling.counting import ANSWERS
from keqiao.quality.profiling.measures import counted_by, is_profiled, profile_of
from keqiao.records.distinct import By, all_values_of, filled_of

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.profiling.counting import Question

MOST_FACETS = 6
MOST_IN_FACET = 12
FILL, PROFILE = "fill", "profile"


def shown_fields(access: Access, declared: ObjectType) -> list[Field]:
    """Return the fields a person knows of, in the order of the form."""
    mask = access.fields(declared)
    return [one for one in declared.in_layout_order() if not mask.is_hidden(one.name)]


def is_open(access: Access, declared: ObjectType, own: Field) -> bool:
    """Tell whether this person may be told the values of a field, and there is something to tell."""
    return is_profiled(own) and access.fields(declared).is_readable(own.name)


def facet_fields(access: Access, declared: ObjectType, but: str) -> list[Field]:
    """Return what the records are split by: to whom they belong, whence they came, where they lie."""
    fields, mask = declared.fields(), access.fields(declared)
    regions = [name for name, one in fields.items() if one.kind.key == "region"]
    choices = [name for name, one in fields.items() if one.kind.key == "choice"]
    names = dict.fromkeys(["owner", "team", declared.origin, *regions, *choices])
    found = [fields[name] for name in names if name in fields and name != but]
    return [one for one in found if one.filterable and mask.is_readable(one.name)][:MOST_FACETS]


def _fill(access: Access, question: Question, _most: int | None) -> dict[str, Any]:
    names = [one.name for one in shown_fields(access, question.declared)]
    total, filled = filled_of(access, question.query(), names)
    return {"records": total, "filled": filled}


def _profile(access: Access, question: Question, most: int | None) -> dict[str, Any]:
    own, query = question.declared.field(question.field), question.query()
    facets = {
        one: By.PROVINCE if one.kind.key == "region" else By.VALUE
        for one in facet_fields(access, question.declared, own.name)
    }
    asked = {own.name: counted_by(own)} | {one.name: by for one, by in facets.items()}
    counted = all_values_of(access, query, asked, most=most)
    values = counted[own.name]
    check_cancelled()
    profile = profile_of(own, values)
    if own.kind.profiled_as is Profiled.PICKS and "is_filled" not in own.operators:
        profile.filled = profile.records
    found = []
    for facet, by in facets.items():
        split = counted[facet.name]
        if len(split.counts) + (split.filled < split.records) > 1:
            found.append({"field": facet.name, "bars": _facet_bars(facet, by, split)})
    return {"records": values.records, "profile": msgspec.to_builtins(profile), "facets": found}


def _facet_bars(facet: Field, by: By, split: Any) -> list[dict[str, Any]]:
    bars = []
    for value, number in Counter(split.counts).most_common(MOST_IN_FACET):
        raw = f"{value}0000" if by is By.PROVINCE else str(value)
        operator = "within" if by is By.PROVINCE else "equals"
        bars.append({"value": raw, "count": number, "where": [f"{facet.name}:{operator}:{raw}"]})
    if split.filled < split.records and "is_empty" in facet.operators:
        empty = split.records - split.filled
        bars.append({"value": "", "count": empty, "where": [f"{facet.name}:is_empty"]})
    return bars


ANSWERS[FILL] = _fill
ANSWERS[PROFILE] = _profile
