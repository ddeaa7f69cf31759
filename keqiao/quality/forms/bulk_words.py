"""Company names and addresses in their key forms, a column at a time."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

import polars as pl

from keqiao.base.names import BRANCH_WORDS, LEGAL_FORMS, place_spellings, word_list
from keqiao.base.pinyin import first_letters, readings
from keqiao.base.regions import (
    STREET_WORD,
    match_region,
    region_path,
    regions,
    spellings,
    starting_lengths,
)
from keqiao.base.text import simplified_table
from keqiao.quality.forms.bulk_values import Fast, V

HAN = "\u4e00-\u9fff"
_LONGEST_NAME, _LONGEST_ADDRESS = 60, 120
_PLACES_IN_A_ROW = 2
_SIGNS = r"[ （）()\-－#，,、.]"


@cache
def _has_traditional() -> pl.Expr:
    chars = "".join(char for char in map(chr, simplified_table()) if "\u4e00" <= char <= "\u9fff")
    return V.str.contains(f"[{chars}]")


@cache
def company() -> Fast:
    """Names of Chinese characters alone that speak of no branch."""
    ends = "|".join(BRANCH_WORDS)
    forms = "|".join(sorted(LEGAL_FORMS, key=len, reverse=True))
    plain = (
        V.str.contains(f"^[{HAN}]{{2,{_LONGEST_NAME}}}$")
        & ~V.str.contains(f"(?:{ends})$")
        & ~_has_traditional()
    )
    trade = "|".join(sorted(word_list("trade_words"), key=len, reverse=True))
    core, bare = pl.col("core"), pl.col("bare")

    def prepare(table: pl.LazyFrame) -> pl.LazyFrame:
        table = table.with_columns(V.str.replace(f"(?:{forms})+$", "").alias("bare"))
        table = table.with_columns(bare.alias("core"))
        for _place in range(_PLACES_IN_A_ROW):
            table = table.with_columns(core.str.slice(_place_length(core)).alias("core"))
        # Without its place a name of trade words alone would be anybody's; what could be folded
        # again is folded singly.
        stripped = core.str.len_bytes() < bare.str.len_bytes()
        settled = (
            (bare != "")
            & ~core.str.slice(0, 2).is_in(sorted(place_spellings()[1]))
            & ~core.str.contains(f"(?:公司|集团|股份|有限|企业|{ends})$")
            & ~(stripped & core.str.contains(f"^(?:{trade})+$"))
        )
        return table.with_columns(plain=pl.col("plain") & settled)

    names, letters = _of_plain_han(readings()), _of_plain_han(first_letters())
    parts = (
        core, V, V.str.slice(bare.str.len_chars()), pl.lit(""), _spelt(core, names), _spelt(core, letters)
    )  # fmt: skip
    return Fast(plain, parts, prepare)


def _of_plain_han(sounds: dict[str, str]) -> dict[str, str]:
    return {text: sound for text, sound in sounds.items() if "\u4e00" <= text[0] <= "\u9fff"}


def _spelt(text: pl.Expr, sounds: dict[str, str]) -> pl.Expr:
    return text.str.replace_many(list(sounds), list(sounds.values()), leftmost=True)


def _place_length(text: pl.Expr) -> pl.Expr:
    """Return how many characters the longest place at the beginning has, if two follow it."""
    by_length: dict[int, list[str]] = {}
    for name in place_spellings()[0]:
        by_length.setdefault(len(name), []).append(name)
    length = pl.lit(0)
    for size, names in sorted(by_length.items()):
        fits = (text.str.len_chars() >= max(size + 2, 4)) & text.str.slice(0, size).is_in(names)
        length = pl.when(fits).then(size).otherwise(length)
    starts = sorted(place_spellings()[1])
    return pl.when(text.str.slice(0, 2).is_in(starts)).then(length).otherwise(0)


@cache
def _written_regions() -> dict[int, dict[str, str]]:
    """Return official paths of regions by their length, with the code they surely mean.

    Sure is a path that no spelling could go on from (沙市 and 沙市区), and that reads as expected.
    """
    spelt = sorted(regions_spelt())
    found: dict[int, dict[str, str]] = {}
    for code in regions():
        names = [name for _code, name in region_path(code)]
        # What goes on from a name stands right behind it.
        after = bisect_right(spelt, names[-1])
        if after < len(spelt) and spelt[after].startswith(names[-1]):
            continue
        for first in range(len(names)):
            text = "".join(names[first:])
            if match_region(f"{text}人民路1号") == (code, len(text)):
                found.setdefault(len(text), {})[text] = code
    return dict(sorted(found.items(), reverse=True))


def regions_spelt() -> frozenset[str]:
    """Return the official and short names of all regions."""
    return frozenset(name for one in regions().values() for name in (one.name, one.short))


def _begins_like_no_place(text: pl.Expr) -> pl.Expr:
    """Say that no place can be read at the beginning: none is spelt so, or a street is named after it.

    中山路 is a street; 城区 and 乾县 are whole names of two characters and may be places anywhere.
    """
    longer = sorted({length for lengths in starting_lengths().values() for length in lengths} - {2})
    whole = [one.name for one in regions().values() if len(one.name) == 2]
    start = text.str.slice(0, 2)
    is_street = text.str.slice(2).str.contains(f"^(?:{STREET_WORD.pattern})") & ~start.is_in(whole)
    for length in longer:
        is_street = is_street & ~text.str.slice(0, length).is_in(_spelt_with(length))
    return ~start.is_in(sorted(starting_lengths())) | is_street


@cache
def _spelt_with(length: int) -> list[str]:
    return [name for name in spellings() if len(name) == length]


@cache
def address() -> Fast:
    """Addresses of Chinese characters, digits and usual signs, with an official region or none."""
    rest, code, street = pl.col("rest"), pl.col("code"), pl.col("street")
    plain = (
        V.str.contains(f"^[{HAN}0-9A-Za-z（）()\\-－#，,、. ]{{2,{_LONGEST_ADDRESS}}}$")
        & ~V.str.contains("[〇零○两十百千]|[一二三四五六七八九]{13}|^中国")
        & ~_has_traditional()
    )

    def prepare(table: pl.LazyFrame) -> pl.LazyFrame:
        pairs = [
            V.str.slice(0, length).replace_strict(paths, default=None, return_dtype=pl.String)
            for length, paths in _written_regions().items()
        ]
        lengths = [
            pl.when(pair.is_not_null()).then(length)
            for pair, length in zip(pairs, _written_regions(), strict=True)
        ]
        table = table.with_columns(code=pl.coalesce(pairs), end=pl.coalesce([*lengths, pl.lit(0)]))
        table = table.with_columns(rest=V.str.slice(pl.col("end")))
        numerals = dict(zip("一二三四五六七八九", "123456789", strict=True))
        settled = (
            rest.str.contains(f"^[{HAN}0-9]")
            & ~rest.str.starts_with("市")
            & _begins_like_no_place(rest)
        )
        folded = rest.str.replace_all(_SIGNS, "").str.to_lowercase()
        table = table.with_columns(
            plain=pl.col("plain") & settled,
            street=folded.str.replace_many(list(numerals), list(numerals.values())),
        )
        # Without its signs and numerals the street must not begin like a place either.
        return table.with_columns(plain=pl.col("plain") & _begins_like_no_place(street))

    numbers = street.str.extract_all("[0-9]+").list.join(" ")
    return Fast(plain, (street, numbers, code.fill_null("")), prepare)
