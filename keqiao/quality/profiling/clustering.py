"""Finds the values of a field that are one value written differently, most frequent spelling first."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from keqiao.base.names import LEGAL_FORMS, fold_company
from keqiao.base.pinyin import full_pinyin, initials
from keqiao.base.text import fold_width, has_han, to_simplified
from keqiao.catalog.kinds.roles import Likeness
from keqiao.quality.forms.folding import joined, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

# Two short texts that differ by one character are mostly two different things.
SHORTEST_NEAR = 4
# Of so many characters one may differ; longer ones may differ by more.
PER_SLIP = 5
MOST_SLIPS = 3
# A group of values that share the beginning or the end of their key is compared with each other up to
# this size; of a larger one only neighbours in alphabetical order are.
MOST_IN_BLOCK = 60
NEIGHBOURS = 12
MOST_IN_CLUSTER = 200
SHORTEST_INITIALS = 3
_LATIN_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Cluster:
    """Values that look like one, with the number of records of each; the most frequent come first."""

    values: tuple[tuple[str, int], ...]

    @property
    def records(self) -> int:
        return sum(number for _value, number in self.values)

    @property
    def changes(self) -> int:
        """How many records change when all become the first."""
        return self.records - self.values[0][1]


def clusters(
    counts: Mapping[str, int], likeness: Likeness, stop_words: Iterable[str] = ()
) -> list[Cluster]:
    """Return the clusters of a field's values, those that repair most records first.

    `stop_words` at the beginning or end of a value do not tell it apart (有限公司, "Group"), whatever
    the likeness.
    """
    key = _keys(likeness, stop_words)
    by_key: dict[str, list[str]] = defaultdict(list)
    for value in counts:
        if form := key(value):
            by_key[form].append(value)
    groups: Iterable[list[str]] = by_key.values()
    if likeness in (Likeness.NEAR, Likeness.NEAR_PINYIN):
        weights = {form: sum(counts[one] for one in members) for form, members in by_key.items()}
        groups = ([one for form in forms for one in by_key[form]]
                  for forms in _near_groups(weights))  # fmt: skip
    found = [_cluster(group, counts) for group in groups if len(group) > 1]
    return sorted(found, key=lambda one: (-one.changes, one.values))


def _cluster(group: Sequence[str], counts: Mapping[str, int]) -> Cluster:
    # Of equally frequent ones that which tells most, without needless signs.
    ordered = sorted(
        group, key=lambda value: (-counts[value], -len(joined(value)), len(value), value)
    )
    return Cluster(tuple((value, counts[value]) for value in ordered[:MOST_IN_CLUSTER]))


# --- keys: equal for values that are alike --------------------------------------------------------


def _keys(likeness: Likeness, stop_words: Iterable[str]) -> Callable[[str], str]:
    stops = tuple(sorted({joined(word) for word in stop_words} - {""}, key=len, reverse=True))
    if likeness is Likeness.CORE:
        return partial(_core, stops)
    if likeness is Likeness.FINGERPRINT:
        return partial(_fingerprint, stops)
    return partial({
        Likeness.PINYIN: _sound,
        Likeness.INITIALS: _initials,
        Likeness.NEAR: _plain,
        Likeness.NEAR_PINYIN: _sound,
    }[likeness], stops)  # fmt: skip


def _without(text: str, stops: tuple[str, ...]) -> str:
    """Take stop words off both ends of a folded text, but never all of it."""
    while text.endswith(stops) or text.startswith(stops):
        shorter = text
        for word in stops:
            shorter = shorter.removesuffix(word).removeprefix(word) or shorter
        if shorter == text:
            break
        text = shorter
    return text


def _plain(stops: tuple[str, ...], value: str) -> str:
    return _without(joined(value), stops)


def _fingerprint(stops: tuple[str, ...], value: str) -> str:
    """Letters and digits alone; the words of a Latin text in alphabetical order, each once."""
    folded = words(value)
    if has_han(folded):
        return _without(folded.replace(" ", ""), stops)
    parts = sorted({one for one in folded.split() if one not in stops})
    return " ".join(parts) or folded


def _core(stops: tuple[str, ...], value: str) -> str:
    return _without(joined(fold_company(value)), stops) or joined(value)


def _sound(stops: tuple[str, ...], value: str) -> str:
    return "".join(full_pinyin(_sounding(stops, value)))


def _initials(stops: tuple[str, ...], value: str) -> str:
    """First letters of the syllables: "szby" for 苏州博远, and for who typed just that."""
    folded = _sounding(stops, value)
    if not has_han(folded) and len(folded) > SHORTEST_INITIALS * 4:
        return ""  # a Latin text, not the letters of a Chinese one
    letters = initials(folded)
    return letters if len(letters) >= SHORTEST_INITIALS else ""


def _sounding(stops: tuple[str, ...], value: str) -> str:
    return _without(joined(to_simplified(fold_width(value))), stops)


# --- neighbours: keys that differ by few characters -----------------------------------------------


def _near_groups(weights: Mapping[str, int]) -> Iterator[list[str]]:
    """Gather around each frequent key those near it; through a chain of slips nothing is joined."""
    forms = sorted(weights)
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in _near_pairs(forms):
        near[one].append(other)
        near[other].append(one)
    taken: set[int] = set()
    for leader in sorted(range(len(forms)), key=lambda number: -weights[forms[number]]):
        if leader in taken:
            continue
        members = [
            leader,
            *(one for one in dict.fromkeys(near.get(leader, ())) if one not in taken),
        ]
        taken.update(members)
        yield [forms[number] for number in members]


def _near_pairs(forms: Sequence[str]) -> Iterator[tuple[int, int]]:
    from rapidfuzz.distance import OSA

    distance, allowed = OSA.distance, [slips_allowed(len(form)) for form in forms]
    for one, other in _candidates(forms):
        left, right = forms[one], forms[other]
        slips = min(allowed[one], allowed[other])
        if (
            abs(len(left) - len(right)) <= slips
            and distance(left, right, score_cutoff=slips) <= slips
            and not _differ_in_numbers(left, right)
        ):
            yield one, other


def slips_allowed(length: int) -> int:
    """Return by how many characters texts of a length may differ to be near."""
    return 0 if length < SHORTEST_NEAR else min(MOST_SLIPS, max(1, length // PER_SLIP))


def _differ_in_numbers(left: str, right: str) -> bool:
    """第 1 分店 and 第 2 分店 are near, and two all the same."""
    return re.sub(r"\D", "", left) != re.sub(r"\D", "", right)


def _candidates(forms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pair what shares its first or its last half: one slip leaves one of them whole."""
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, form in enumerate(forms):
        length = len(form)
        if length < SHORTEST_NEAR:
            continue
        half = length // 2
        # Half of seven characters is half of eight less one: a character may be lost.
        for size in {max(2, half - 1), half} if length % 2 == 0 else (half,):
            blocks["<", form[:size]].append(number)
            blocks[">", form[-size:]].append(number)
    for members in blocks.values():
        width = len(members) if len(members) <= MOST_IN_BLOCK else NEIGHBOURS
        for place, one in enumerate(members):
            for other in members[place + 1 : place + 1 + width]:
                yield one, other


def default_stop_words() -> list[str]:
    """Return the legal forms of companies: what nearly all names end with."""
    return list(LEGAL_FORMS)


def as_data(found: Sequence[Cluster], most: int) -> list[list[list[Any]]]:
    """Return clusters as JSON keeps them."""
    return [[list(pair) for pair in one.values] for one in found[:most]]
