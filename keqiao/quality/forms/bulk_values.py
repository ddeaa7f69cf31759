"""Telephone numbers, mail addresses and credit codes in their key forms, a column at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl

from keqiao.base.identifiers import ALPHABET, CHECK_WEIGHTS
from keqiao.base.phone import MOBILE_PREFIXES, area_codes
from keqiao.quality.forms.folding import SHARED_MAILBOXES

V = pl.col("v")


def unchanged(table: pl.LazyFrame) -> pl.LazyFrame:
    return table


@dataclass(frozen=True)
class Fast:
    """How a column is formed at once: `plain` tells the rows for which `parts` are right.

    `prepare` adds columns that several parts share.
    """

    plain: pl.Expr
    parts: tuple[pl.Expr, ...]
    prepare: Callable[[pl.LazyFrame], pl.LazyFrame] = unchanged


@cache
def phone() -> Fast:
    """Mobile numbers of eleven digits and landline numbers with their area code."""
    written = V.str.contains(r"^(?:\+86)?[0-9 \-]{5,24}$")
    bare = V.str.replace_all(r"[ \-]", "").str.strip_prefix("+86")
    is_mobile = (bare.str.len_bytes() == 11) & bare.str.slice(0, 3).is_in(sorted(MOBILE_PREFIXES))
    # An area code of three digits goes before one of four, as everywhere.
    short = [code for code in area_codes() if len(code) == 3]
    code_length = pl.when(bare.str.slice(0, 3).is_in(short)).then(3).otherwise(4)
    code, number = bare.str.slice(0, code_length), bare.str.slice(code_length)
    fitting = [f"{area.code}{length}" for area in area_codes().values() for length in area.lengths]
    is_landline = (
        ~V.str.starts_with("+")
        & (code + number.str.len_bytes().cast(pl.String)).is_in(fitting)
        & number.str.contains("^[2-9]")
    )
    stored = pl.when(is_mobile).then("+86" + bare).otherwise("+86" + bare.str.slice(1))
    kind = pl.when(is_mobile).then(pl.lit("mobile")).otherwise(pl.lit("landline"))
    return Fast(written & (is_mobile | is_landline), (stored, stored.str.slice(-7), kind))


@cache
def email() -> Fast:
    """Addresses in plain ASCII."""
    address = V.str.to_lowercase()
    local, domain = address.str.extract(r"^([^@]*)@", 1), address.str.extract(r"@([^@]*)$", 1)
    named = pl.when(local.is_in(sorted(SHARED_MAILBOXES))).then(pl.lit("")).otherwise(local)
    return Fast(
        V.str.contains(r"^[A-Za-z0-9._+\-]{1,100}@[A-Za-z0-9.\-]{1,200}$"), (address, named, domain)
    )


@cache
def uscc() -> Fast:
    """Codes of 18 characters whose check character holds."""
    value = {char: number for number, char in enumerate(ALPHABET)}
    total = pl.sum_horizontal(
        V.str.slice(place, 1).replace_strict(value, default=None, return_dtype=pl.Int32) * weight
        for place, weight in enumerate(CHECK_WEIGHTS)
    )
    check = V.str.slice(17, 1).replace_strict(value, default=None, return_dtype=pl.Int32)
    shape = V.str.contains(f"^[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}$")
    # Seventeen digits may be a person's number, which needs a closer look.
    looks_personal = V.str.contains("^[0-9]{17}")
    return Fast(shape & ((total + check) % 31 == 0) & ~looks_personal, (V, pl.lit("1")))
