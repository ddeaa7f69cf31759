"""What the columns of any list hold, told by name and content, so that each is compared as it should.

Names propose (the catalog's fields and their synonyms, passed in as hints); the content decides: a
column named "phone" that holds words is compared as words. A column that fits no field is compared
as a code, number, date or text by what it holds. Nothing here looks at the name of a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from rapidfuzz.distance import JaroWinkler

from keqiao.base.text import has_han
from keqiao.quality.forms import Role, normal

SAMPLE = 2_000
_NUMBER = re.compile(r"[-+]?[¥$€£]?\s*\d[\d,]*(\.\d+)?\s*[%元]?")
_WHOLE = re.compile(r"[-+]?\d+(\.0+)?")
_PHONE = re.compile(r"[+(（]?\d[\d\s()（）./+-]{5,22}(?:\s*(?:ext|x|转)\.?\s*\d+)?")
_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
_EMAIL = re.compile(r"\S+@\S+")
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_COMPANY = re.compile(r"公司|集团|厂$|[行店所院社部]$|中心")
_ADDRESS = re.compile(r"[路街道巷弄村镇乡]|\d+[号栋楼室]")


class Style(StrEnum):
    """How long and how various texts are: a state, a first name, a title of ten words."""

    CATEGORY = "category"
    PHRASE = "phrase"
    TEXT = "text"


class Skipped(StrEnum):
    """Why a column is not compared."""

    EMPTY = "empty"
    CONSTANT = "constant"
    ROW_NUMBER = "row_number"
    UNPAIRED = "unpaired"
    ASIDE = "aside"


@dataclass(frozen=True)
class Hint:
    """What a column's name says: a field of the catalog and the role of its kind."""

    field: str
    role: Role
    label: str = ""


@dataclass
class Table:
    """A list as it was read: names of columns, and their values as text, "" where empty."""

    names: list[str]
    rows: list[list[str]]
    hints: dict[int, Hint] = field(default_factory=dict)

    def values(self, index: int) -> list[str]:
        return [row[index] if index < len(row) else "" for row in self.rows]


@dataclass(frozen=True)
class Compared:
    """A column to compare: `left` and `right` are its places in the files (equal for one file)."""

    name: str
    role: Role
    style: Style
    left: int
    right: int
    label: str
    whole: bool = False  # every value a whole number, perhaps written 1999.0
    fill: float = 1.0
    distinct: int = 0


def compared_columns(
    left: Table, right: Table | None = None, forced: Mapping[str, Role] | None = None
) -> tuple[list[Compared], dict[str, Skipped]]:
    """Return what to compare, and the other columns with the reason why not.

    `forced` gives roles by the left column's name (the person's own map); NONE leaves one out.
    """
    skipped: dict[str, Skipped] = {}
    found: list[Compared] = []
    for left_at, right_at in _paired(left, right, skipped):
        sides = [left.values(left_at)] + ([right.values(right_at)] if right else [])
        name = left.names[left_at]
        asked = (forced or {}).get(name)
        reason = Skipped.ASIDE if asked is Role.NONE else None
        if reason is None:
            reason = _useless(sides, is_asked=asked is not None)
        if reason is not None:
            skipped[name] = reason
            continue
        hint = left.hints.get(left_at) or (right.hints.get(right_at) if right else None)
        column = _described(len(found), name, sides, hint, asked, (left_at, right_at))
        if asked is None and column.role is Role.CODE and _names_rows(sides):
            skipped[name] = Skipped.ROW_NUMBER
            continue
        found.append(column)
    return found, skipped


