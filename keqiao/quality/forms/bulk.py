"""Key forms of hundreds of thousands of records at once: plain values by columns, odd ones singly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from keqiao.catalog.kinds.roles import Role
from keqiao.quality.forms.bulk_values import Fast, email, phone, uscc
from keqiao.quality.forms.bulk_words import address, company
from keqiao.quality.forms.single import PARTS, as_written, form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Plan = Sequence[tuple[str, Role, tuple[str, ...]]]

# The other roles repeat their values so much that each different one is formed once.
_FAST: dict[Role, Callable[[], Fast]] = {
    Role.COMPANY: company,
    Role.ADDRESS: address,
    Role.PHONE: phone,
    Role.EMAIL: email,
    Role.USCC: uscc,
}


def forms_of_frame(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return the forms of every row, in the order of the rows and of the plan."""
    found: list[pl.Series] = []
    for column, role, names in plan:
        if column in frame.columns:
            parts = _forms(_as_text(frame[column], role), role)
        else:
            parts = [
                pl.Series(["" for _row in range(frame.height)], dtype=pl.String) for _ in names
            ]
        found.extend(part.alias(name) for part, name in zip(parts, names, strict=True))
    return pl.DataFrame(found)


def _as_text(values: pl.Series, role: Role) -> pl.Series | list[tuple[str, ...]]:
    """Return a column of texts; of values that are no texts their forms, one by one."""
    if values.dtype == pl.String:
        return values.fill_null("")
    if values.dtype in (pl.List, pl.Array, pl.Object, pl.Struct):
        return [form(role, value) for value in values.to_list()]
    return pl.Series([as_written(value) for value in values.to_list()], dtype=pl.String)


def _forms(values: pl.Series | list[tuple[str, ...]], role: Role) -> list[pl.Series]:
    if isinstance(values, list):
        return _columns(values, role)
    if role not in _FAST:
        return _each_different(values, role)
    fast = _FAST[role]()
    parts = dict(zip(PARTS[role], fast.parts, strict=True))
    table = (
        values.alias("v")
        .to_frame()
        .lazy()
        .with_columns(fast.plain.fill_null(value=False).alias("plain"))
    )
    table = fast.prepare(table)
    done = table.select("plain", **parts).collect()
    odd = (~done["plain"]).arg_true()
    columns = [done[part] for part in PARTS[role]]
    if odd.len():
        for place, single in enumerate(_each_different(values.gather(odd), role)):
            columns[place] = columns[place].scatter(odd, single)
    return columns


def _each_different(values: pl.Series, role: Role) -> list[pl.Series]:
    """Form each different value once and give it to all its rows."""
    values = values.alias("v")
    different = values.unique()
    forms = pl.DataFrame(_columns([form(role, value) for value in different.to_list()], role))
    table = values.to_frame().join(
        forms.with_columns(different.alias("v")), on="v", how="left", maintain_order="left"
    )
    return [table[part] for part in PARTS[role]]


def _columns(forms: Sequence[tuple[str, ...]], role: Role) -> list[pl.Series]:
    names = PARTS[role]
    columns = zip(*forms, strict=True) if forms else (() for _name in names)
    return [
        # Half a character cannot stand in a column; a replacement sign can, and is no letter either.
        pl.Series(
            name, [one.encode("utf-8", "replace").decode() for one in column], dtype=pl.String
        )
        for name, column in zip(names, columns, strict=True)
    ]
