"""Prints how well and how fast duplicates are found: `python -m tests.quality.measure_matching NAME …`.

Names: generated (another seed and mix than tuned on), febrl, fake, restaurants (public lists beside the
project), splink (plain Splink on fake_1000 for comparison), speed-100k, speed-1m. The truth columns are
taken away before matching.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import click

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keqiao.config.settings")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
Edges = set[tuple[int, int]]


def scores(found: Edges, true: Edges) -> str:
    good = len(found & true)
    precision, recall = good / max(1, len(found)), good / max(1, len(true))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"precision {precision:.4f} recall {recall:.4f} F1 {f1:.4f} ({len(found):,} pairs)"


def _file(path: Path, delimiter: str, dropped: Iterable[str]) -> tuple[Any, list[list[str]]]:
    from keqiao.quality.matching.columns import Table

    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        header, *rows = [
            [cell.strip() for cell in row] for row in csv.reader(file, delimiter=delimiter)
        ]
    kept = [at for at, name in enumerate(header) if name not in set(dropped)]
    return Table([header[at] for at in kept], [[row[at] for at in kept] for row in rows]), rows


def _together(keys: Iterable[str]) -> Edges:
    groups: dict[str, list[int]] = {}
    for at, key in enumerate(keys):
        groups.setdefault(key, []).append(at)
    return {pair for group in groups.values() for pair in combinations(group, 2)}


def _matched(left: Any, right: Any = None) -> Edges:
    from keqiao.quality.matching.run import match_tables

    started = time.monotonic()
    result = match_tables(left, right)
    click.echo(
        f"  {time.monotonic() - started:.1f} s, threshold {result.model.threshold}", err=True
    )
    shift = result.left_count if right is not None else 0
    return {(pair.left, pair.right - shift) for pair in result.pairs}


def febrl() -> None:
    table, rows = _file(SHARED / "febrl" / "dataset3.csv", ",", ["rec_id"])
    true = _together(row[0].split("-")[1] for row in rows)
    click.echo(f"FEBRL 3: {scores(_matched(table), true)}")


def fake() -> None:
    table, rows = _file(SHARED / "splink" / "fake_1000.csv", ",", ["unique_id", "cluster"])
    click.echo(f"fake_1000: {scores(_matched(table), _together(row[-1] for row in rows))}")


def restaurants() -> None:
    folder = SHARED / "leipzig" / "D1"
    left, left_rows = _file(folder / "rest1.csv", "|", [])
    right, right_rows = _file(folder / "rest2.csv", "|", [])
    _table, pairs = _file(folder / "gt.csv", "|", [])
    true = {(int(a), int(b)) for a, b in pairs}
    found = _matched(left, right)
    click.echo(f"restaurants, the file's truth: {scores(found, true)}")

    def digits(text: str) -> str:
        return "".join(sign for sign in text if sign.isdigit())

    # The file's truth leaves out rows that stand in both guides with one telephone and one name.
    left_out = {
        (a, b)
        for a, b in found - true
        if digits(left_rows[a][2]) == digits(right_rows[b][2]) != ""
        and set(left_rows[a][1].split()) & set(right_rows[b][1].split())
    }
    click.echo(f"  {len(left_out)} further pairs share the telephone and a word of the name;")
    click.echo(f"  with these counted as true: {scores(found, true | left_out)}")


def splink() -> None:
    """Print the best F1 over all thresholds of plain Splink with usual settings on fake_1000."""
    import duckdb
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    path = SHARED / "splink" / "fake_1000.csv"
    _table, rows = _file(path, ",", [])
    true = _together(row[-1] for row in rows)
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE fake AS SELECT * EXCLUDE cluster FROM read_csv(?, all_varchar=true)",
        [str(path)],
    )
    api = DuckDBAPI(connection=connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.LevenshteinAtThresholds("dob", 1),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name"), block_on("surname"), block_on("dob"), block_on("email"),
            block_on("city", "substr(surname, 1, 1)"), block_on("substr(email, 1, 5)"),
        ],
    )  # fmt: skip
    linker = Linker(api.register("fake", dataset_display_name="fake"), settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in (block_on("first_name", "surname"), block_on("dob"), block_on("email")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    predictions = linker.inference.predict(threshold_match_weight=-20)
    weighed = sorted(
        ((float(row["match_weight"]), int(row["unique_id_l"]), int(row["unique_id_r"]))
         for row in predictions.as_record_list()), reverse=True,
    )  # fmt: skip
    best, good, at_half = 0.0, 0, 0.0
    for count, (weight, left, right) in enumerate(weighed, 1):
        good += (min(left, right), max(left, right)) in true
        f1 = 2 * good / (count + len(true))
        best = max(best, f1)
        at_half = f1 if weight >= 0 else at_half
    click.echo(
        f"plain Splink on fake_1000: best F1 over all thresholds {best:.4f}, at weight 0 {at_half:.4f}"
    )


def generated(count: int = 100_000, reviewed: int = 3_000) -> None:
    for name, value in generated_figures(count, reviewed).items():
        click.echo(f"{name}: {value}")


def generated_figures(count: int, reviewed: int) -> dict[str, float]:
    """Return what is found of invented customers of another seed and mix than tuned on.

    `f1` without labels, `safe_recall` at precision 0.999; `reviewed_…` with so many reviewed pairs.
    """
    from keqiao.quality.matching.run import match_tables
    from tests.quality.matching.agreement import customer_table
    from tests.quality.truth.generate import customers, true_pairs

    table, true = customer_table(count, 3, "judged"), true_pairs(customers(count, 3, "judged"))
    result = match_tables(table, keep_weighed=True)
    found = {(pair.left, pair.right) for pair in result.pairs}
    plain = [pair for pair in result.weighed if pair.veto < 0]
    figures = {
        "records": count,
        "f1": _f1(found, true),
        "safe_recall": _safe([(p.weight, (p.left, p.right)) for p in plain], true),
        **_second_stage(result, plain, true, reviewed),
    }
    return {name: round(value, 5) for name, value in figures.items()}


def _f1(found: Edges, true: Edges) -> float:
    return 2 * len(found & true) / max(1, len(found) + len(true))


def _safe(ranked: list[tuple[float, tuple[int, int]]], true: Edges) -> float:
    """Return the recall of the longest beginning of the ranked pairs with precision 0.999."""
    good = 0
    best = 0.0
    for count, (_rank, edge) in enumerate(sorted(ranked, reverse=True), 1):
        good += edge in true
        if good >= 0.999 * count:
            best = good / len(true)
    return best


def _second_stage(result: Any, pairs: list[Any], true: Edges, reviewed: int) -> dict[str, float]:
    from keqiao.quality.matching.second_stage import train

    dice = random.Random(1)
    # People review what is unsure; a third of what they see is drawn from all that was weighed.
    unsure = sorted(pairs, key=lambda pair: abs(pair.weight - result.model.threshold))
    seen = unsure[: reviewed * 2 // 3]
    seen += dice.sample(unsure[len(seen) :], min(reviewed - len(seen), len(unsure) - len(seen)))
    labels = [(pair.left, pair.right) in true for pair in seen]
    stage = train(result.model, seen, labels)
    known = {(pair.left, pair.right) for pair in seen}
    rest = [pair for pair in pairs if (pair.left, pair.right) not in known]
    probable = stage.probabilities(rest)
    found = {(p.left, p.right) for p, each in zip(rest, probable, strict=True) if each >= 0.5}
    ranked = [(each, (p.left, p.right)) for p, each in zip(rest, probable, strict=True)]
    return {
        "reviewed": len(seen),
        "reviewed_f1_of_the_rest": _f1(found, true - known),
        "reviewed_safe_recall": _safe(ranked, true - known),
        "reviewed_f1": _f1(found | {edge for edge in known if edge in true}, true),
    }


def speed(count: int) -> None:
    """Print the seconds of each step, from raw rows to key forms and from these, kept, to groups."""
    from keqiao.quality.matching.columns import compared_columns
    from keqiao.quality.matching.normal import Recorder
    from tests.quality.matching.agreement import customer_table

    with tempfile.TemporaryDirectory() as folder:
        table = customer_table(count, 5, "judged")
        columns, _skipped = compared_columns(table)
        started = time.monotonic()
        Recorder(columns).write(table.rows, [one.left for one in columns], 0, 0, Path(folder))
        click.echo(f"{count:,} rows to key forms: {time.monotonic() - started:.1f} s")
        # Another process, so that its peak is that of matching and not of the list above.
        command = [sys.executable, "-m", __spec__.name, "kept", folder, str(count)]
        subprocess.run(command, check=True)


def kept(folder: str, count: int) -> None:
    """Match key forms that lie in a folder, as the product keeps them in its database.

    Prints one line of JSON: seconds, processor seconds (with the start), peak in GB, F1.
    """
    from keqiao.quality.matching.batch import Batch
    from keqiao.quality.matching.columns import compared_columns
    from keqiao.quality.matching.normal import Recorder
    from keqiao.quality.matching.run import match_batch
    from tests.quality.matching.agreement import customer_table
    from tests.quality.truth.generate import customers, true_pairs

    columns, _skipped = compared_columns(customer_table(3_000, 5, "judged"))
    started = time.monotonic()
    with Batch() as batch:
        batch.load(Recorder(columns).form_names(), [count], Path(folder))
        result = match_batch(batch, columns)
    seconds = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "records": count, "seconds": round(seconds, 1), "peak_gb": round(used.ru_maxrss / 2**20, 2),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1), "steps": result.seconds,
        "candidates": result.candidates, "links": len(result.links),
    }  # fmt: skip
    true = true_pairs(customers(count, 5, "judged"))
    found = {(pair.left, pair.right) for pair in result.pairs}
    click.echo(json.dumps({**figures, "f1": round(_f1(found, true), 5)}))


MEASURES: dict[str, Callable[[], None]] = {
    "generated": generated,
    "febrl": febrl,
    "fake": fake,
    "splink": splink,
    "restaurants": restaurants,
    "speed-100k": lambda: speed(100_000),
    "speed-1m": lambda: speed(1_000_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", help=", ".join(MEASURES))
    asked = parser.parse_args().names
    import django

    django.setup()
    if asked[0] == "kept":
        kept(asked[1], int(asked[2]))
        return
    for name in asked:
        MEASURES[name]()


if __name__ == "__main__":
    main()
