"""Weighs a whole list in DuckDB: loads key forms, finds candidates, reaches levels, adds weights.

DuckDB holds everything in a temporary database with bounded memory and threads and spills to its own
folder, so a large list slows down instead of taking the server with it.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from keqiao.quality.matching.conditions import Dialect, literal
from keqiao.quality.matching.model import LEAST_SHARE, Frequencies, Model
from keqiao.quality.matching.statements import levels_of_pairs, weighed_pairs

KEPT_VALUES = 20_000
Pattern = tuple[int, ...]


class EngineMissing(Exception):
    """A library that batches need is not installed; the message names it and says what still works."""

    def __init__(self, library: str) -> None:
        self.library = library
        super().__init__(library)


@dataclass(frozen=True)
class Bounds:
    """What one batch may take: memory as DuckDB writes it, threads, a folder to spill to."""

    memory: str = "1500MB"
    threads: int = 0  # 0: every core
    folder: str | None = None
    # Who compares the pairs: "duckdb" here, or "spark" (see `spark`).
    engine: str = "duckdb"


@dataclass(frozen=True, slots=True)
class Pair:
    """A weighed pair of record ids; `veto` is the place of the veto that strikes, or -1."""

    left: int
    right: int
    weight: float
    veto: int
    levels: Pattern


class Batch:
    """One list (or two, told apart by `side`) inside DuckDB; use it as a context manager."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        try:
            import duckdb
        except ImportError:
            raise EngineMissing("duckdb") from None
        bounds = bounds or Bounds()
        self._folder = tempfile.TemporaryDirectory(prefix="keqiao-match-", dir=bounds.folder)
        self.folder = Path(self._folder.name)
        self.connection = duckdb.connect(str(self.folder / "match.duckdb"))
        for setting in (
            f"memory_limit='{bounds.memory}'",
            f"threads={bounds.threads or os.cpu_count() or 1}",
            f"temp_directory='{self.folder / 'spill'}'",
            "preserve_insertion_order=false",
            "enable_progress_bar=false",
        ):
            self.connection.execute(f"SET {setting}")
        self.dialect = Dialect()
        self.engine = bounds.engine
        self.left_count = self.count = 0
        self.is_linkage = False

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()
        self._folder.cleanup()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def stream(self, sql: str, size: int = 50_000) -> Iterator[tuple[Any, ...]]:
        cursor = self.connection.cursor()
        cursor.execute(sql)
        while rows := cursor.fetchmany(size):
            yield from rows

    # --- records ------------------------------------------------------------------------------------

    def load(
        self, forms: Mapping[str, str], counts: Sequence[int], source: Path | None = None
    ) -> None:
        """Load the records written as `records-*.parquet` (see `normal.Recorder.write`).

        `forms` gives the key forms with their SQL type, `counts` the records of each side, whose ids
        count on from one side to the next. `source` is a folder other than the batch's own.
        """
        listed = ", ".join(
            f"nullif({self._name(name)}, '') AS {self._name(name)}"
            if kind == "VARCHAR"
            else self._name(name)
            for name, kind in forms.items()
        )
        files = (source or self.folder) / "records-*.parquet"
        self.connection.execute(
            f"CREATE TABLE records AS SELECT id, side, {listed} FROM read_parquet('{files}')"
        )
        self._counted(counts)

    def _counted(self, counts: Sequence[int]) -> None:
        self.count, self.left_count = sum(counts), counts[0]
        self.is_linkage = len(counts) > 1

    def _name(self, name: str) -> str:
        return '"' + name.replace('"', "") + '"'

    @property
    def pair_count(self) -> int:
        """Return how many pairs there are at all."""
        if self.is_linkage:
            return self.left_count * (self.count - self.left_count)
        return self.count * (self.count - 1) // 2

    def frequencies(self, form: str, source: str = "records") -> Frequencies:
        """Return the shares of the frequent values of a form, and what stands for the others."""
        name = self._name(form)
        counted = (
            f"(SELECT {name} AS value, count(*) AS times FROM {source}"
            f" WHERE {name} IS NOT NULL GROUP BY ALL)"
        )
        [(total, squares)] = self.query(f"SELECT sum(times), sum(times * times) FROM {counted}")
        if not total:
            return Frequencies({}, 1.0, 1.0)
        top = self.query(
            f"SELECT value, times FROM {counted} WHERE times > 2 ORDER BY times DESC, value"
            f" LIMIT {KEPT_VALUES}"
        )
        rest = total - sum(times for _value, times in top)
        rest_squares = squares - sum(times * times for _value, times in top)
        other = (rest_squares / rest if rest else 1.0) / total
        return Frequencies(
            {value: times / total for value, times in top}, other, squares / total**2
        )

    def equal_pairs(self, form: str) -> int:
        """Return how many pairs of the whole list have the same value of a form."""
        product = (
            "count(*) FILTER (side = 0) * count(*) FILTER (side = 1)"
            if self.is_linkage
            else "count(*) * (count(*) - 1) // 2"
        )
        name = self._name(form)
        [(pairs,)] = self.query(
            f"SELECT coalesce(sum(n), 0) FROM (SELECT {product} AS n FROM records"
            f" WHERE {name} IS NOT NULL GROUP BY {name})"
        )
        return int(pairs)

    # --- pairs --------------------------------------------------------------------------------------

    def random_pairs(self, wanted: int) -> int:
        """Draw pairs at random (all of them where there are few) into `random_pairs`; return how many."""
        left, right = self.left_count, self.count - self.left_count
        if self.pair_count <= wanted:
            condition = "a.side = 0 AND b.side = 1" if self.is_linkage else "a.id < b.id"
            select = f"SELECT a.id AS l, b.id AS r FROM records a JOIN records b ON {condition}"
        else:
            low, high = (0, left), (left, right) if self.is_linkage else (0, self.count)
            if not self.is_linkage:
                low = (0, self.count)
            select = (
                f"SELECT * FROM (SELECT CAST({low[0]} + hash(i * 2) % {low[1]} AS INTEGER) AS l,"
                f" CAST({high[0]} + hash(i * 2 + 1) % {high[1]} AS INTEGER) AS r"
                f" FROM range({wanted}) t(i)) WHERE l <> r"
            )
        self.connection.execute(f"CREATE OR REPLACE TABLE random_pairs AS {select}")
        return int(self.query("SELECT count(*) FROM random_pairs")[0][0])

    def reach_levels(self, model: Model, pairs: str, into: str) -> None:
        """Make the table `into` with the levels of every pair of the table `pairs`."""
        if self.engine == "spark":
            from keqiao.quality.matching.spark import reach_levels

            reach_levels(self, model, pairs, into)
            return
        select = levels_of_pairs(model, pairs, "records", self.dialect)
        self.connection.execute(f"CREATE OR REPLACE TABLE {into} AS {select}")

    def patterns(self, model: Model, table: str) -> Counter[Pattern]:
        """Return how many pairs reach each combination of levels; those a veto strikes left out."""
        levels = ", ".join(f"g{at}" for at in range(len(model.comparisons)))
        rows = self.query(f"SELECT {levels}, count(*) FROM {table} WHERE veto < 0 GROUP BY ALL")
        return Counter({tuple(row[:-1]): row[-1] for row in rows})

    def best_partners(self, model: Model, levels: str, into: str) -> None:
        """Make the table `into` with the pairs of `levels` that are the best one of a side.

        Streets, families and brands bring many likenesses for each record; its best partner is where
        the true pair is, so learning looks there and does not take a street for a customer.
        """
        self.weigh(model, levels, "partners", -60.0)
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {into} AS SELECT * FROM partners QUALIFY"
            " row_number() OVER (PARTITION BY l ORDER BY weight DESC, r) = 1"
            " OR row_number() OVER (PARTITION BY r ORDER BY weight DESC, l) = 1"
        )
        self.connection.execute("DROP TABLE partners")

    def put_shares(self, model: Model) -> None:
        """Make the table `shares` with the logarithm of each record's value's share, by comparison."""
        listed, joins = [], []
        for at, comparison in enumerate(model.comparisons):
            frequencies = model.frequencies.get(comparison.form)
            if frequencies is None:
                listed.append(f"CAST(0 AS DOUBLE) AS f{at}")
                continue
            self._put_frequencies(f"frequent_{at}", frequencies)
            other = log2(max(frequencies.other, LEAST_SHARE))
            listed.append(f"coalesce(t{at}.bits, {literal(other)}) AS f{at}")
            joins.append(
                f"LEFT JOIN frequent_{at} t{at} ON t{at}.value = s.{self._name(comparison.form)}"
            )
        self.connection.execute(
            f"CREATE OR REPLACE TABLE shares AS SELECT s.id, {', '.join(listed)}"
            f" FROM records s {' '.join(joins)}"
        )

    def _put_frequencies(self, table: str, frequencies: Frequencies) -> None:
        path = self.folder / f"{table}.tsv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows(
                (value, repr(log2(max(share, LEAST_SHARE))))
                for value, share in frequencies.shares.items()
            )
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_csv('{path}', delim='\t',"
            " header=false, quote='\"', escape='\"', auto_detect=false,"
            " columns={'value': 'VARCHAR', 'bits': 'DOUBLE'})"
        )
        path.unlink()

    def weigh(self, model: Model, levels: str, into: str, least: float) -> None:
        """Make the table `into` with the weight of every pair of `levels` that reaches `least` bits."""
        self.put_shares(model)
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {into} AS {weighed_pairs(model, levels, 'shares', least)}"
        )

    def pairs(self, model: Model, table: str, where: str = "true") -> Iterator[Pair]:
        """Yield weighed pairs, the heaviest first."""
        levels = ", ".join(f"g{at}" for at in range(len(model.comparisons)))
        sql = (
            f"SELECT l, r, weight, veto, {levels} FROM {table} WHERE {where}"
            " ORDER BY weight DESC, l, r"
        )
        for left, right, weight, veto, *reached in self.stream(sql):
            yield Pair(left, right, weight, veto, tuple(reached))

    def records(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Return the key forms of some records by id."""
        wanted = ",".join(str(int(one)) for one in sorted(set(ids)))
        if not wanted:
            return {}
        cursor = self.connection.cursor()
        cursor.execute(
            "SELECT * FROM records SEMI JOIN"
            f" (SELECT unnest([{wanted}]) AS wanted) w ON id = w.wanted"
        )
        names = [column[0] for column in cursor.description or ()]
        return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
