"""Writes many rows of one table in few round trips, below the ORM, for the write path alone.

Measured on 5 000 accounts: the ORM's bulk_create took half of the write path's time building SQL.
"""

from __future__ import annotations

from functools import lru_cache, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    JSONField,
    TextField,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.db.models import Field, Model

_ROWS_AT_ONCE = 1000


def insert_rows(
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    on_conflict: str = "",
) -> None:
    """Insert tuples of database-ready values in the order of `names` (attnames of the model)."""
    rows = rows if isinstance(rows, list) else list(rows)
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(_values_sql(model, tuple(names), on_conflict), rows)
            return
        sql = _unnest_sql(model, tuple(names), on_conflict)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            cursor.execute(sql, [list(column) for column in zip(*part, strict=True)])


def update_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Update rows by id: each of `rows` is an id and the database-ready values of `names`.

    The ORM's bulk_update took a fifth of the time of a save that moves the dates of 500 customers.
    """
    rows = rows if isinstance(rows, list) else list(rows)
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            sql = _update_by_id_sql(model, tuple(names))
            cursor.executemany(sql, [(*values, pk) for pk, *values in rows])
            return
        sql = _update_unnest_sql(model, tuple(names))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            cursor.execute(sql, [list(column) for column in zip(*part, strict=True)])


def update_instances(model: type[Model], names: Sequence[str], instances: Iterable[Model]) -> None:
    """Write the columns `names` (attnames) of rows that exist."""
    read, plans = _reading(model, tuple(names))
    update_rows(model, names, [[row.pk, *_read_row(read, plans, row)] for row in instances])


def database_ready(model: type[Model], name: str) -> Callable[[Any], Any]:
    """Return what turns a value of a column into what the database adapter takes."""
    return _preparation(_columns(model, (name,))[0]) or (lambda value: value)


def insert_instances(model: type[Model], instances: Iterable[Model]) -> None:
    """Insert whole model instances whose primary keys are set."""
    names = [field.attname for field in model._meta.concrete_fields]
    read, plans = _reading(model, tuple(names))
    insert_rows(model, names, [_read_row(read, plans, instance) for instance in instances])


Plans = tuple[tuple[int, "Callable[[Any], Any]"], ...]


def _reading(model: type[Model], names: tuple[str, ...]) -> tuple[itemgetter[Any], Plans]:
    """Return what takes columns out of an instance, and what makes them ready for the database."""
    plans = tuple(
        (place, prepare)
        for place, field in enumerate(_columns(model, names))
        if (prepare := _preparation(field)) is not None
    )
    return itemgetter(*names), plans


def _read_row(read: itemgetter[Any], plans: Plans, instance: Model) -> list[Any]:
    row = list(read(instance.__dict__))
    for place, prepare in plans:
        row[place] = prepare(row[place])
    return row


def _preparation(field: Field[Any, Any]) -> Callable[[Any], Any] | None:
    """Return what turns a value of this column into what the database adapter takes; None: nothing."""
    if isinstance(field, JSONField):
        return _json_or_null if field.null else json_text
    if isinstance(field, DateTimeField):
        return partial(_moment, connection.vendor)
    if isinstance(field, DateField):
        return connection.ops.adapt_datefield_value
    if isinstance(field, (CharField, TextField, IntegerField, BooleanField, ForeignKey)):
        return None  # the write path has cleaned it to str, int or bool
    return lambda value: field.get_db_prep_save(value, connection)


def json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _json_or_null(value: Any) -> str | None:
    return None if value is None else json_text(value)


def moment(value: Any) -> Any:
    """Return a moment as the database adapter wants it."""
    # A row's moments are mostly one and the same, and each conversion costs microseconds.
    return _moment(connection.vendor, value)


@lru_cache(maxsize=4096)
def _moment(_vendor: str, value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def _columns(model: type[Model], names: tuple[str, ...]) -> list[Field[Any, Any]]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


@lru_cache(maxsize=200)
def _values_sql(model: type[Model], names: tuple[str, ...], on_conflict: str) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _columns(model, names))
    marks = ", ".join(["%s"] * len(names))
    table = model._meta.db_table
    return f'INSERT INTO "{table}" ({columns}) VALUES ({marks}) {on_conflict}'  # noqa: S608


@lru_cache(maxsize=400)
def _update_by_id_sql(model: type[Model], names: tuple[str, ...]) -> str:
    marks = ", ".join(f'"{field.column}" = %s' for field in _columns(model, names))
    return f'UPDATE "{model._meta.db_table}" SET {marks} WHERE id = %s'  # noqa: S608


@lru_cache(maxsize=400)
def _update_unnest_sql(model: type[Model], names: tuple[str, ...]) -> str:
    fields = _columns(model, names)
    taken = ", ".join(
        f'"{field.column}" = t.c{number}{"::jsonb" if isinstance(field, JSONField) else ""}'
        for number, field in enumerate(fields)
    )
    arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in fields)
    aliases = ", ".join(f"c{number}" for number in range(len(fields)))
    return (
        f'UPDATE "{model._meta.db_table}" SET {taken} '  # noqa: S608
        f"FROM unnest(%s::bigint[], {arrays}) AS t(pk, {aliases}) WHERE id = t.pk"
    )


@lru_cache(maxsize=200)
def _unnest_sql(model: type[Model], names: tuple[str, ...], on_conflict: str) -> str:
    # Arrays of one type each: one statement text for any number of rows, planned once.
    fields = _columns(model, names)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in fields)
    taken = ", ".join(
        f"c{number}::jsonb" if isinstance(field, JSONField) else f"c{number}"
        for number, field in enumerate(fields)
    )
    aliases = ", ".join(f"c{number}" for number in range(len(fields)))
    table = model._meta.db_table
    return (
        f'INSERT INTO "{table}" ({columns}) '  # noqa: S608
        f"SELECT {taken} FROM unnest({arrays}) AS t({aliases}) {on_conflict}"
    )


def _array_type(field: Field[Any, Any]) -> str:
    if isinstance(field, JSONField):
        return "text"
    kind = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return str(kind).partition(" GENERATED")[0]
