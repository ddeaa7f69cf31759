"""Character tables and word lists behind the key forms: what counts as the same sign or number."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from keqiao.base.numbers import parse_chinese
from keqiao.base.text import clean_line, is_folded, simplified_table, width_table

# Mailboxes that many people read: they tell a firm, not a person.
SHARED_MAILBOXES = frozenset(
    "info sales sale service services office contact admin administrator hr mail webmaster support"  # noqa: SIM905
    " noreply no-reply market marketing hello company xiaoshou kefu postmaster test help"
    " job jobs zhaopin business enquiry inquiry export import root".split()
)
_NUMERALS = re.compile("[〇零○一二两三四五六七八九十百千]+")
_LONGEST_NUMERAL = 12


@cache
def _folded_characters() -> dict[int, str]:
    """Return simplified and half-width lower-case forms; following a chain to its end."""
    simple, narrow = simplified_table(), width_table()
    table: dict[int, str] = {}
    for code in {*simple, *narrow}:
        char = chr(code)
        while (next_char := simple.get(ord(char)) or narrow.get(ord(char))) and next_char != char:
            char = next_char
        table[code] = char.lower()
    return table


class _Narrow(dict[int, str]):
    """A character table that keeps what it does not know: a failed look-up costs ten times more."""

    def __missing__(self, code: int) -> str:
        self[code] = _folded_characters().get(code) or chr(code)
        return self[code]


class Folding(dict[int, str]):
    """A character table that leaves letters and digits and puts `between` for everything else."""

    def __init__(self, between: str) -> None:
        super().__init__()
        self.between = between

    def __missing__(self, code: int) -> str:
        char = _folded_characters().get(code, chr(code))
        self[code] = char if char.isalnum() else self.between
        return self[code]


_JOINED, _WORDS, _NARROW = Folding(""), Folding(" "), _Narrow()


def narrow(text: str) -> str:
    """Return the text in simplified and half-width characters, one for one: positions stay."""
    return text if text.isascii() else text.translate(_NARROW)


def joined(text: str) -> str:
    """Return letters and digits alone: simplified, half-width, lower case."""
    return text if is_folded(text) else _settled(text, _JOINED)


def words(text: str) -> str:
    """Return the words of a text with single blanks: simplified, half-width, lower case."""
    return _settled(text, _WORDS)


def _settled(text: str, table: Folding) -> str:
    folded = _folded_once(text, table)
    while not (folded.isalnum() and unicodedata.is_normalized("NFC", folded)):
        # Dropping a sign can bring an accent to its letter, so each round cleans again.
        again = _folded_once(folded, table)
        if again == folded:
            break
        folded = again
    return folded


def _folded_once(text: str, table: Folding) -> str:
    if not text.isalnum() or not unicodedata.is_normalized("NFC", text):
        text = clean_line(text)
    return " ".join(text.lower().translate(table).split())


def digits_for_numerals(text: str) -> str:
    """Return the text with Chinese numerals as digits: 一百二十号 gives 120号."""
    return text if text.isascii() else _NUMERALS.sub(_as_digits, text)


def _as_digits(found: re.Match[str]) -> str:
    numerals = found[0]
    if len(numerals) > _LONGEST_NUMERAL:
        return numerals
    return str(parse_chinese(numerals))
