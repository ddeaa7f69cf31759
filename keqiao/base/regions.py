"""The administrative regions of China, so that a customer's place can be counted and mapped."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from keqiao.base.text import DATA, fold_width, has_han, to_simplified


@dataclass(frozen=True, slots=True)
class Region:
    """A province, city or district with its six-digit code (GB/T 2260)."""

    code: str
    name: str
    short: str
    parent: str
    pinyin: str
    english: str


# Spellings in use that no rule derives from the official name.
_ALIASES = {"内蒙": "150000", "广西省": "450000", "西藏省": "540000", "宁夏省": "640000",
            "新疆省": "650000", "新疆自治区": "650000", "内蒙古省": "150000", "香港特区": "810000",
            "澳门特区": "820000", "浦东": "310115", "园区": "320576"}  # fmt: skip
_ENDINGS = ("省", "市", "区", "县")
_HEADINGS = ("市辖区", "市直辖")  # stand between a city and its districts and name no place
_GAPS = " \t\n\r,，、/\\-—_·>|:：;；"
# After a short name these make a street of it: 南京东路 lies in 上海, not in 南京.
STREET_WORD = re.compile(
    # 中山三路 and, in keys, 中山3路.
    r"[东南西北中]?(?:[一二三四五六七八九十]|\d{1,3})?(?:路|街|大街|大道|巷|弄|里|胡同|桥|站|村|镇|乡)"
)


@cache
def regions() -> dict[str, Region]:
    """Return all regions by code, in the order of their codes."""
    with (DATA / "regions.csv").open(encoding="utf-8", newline="") as file:
        return {row[0]: Region(*row) for row in list(csv.reader(file))[1:]}


@cache
def _children() -> dict[str, list[Region]]:
    table: dict[str, list[Region]] = {}
    for region in regions().values():
        table.setdefault(region.parent, []).append(region)
    return table


@cache
def _by_name() -> dict[str, list[Region]]:
    """Return regions by every spelling: higher levels first, official names before derived ones."""
    exact: dict[str, list[Region]] = {}
    derived: dict[str, list[Region]] = {}
    for region in sorted(regions().values(), key=lambda item: (_level(item.code), item.code)):
        # Typed text is folded before it is looked up, and 乾县 folds to 干县.
        name, short = to_simplified(region.name), to_simplified(region.short)
        exact.setdefault(name, []).append(region)
        if short != name:
            derived.setdefault(short, []).append(region)
        if _level(region.code) == 3:
            # 吴江市 became 吴江区: old letterheads keep the old ending.
            for ending in ("市", "区", "县"):
                if short + ending != name and len(short) < 5:
                    derived.setdefault(short + ending, []).append(region)
    for name, found in derived.items():
        exact.setdefault(name, []).extend(item for item in found if item not in exact[name])
    for name, code in _ALIASES.items():
        exact.setdefault(name, []).append(regions()[code])
    return exact


@cache
def starting_lengths() -> dict[str, tuple[int, ...]]:
    """Return the lengths of the spellings by their first two characters, the longest first.

    Most text begins like no place at all: one look-up then answers instead of a dozen.
    """
    return lengths_by_start(_by_name())


def spellings() -> frozenset[str]:
    """Return every spelling of a region that is looked for: official, short and older names."""
    return frozenset(_by_name())


def lengths_by_start(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return the lengths of names of two characters and more by their first two characters."""
    found: dict[str, set[int]] = {}
    for name in names:
        if len(name) >= 2:
            found.setdefault(name[:2], set()).add(len(name))
    return {start: tuple(sorted(lengths, reverse=True)) for start, lengths in found.items()}


def _level(code: str) -> int:
    if code.endswith("0000"):
        return 1
    return 2 if code.endswith("00") else 3


def known(code: str) -> bool:
    """Say whether the code stands in the table."""
    return code in regions()


@lru_cache(maxsize=16_384)
def region_name(code: str, lang: str = "zh") -> str:
    """Return the region on one line from the province down: "江苏 · 苏州 · 工业园区"."""
    path = _path(code)
    if not path:
        return code
    return " · ".join(r.english if lang.startswith("en") else r.short for r in path)


def region_path(code: str) -> list[tuple[str, str]]:
    """Return (code, official name) from the province down to the region itself."""
    return [(region.code, region.name) for region in _path(code)]


def _path(code: str) -> list[Region]:
    path = []
    region = regions().get(code)
    while region is not None:
        path.append(region)
        region = regions().get(region.parent)
    return path[::-1]


def children(code: str | None = None) -> list[tuple[str, str]]:
    """Return (code, official name) of what lies directly inside, by default all provinces."""
    return [(region.code, region.name) for region in _children().get(code or "", [])]


@cache
def _range(code: str) -> tuple[str, str]:
    return region_range(code)


def region_range(code: str) -> tuple[str, str]:
    """Return the half-open range of codes that covers the region and everything inside it."""
    width = {1: 2, 2: 4, 3: 6}[_level(code)]
    upper = str(int(code[:width]) + 1).zfill(width)
    return code, upper.ljust(6, "0")


def nearest_region(code: str) -> str | None:
    """Return the code itself or, for an abolished one, the city or province around it."""
    for candidate in (code, code[:4] + "00", code[:2] + "0000"):
        if candidate in regions():
            return candidate
    return None


def parse_region(text: str) -> str | None:
    """Return the code of a region written as a code, a name or a path of names, or None."""
    folded = to_simplified(fold_width(text)).strip()
    if len(folded) == 6 and folded.isascii() and folded.isdigit():
        # x1xx00 of a municipality (110100 市辖区) is a heading, not a place.
        return folded if known(folded) else _municipality(folded)
    code, end = match_region(folded, whole=True)
    return code if code is not None and end >= len(folded) else None