def _described(
    at: int,
    name: str,
    sides: list[list[str]],
    hint: Hint | None,
    asked: Role | None,
    places: tuple[int, int],
) -> Compared:
    values = [value for side in sides for value in side]
    filled = [value for value in values if value]
    sample = filled[:: max(1, len(filled) // SAMPLE)]
    role = asked or role_of(sample, hint.role if hint else None)
    folded = {normal(Role.TEXT, value) for value in sample}
    return Compared(
        name=f"c{at}",
        role=role,
        style=_style(sample, len(folded), role),
        left=places[0],
        right=places[1],
        label=(hint.label if hint and hint.label else name),
        whole=_share(sample, _WHOLE) == 1.0,
        fill=len(filled) / max(1, len(values)),
        distinct=len(set(filled)),
    )


def _useless(sides: list[list[str]], *, is_asked: bool) -> Skipped | None:
    filled = [[value for value in side if value] for side in sides]
    if not all(filled):
        return Skipped.EMPTY
    if len(set().union(*map(set, filled))) == 1:
        return Skipped.CONSTANT
    if not is_asked and all(_counts_rows(side) for side in sides):
        return Skipped.ROW_NUMBER
    return None


def _names_rows(sides: list[list[str]]) -> bool:
    """Say whether a column of codes gives every row one of its own: such a key names nobody twice."""
    together = [value for side in sides for value in side]
    return len(together) >= 100 and all(together) and len(set(together)) == len(together)


def _counts_rows(values: list[str]) -> bool:
    """Say whether a column numbers its rows: whole numbers that go up by one nearly everywhere."""
    if len(values) < 3 or not all(value.isdecimal() for value in values):
        return False
    numbers = [int(value) for value in values]
    steps = sum(after - before == 1 for before, after in pairwise(numbers))
    if steps >= 0.95 * (len(numbers) - 1):
        return True
    return len(set(numbers)) == len(numbers) > 20 and max(numbers) - min(numbers) < 1.02 * len(
        numbers
    )


def _share(values: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(value) is not None for value in values) / max(1, len(values))


def _holds(values: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.search(value) is not None for value in values) / max(1, len(values))


def role_of(sample: Sequence[str], hinted: Role | None) -> Role:
    """Return the role of a column by its values; a hint stands unless they speak against it."""
    han = sum(map(has_han, sample)) / max(1, len(sample))
    if _share(sample, _EMAIL) >= 0.6:
        return Role.EMAIL
    if hinted in {Role.USCC, Role.RESIDENT_ID} and _holds(sample, re.compile(r"[0-9]{6}")) > 0.5:
        return hinted
    if hinted is Role.WEB and _holds(sample, re.compile(r"\.")) > 0.8:
        return Role.WEB
    if hinted is Role.DATE or _share(sample, _DATE) >= 0.9:
        return Role.DATE if _share(sample, _DATE) >= 0.6 else _plain_role(sample)
    if _is_phone(sample, hinted):
        return Role.PHONE
    if _share(sample, _NUMBER) >= 0.9:
        return _numeric(sample, hinted)
    if han >= 0.3:
        return _chinese(sample, hinted)
    return _plain_role(sample)


def _plain_role(sample: Sequence[str]) -> Role:
    """Codes hold digits and no blanks; everything else is text."""
    single = sum(" " not in value for value in sample) / max(1, len(sample))
    digits = _holds(sample, re.compile(r"\d"))
    han = sum(map(has_han, sample)) / max(1, len(sample))
    return Role.CODE if digits >= 0.8 and single >= 0.9 and han < 0.1 else Role.TEXT


def _is_phone(sample: Sequence[str], hinted: Role | None) -> bool:
    if hinted is Role.PHONE:
        return _holds(sample, re.compile(r"\d{3}")) >= 0.6
    if hinted is not None and hinted is not Role.TEXT:
        return False
    if _share(sample, _MOBILE) >= 0.7:
        return True
    signs = sum(any(sign in value for sign in "-/() ") for value in sample) / max(1, len(sample))
    return _share(sample, _PHONE) >= 0.85 and signs >= 0.5 and _share(sample, _DATE) < 0.2


def _numeric(sample: Sequence[str], hinted: Role | None) -> Role:
    if _share(sample, _WHOLE) < 0.95:
        return Role.NUMBER
    return Role.NUMBER if hinted is Role.NUMBER else Role.CODE


def _chinese(sample: Sequence[str], hinted: Role | None) -> Role:
    if hinted in {Role.COMPANY, Role.PERSON, Role.ADDRESS}:
        return hinted
    regions = sum(normal(Role.REGION, value).isdecimal() for value in sample[:300])
    if regions >= 0.7 * len(sample[:300]):
        return Role.REGION
    if _holds(sample, _COMPANY) >= 0.4:
        return Role.COMPANY
    if _holds(sample, _ADDRESS) >= 0.6:
        return Role.ADDRESS
    short = sum(2 <= len(value) <= 4 for value in sample) / len(sample)
    various = len(set(sample)) / len(sample)
    return Role.PERSON if short >= 0.8 and various >= 0.3 else Role.TEXT


def _style(sample: Sequence[str], distinct: int, role: Role) -> Style:
    if distinct <= 40 and distinct <= 0.05 * len(sample):
        return Style.CATEGORY
    if role is not Role.TEXT:
        return Style.PHRASE
    words = sum(len(value.split()) for value in sample) / max(1, len(sample))
    letters = sum(map(len, sample)) / max(1, len(sample))
    han = sum(map(has_han, sample)) / max(1, len(sample))
    return Style.TEXT if words > 1.7 or (han > 0.3 and letters > 6) else Style.PHRASE


# --- two files --------------------------------------------------------------------------------------


def _paired(left: Table, right: Table | None, skipped: dict[str, Skipped]) -> list[tuple[int, int]]:
    if right is None:
        return [(at, at) for at in range(len(left.names))]
    scored = sorted(
        (
            (-_likeness(left, at, right, other), at, other)
            for at in range(len(left.names))
            for other in range(len(right.names))
        ),
    )
    pairs: dict[int, int] = {}
    for negative, at, other in scored:
        if -negative >= 0.6 and at not in pairs and other not in pairs.values():
            pairs[at] = other
    for at, name in enumerate(left.names):
        if at not in pairs:
            skipped[name] = Skipped.UNPAIRED
    return sorted(pairs.items())


def _likeness(left: Table, at: int, right: Table, other: int) -> float:
    """Return how likely two columns of two files mean the same: by field, name and values."""
    hints = left.hints.get(at), right.hints.get(other)
    names = [_bare(left.names[at]), _bare(right.names[other])]
    if names[0] == names[1]:
        return 2.0
    if hints[0] and hints[1] and hints[0].field == hints[1].field:
        return 1.5
    values = [
        {normal(Role.TEXT, value) for value in table.values(place)[:SAMPLE] if value}
        for table, place in ((left, at), (right, other))
    ]
    shared = len(values[0] & values[1]) / max(1, min(map(len, values)))
    named = JaroWinkler.similarity(*names)
    return max(0.75 * named, 0.55 * named + 0.7 * shared if shared > 0.02 else 0.0)


def _bare(name: str) -> str:
    """Return the last part of a name: `http://…/ontology1.owl#phone_number` is a phone number."""
    last = re.split(r"[#/]", name.strip().rstrip("#/"))[-1]
    return "".join(sign for sign in last.lower() if sign.isalnum())
