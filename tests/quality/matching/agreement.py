"""Weighs the same generated pairs by each executor and tells how far they are apart."""

from __future__ import annotations

from keqiao.quality.forms import Role
from keqiao.quality.matching.batch import Batch
from keqiao.quality.matching.columns import Hint, Table, compared_columns
from keqiao.quality.matching.normal import Recorder
from keqiao.quality.matching.recipes import hand_model
from keqiao.quality.matching.run import with_frequencies
from keqiao.quality.matching.scorer import Scorer
from tests.quality.truth.entities import COLUMNS, HEADER
from tests.quality.truth.generate import customers

ROLES = ("company", "person", "phone", "email", "uscc", "region", "address")


def customer_table(count: int, seed: int, mix: str = "tuned") -> Table:
    """Return generated customers as a list that was read, with the hints its headers give."""
    rows = [[getattr(row, name) for name in COLUMNS] for row in customers(count, seed, mix)]
    hints = {at: Hint(role, Role(role), HEADER[at]) for at, role in enumerate(ROLES)}
    return Table(list(HEADER), rows, hints)


def mixed_table(count: int, seed: int) -> Table:
    """Return the same with columns no field fits: words, numbers, dates, codes and a swap of names."""
    table = customer_table(count, seed)
    table.names += ["Title", "Price", "Day", "Code", "First", "Last"]
    words = (
        "red",
        "blue",
        "green",
        "steel",
        "copper",
        "pump",
        "valve",
        "motor",
        "small",
        "large",
        "new",
    )
    for at, row in enumerate(table.rows):
        pick = [words[(at * step) % len(words)] for step in (3, 5, 7, 11)]
        row += [
            " ".join(pick[: 2 + at % 3]),
            f"{at % 97 * 1.35:.2f}",
            f"20{at % 20 + 5:02d}-{at % 12 + 1:02d}-{at % 28 + 1:02d}",
            f"A{at % 350:05d}x",
            row[5][:3] + words[at % 7],
            words[at % 7] + row[5][:3],
        ]
    return table


def compare_executors(pairs: int, *, spark: bool) -> dict[str, tuple[int, float, int]]:
    """Return, by executor, the pairs weighed, the largest difference to Python in bits, other levels."""
    table = mixed_table(max(200, pairs // 10), 11)
    columns, _skipped = compared_columns(table)
    recorder = Recorder(columns)
    places = [one.left for one in columns]
    recorder.learn({one.name: table.values(one.left) for one in recorder.worded})
    with Batch() as batch:
        recorder.write(table.rows, places, 0, 0, batch.folder)
        batch.load(recorder.form_names(), [len(table.rows)])
        names = [one.name for one in columns if one.role is Role.TEXT][-2:]
        model = with_frequencies(batch, hand_model(columns, [(names[0], names[1])]))
        _draw_pairs(batch, pairs)
        batch.reach_levels(model, "drawn", "levels")
        batch.weigh(model, "levels", "weighed", -1e6)
        reached = {(one.left, one.right): one for one in batch.pairs(model, "weighed")}
        scorer = Scorer(model)
        records = [
            recorder.record({one.name: row[one.left] for one in columns}) for row in table.rows
        ]
        scored = {edge: scorer.score(records[edge[0]], records[edge[1]]) for edge in reached}
        found = {}
        vetoes = {veto: at for at, veto in enumerate(model.vetoes)}
        other = sum(
            scored[edge].levels != one.levels
            or (vetoes[scored[edge].veto] if scored[edge].veto else -1) != one.veto
            for edge, one in reached.items()
        )
        worst = max(abs(scored[edge].weight - one.weight) for edge, one in reached.items())
        found["duckdb"] = (len(reached), worst, other)
        if spark:
            from keqiao.quality.matching import spark as executor

            executor.reach_levels(batch, model, "drawn", "spark_levels")
            weights = executor.weights(batch, model, "spark_levels", -1e6)
            [(other,)] = batch.query(
                "SELECT count(*) FROM (SELECT * FROM levels EXCEPT SELECT * FROM spark_levels)"
            )
            worst = max(abs(scored[left, right].weight - weight) for left, right, weight in weights)
            found["spark"] = (len(weights), worst, other)
    return found


def _draw_pairs(batch: Batch, wanted: int) -> None:
    """Draw pairs of which many agree somewhere: half of them share the beginning of a key."""
    batch.random_pairs(wanted // 2)
    keys = ("c0__pinyin", "c2__tail", "c6__numbers", "c1__name")
    halves = " UNION ".join(
        f"(SELECT a.id AS l, b.id AS r FROM records a JOIN records b"  # noqa: S608
        f" ON substring(a.{key}, 1, 4) = substring(b.{key}, 1, 4) AND a.id < b.id LIMIT {wanted // 6})"
        for key in keys
    )
    batch.connection.execute(
        f"CREATE TABLE drawn AS SELECT DISTINCT l, r FROM ({halves}"  # noqa: S608
        f" UNION SELECT l, r FROM random_pairs) LIMIT {wanted}"
    )
