"""Finds the duplicates inside one list or between two: everything chosen from the data alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from keqiao.quality.forms import Role, normal
from keqiao.quality.matching.batch import Batch, Bounds, Pair
from keqiao.quality.matching.blocking import Plan, Planner, Refused
from keqiao.quality.matching.clusters import (
    MOST_COMPARED,
    Clustered,
    Edge,
    best_partners,
    cluster,
    components,
    is_one_to_one,
)
from keqiao.quality.matching.columns import Compared, Skipped, Style, Table, compared_columns
from keqiao.quality.matching.learning import is_learned, learn, seen_at_random
from keqiao.quality.matching.model import Model
from keqiao.quality.matching.normal import Recorder
from keqiao.quality.matching.recipes import hand_model
from keqiao.quality.matching.scorer import Scorer, agreeing

RANDOM_PAIRS = 200_000
# Weighed pairs this far below the threshold are still looked at when groups are formed.
LOOKED_BELOW = 12.0
CROSSING_SHARE = 0.02
Tell = Callable[[str], None]


@dataclass
class Result:
    """What was found: pairs of data rows with weight and levels, groups, links, and how it was done."""

    model: Model
    columns: list[Compared]
    skipped: dict[str, Skipped]
    pairs: list[Pair]
    links: list[Pair]
    groups: list[list[int]]
    refused_groups: list[list[int]]
    refused_blocks: list[Refused]
    plan: Plan
    left_count: int
    count: int
    candidates: int
    expected_pairs: float
    is_one_to_one: bool
    seconds: dict[str, float] = field(default_factory=dict)
    weighed: list[Pair] = field(default_factory=list)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now


def match_tables(
    left: Table,
    right: Table | None = None,
    *,
    forced: Mapping[str, Role] | None = None,
    threshold: float | None = None,
    bounds: Bounds | None = None,
    model: Model | None = None,
    keep_weighed: bool = False,
) -> Result:
    """Match one table with itself, or two with each other.

    `threshold` in bits replaces the one found from the data. `model` (with the same columns) is used
    as it is instead of being learned. `keep_weighed` keeps every weighed pair for review and learning.
    """
    clock = _Clock()
    columns, skipped = compared_columns(left, right, forced)
    if not columns:
        raise NothingToCompare(skipped)
    tables = [table for table in (left, right) if table is not None]
    recorder = Recorder(columns)
    if model is not None:
        recorder.rarities = model.rarities
    else:
        recorder.learn(_texts(recorder, tables))
    places = [[one.left for one in columns], [one.right for one in columns]]
    with Batch(bounds) as batch:
        counts = [len(table.rows) for table in tables]
        for side, (table, at) in enumerate(zip(tables, places, strict=False)):
            recorder.write(table.rows, at, sum(counts[:side]), side, batch.folder)
        batch.load(recorder.form_names(), counts)
        clock.lap("normalise_and_load")
        result = match_batch(batch, columns, model=model, threshold=threshold, clock=clock)
        if keep_weighed:
            result.weighed = list(batch.pairs(result.model, "weighed"))
    result.skipped = skipped
    result.model = replace(result.model, rarities=recorder.rarities)
    result.seconds = clock.seconds
    return result


class NothingToCompare(Exception):
    """No column of the list can be compared; `skipped` says why for each."""

    def __init__(self, skipped: dict[str, Skipped]) -> None:
        self.skipped = skipped
        super().__init__("nothing to compare")


def _texts(recorder: Recorder, tables: Sequence[Table]) -> dict[str, Iterable[str]]:
    return {
        one.name: (
            normal(Role.TEXT, value)
            for table, at in zip(tables, (one.left, one.right), strict=False)
            for value in table.values(at)
        )
        for one in recorder.worded
    }


def match_batch(
    batch: Batch,
    columns: Sequence[Compared],
    *,
    model: Model | None = None,
    threshold: float | None = None,
    clock: _Clock | None = None,
) -> Result:
    """Match the records loaded into a batch; see `match_tables`."""
    clock = clock or _Clock()
    planner = Planner(batch, columns)
    plan = planner.plan()
    clock.lap("plan")
    candidates, refused = planner.gather(plan)
    clock.lap("candidates")
    made = model or with_frequencies(batch, hand_model(columns, crossing(batch, columns)))
    batch.reach_levels(made, "candidates", "levels")
    clock.lap("levels")
    expected = 0.0
    if model is None:
        made, expected = _learned(batch, made)
        clock.lap("learn")
    if threshold is not None:
        made = replace(made, threshold=threshold)
    batch.weigh(made, "levels", "weighed", made.threshold - LOOKED_BELOW)
    clock.lap("weigh")
    pairs, links, groups = resolve(batch, made)
    clock.lap("resolve")
    return Result(
        made, list(columns), {}, pairs, links, groups.groups, groups.refused, refused, plan,
        batch.left_count, batch.count, candidates, expected,
        batch.is_linkage and is_one_to_one((one.left, one.right) for one in pairs), clock.seconds,
    )  # fmt: skip


def crossing(batch: Batch, columns: Sequence[Compared]) -> list[tuple[str, str]]:
    """Return pairs of text columns whose values are seen in each other's place (first, family name)."""
    found: list[tuple[str, str]] = []
    texts = [one for one in columns if one.role is Role.TEXT and one.style is Style.PHRASE]
    for at, first in enumerate(texts):
        for second in texts[at + 1 :]:
            if any(one.name in pair for pair in found for one in (first, second)):
                continue
            a, b = f'"{first.name}__text"', f'"{second.name}__text"'
            [(shared, total)] = batch.query(
                f"SELECT count(*) FILTER ({a} IN (SELECT {b} FROM records)), count({a}) FROM records"
            )
            if total and shared >= CROSSING_SHARE * total:
                found.append((first.name, second.name))
    return found


