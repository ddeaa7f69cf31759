"""Answers a filter for values that no database holds yet: a record as somebody would have it.

The same language as lists and saved views; `tests/catalog/test_judging.py` holds both to one answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from keqiao.base.regions import region_range
from keqiao.catalog.filter import (
    AllOf,
    AnyOf,
    Condition,
    FilterProblem,
    FilterTree,
    Not,
    find_field,
)
from keqiao.catalog.kinds.base import as_text
from keqiao.catalog.operators import (
    ABOUT_PEOPLE,
    WITHOUT_VALUE,
    length_range,
    operands,
    shape_pattern,
)
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.relative_dates import period

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

Values = Mapping[str, Any]  # field name -> value in memory, as `Field.value` returns it
Judge = Callable[[Values], bool]
_Test = Callable[[Any], bool]  # of one stored value


def judge(object_type: ObjectType, tree: FilterTree | None) -> Judge:
    """Return a function that tells whether a record with these values fits; None: each one does.

    Raises `FilterProblem` for what cannot be answered from the record's own values: fields of other
    records, and questions about the reader.
    """
    match tree:
        case None:
            return lambda _values: True
        case AllOf(items):
            every = [judge(object_type, item) for item in items]
            return lambda values: all(one(values) for one in every)
        case AnyOf(items):
            some = [judge(object_type, item) for item in items]
            return lambda values: any(one(values) for one in some)
        case Not(item):
            inner = judge(object_type, item)
            return lambda values: not inner(values)
        case Condition():
            return _condition(object_type, tree)


def _condition(object_type: ObjectType, condition: Condition) -> Judge:
    own = find_field(object_type, condition.path)
    if "." in condition.path:
        raise FilterProblem(
            _("A rule looks at the record itself, not at “%(field)s” of another one.")
            % {"field": own.label},
            "path",
            condition.path,
        )
    operator = condition.operator
    if operator not in own.operators or operator in ABOUT_PEOPLE:
        raise FilterProblem(
            _("A rule cannot ask this of “%(field)s”. Please choose another comparison.")
            % {"field": own.label},
            "operator",
            condition.path,
        )
    if condition.value is None and operator not in WITHOUT_VALUE:
        raise FilterProblem(_("Please give a value to compare with."), "missing", condition.path)
    try:
        test = _test(own, operator, condition.value)
    except FieldProblem as problem:
        raise FilterProblem(problem.message, problem.code, condition.path) from None
    name = own.name
    return lambda values: test(values.get(name, own.kind.empty))


def _test(own: Field, operator: str, raw: Any) -> _Test:
    if operator == "is_empty":
        return own.kind.is_empty
    if operator == "is_filled":
        return lambda value: not own.kind.is_empty(value)
    if own.is_indexed_by_terms:
        return _terms_test(own, operator, raw)
    if own.kind.many:
        return _links_test(own, operator, raw)
    if operator in {"contains", "starts_with"}:
        return _text_test(own, operator, raw)
    if operator in {"has_shape", "has_length"}:
        return _form_test(own, operator, raw)
    if operator in {"within", "not_within"}:
        return _within_test(own, operator, raw)
    return _order_test(own, operator, raw)


def _terms_test(own: Field, operator: str, raw: Any) -> _Test:
    asked = operands(raw) if operator in {"any_of", "none_of"} else [raw]
    wanted = {
        term for one in asked for term in own.kind.terms_for(own.kind.clean_operand(one, own), own)
    }
    negated = operator == "none_of"
    return lambda value: negated is wanted.isdisjoint(own.kind.terms(value, own))


def _links_test(own: Field, operator: str, raw: Any) -> _Test:
    wanted = {own.kind.clean_operand(one, own) for one in operands(raw)}
    negated = operator == "none_of"
    return lambda value: negated is wanted.isdisjoint(value or ())


def _text_test(own: Field, operator: str, raw: Any) -> _Test:
    text = as_text(raw)[:200].casefold()
    if own.kind.searchable == "phone" and operator == "contains":
        text = "".join(char for char in text if char.isdigit())
    if not text:
        raise FieldProblem(_("Please give a value to compare with."), "missing")
    if operator == "contains":
        return lambda value: text in str(_stored(own, value) or "").casefold()
    return lambda value: str(_stored(own, value) or "").casefold().startswith(text)


def _form_test(own: Field, operator: str, raw: Any) -> _Test:
    if operator == "has_length":
        low, high = length_range(raw)
        low = max(low, 1)
        return lambda value: low <= len(str(_stored(own, value) or "")) <= high
    pattern = re.compile(shape_pattern(own, raw))
    return lambda value: bool(pattern.search(str(_stored(own, value) or "")))


def _within_test(own: Field, operator: str, raw: Any) -> _Test:
    low: Any
    high: Any
    if own.kind.key == "region":
        low, high = region_range(own.kind.clean_operand(raw, own))
    else:
        ends = period(str(raw), as_moments=own.kind.key == "datetime")
        low, high = (None if one is None else _stored(own, one) for one in ends)

    def inside(value: Any) -> bool:
        if own.kind.is_empty(value):
            return False
        held = _stored(own, value)
        return (low is None or held >= low) and (high is None or held < high)

    return inside if operator == "within" else lambda value: not inside(value)


def _order_test(own: Field, operator: str, raw: Any) -> _Test:
    """Compare with one value, with any of several, or with two ends; a blank fits no comparison."""
    if operator in {"any_of", "none_of"}:
        wanted = {_operand(own, one) for one in operands(raw)}
        if operator == "none_of":
            return lambda value: _stored(own, value) not in wanted
        return lambda value: not own.kind.is_empty(value) and _stored(own, value) in wanted
    if operator == "between":
        ends = operands(raw)
        if len(ends) != 2:
            raise FieldProblem(_("Please give a lower and an upper value."), "missing")
        low, high = _order_test(own, "at_least", ends[0]), _order_test(own, "at_most", ends[1])
        return lambda value: low(value) and high(value)
    wanted_one, end = _operand(own, raw), own.kind.end_of(raw, own)
    if operator == "not_equals":
        return lambda value: own.kind.is_empty(value) or _stored(own, value) != wanted_one
    compare = {
        "equals": lambda held: held == wanted_one if end is None else wanted_one <= held < end,
        "at_least": lambda held: held >= wanted_one,
        "at_most": lambda held: held <= wanted_one if end is None else held < end,
        "more_than": lambda held: held > wanted_one,
        "less_than": lambda held: held < wanted_one,
    }[operator]
    return lambda value: not own.kind.is_empty(value) and bool(compare(_stored(own, value)))


def _operand(own: Field, raw: Any) -> Any:
    value = own.kind.clean_operand(raw, own)
    if own.kind.is_empty(value):
        raise FieldProblem(_("Please give a value to compare with."), "missing")
    return value


def _stored(own: Field, value: Any) -> Any:
    """Return a value as filters compare it: days and moments of columns as such, the rest as JSON."""
    if own.kind.key in {"date", "datetime"} and not own.custom:
        return value
    return None if value is None else own.kind.dump(value)
