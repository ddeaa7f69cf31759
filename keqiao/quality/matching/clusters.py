"""Puts pairs together into customers, without letting a chain of likenesses join strangers.

Two groups are joined only while their pairs, taken together, speak for it (average linkage), so that
"A like B, B like C" does not make A and C the same against the evidence. A pair that must not be
joined (a veto, or somebody's "not the same") is never joined, in whatever round-about way. Groups that
grow beyond a limit are refused and reported: nobody has five thousand copies of one customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Edge = tuple[int, int]
# Beyond so many rows a group is judged by its scored pairs alone, not by every pair of it.
MOST_COMPARED = 60
LIGHTEST, HEAVIEST = -12.0, 12.0


@dataclass
class Clustered:
    """Groups of ids (two or more each), the groups refused, and pairs kept apart against the weights."""

    groups: list[list[int]] = field(default_factory=list)
    refused: list[list[int]] = field(default_factory=list)
    kept_apart: list[Edge] = field(default_factory=list)


class _Forest:
    """Union-find with path halving: no recursion, so a chain of any length is safe."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}

    def find(self, one: int) -> int:
        parent = self.parent
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        self.parent[self.find(one)] = self.find(other)


def components(edges: Iterable[Edge]) -> list[list[int]]:
    """Return the connected groups, each sorted."""
    forest = _Forest()
    for left, right in edges:
        forest.join(left, right)
    groups: dict[int, list[int]] = {}
    for one in forest.parent:
        groups.setdefault(forest.find(one), []).append(one)
    return sorted(sorted(group) for group in groups.values())


def cluster(
    weights: Mapping[Edge, float],
    *,
    apart: Iterable[Edge] = (),
    together: Iterable[Edge] = (),
    fill: Callable[[list[Edge]], Mapping[Edge, float]] | None = None,
    largest: int = 1_000,
) -> Clustered:
    """Group the pairs whose weight (bits above the threshold) is positive.

    `apart` and `together` are decisions of people or vetoes and win over weights; where they
    contradict each other (A same B, B same C, A not C) the pair said to be apart stays apart.
    `fill` weighs pairs of a small group that no rule brought up; without it they count against.
    """
    forbidden = {_ordered(edge) for edge in apart}
    wanted = {_ordered(edge) for edge in together} - forbidden
    strong = {_ordered(edge): weight for edge, weight in weights.items() if weight > 0}
    strong.update(dict.fromkeys(wanted, HEAVIEST))
    for edge in forbidden:
        strong.pop(edge, None)
    known = {_ordered(edge): weight for edge, weight in weights.items()}
    inside: dict[int, list[Edge]] = {}
    groups = components(strong)
    place = {one: at for at, group in enumerate(groups) for one in group}
    for edge in strong:
        inside.setdefault(place[edge[0]], []).append(edge)
    found = Clustered()
    for at, group in enumerate(groups):
        if len(group) == 2:
            found.groups.append(group)
        elif len(group) > largest:
            found.refused.append(group)
        else:
            _join_group(group, {edge: strong[edge] for edge in inside[at]}, known, forbidden,
                        wanted, fill, found)  # fmt: skip
    return found


def _join_group(
    group: list[int],
    strong: dict[Edge, float],
    known: Mapping[Edge, float],
    forbidden: set[Edge],
    wanted: set[Edge],
    fill: Callable[[list[Edge]], Mapping[Edge, float]] | None,
    found: Clustered,
) -> None:
    weights = dict(strong)
    is_small = len(group) <= MOST_COMPARED
    if is_small:
        every = [(a, b) for at, a in enumerate(group) for b in group[at + 1 :]]
        weights.update((edge, known[edge]) for edge in every if edge in known)
        weights.update(strong)
        missing = [edge for edge in every if edge not in weights]
        weights.update(fill(missing) if fill else dict.fromkeys(missing, -4.0))
    members = {one: [one] for one in group}
    belongs = {one: one for one in group}
    ordered = sorted(strong.items(), key=lambda item: (item[0] not in wanted, -item[1], item[0]))
    for edge, _weight in ordered:
        left, right = belongs[edge[0]], belongs[edge[1]]
        if left == right:
            continue
        pairs = [_ordered((a, b)) for a in members[left] for b in members[right]]
        if any(pair in forbidden for pair in pairs):
            found.kept_apart.append(edge)
            continue
        told = [_bounded(weights[pair]) for pair in pairs if pair in weights]
        if edge not in wanted and sum(told) <= 0:
            found.kept_apart.append(edge)
            continue
        members[left] += members.pop(right)
        for one in members[left]:
            belongs[one] = left
    found.groups += [sorted(each) for each in members.values() if len(each) > 1]


def _bounded(weight: float) -> float:
    return max(LIGHTEST, min(HEAVIEST, weight))


def _ordered(edge: Edge) -> Edge:
    return edge if edge[0] < edge[1] else (edge[1], edge[0])


def is_one_to_one(edges: Iterable[Edge]) -> bool:
    """Say whether two lists seem free of inner duplicates: hardly any row has two strong partners.

    Counted over rows with a partner; under one in five more than one is chance, not custom.
    """
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    for one, other in edges:
        left[one] = left.get(one, 0) + 1
        right[other] = right.get(other, 0) + 1
    several = sum(count > 1 for side in (left, right) for count in side.values())
    return several <= 0.2 * (len(left) + len(right))


def best_partners(weights: Mapping[Edge, float]) -> dict[Edge, float]:
    """Return the pairs of a one-to-one matching, the heaviest first; ties by position."""
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    found: dict[Edge, float] = {}
    for (left, right), weight in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        if left not in taken_left and right not in taken_right:
            found[left, right] = weight
            taken_left.add(left)
            taken_right.add(right)
    return found
