"""Prints how far Python, DuckDB and Spark are apart on generated pairs (run it with `python -m`)."""

from __future__ import annotations

import argparse
import os

import click

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keqiao.config.settings")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--spark", action="store_true")
    asked = parser.parse_args()
    import django

    django.setup()
    from tests.quality.matching.agreement import compare_executors

    for name, (count, worst, levels) in compare_executors(asked.pairs, spark=asked.spark).items():
        click.echo(
            f"{name}: {count:,} pairs, largest difference {worst:.2e}, {levels} other levels"
        )


if __name__ == "__main__":
    main()
