"""What makes two records the same customer: comparisons with weights learned or set by hand.

A model is plain data with a version; it is kept as JSON and carried out by the Python scorer, by
DuckDB and by Spark with the same result. Weights are bits: log2(m / u), where m is the share of true
pairs and u the share of other pairs that reach a level (Fellegi and Sunter, 1969).
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import log2
from typing import Any

from keqiao.quality.matching.conditions import Condition, condition

# Counts up when the meaning of kept models changes; older ones are refused, not misread.
MODEL_VERSION = 1
LEAST_SHARE = 1e-9


class UnreadableModel(Exception):
    """A kept model of another version, or damaged."""


@dataclass(frozen=True)
class Level:
    """One degree of agreement, from the strongest down; `words` is the key of its reason.

    `frequent`: the share of the value itself stands in for u, so that a rare name tells more.
    `fixed`: no evidence either way (its partner column tells it); never trained.
    """

    asked: Condition
    m: float
    u: float
    words: str = ""
    frequent: bool = False
    fixed: bool = False

    @property
    def weight(self) -> float:
        return 0.0 if self.fixed else log2(max(self.m, LEAST_SHARE) / max(self.u, LEAST_SHARE))


@dataclass(frozen=True)
class Comparison:
    """How one column is compared; where `form` is missing on a side it says nothing.

    The last level is reached when no other is; its condition is never asked.
    """

    name: str
    form: str
    levels: tuple[Level, ...]
    label: str = ""
    # What an agreement tells alone: a telephone names somebody, a city does not.
    identifies: bool = False
    # Columns of one group agree together (region and street) and count once.
    group: str = ""


@dataclass(frozen=True)
class Veto:
    """Two records that are related and not the same: the pair becomes a link of this kind."""

    name: str
    link: str
    asked: Condition


@dataclass(frozen=True)
class Frequencies:
    """How often the frequent values of a form occur, as shares; `other` stands for the rest."""

    shares: dict[str, float]
    other: float
    mean: float  # the share two random records have in common: the sum of squared shares

    def of(self, value: str) -> float:
        return self.shares.get(value, self.other)


@dataclass(frozen=True)
class Model:
    """`roles` says what each column holds; `prior` is the weight of a pair nobody knows anything of.

    `threshold` (bits) is where a pair counts as the same; `slope` flattens the probability, because
    evidence that hangs together (telephone and address of one office) is counted twice.
    """

    roles: dict[str, str]
    comparisons: tuple[Comparison, ...]
    prior: float
    vetoes: tuple[Veto, ...] = ()
    frequencies: dict[str, Frequencies] = field(default_factory=dict)
    rarities: dict[str, dict[str, int]] = field(default_factory=dict)
    threshold: float = 0.0
    slope: float = 0.5
    # A pair needs this many agreeing comparisons, or one that identifies.
    least_agreeing: int = 2
    origin: str = "hand"
    # (weight, probability) rising in both, as decisions have shown them; straight lines between.
    calibration: tuple[tuple[float, float], ...] = ()

    def probability(self, weight: float) -> float:
        """Return how likely a pair of this weight is the same, by decisions where there are enough."""
        if self.calibration:
            return _between(self.calibration, weight)
        bits = (weight - self.threshold) * self.slope
        return 1.0 / (1.0 + 2.0 ** -max(-60.0, min(60.0, bits)))

    def as_json(self) -> str:
        return json.dumps({"version": MODEL_VERSION, **_plain(self)}, ensure_ascii=False)

    def with_(self, **changes: Any) -> Model:
        return replace(self, **changes)


def _between(points: Sequence[tuple[float, float]], weight: float) -> float:
    at = bisect_right(points, weight, key=lambda point: point[0])
    if at == 0:
        return points[0][1]
    if at == len(points):
        return points[-1][1]
    (low, first), (high, second) = points[at - 1], points[at]
    return first + (second - first) * (weight - low) / (high - low)


def read_model(text: str) -> Model:
    """Return the model kept by `Model.as_json`."""
    try:
        data = json.loads(text)
        if data.pop("version") != MODEL_VERSION:
            raise UnreadableModel("version")
        data["comparisons"] = tuple(_comparison(one) for one in data["comparisons"])
        data["vetoes"] = tuple(
            Veto(one["name"], one["link"], condition(one["asked"])) for one in data["vetoes"]
        )
        data["frequencies"] = {
            name: Frequencies(**one) for name, one in data["frequencies"].items()
        }
        data["calibration"] = tuple((one[0], one[1]) for one in data.get("calibration", ()))
        return Model(**data)
    except (KeyError, TypeError, ValueError) as problem:
        raise UnreadableModel(str(problem)) from problem


def _comparison(data: dict[str, Any]) -> Comparison:
    levels = tuple(
        Level(**{**one, "asked": condition(one["asked"]) if one["asked"] else ()})
        for one in data["levels"]
    )
    return Comparison(**{**data, "levels": levels})


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
