"""What people and other systems call the same column: groups of names in Chinese and English."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from keqiao.importing.header import folded

WORDS = Path(__file__).parent / "data" / "thesaurus.txt"


@cache
def canonical() -> dict[str, frozenset[str]]:
    """Return, by the folded name of a field, every folded name that means the same."""
    found: dict[str, frozenset[str]] = {}
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, _colon, words = line.partition(":")
        found[folded(name)] = frozenset(folded(word) for word in [name, *words.split(",")])
    return found


@cache
def groups() -> tuple[frozenset[str], ...]:
    return tuple(canonical().values())


@cache
def all_terms() -> frozenset[str]:
    """Return every known header, to tell a header row from a title row."""
    return frozenset().union(*groups())
