"""`keqiao bench`: builds a large installation, serves it for real, measures it beside a bare floor."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click

from keqiao.config.benchmark import quality
from keqiao.config.benchmark.client import (
    Request,
    RequestFailed,
    closed_loop,
    one_by_one,
    percentile,
    send,
)
from keqiao.config.benchmark.pool import NIGHT, race
from keqiao.config.benchmark.profiling import told
from keqiao.config.benchmark.questions import (
    Question,
    cookies,
    floor_questions,
    questions,
)
from keqiao.config.benchmark.server import Server

WARM_UP = 12
WARM_UP_FROM = 70_000  # numbers that the measured requests do not reach
ASKED = 120
LOOP_SECONDS = 4.0
IMPORT_ROWS = 10_000
LARGEST_PAGE_KB = 80


class BenchFailed(Exception):
    """The measurement could not be made; the message says why."""


@dataclass
class Bench:
    """One measurement of one scale on one database."""

    scale: str
    folder: Path
    environment: dict[str, str]
    vendor: str
    only: tuple[str, ...] = ()
    quiet: bool = False
    rows: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, err=True)

    def run_module(self, module: str, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            msg = f"{module} {' '.join(arguments)} failed; the lines above say why."
            raise BenchFailed(msg)
        return done.stdout

    def command(self, *arguments: str) -> dict[str, Any]:
        out = self.run_module("keqiao.config.command_line", *arguments, "--json")
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found


def measure(
    scale: str, *, output: str | None, fresh: bool, only: tuple[str, ...], quiet: bool
) -> dict[str, Any]:
    """Measure everything, print the table, write the JSON file and return its content."""
    bench = open_bench(scale, only, quiet=quiet, fresh=fresh)
    try:
        if not quality.is_alone(only):
            measure_installation(bench)
        quality.measure_quality(bench)
    except (RequestFailed, RuntimeError, OSError) as problem:
        raise BenchFailed(str(problem)) from None
    result = {
        "scale": scale,
        "database": bench.vendor,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "rows": bench.rows,
        **bench.figures,
    }
    path = Path(output or f"bench-{scale}-{bench.vendor}.json")
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if not quiet:
        click.echo(as_table(result))
        click.echo(f"\nWritten to {path}.")
    return result


def measure_installation(bench: Bench) -> None:
    """Build a large installation and measure what people and programs wait for in it."""
    only = bench.only
    build(bench)
    ground = json.loads(bench.run_module("keqiao.config.benchmark.ground").splitlines()[-1])
    bench.figures["accounts"] = ground["accounts"]
    measure_floor(bench, ground)
    measure_product(bench, ground)
    if not only or "merge" in only:
        measure_merging(bench)
    if not only or "duplicates" in only:
        measure_duplicates(bench)
    if not only or "likeness" in only:
        measure_likeness(bench)
    if not only or "profile" in only:
        measure_profile(bench)
    if not only:
        measure_import(bench)
        bench.figures["pool_night"] = json.loads(
            bench.run_module("django", "shell", "-v", "0", "-c", NIGHT).splitlines()[-1]
        )


def open_bench(scale: str, only: tuple[str, ...], *, quiet: bool, fresh: bool) -> Bench:
    """Choose the place: a folder, and on PostgreSQL a database, of the benchmark's own."""
    from keqiao.config import environment as env

    try:
        folder = env.folder(env.data_folder() / f"bench-{scale}")
    except env.ConfigurationError as problem:
        raise BenchFailed(str(problem)) from None
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "keqiao.config.settings",
        "KEQIAO_DATA": str(folder),
        "KEQIAO_API_PER_MINUTE": "10000000",
        "KEQIAO_HTTPS": "0",
    }
    # An installation has its compiled files; without them every start would be compiling.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    vendor = "sqlite"
    if env.text("DATABASE_URL").startswith("postgres"):
        vendor = "postgresql"
        environment["DATABASE_URL"] = own_database(env.text("DATABASE_URL"), scale, fresh=fresh)
    else:
        environment.pop("DATABASE_URL", None)
        if fresh:
            for path in folder.glob("keqiao.sqlite3*"):
                path.unlink()
    return Bench(scale, folder, environment, vendor, only, quiet)


def own_database(url: str, scale: str, *, fresh: bool) -> str:
    import psycopg
    from psycopg import sql

    name = f"keqiao_bench_{scale}"
    with psycopg.connect(url, autocommit=True) as connection:
        if fresh:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def build(bench: Bench) -> None:
    """Load the demo data once; a later run uses what is there."""
    mark = bench.folder / f"built-{bench.vendor}.json"
    bench.command("prepare")
    users = bench.run_module(
        "django", "shell", "-v", "0", "-c",
        "from keqiao.access.models import User; print(User.objects.count())",
    )  # fmt: skip
    if int(users.splitlines()[-1]) == 0:
        bench.say(f"Loading {bench.scale} accounts into {bench.vendor} …")
        mark.write_text(json.dumps(bench.command("demo", "--scale", bench.scale)))
    if mark.exists():
        bench.figures["build"] = json.loads(mark.read_text())


