"""The comparisons of the filter language, each as one function from a field to a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from keqiao.base.regions import region_range
from keqiao.base.shapes import NoShape, pattern_of
from keqiao.catalog.field import JsonKey
from keqiao.catalog.kinds.base import as_text
from keqiao.catalog.models import ListValue
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.relative_dates import period

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from keqiao.catalog.field import Field

Builder = "Callable[[Field, str, Any], Q]"

OPERATOR_LABELS: dict[str, str | Promise] = {
    "equals": _("is"),
    "not_equals": _("is not"),
    "contains": _("contains"),
    "starts_with": _("starts with"),
    "any_of": _("is any of"),
    "none_of": _("is none of"),
    "at_least": _("at least"),
    "at_most": _("at most"),
    "more_than": _("more than"),
    "less_than": _("less than"),
    "between": _("between"),
    "has_shape": _("has the pattern"),
    "has_length": _("has the length"),
    "within": _("within"),
    "not_within": _("not within"),
    "is_empty": _("is empty"),
    "is_filled": _("is filled"),
    "is_me": _("is me"),
    "has_left": _("has left the company"),
    "shared_with_me": _("has let me in"),
}
# Who asks, and who is still here, is known to the row door alone.
ABOUT_PEOPLE = frozenset({"is_me", "has_left", "shared_with_me"})
WITHOUT_VALUE = frozenset({"is_empty", "is_filled", *ABOUT_PEOPLE})
_MOST_OPERANDS = 200


def operands(raw: Any) -> list[Any]:
    """Return the values of an operator that takes several, given as a list or `a,b,c`."""
    values = raw if isinstance(raw, (list, tuple)) else str(raw).split(",")
    if len(values) > _MOST_OPERANDS:
        raise FieldProblem(_("At most 200 values fit into one condition."), "too_many")
    return [value for value in values if value not in ("", None)]


def _cleaned(field: Field, raw: Any) -> Any:
    value = field.kind.clean_operand(raw, field)
    if field.kind.is_empty(value):
        raise FieldProblem(_("Please give a value to compare with."), "missing")
    return value


def _lookup(path: str, name: str, value: Any) -> Q:
    return Q((f"{path}__{name}" if name else path, value))


def _equals(field: Field, path: str, raw: Any) -> Q:
    value = _cleaned(field, raw)
    if isinstance(field.storage, JsonKey) and value == field.kind.empty:
        # A yes-or-no that nobody has answered reads "no".
        return _lookup(path, "", value) | _lookup(path, "isnull", True)
    if (end := field.kind.end_of(raw, field)) is not None:
        return _lookup(path, "gte", value) & _lookup(path, "lt", end)
    return _lookup(path, "", value)


def _at_most(field: Field, path: str, raw: Any) -> Q:
    value = _cleaned(field, raw)
    end = field.kind.end_of(raw, field)
    return _lookup(path, "lte", value) if end is None else _lookup(path, "lt", end)


def _not_equals(field: Field, path: str, raw: Any) -> Q:
    return ~_lookup(path, "", _cleaned(field, raw)) | _is_empty(field, path, None)


def _contains(field: Field, path: str, raw: Any) -> Q:
    text = as_text(raw)
    if not text:
        raise FieldProblem(_("Please give a value to compare with."), "missing")
    if field.kind.searchable == "phone":
        text = "".join(char for char in text if char.isdigit())
        if not text:
            raise FieldProblem(_("Please give some digits of the number."), "missing")
    return _lookup(path, "icontains", text[:200])


def _starts_with(field: Field, path: str, raw: Any) -> Q:
    text = as_text(raw)
    if not text:
        raise FieldProblem(_("Please give a value to compare with."), "missing")
    return _lookup(path, "istartswith", text[:200])


def shape_pattern(field: Field, raw: Any) -> str:
    """Return the regular expression of a shape ("9{11}") that somebody asks for."""
    try:
        return pattern_of(str(raw), field.kind.shape_words)
    except NoShape:
        raise FieldProblem(
            _("A pattern reads like 9{11} or 汉{4}有限公司: 9 is a digit, A and a are letters, 汉 is a"
              " Chinese character; the number in braces says how many."),
            "shape",
        ) from None  # fmt: skip


def length_range(raw: Any) -> tuple[int, int]:
    """Return the ends of "11" or "10-20" characters."""
    first, dash, last = str(raw).replace(" ", "").partition("-")
    ends = (first, last if dash else first)
    if not all(one.isascii() and one.isdigit() and len(one) <= 6 for one in ends):
        raise FieldProblem(_("Please give a length like 11 or 10-20."), "length")
    return int(ends[0]), int(ends[1])


def _has_shape(field: Field, path: str, raw: Any) -> Q:
    return _lookup(path, "regex", shape_pattern(field, raw)) & _is_filled(field, path, None)


def _has_length(field: Field, path: str, raw: Any) -> Q:
    low, high = length_range(raw)
    length = Length(F(path))
    within = Q(GreaterThanOrEqual(length, low)) & Q(LessThanOrEqual(length, high))
    return _is_filled(field, path, None) & within


def _any_of(field: Field, path: str, raw: Any) -> Q:
    return _lookup(path, "in", [_cleaned(field, one) for one in operands(raw)])


def _none_of(field: Field, path: str, raw: Any) -> Q:
    return ~_any_of(field, path, raw) | _is_empty(field, path, None)


def _comparison(name: str) -> Any:
    def build(field: Field, path: str, raw: Any) -> Q:
        return _lookup(path, name, _cleaned(field, raw))

    return build


def _between(field: Field, path: str, raw: Any) -> Q:
    ends = operands(raw)
    if len(ends) != 2:
        raise FieldProblem(_("Please give a lower and an upper value."), "missing")
    return _lookup(path, "gte", _cleaned(field, ends[0])) & _at_most(field, path, ends[1])


def _within(field: Field, path: str, raw: Any) -> Q:
    if field.kind.key == "region":
        low, high = region_range(_cleaned(field, raw))
        return _lookup(path, "gte", low) & _lookup(path, "lt", high)
    start, end = _period(field, raw)
    inside = Q()
    if start is not None:
        inside &= _lookup(path, "gte", start)
    return inside if end is None else inside & _lookup(path, "lt", end)


def _not_within(field: Field, path: str, raw: Any) -> Q:
    """Outside of a period, or never: whom nobody has dealt with in the past 30 days."""
    start, end = _period(field, raw)
    outside = _is_empty(field, path, None)
    if start is not None:
        outside |= _lookup(path, "lt", start)
    return outside if end is None else outside | _lookup(path, "gte", end)


def _period(field: Field, raw: Any) -> tuple[Any, Any]:
    """Return the ends of a named period as the field stores them; None for an open one."""
    ends = period(str(raw), as_moments=field.kind.key == "datetime")
    if not field.custom:
        return ends
    start, end = (None if one is None else field.kind.dump(one) for one in ends)
    return start, end


def _is_empty(field: Field, path: str, _raw: Any) -> Q:
    if isinstance(field.storage, JsonKey) or field.kind.empty is None:
        return _lookup(path, "isnull", True)
    return _lookup(path, "", field.kind.empty)


def _is_filled(field: Field, path: str, raw: Any) -> Q:
    if isinstance(field.storage, JsonKey) or field.kind.empty is None:
        return _lookup(path, "isnull", False)
    return ~_lookup(path, "", field.kind.empty)


BUILDERS: dict[str, Any] = {
    "equals": _equals,
    "not_equals": _not_equals,
    "contains": _contains,
    "starts_with": _starts_with,
    "any_of": _any_of,
    "none_of": _none_of,
    "at_least": _comparison("gte"),
    "at_most": _at_most,
    "more_than": _comparison("gt"),
    "less_than": _comparison("lt"),
    "between": _between,
    "has_shape": _has_shape,
    "has_length": _has_length,
    "within": _within,
    "not_within": _not_within,
    "is_empty": _is_empty,
    "is_filled": _is_filled,
}


def term_condition(field: Field, operator: str, raw: Any) -> Q:
    """Build a condition on a value that holds several, through the list-value index."""
    rows = ListValue.objects.filter(object_key=field.object_key, field=field.name)
    if operator in {"is_empty", "is_filled"}:
        filled = Exists(rows.filter(record_id=OuterRef("pk")))
        return Q(filled) if operator == "is_filled" else ~Q(filled)
    wanted = [
        term
        for one in (operands(raw) if operator in {"any_of", "none_of"} else [raw])
        for term in field.kind.terms_for(field.kind.clean_operand(one, field), field)
    ]
    found = Q(pk__in=rows.filter(value__in=wanted).values("record_id"))
    return ~found if operator == "none_of" else found
