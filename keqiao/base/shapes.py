"""The shape of a text: which kinds of characters follow each other, so that odd ones out are seen.

`13912345678` has the shape `9{11}`, `苏州博远有限公司` the shape `汉{4}有限公司`. A shape is also a
question: `pattern_of` gives the regular expression that just the texts of this shape fit, in the
words that Python and PostgreSQL share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

LONGEST = 100  # characters; of a longer text only the length tells something
HAN = "汉"
# A sign of its own for each kind of character, and the characters it stands for.
CLASSES = {
    "9": "0-9",
    "A": "A-Z",
    "a": "a-z",
    HAN: "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003347f",
    "９": "０-９",
    "Ａ": "Ａ-Ｚａ-ｚ",
}
_SIGNS = "".join(CLASSES)
_QUOTED = set(_SIGNS) | set("{}\\")
_PART = re.compile(rf"([{_SIGNS}])(?:\{{([0-9]{{1,3}})\}})?|\\(.)|([^{{}}\\])", re.DOTALL)

_UNSTORED = re.compile("[\x00\ud800-\udfff]")  # no database keeps these
_QUOTED_SIGN = re.compile(rf"\\[{''.join(CLASSES.values())}]")


class NoShape(ValueError):
    """A text is not written as shapes are."""


class _Signs(dict[int, str]):
    def __missing__(self, code: int) -> str:
        char = chr(code)
        # The sign itself is always one of those it stands for, so no other text looks like it.
        self[code] = next((sign for sign, found in _MEMBERS.items() if found.match(char)), char)
        return self[code]


_MEMBERS = {sign: re.compile(f"[{members}]") for sign, members in CLASSES.items()}
_signs = _Signs()


def shape_of(text: str, words: Sequence[str] = ()) -> str:
    """Return the shape; of `words` the longest one the text ends with stays as it is written.

    A text longer than `LONGEST` has none: the answer is empty then, as for an empty text.
    """
    if not text or len(text) > LONGEST:
        return ""
    ending = _ending(text, words)
    body = text[: len(text) - len(ending)] if ending else text
    return _written(body.translate(_signs)) + ending


def _ending(text: str, words: Sequence[str]) -> str:
    if not words or not text.endswith(tuple(words)):
        return ""
    found = [word for word in words if text.endswith(word) and len(text) > len(word)]
    return max(found, key=len, default="")


@lru_cache(maxsize=50_000)  # a million names have some thousand shapes
def _written(signs: str) -> str:
    parts: list[str] = []
    for sign, run in groupby(signs):
        length = len(list(run))
        if sign in CLASSES:
            parts.append(sign if length == 1 else f"{sign}{{{length}}}")
        else:
            parts.append(quoted(sign) * length)
    return "".join(parts)


def quoted(text: str) -> str:
    """Return the shape that this very text alone has."""
    return "".join(f"\\{char}" if char in _QUOTED or _signs[ord(char)] in CLASSES else char
                   for char in text)  # fmt: skip


@lru_cache(maxsize=500)
def pattern_of(shape: str, words: tuple[str, ...] = ()) -> str:
    """Return the regular expression of the texts with this shape; raises `NoShape`.

    With `words`, texts that end with one of them fit only a shape that writes the word out.
    """
    if not shape or _UNSTORED.search(shape):
        raise NoShape(shape)
    ending = _ending(shape, words)
    body = shape[: len(shape) - len(ending)] if ending else shape
    found, length, at = [], len(ending), 0
    while at < len(body):
        part = _PART.match(body, at)
        if part is None:
            raise NoShape(shape)
        sign, count, escaped, plain = part.groups()
        times = int(count or 1)
        length += times
        if not times or length > LONGEST:
            raise NoShape(shape)
        one = f"[{CLASSES[sign]}]" if sign else re.escape(escaped or plain)
        found.append(one if times == 1 else f"{one}{{{times}}}")
        at = part.end()
    # Only a quoted text names a character that has a sign, and it means no other text.
    is_quoted = bool(_QUOTED_SIGN.search(shape))
    others = [word for word in words if word.endswith(ending) and word != ending]
    others = [] if is_quoted else others
    return rf"\A{_not_ending(others)}{''.join(found)}{re.escape(ending)}\Z"


def _not_ending(words: Sequence[str]) -> str:
    if not words:
        return ""
    return rf"(?!(?:.|\n)+(?:{'|'.join(map(re.escape, words))})\Z)"