def measure_floor(bench: Bench, ground: dict[str, Any]) -> None:
    settings = "keqiao.config.benchmark.floor_settings"
    server = Server(bench.environment, bench.folder / "floor.log", settings=settings)
    try:
        wait_for_page(server, floor_questions(ground)[0])
        for question in floor_questions(ground):
            ask(bench, server.port, question)
    finally:
        server.stop()


def wait_for_page(server: Server, question: Question) -> None:
    deadline = time.perf_counter() + 60
    while True:
        try:
            send(server.port, question.make(0))
        except OSError:
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.05)
            continue
        return


def measure_product(bench: Bench, ground: dict[str, Any]) -> None:
    server = Server(bench.environment, bench.folder / "server.log")
    try:
        bench.figures["start_seconds"] = round(server.wait("/auth/login/"), 2)
        page = send(server.port, Request("GET", "/accounts/", cookies(ground, "manager")))
        bench.figures["list_html_kb"] = round(page.size / 1024, 1)
        for question in questions(ground):
            if not bench.only or any(word in question.name for word in bench.only):
                ask(bench, server.port, question)
        if not bench.only or "claim" in bench.only:
            bench.figures["claim"] = race(server.port, ground)
            bench.say(f"claim: {bench.figures['claim']}")
        bench.figures["memory"] = server.memory()
    finally:
        server.stop()


def ask(bench: Bench, port: int, question: Question) -> None:
    """Measure one line: each request alone for the times, several callers for the rate."""
    one_by_one(port, lambda number: question.make(WARM_UP_FROM + number), WARM_UP)
    answers = one_by_one(port, question.make, ASKED)
    times = [answer.server_ms for answer in answers]
    row: dict[str, Any] = {
        "name": question.name,
        "p50_ms": round(percentile(times, 0.50), 1),
        "p95_ms": round(percentile(times, 0.95), 1),
        "kb": round(sum(answer.size for answer in answers) / len(answers) / 1024, 1),
    }
    rate = closed_loop(port, lambda number: question.make(ASKED + number), seconds=LOOP_SECONDS)
    row["per_second"] = round(rate, 1)
    floor = next((known for known in bench.rows if known["name"].startswith("floor")), None)
    if floor is not None and not question.name.startswith("floor"):
        row["of_floor"] = round(row["per_second"] / floor["per_second"], 2)
    row["misses"] = misses(question, row)
    bench.rows.append(row)
    bench.say(line_of(row))


def misses(question: Question, row: dict[str, Any]) -> list[str]:
    found = []
    if question.target_ms is not None and row["p95_ms"] > question.target_ms:
        found.append(f"p95 over {question.target_ms:g} ms")
    if question.target_rate is not None and row["per_second"] < question.target_rate:
        found.append(f"under {question.target_rate:g}/s")
    if question.target_share is not None and row.get("of_floor", 1) < question.target_share:
        found.append(f"under {question.target_share:g} of the floor")
    return found


def measure_merging(bench: Bench) -> None:
    """Merge a thousand pairs of customers with what hangs on them, and take each merge back."""
    out = bench.run_module("keqiao.config.benchmark.merging")
    bench.figures["merging"] = json.loads(out.splitlines()[-1])
    bench.say(f"merging: {bench.figures['merging']}")


def measure_duplicates(bench: Bench) -> None:
    """Compare all customers as at night, and merge a thousand safe pairs at once and back."""
    out = bench.run_module("keqiao.config.benchmark.duplicates")
    bench.figures["duplicates"] = json.loads(out.splitlines()[-1])
    bench.say(f"duplicates: {bench.figures['duplicates']}")


def measure_likeness(bench: Bench) -> None:
    """Ask for the likes of one draft after the other, and of a thousand at once."""
    out = bench.run_module("keqiao.config.benchmark.likeness")
    bench.figures["likeness"] = json.loads(out.splitlines()[-1])
    bench.say(f"likeness: {bench.figures['likeness']}")


def measure_profile(bench: Bench) -> None:
    """Profile one field of all customers, and bring a hundred thousand values together."""
    out = bench.run_module("keqiao.config.benchmark.profiling")
    bench.figures["profiling"] = json.loads(out.splitlines()[-1])
    bench.say(f"profiling: {bench.figures['profiling']}")


