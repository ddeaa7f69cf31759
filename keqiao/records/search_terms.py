"""Cuts names, numbers and addresses into the words of the search index, and questions likewise.

Terms: pairs of Chinese characters; `_ab` pairs of pinyin initials; `=aabb` pairs of pinyin
syllables; `p…`/`r…` telephone digits forwards and backwards; `e=…` e-mail; `_t1`/`_o1` who may see
it; `_kaccount` the object type. One design for both databases.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from keqiao.base.phone import phone_digits
from keqiao.base.pinyin import all_syllables, full_pinyin, initials
from keqiao.base.text import fold_width, to_simplified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keqiao.catalog.field import Field

_RUNS = re.compile(r"[\u3007\u3400-\u9fff]+|[a-z0-9]+")
_HAN = re.compile(r"^[\u3007\u3400-\u9fff]+$")
_LONGEST_RUN = 60


def fold(text: str) -> str:
    """Return the comparable form of a text: half width, simplified, lower case."""
    return to_simplified(fold_width(text)).casefold()


def text_terms(text: str, *, person: bool = False) -> set[str]:
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        if not _HAN.match(run):
            found.add(run[:_LONGEST_RUN])
            continue
        found.update(_pairs(run[:_LONGEST_RUN]))
        found.update(f"_{pair}" for pair in _pairs(initials(run[:_LONGEST_RUN], person=person)))
        spelled = full_pinyin(run[:_LONGEST_RUN], person=person)
        if len(spelled) == 1:
            found.add(f"={spelled[0]}")
        found.update(f"={a}{b}" for a, b in pairwise(spelled))
    return found


def _pairs(run: str) -> list[str]:
    return [a + b for a, b in pairwise(run)] if len(run) > 1 else [run]


def phone_terms(stored: str) -> set[str]:
    digits = phone_digits(stored)
    return {f"p{digits}", f"r{digits[::-1]}"} if digits else set()


def code_terms(code: str) -> set[str]:
    folded = "".join(char for char in fold(code) if char.isascii() and char.isalnum())
    return {folded, f"r{folded[::-1]}"} if folded else set()


def email_terms(address: str) -> set[str]:
    local, _at, domain = address.casefold().partition("@")
    words = re.findall(r"[a-z0-9]+", f"{local} {domain.rsplit('.', 1)[0]}")
    return {_email_term(address), *words}


def _email_term(address: str) -> str:
    return "e=" + re.sub(r"[^a-z0-9]", "_", address.casefold())


def terms_of(field: Field, value: Any) -> set[str]:
    """Return the search terms of one field's value."""
    way = field.kind.searchable
    values = value if isinstance(value, list) else [value]
    if way == "secret":
        return {f"h{term}" for term in field.kind.terms(value, field)}
    if field.kind.key == "person_name":
        return text_terms(str(value), person=True)
    read = {"phone": phone_terms, "email": email_terms, "code": code_terms}.get(way, text_terms)
    return {term for one in values for term in read(str(one))}


# A question is a list of groups, all of which must hold; a group is alternatives; an alternative
# is terms that must all occur, of which one ending in "*" may go on.
Alternative = tuple[str, ...]
Question = list[list[Alternative]]


def fits(terms: set[str], asked: Question) -> bool:
    """Tell whether a record with these terms answers the question, as the index would."""
    return all(
        any(all(_occurs(term, terms) for term in alternative) for alternative in group)
        for group in asked
    )


def _occurs(wanted: str, terms: set[str]) -> bool:
    if wanted.endswith("*"):
        return any(term.startswith(wanted[:-1]) for term in terms)
    return wanted in terms


def question(text: str) -> Question:
    """Cut what somebody typed into terms; empty when there is nothing to look for."""
    text = text.strip()[:80]
    if "@" in text:
        return [[(_email_term(text.replace(" ", "")) + "*",)]]
    folded = fold(text)
    digits = re.sub(r"[\s\-()+]", "", folded)
    if digits.isdigit() and len(digits) >= 3:
        return [[*_digit_alternatives(digits)]]
    groups: Question = []
    for run in _RUNS.findall(folded):
        if _HAN.match(run):
            groups.append([tuple(_pairs(run)) if len(run) > 1 else (f"{run}*",)])
        elif run.isdigit():
            groups.append([*_digit_alternatives(run)] if len(run) >= 3 else [(f"{run}*",)])
        else:
            groups.append(_letter_alternatives(run))
    return groups


def _digit_alternatives(digits: str) -> Iterable[Alternative]:
    national = digits.removeprefix("0086").removeprefix("86") if len(digits) > 11 else digits
    yield (f"p{national}*",)
    yield (f"r{national[::-1]}*",)
    yield (f"{digits}*",)


def _letter_alternatives(run: str) -> list[Alternative]:
    found: list[Alternative] = [(f"{run}*",)]
    if len(run) >= 6 and any(char.isdigit() for char in run):
        found.append((f"r{run[::-1]}*",))
    if not run.isalpha():
        return found
    if 2 <= len(run) <= 12:
        found.append(tuple(f"_{pair}" for pair in _pairs(run)))
    found.extend(_spelled(run))
    return list(dict.fromkeys(found))


def _spelled(run: str) -> list[Alternative]:
    """Return the ways to read letters as pinyin syllables, the last one perhaps unfinished."""
    found: list[Alternative] = []
    for parts in _readings(run)[:4]:
        if len(parts) == 1:
            found.append((f"={parts[0]}*",))
            continue
        pairs = [f"={a}{b}" for a, b in pairwise(parts)]
        pairs[-1] += "*"
        found.append(tuple(pairs))
    return found


@cache
def _syllable_set() -> frozenset[str]:
    return frozenset(all_syllables())


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(one[:length] for one in _syllable_set() for length in range(1, len(one)))


def _readings(run: str) -> list[list[str]]:
    if not run or len(run) > 40:
        return []
    found: list[list[str]] = []
    pending: list[tuple[int, list[str]]] = [(0, [])]
    while pending and len(found) < 8:
        start, parts = pending.pop()
        if start == len(run):
            found.append(parts)
            continue
        rest = run[start:]
        if parts and rest in _beginnings() and rest not in _syllable_set():
            found.append([*parts, rest])
        for length in range(1, 7):
            if rest[:length] in _syllable_set() and length <= len(rest):
                pending.append((start + length, [*parts, rest[:length]]))
    return found
