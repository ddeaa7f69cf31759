"""Asks the questions of every page with SQL that was written once: writing it costs more than asking."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    NamedValuesListIterable,
    ValuesListIterable,
)
from django.db.models.utils import create_namedtuple_class

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_KEPT = 2_000
# Marks stand in the SQL's parameters where the values of each asking go: no number of a record and
# no text of a pointer is like them.
_NUMBER, _TEXT = -2_000_000_000, "\x01value {}\x01"

Value = int | str
Build = Callable[[Sequence[Any]], "QuerySet[Any, Any]"]


@dataclass(frozen=True, slots=True)
class _Question:
    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]  # where in the parameters which value goes
    converters: tuple[tuple[int, Sequence[Any], Any], ...]
    shape: Callable[[Sequence[Any]], Any]


_NO_ROWS = _Question("", (), (), (), tuple)
_known: dict[Hashable, _Question] = {}


def ask(key: Hashable, values: Sequence[Value], build: Build) -> list[Any]:
    """Return the rows of `build(values)`: the query is built and written out only the first time.

    `key` names all that decides the query but the values (rights among it); `build` gets marks in
    their place and puts each into a plain comparison or an `IN`.
    """
    full = (connection.vendor, key, tuple(map(type, values)))
    question = _known.get(full)
    if question is None:
        if len(_known) >= MOST_KEPT:
            _known.pop(next(iter(_known)), None)
        question = _known[full] = _written(build, values)
    if question is _NO_ROWS:
        return []
    parameters = list(question.parameters)
    for place, number in question.places:
        parameters[place] = values[number]
    with connection.cursor() as cursor:
        cursor.execute(question.sql, parameters)
        rows = cursor.fetchall()
    if question.converters:
        rows = [_converted(question.converters, row) for row in rows]
    return [question.shape(row) for row in rows]


def padded(values: Collection[Any]) -> list[Any]:
    """Return values for an `IN` in one of few lengths; the last is repeated, nothing stays nothing."""
    found = list(values)
    if not found:
        return []
    length = 1
    while length < len(found):
        length *= 2
    return found + found[-1:] * (length - len(found))


def _converted(converters: tuple[tuple[int, Sequence[Any], Any], ...], row: Any) -> list[Any]:
    values = list(row)
    for place, functions, expression in converters:
        value = values[place]
        for function in functions:
            value = function(value, expression, connection)
        values[place] = value
    return values


def _written(build: Build, values: Sequence[Value]) -> _Question:
    marks: list[Value] = [
        _TEXT.format(number) if isinstance(value, str) else _NUMBER + number
        for number, value in enumerate(values)
    ]
    queryset = build(marks)
    compiler = queryset.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return _NO_ROWS
    number_of = {mark: number for number, mark in enumerate(marks)}
    places = tuple(
        (place, number_of[parameter])
        for place, parameter in enumerate(parameters)
        if isinstance(parameter, (int, str)) and parameter in number_of
    )
    if {number for _place, number in places} != set(range(len(values))):
        msg = "A value of a prepared question does not stand in its SQL as it is."
        raise ValueError(msg)
    expressions = [column[0] for column in compiler.select]
    converters = tuple(
        (place, functions, expression)
        for place, (functions, expression) in compiler.get_converters(expressions).items()
    )
    return _Question(sql, tuple(parameters), places, converters, _shape(queryset, compiler))


def _shape(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """Return what makes of a row what iterating over the queryset would have given."""
    iterable = queryset._iterable_class  # type: ignore[attr-defined]
    if iterable is ModelIterable:
        names = [column[0].target.attname for column in compiler.select]
        return partial(queryset.model.from_db, connection.alias, names)
    if iterable is NamedValuesListIterable:
        return create_namedtuple_class(*queryset._fields)._make  # type: ignore[attr-defined,no-any-return]
    if iterable is FlatValuesListIterable:
        return _first
    if iterable is ValuesListIterable:
        return tuple
    msg = "A prepared question gives records, or rows of values_list."
    raise TypeError(msg)


def _first(row: Sequence[Any]) -> Any:
    return row[0]