def measure_import(bench: Bench) -> None:
    """Import a messy list of 10 000 rows by the command, from start to end, dry and for real."""
    file = bench.folder / "import.xlsx"
    script = (
        "from pathlib import Path; import time; from keqiao.customers.demo_sample import sample_file;"
        f"sample_file(Path({str(file)!r}), rows={IMPORT_ROWS}, seed=int(time.time()))"
    )
    bench.run_module("django", "shell", "-v", "0", "-c", script)
    for name, extra in (("import_dry_run", ("--dry-run",)), ("import", ())):
        begun = time.perf_counter()
        counts = bench.command("import", str(file), "--object", "account", *extra)
        seconds = time.perf_counter() - begun
        bench.figures[name] = {
            "rows": counts["rows_read"],
            "seconds": round(seconds, 1),
            "rows_per_second": round(counts["rows_read"] / seconds),
            **{part: counts[part] for part in ("created", "duplicates", "rejected")},
        }
        bench.say(f"{name}: {bench.figures[name]}")


# --- the table ----------------------------------------------------------------------------------

HEAD = f"{'':<34}{'p50 ms':>8}{'p95 ms':>8}{'req/s':>8}{'/floor':>8}{'KB':>7}"


def line_of(row: dict[str, Any]) -> str:
    share = f"{row['of_floor']:.2f}" if "of_floor" in row else ""
    figures = f"{row['p50_ms']:>8}{row['p95_ms']:>8}{row['per_second']:>8}{share:>8}{row['kb']:>7}"
    note = f"  ! {', '.join(row['misses'])}" if row["misses"] else ""
    return f"{row['name']:<34}{figures}{note}"


def as_table(result: dict[str, Any]) -> str:
    machine = f"{result['cores']} cores, Python {result['python']}"
    lines = [f"Keqiao, data quality alone, {machine}", ""]
    if "accounts" in result:
        title = f"Keqiao with {result['accounts']:,} accounts on {result['database']}, {machine}"
        lines = [title, "", HEAD, *(line_of(row) for row in result["rows"]), ""]
    for name in ("import_dry_run", "import"):
        if name in result:
            line = result[name]
            text = f"{line['rows']:,} rows, {line['rows_per_second']:,} rows/s"
            lines.append(f"{name.replace('_', ' '):<16}{text}")
    if "claim" in result:
        one = result["claim"]
        lines.append(f"{'claim':<16}{one['claimers']} at once, one wins, p95 {one['p95_ms']} ms")
    if "merging" in result:
        one = result["merging"]
        lines += [
            f"{name:<16}p50 {one[name]['p50_ms']} ms, p99 {one[name]['p99_ms']} ms"
            f" of {one['merges']:,} with what hangs on them"
            for name in ("merge", "undo")
        ]
        if one["misses"]:
            lines[-1] += f"  ! {', '.join(one['misses'])}"
    if "duplicates" in result:
        one, bulk = result["duplicates"]["nightly"], result["duplicates"]["bulk"]
        lines.append(
            f"{'compare all':<16}{one['records']:,} in {one['seconds']} s, {one['memory_gb']} GB,"
            f" {one['pairs']:,} pairs"
        )
        lines.append(
            f"{'merge in bulk':<16}{bulk['merges']:,}, {bulk['merges_per_second']} a second;"
            f" undone {bulk['undone_per_second']} a second"
        )
        if result["duplicates"]["misses"]:
            lines[-1] += f"  ! {', '.join(result['duplicates']['misses'])}"
    if "likeness" in result:
        one = result["likeness"]
        lines.append(
            f"{'duplicate check':<16}p50 {one['p50_ms']} ms, p99 {one['p99_ms']} ms,"
            f" {one['found_share']:.1%} found; {one['new']:,} new in {one['new_seconds']} s"
            + (f"  ! {', '.join(one['misses'])}" if one["misses"] else "")
        )
    lines += told(result.get("profiling"))
    if "pool_night" in result:
        one = result["pool_night"]
        lines.append(
            f"{'pool, night':<16}{one['first_seconds']} s noting {one['noted']:,} days of return,"
            f" {one['again_seconds']} s with nothing to do"
        )
    if "start_seconds" in result:
        lines.append(f"{'start':<16}{result['start_seconds']} s")
        memory = result["memory"]
        lines.append(
            f"{'memory':<16}{memory['resident_mb']} MB resident, "
            f"{memory['proportional_mb']} MB counting shared pages once "
            f"({memory['processes']} processes)"
        )
        lines.append(f"{'list page':<16}{result['list_html_kb']} KB (at most {LARGEST_PAGE_KB})")
    lines += quality.lines(result.get("quality", {}))
    return "\n".join(lines)