def with_frequencies(batch: Batch, model: Model) -> Model:
    return replace(
        model,
        frequencies={one.form: batch.frequencies(one.form) for one in model.comparisons},
    )


def _learned(batch: Batch, model: Model) -> tuple[Model, float]:
    batch.random_pairs(RANDOM_PAIRS)
    batch.reach_levels(model, "random_pairs", "random_levels")
    seen = seen_at_random(
        model,
        batch.patterns(model, "random_levels"),
        batch.pair_count,
        [batch.equal_pairs(one.form) for one in model.comparisons],
    )
    batch.best_partners(model, "levels", "best")
    learned = learn(model, batch.patterns(model, "best"), seen, batch.pair_count, batch.count)
    if not batch.is_linkage and is_learned(learned):
        # A customer kept five times has more partners than the best one.
        everything = batch.patterns(model, "levels")
        learned = learn(learned.model, everything, seen, batch.pair_count, batch.count)
    return (learned.model if is_learned(learned) else model), learned.expected_pairs


def learn_batch(batch: Batch, columns: Sequence[Compared], base: Model) -> Model | None:
    """Return `base` with weights learned from the records of a batch; None where they teach nothing.

    What base says of silent and vetoed pairs stays as it is. Raises what the engine raises.
    """
    planner = Planner(batch, columns)
    planner.gather(planner.plan())
    made = with_frequencies(batch, base)
    batch.reach_levels(made, "candidates", "levels")
    learned, _expected = _learned(batch, made)
    return None if learned is made else learned


def resolve(batch: Batch, model: Model) -> tuple[list[Pair], list[Pair], Clustered]:
    """Return the pairs that are the same, the pairs that are linked, and the groups."""
    looked = list(batch.pairs(model, "weighed"))
    strong: dict[Edge, Pair] = {}
    links: list[Pair] = []
    weights: dict[Edge, float] = {}
    apart: list[Edge] = []
    for pair in looked:
        edge = (pair.left, pair.right)
        above = pair.weight - model.threshold
        if pair.veto >= 0:
            if above > 0:
                links.append(pair)
                apart.append(edge)
            continue
        weights[edge] = above
        if above > 0 and agreeing(model, pair.levels) >= model.least_agreeing:
            strong[edge] = pair
        elif above > 0:
            weights[edge] = -0.5
    if batch.is_linkage:
        return _partners(strong), links, Clustered()
    fill = _Filler(batch, model)
    fill.fetch(weights)
    groups = cluster(weights, apart=apart, fill=fill)
    pairs = _pairs_of(groups, strong, fill, looked)
    return pairs, links, groups


def _partners(strong: Mapping[Edge, Pair]) -> list[Pair]:
    weights = {edge: pair.weight for edge, pair in strong.items()}
    if is_one_to_one(weights):
        weights = best_partners(weights)
    return sorted((strong[edge] for edge in weights), key=lambda one: (-one.weight, one.left))


class _Filler:
    """Weighs pairs that no rule brought up, and remembers them."""

    def __init__(self, batch: Batch, model: Model) -> None:
        self.batch, self.model = batch, model
        self.scorer = Scorer(model)
        self.made: dict[Edge, Pair] = {}
        self.known: dict[int, dict[str, Any]] = {}

    def fetch(self, weights: Mapping[Edge, float]) -> None:
        """Fetch the records of all groups of three and more at once: a query for each costs more."""
        groups = components(edge for edge, weight in weights.items() if weight > 0)
        wanted = [one for group in groups if 2 < len(group) <= MOST_COMPARED for one in group]
        self.known = self.batch.records(wanted)

    def __call__(self, edges: list[Edge]) -> dict[Edge, float]:
        if not edges:
            return {}
        known = self.known
        lacking = {one for edge in edges for one in edge} - known.keys()
        if lacking:
            known = {**known, **self.batch.records(lacking)}
        found: dict[Edge, float] = {}
        for edge in edges:
            scored = self.scorer.score(known[edge[0]], known[edge[1]])
            found[edge] = scored.weight - self.model.threshold
            if scored.veto is not None:
                found[edge] = -LOOKED_BELOW
            self.made[edge] = Pair(edge[0], edge[1], scored.weight, -1, scored.levels)
        return found


def _pairs_of(
    groups: Clustered, strong: Mapping[Edge, Pair], fill: _Filler, looked: Sequence[Pair]
) -> list[Pair]:
    """Return every pair inside a group: who is the same as A and as B makes A and B the same."""
    known: dict[Edge, Pair] = {(one.left, one.right): one for one in looked}
    known.update(fill.made)
    found: list[Pair] = []
    for group in groups.groups:
        edges = [(a, b) for at, a in enumerate(group) for b in group[at + 1 :]]
        missing = [edge for edge in edges if edge not in known]
        if missing and len(group) <= 200:
            fill(missing)
            known.update({edge: fill.made[edge] for edge in missing})
        found += [known[edge] for edge in edges if edge in known]
    for group in groups.refused:
        members = set(group)
        found += [one for edge, one in strong.items() if edge[0] in members and edge[1] in members]
    return sorted(found, key=lambda one: (-one.weight, one.left, one.right))


def reasons_of(result: Result, pair: Pair) -> list[str]:
    from keqiao.quality.matching.reasons import reasons

    return reasons(result.model, pair.levels)


def any_records(batch: Batch, limit: int) -> list[dict[str, Any]]:
    """Return the first records of a batch, for comparing executors."""
    return list(batch.records(range(limit)).values())