def _municipality(code: str) -> str | None:
    province = code[:2] + "0000"
    return province if code[4:] == "00" and code[:2] in {"11", "12", "31", "50"} else None


def match_region(text: str, *, whole: bool = False) -> tuple[str | None, int]:
    """Return the region that the text begins with, and where the rest begins.

    `whole` says that nothing but a region is expected, which makes short names safe.
    """
    current = ""
    position, length = _skip(text, 0), len(text)
    if text.startswith("中国", position):
        position = _skip(text, position + 2)
    while position < length:
        if current and text.startswith(_HEADINGS, position):
            position = _skip(text, position + 3)
            continue
        found = _next_region(text, position, current, whole=whole)
        if found is None:
            break
        current, position = found
        if position < length and text[position] in _GAPS:
            position = _skip(text, position)
    return (current or None), position


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _GAPS:
        position += 1
    return position


def _next_region(text: str, position: int, current: str, *, whole: bool) -> tuple[str, int] | None:
    """Return the code of the region named at this place of the text, and where the name ends."""
    for length in starting_lengths().get(text[position : position + 2], ()):
        end = position + length
        if end > len(text):
            continue
        meant = _meant(text[position:end], current)
        if meant is None:
            continue
        code, is_official, is_lasting = meant
        if whole or (is_official and (current or length > 2)):
            return code, end
        if _ends_well(text, end, is_lasting=is_lasting):
            return code, end
    return None


# The names are few and come again and again; what they mean takes a search each time.
@lru_cache(maxsize=32_768)
def _meant(name: str, current: str) -> tuple[str, bool, bool] | None:
    """Return the code of the region a name means inside the current one (by code, empty: none yet).

    Second comes whether it is the official name, third whether it stays a place before other words.
    """
    candidates = _by_name().get(name)
    region = _choose(candidates, regions()[current] if current else None) if candidates else None
    if region is None:
        return None
    is_official = len(name) == len(region.name) and name.endswith(region.name[-1])
    return region.code, is_official, _level(region.code) < 3 or name.endswith(_ENDINGS)


def _choose(candidates: list[Region], current: Region | None) -> Region | None:
    """Pick the one region meant: inside the current one; else the highest level if it is unique."""
    if current is not None:
        if current in candidates and current.short != "吉林":
            return current  # 北京市北京市朝阳区, 上海上海
        inside = [r for r in candidates if r is not current and _inside(r, current)]
        direct = [r for r in inside if r.parent == current.code]
        return direct[0] if direct else inside[0] if len(inside) == 1 else None
    level = _level(candidates[0].code)
    top = [r for r in candidates if _level(r.code) == level]
    return top[0] if len(top) == 1 else None


def _inside(region: Region, outer: Region) -> bool:
    low, high = _range(outer.code)
    return low <= region.code < high


def _ends_well(text: str, end: int, *, is_lasting: bool) -> bool:
    if end >= len(text) or text[end] in _GAPS:
        return True
    if STREET_WORD.match(text, end):
        return False
    # A bare district name in running text is more often a street or a firm than a place.
    return is_lasting


@cache
def _search_rows() -> list[tuple[str, str, str, str, str, int]]:
    """Return (code, name, short, joined pinyin, initials, level) for the picker."""
    return [
        (
            region.code, region.name, region.short, region.pinyin.replace(" ", ""),
            "".join(part[0] for part in region.pinyin.split(" ")), _level(region.code),
        )
        for region in regions().values()
    ]  # fmt: skip


def search_regions(text: str, limit: int = 10) -> list[tuple[str, str]]:
    """Return (code, name from the province down) of the regions meant by a few typed characters."""
    wanted = to_simplified(fold_width(text)).strip().lower()
    if not wanted:
        return [(code, region_name(code)) for code, _name in children()[:limit]]
    hits: list[tuple[int, int, str]] = []
    exact = parse_region(wanted)
    if exact is not None:
        hits.append((-1, 0, exact))
    words = wanted.split()
    rank = _rank_han if has_han(wanted) else _rank_latin
    for row in _search_rows():
        score = rank(row, words[-1])
        if score is not None and (len(words) == 1 or _under(row[0], words[:-1])):
            hits.append((score, row[5], row[0]))
    codes = dict.fromkeys(code for _score, _lvl, code in sorted(hits))
    return [(code, region_name(code)) for code in list(codes)[:limit]]


def _rank_han(row: tuple[str, str, str, str, str, int], word: str) -> int | None:
    _code, name, short, *_rest = row
    if word in (short, name):
        return 0
    if name.startswith(word):
        return 1
    return 2 if word in name else None


def _rank_latin(row: tuple[str, str, str, str, str, int], word: str) -> int | None:
    code, _name, _short, pinyin, initials, _lvl = row
    if word in (pinyin, initials):
        return 0 if word == pinyin else 1
    if pinyin.startswith(word):
        return 2
    if initials.startswith(word):
        return 3
    return 4 if word.isdigit() and code.startswith(word) else None


def _under(code: str, words: list[str]) -> bool:
    outer = [regions()[item] for item, _name in region_path(code)[:-1]]
    return all(
        any(
            region.name.startswith(word)
            or region.pinyin.replace(" ", "").startswith(word)
            or "".join(part[0] for part in region.pinyin.split(" ")) == word
            for region in outer
        )
        for word in words
    )
