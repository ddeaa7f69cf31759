"""A rule asked about values in memory answers as the database does about stored records."""

from __future__ import annotations

from typing import Any

import pytest

from keqiao.base.shapes import quoted, shape_of
from keqiao.catalog.field import Field
from keqiao.catalog.filter import AllOf, AnyOf, Condition, FilterProblem, Not
from keqiao.catalog.judging import judge
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.operators import ABOUT_PEOPLE, WITHOUT_VALUE
from keqiao.records.query import checked_filter, records
from tests.company import SYSTEM, Company, make_all

SEVERAL = {"any_of", "none_of"}


def _operands(field: Field, operator: str, held: list[Any]) -> list[Any]:
    """Return values to compare with: some that records hold, and one period."""
    if operator in WITHOUT_VALUE:
        return [None]
    if operator in {"within", "not_within"} and field.kind.key in {"date", "datetime"}:
        return ["this_month", "past_90_days", "over_400_days_ago", "next_7_days"]
    texts = []
    for value in held:
        raw = field.kind.wire(value, field)
        raw = raw[0] if isinstance(raw, list) and raw else raw
        if raw not in (None, "", []):
            texts.append(str(raw))
    if field.kind.key == "boolean":
        return ["true", "false"]
    if operator == "has_shape":
        words = field.kind.shape_words
        return [form(text, words) for text in map(field.kind.dump, filter(None, held))
                for form in (shape_of, lambda text, _words: quoted(text))]  # fmt: skip
    if operator == "has_length":
        lengths = [len(field.kind.dump(value)) for value in held if value]
        return [*map(str, lengths), f"1-{max(lengths)}"] if lengths else []
    if operator == "starts_with":
        return [text[:3] for text in texts]
    if operator == "contains":
        return [text[1:5].strip() for text in texts if text[1:5].strip()]
    if operator in SEVERAL:
        return [",".join(texts[:2])] if texts else []
    if operator == "between":
        ends = sorted(texts[:2])
        return [",".join(ends)] if len(ends) == 2 else []
    return texts[:3]


def test_a_rule_answers_in_memory_as_the_database_does(
    declared: ObjectType, company: Company
) -> None:
    required = {name: one for name, one in declared.fields().items() if one.required}
    blank = {
        name: ""
        for name, one in declared.fields().items()
        if name not in required and not one.read_only
        and one.kind.key not in {"boolean", "user", "any_reference"}
        and one.default is None and name not in {"team", declared.title}
    }  # fmt: skip
    ids = make_all(declared.key, [{}, {}, {}], owner=company.li, seed=3)
    ids += make_all(declared.key, [blank], owner=company.li, seed=9)
    stored = list(records(SYSTEM, declared).filter(pk__in=ids))
    fields = declared.fields()
    values = {row.pk: {name: one.value(row) for name, one in fields.items()} for row in stored}
    asked = 0
    for name, own in fields.items():
        if not own.filterable:
            continue
        held = [one[name] for one in values.values()]
        for operator in own.operators:
            if operator in ABOUT_PEOPLE:
                continue
            for operand in _operands(own, operator, held):
                condition = Condition(name, operator, operand)
                for tree in (condition, Not(condition), AllOf((condition, condition))):
                    compiled = checked_filter(SYSTEM, declared, tree)
                    rows = records(SYSTEM, declared).alias(**compiled.annotations)
                    expected = set(
                        rows.filter(compiled.condition, pk__in=ids).values_list("pk", flat=True)
                    )
                    fits = judge(declared, tree)
                    assert {pk for pk, one in values.items() if fits(one)} == expected, tree
                    asked += 1
    assert asked > 10


def test_a_rule_looks_at_the_record_alone(declared: ObjectType, db: None) -> None:
    for name, own in declared.fields().items():
        for operator in set(own.operators) & ABOUT_PEOPLE:
            with pytest.raises(FilterProblem):
                judge(declared, AnyOf((Condition(name, operator),)))
        if own.target and own.kind.key == "reference":
            with pytest.raises(FilterProblem):
                judge(declared, Condition(f"{name}.created_at", "is_filled"))
