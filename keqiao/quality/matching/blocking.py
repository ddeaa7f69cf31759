"""Chooses which pairs are looked at, from the list itself, and refuses blocks that explode.

A rule is one or two keys two records must share. Every rule's pairs are counted before it runs; the
rules are chosen greedily: those that catch most of the imagined true pairs for the fewest real pairs.
One block that everybody is in (info@, 13800000000) is refused and named, the rest of its rule runs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from keqiao.quality.forms import PARTS, Role
from keqiao.quality.matching.batch import Batch
from keqiao.quality.matching.columns import Compared, Style

IMAGINED = 3_000
ENOUGH = 0.9995
COUNTED_ROWS = 40_000
NAMED = 20


@dataclass(frozen=True)
class Key:
    """A key form, or its beginning, that two records may share; `agrees` is how often true pairs do.

    `part` tells which half of a column it looks at: two keys of one column are no independent proof.
    """

    column: str
    form: str
    first: int = 0
    each: bool = False  # every word by itself
    agrees: float = 0.8

    def sql(self) -> str:
        name = f'"{self.form}"'
        if self.each:
            return f"unnest({name}[1:6])"
        return f"substring({name}, 1, {self.first})" if self.first else name

    def present(self) -> str:
        if self.first:
            return f'length("{self.form}") >= {self.first}'
        return f'"{self.form}" IS NOT NULL'


Rule = tuple[Key, ...]


@dataclass(frozen=True)
class Refused:
    """A block too big to look into: the column, the value all its rows share, and their number."""

    column: str
    value: str
    rows: int
    pairs: int


@dataclass(frozen=True)
class Plan:
    """The chosen rules with the pairs each brings, and the share of imagined true pairs they catch."""

    rules: tuple[Rule, ...]
    pairs: tuple[int, ...]
    coverage: float


def keys_for(column: Compared) -> list[Key]:
    """Return the keys a column offers."""
    name, role = column.name, column.role
    if column.style is Style.CATEGORY and role in {Role.TEXT, Role.CODE, Role.REGION}:
        forms = {Role.TEXT: "text", Role.CODE: "code", Role.REGION: "region"}
        return [Key(name, f"{name}__{forms[role]}", agrees=0.85)]
    offers: dict[Role, list[Key]] = {
        Role.COMPANY: [
            Key(name, f"{name}__core", agrees=0.7),
            Key(name, f"{name}__pinyin", agrees=0.76),
            Key(name, f"{name}__pinyin", 6, agrees=0.86),
        ],
        Role.PERSON: [
            Key(name, f"{name}__name", agrees=0.8),
            Key(name, f"{name}__pinyin", agrees=0.85),
            Key(name, f"{name}__pinyin", 4, agrees=0.9),
        ],
        Role.PHONE: [
            Key(name, f"{name}__phone", agrees=0.75),
            Key(name, f"{name}__tail", agrees=0.79),
        ],
        Role.EMAIL: [
            Key(name, f"{name}__email", agrees=0.75),
            Key(name, f"{name}__local", agrees=0.8),
            Key(name, f"{name}__email", 5, agrees=0.85),
        ],
        Role.WEB: [Key(name, f"{name}__host", agrees=0.85)],
        Role.USCC: [Key(name, f"{name}__uscc", agrees=0.9), Key(name, f"{name}__uscc", 9)],
        Role.RESIDENT_ID: [Key(name, f"{name}__number", agrees=0.9)],
        Role.REGION: [Key(name, f"{name}__region"), Key(name, f"{name}__city", agrees=0.9)],
        Role.ADDRESS: [
            Key(name, f"{name}__street", agrees=0.55),
            Key(name, f"{name}__numbers", agrees=0.75),
            Key(name, f"{name}__street", 4, agrees=0.75),
        ],
        Role.DATE: [
            Key(name, f"{name}__date"),
            Key(name, f"{name}__date", 7, agrees=0.85),
            Key(name, f"{name}__year", agrees=0.9),
        ],
        Role.NUMBER: [Key(name, f"{name}__number", agrees=0.7)],
        Role.CODE: [Key(name, f"{name}__code"), Key(name, f"{name}__code", 3, agrees=0.87)],
    }
    if role is not Role.TEXT:
        return offers[role]
    text = [Key(name, f"{name}__text", agrees=0.65), Key(name, f"{name}__text", 4, agrees=0.85)]
    if column.style is Style.TEXT:
        text.append(Key(name, f"{name}__tokens", each=True, agrees=0.9))
    else:
        text.append(Key(name, f"{name}__text", 2, agrees=0.9))
    return text


def budget(count: int) -> int:
    """Return how many candidate pairs a list of so many records may cost."""
    return 600_000 + 10 * count


def most_rules(count: int) -> int:
    return 40 if count <= 50_000 else 14


class Planner:
    """Counts and chooses the rules for the records loaded into a batch."""

    def __init__(self, batch: Batch, columns: Sequence[Compared]) -> None:
        self.batch = batch
        self.main = {one.name: f"{one.name}__{PARTS[one.role][0]}" for one in columns}
        self.keys = [key for column in columns for key in keys_for(column)]
        self.budget = budget(batch.count)
        # One block may not use up more than a twentieth of everything.
        self.most_rows = max(40, int((self.budget / 10) ** 0.5))
        self._scale = max(1.0, batch.count / COUNTED_ROWS)
        self._sampled = "records"
        if self._scale > 1.0:
            # Whole keys, not whole records: a sample of records would lose the pairs it looks for.
            self._sampled = "counted"
            step = round(self._scale)
            batch.connection.execute(
                "CREATE OR REPLACE TABLE counted AS SELECT * FROM records"
                f" WHERE hash(id) % {step} = 0"
            )
            self._scale = float(step)

    def cost(self, rule: Rule, *, is_exact: bool = False) -> int:
        """Return the pairs a rule brings, its refused blocks left out."""
        table = "records" if is_exact else self._sampled
        scale = 1.0 if is_exact else self._scale
        parts = [f"{key.sql()} AS k{at}" for at, key in enumerate(rule)]
        present = " AND ".join(key.present() for key in rule)
        keys = ", ".join(f"k{at}" for at in range(len(rule)))
        product = (
            "count(*) FILTER (side = 0) * count(*) FILTER (side = 1)"
            if self.batch.is_linkage
            else "count(*) * (count(*) - 1) / 2"
        )
        most = max(2.0, self.most_rows / scale)
        [(pairs,)] = self.batch.query(
            f"SELECT coalesce(sum(pairs), 0) FROM (SELECT {product} AS pairs FROM"
            f" (SELECT side, {', '.join(parts)} FROM {table} WHERE {present})"
            f" GROUP BY {keys} HAVING count(*) <= {most})"
        )
        return int(float(pairs) * scale * scale)

    def plan(self) -> Plan:
        """Return the rules that catch most within the budget."""
        agreed, filled = self._imagine()
        offers = self._offers(filled)
        open_pairs = set(range(IMAGINED))
        chosen: list[Rule] = []
        costs: list[int] = []
        caught = {
            rule: {at for at in range(IMAGINED) if all(agreed[key][at] for key in rule)}
            for rule, _cost in offers
        }
        spent = 0
        while offers and len(chosen) < most_rules(self.batch.count):
            best, best_value = None, 0.0
            for rule, cost in offers:
                gain = len(caught[rule] & open_pairs)
                value = gain / (cost + 0.5 * self.batch.count + 2_000)
                if gain and value > best_value and spent + cost <= self.budget:
                    best, best_value = (rule, cost), value
            if best is None:
                break
            chosen.append(best[0])
            costs.append(best[1])
            spent += best[1]
            open_pairs -= caught[best[0]]
            offers.remove(best)
            if len(open_pairs) <= (1 - ENOUGH) * IMAGINED:
                break
        return Plan(tuple(chosen), tuple(costs), 1 - len(open_pairs) / IMAGINED)

    def _imagine(self) -> tuple[dict[Key, list[bool]], dict[str, float]]:
        """Draw true pairs in which each column agrees or not, by what its keys say of themselves.

        The keys of one column hang together: where the whole value agrees, so does its beginning.
        """
        dice = random.Random(7)  # noqa: S311 - a draw for planning, not a secret
        shares = ", ".join(f'count("{key.form}") / count(*)' for key in self.keys)
        [row] = self.batch.query(f"SELECT {shares} FROM {self._sampled}")
        filled = {key.form: float(share) for key, share in zip(self.keys, row, strict=True)}
        columns = sorted({key.column for key in self.keys})
        agreed: dict[Key, list[bool]] = {key: [] for key in self.keys}
        for _pair in range(IMAGINED):
            # Some pairs are damaged in many columns at once.
            damage = dice.choice((0.6, 1.0, 1.0, 1.6, 2.2))
            luck = {column: dice.random() for column in columns}
            there = {form: dice.random() < share * share for form, share in filled.items()}
            for key in self.keys:
                agrees = luck[key.column] >= (1 - key.agrees) * damage
                agreed[key].append(agrees and there[key.form])
        return agreed, filled

    def _offers(self, filled: dict[str, float]) -> list[tuple[Rule, int]]:
        offers: list[tuple[Rule, int]] = []
        cheap: set[Key] = set()
        limit = self.budget / 3
        for key in self.keys:
            if filled[key.form] <= 0:
                continue
            cost = self.cost((key,))
            if cost <= limit:
                offers.append(((key,), cost))
            if cost <= self.batch.count:
                cheap.add(key)
        for pair in combinations(self.keys, 2):
            if pair[0].column == pair[1].column or any(key in cheap for key in pair):
                continue
            if sum(key.each for key in pair) > 1 or not all(filled[key.form] for key in pair):
                continue
            cost = self.cost(pair)
            if cost <= limit:
                offers.append((pair, cost))
        return offers

    # --- candidates -----------------------------------------------------------------------------------

    def gather(self, plan: Plan, into: str = "candidates") -> tuple[int, list[Refused]]:
        """Make the table `into` of the plan's pairs; return their number and the refused blocks."""
        selects, refused = [], []
        for at, rule in enumerate(plan.rules):
            self._fill_keys(at, rule)
            refused += self._named(at, rule)
            side = "a.side = 0 AND b.side = 1" if self.batch.is_linkage else "a.id < b.id"
            selects.append(
                f"SELECT a.id AS l, b.id AS r FROM keys_{at} a JOIN keys_{at} b"
                f" ON a.k = b.k AND {side}"
            )
        union = " UNION ALL ".join(selects) or "SELECT 0 AS l, 0 AS r LIMIT 0"
        self.batch.connection.execute(
            f"CREATE OR REPLACE TABLE {into} AS SELECT DISTINCT l, r FROM ({union})"
        )
        for at in range(len(plan.rules)):
            self.batch.connection.execute(f"DROP TABLE keys_{at}")
        return int(self.batch.query(f"SELECT count(*) FROM {into}")[0][0]), refused

    def _fill_keys(self, at: int, rule: Rule) -> None:
        parts = ", ".join(f"{key.sql()} AS k{place}" for place, key in enumerate(rule))
        hashed = ", ".join(f"k{place}" for place in range(len(rule)))
        present = " AND ".join(key.present() for key in rule)
        self.batch.connection.execute(
            f"CREATE OR REPLACE TABLE all_keys AS SELECT DISTINCT hash({hashed}) AS k, id, side"
            f" FROM (SELECT id, side, {parts} FROM records WHERE {present})"
        )
        self.batch.connection.execute(
            f"CREATE OR REPLACE TABLE keys_{at} AS SELECT k, id, side FROM all_keys SEMI JOIN"
            " (SELECT k FROM all_keys GROUP BY k"
            f" HAVING count(*) BETWEEN 2 AND {self.most_rows}) USING (k)"
        )

    def _named(self, at: int, rule: Rule) -> list[Refused]:
        """Name the refused blocks of a rule of one whole value; of two it is a wide net, not a fault."""
        key = rule[0]
        if len(rule) > 1 or key.first or key.each:
            return []
        # People know the whole value, not the end of it by which was searched.
        rows: list[tuple[Any, ...]] = self.batch.query(
            f'SELECT min("{self.main[key.column]}"), count(*) AS n FROM records'
            f' WHERE "{key.form}" IS NOT NULL GROUP BY "{key.form}"'
            f" HAVING n > {self.most_rows} ORDER BY n DESC LIMIT {NAMED}"
        )
        return [Refused(key.column, value, n, n * (n - 1) // 2) for value, n in rows]
