"""Text as people meant it: without invisible characters, comparable across widths and scripts."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

_HAN = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003347f]")
_WHITE_SPACE = re.compile(r"\s+")

# Characters that show nothing yet are no white space: they make two equal names differ, hide text
# from a reader, or turn the writing direction (U+202E shows "exe.pdf" for "fdp.exe").
_INVISIBLE = (
    *range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0),  # controls, without tab and newline
    0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810),
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x2800, 0x3164,
    0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFFC), 0xFFFE, 0xFFFF, *range(0x1D173, 0x1D17B),
    *range(0xD800, 0xE000), *range(0xE0000, 0xE0080),
)  # fmt: skip


@cache
def _cleaning() -> dict[int, str | None]:
    table: dict[int, str | None] = dict.fromkeys(_INVISIBLE)
    table[0x85] = table[0x2028] = table[0x2029] = "\n"
    table[0x0B] = table[0x0C] = "\n"
    return table


def clean_text(raw: str) -> str:
    """Return the text in NFC without what nobody can see and without white space around it."""
    if raw.isprintable() and unicodedata.is_normalized("NFC", raw) and not _hidden(raw):
        return raw.strip()
    text = raw.replace("\r\n", "\n").replace("\r", "\n").translate(_cleaning())
    return unicodedata.normalize("NFC", text).strip()


def clean_line(raw: str) -> str:
    """Return the cleaned text on one line, with single spaces inside."""
    text = clean_text(raw)
    if text.isprintable() and "  " not in text:
        return text
    return _WHITE_SPACE.sub(" ", text)


def _hidden(text: str) -> bool:
    """Say whether a printable text holds letters that show nothing (fillers, joiners)."""
    return not text.isascii() and _PRINTABLE_INVISIBLE.search(text) is not None


_PRINTABLE_INVISIBLE = re.compile(
    "[" + "".join(chr(code) for code in _INVISIBLE if chr(code).isprintable()) + "]"
)


def width_table() -> dict[int, str]:
    """Return the full-width to half-width character table."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table.update({0x3000: " ", 0x00A0: " ", 0xFFE0: "¢", 0xFFE1: "£", 0xFFE5: "¥", 0xFFE6: "₩"})
    return table


_WIDTH = width_table()


def fold_width(text: str) -> str:
    """Return the text with full-width letters, digits and signs made half-width."""
    return text if text.isascii() else text.translate(_WIDTH)


def has_han(text: str) -> bool:
    """Say whether the text holds a Chinese character."""
    return not text.isascii() and _HAN.search(text) is not None


@cache
def simplified_table() -> dict[int, str]:
    """Return the traditional to simplified table, character by character (see data/README.md)."""
    lines = (DATA / "simplified.txt").read_text(encoding="utf-8").splitlines()
    return {ord(line[0]): line[1] for line in lines}


@cache
def _folded_already() -> re.Pattern[str]:
    traditional = {chr(code) for code in simplified_table()}
    characters = map(chr, range(0x4E00, 0xA000))
    han = "".join(one for one in characters if one.isalnum() and one not in traditional)
    return re.compile(f"[0-9a-z{han}]+")


def is_folded(text: str) -> bool:
    """Say whether no folding changes anything: simplified characters, digits, small letters alone.

    Nearly every name in a list is such a one, and to find that out costs less than one folding.
    """
    return _folded_already().fullmatch(text) is not None


def to_simplified(text: str) -> str:
    """Return a key in simplified characters.

    For comparing only: character by character 乾隆 becomes 干隆, so entered names are kept.
    """
    return text if text.isascii() else text.translate(simplified_table())
