"""The `keqiao` command: start, set up, fill, import, export, measure and examine an installation.

Only click is imported here: Django and the product are loaded by the command that needs them, so
`keqiao --help` answers at once. Exit codes: 0 done, 1 could not be done, 2 wrong usage.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
as_json = click.option("--json", "as_json", is_flag=True, help="Report as JSON on standard output.")
user_option = click.option(
    "--user", "username", metavar="NAME", help="Act with the rights of this user (default: system)."
)


def start_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keqiao.config.settings")
    import django

    from keqiao.config.environment import ConfigurationError

    try:
        django.setup()
    except ConfigurationError as problem:
        raise click.ClickException(str(problem)) from None


def report(data: dict[str, Any], *, is_json: bool, text: Callable[[dict[str, Any]], str]) -> None:
    """Write a result for a program (one JSON object) or for a person."""
    if is_json:
        click.echo(json.dumps(data, ensure_ascii=False, default=str))
    else:
        click.echo(text(data))


def as_lines(data: dict[str, Any]) -> str:
    width = max((len(key) for key in data), default=0)
    return "\n".join(f"{key.replace('_', ' '):<{width}}  {value}" for key, value in data.items())


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="keqiao")
def main() -> None:
    """Keqiao 客桥: a CRM on your own machine that keeps customer data true."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port (default: PORT, else 8000).")
@click.option("--with-demo", is_flag=True, help="Load small demo data when there is nobody yet.")
def serve(host: str, port: int | None, *, with_demo: bool) -> None:
    """Run web server, worker and scheduler until Ctrl+C."""
    from keqiao.config.commands.serve import serve_installation
    from keqiao.config.supervisor import CannotStart

    try:
        code = serve_installation(host, port or _port(), with_demo=with_demo)
    except CannotStart as problem:
        raise click.ClickException(str(problem)) from None
    raise SystemExit(code)


def _port() -> int:
    from keqiao.config import environment as env

    try:
        return env.number("PORT", 8000, low=1, high=65535)
    except env.ConfigurationError as problem:
        raise click.ClickException(str(problem)) from None


@main.command()
@click.option("--once", is_flag=True, help="Run what is due now, then stop.")
@click.option(
    "--lane",
    type=click.Choice(["quick", "long"]),
    default=None,
    help="Serve one lane only: quick jobs, or imports, exports and bulk changes (default: both).",
)
def worker(*, once: bool, lane: str | None) -> None:
    """Run background jobs and the timetable until stopped."""
    start_django()
    from keqiao.config.commands.serve import work

    work(once=once, lane=lane or "")


@main.command()
@click.option("--with-demo", is_flag=True, help="Load small demo data when there is nobody yet.")
@as_json
def prepare(*, with_demo: bool, as_json: bool) -> None:
    """Bring the database up to date (`serve` does this by itself on the embedded one)."""
    start_django()
    from keqiao.config.commands.install import prepare_installation

    report(prepare_installation(with_demo=with_demo), is_json=as_json, text=as_lines)


@main.command()
@click.option("--yes", is_flag=True, help="Do not ask anything.")
@as_json
def init(*, yes: bool, as_json: bool) -> None:
    """Set up a new installation and print the one-time key of its first administrator."""
    start_django()
    from keqiao.config.commands.install import AlreadySetUp, init_installation, welcome

    if not (yes or as_json):
        from django.conf import settings

        click.confirm(f"Set up Keqiao in {settings.DATA}?", default=True, abort=True)
    try:
        result = init_installation()
    except AlreadySetUp as problem:
        raise click.ClickException(str(problem)) from None
    report(result, is_json=as_json, text=welcome)


@main.command()
@click.option(
    "--with-past",
    is_flag=True,
    help="Also fill in the last thirteen weeks, for data that were taken over with their dates.",
)
@as_json
def quality(*, with_past: bool, as_json: bool) -> None:
    """Count the quality of the data now instead of at night (scores, dimensions, figures of the day)."""
    start_django()
    from keqiao.config.commands.quality import as_text, count_now

    report(count_now(with_past=with_past), is_json=as_json, text=as_text)


@main.command()
@click.option(
    "--scale",
    type=click.Choice(["small", "100k", "1m", "practice"]),
    default="small",
    show_default=True,
    help="How many customers; practice: a small neglected list to put right.",
)
@click.option(
    "--activities",
    type=click.IntRange(0, 50),
    help="Follow-ups for each account, 0 for none (default: 3 at the small scale, 5 at the others).",
)
@click.option(
    "--sample-file",
    type=click.Path(dir_okay=False, writable=True),
    help="Write a messy Excel list to try the import with, and load nothing.",
)
@as_json
def demo(scale: str, activities: int | None, sample_file: str | None, *, as_json: bool) -> None:
    """Load believable demo customers, or write a sample file for the import."""
    start_django()
    from keqiao.config.commands.demo import load_demo, load_practice, write_sample

    if sample_file:
        result = write_sample(sample_file)
    elif scale == "practice":
        result = load_practice()
    else:
        result = load_demo(scale, activities)
    report(result, is_json=as_json, text=as_lines)


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--object", "object_key", required=True, help="What the rows are, e.g. account.")
@click.option("--sheet", help="Sheet of the workbook (default: the fullest).")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON file: column name or letter to field name (default: recognised).",
)
@click.option(
    "--mode", type=click.Choice(["create", "update", "both"]), default="create", show_default=True
)
@click.option("--key", metavar="FIELD", help="Field by which existing records are recognised.")
@click.option("--dry-run", is_flag=True, help="Check every row and write nothing.")
@click.option("--allow-duplicates", is_flag=True, help="Save rows that repeat a record knowingly.")
@click.option("--pool", metavar="NAME", help="Put new records into this pool (name or number).")
@user_option
@as_json
def import_(file: str, object_key: str, *, pool: str | None, as_json: bool, **options: Any) -> None:
    """Import a list from FILE (xlsx, xls, csv); rejected rows are reported, not an error."""
    start_django()
    from keqiao.config.commands.transfer import TransferFailed, import_as_text, import_file

    try:
        result = import_file(file, object_key, options, pool)
    except TransferFailed as problem:
        raise click.ClickException(str(problem)) from None
    report(result, is_json=as_json, text=import_as_text)


@main.command()
@click.argument("output", type=click.Path(dir_okay=False, writable=True))
@click.option("--object", "object_key", required=True, help="What to export, e.g. account.")
@click.option("--where", multiple=True, metavar="FIELD:OPERATOR:VALUE", help="May be repeated.")
@click.option("--columns", metavar="A,B,…", help="Fields to write (default: all).")
@click.option("--raw", is_flag=True, help="For programs: plain values, no guards for spreadsheets.")
@user_option
@as_json
def export(output: str, object_key: str, *, as_json: bool, **options: Any) -> None:
    """Export a list to OUTPUT (.xlsx or .csv); the change log notes it."""
    start_django()
    from keqiao.config.commands.transfer import TransferFailed, export_file

    try:
        result = export_file(output, object_key, **options)
    except TransferFailed as problem:
        raise click.ClickException(str(problem)) from None
    report(result, is_json=as_json, text=as_lines)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--object", "object_key", required=True, help="What the rows are, e.g. account.")
@click.option(
    "--map",
    "mapping",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON file: column name to field name or role, null to leave one out (default: recognised).",
)
@click.option("--out", required=True, type=click.Path(dir_okay=False, writable=True))
@click.option("--clusters", type=click.Path(dir_okay=False, writable=True), help="Groups to write.")
@click.option(
    "--threshold", type=float, help="Least weight in bits (default: found from the data)."
)
@as_json
def match(files: tuple[str, ...], object_key: str, *, as_json: bool, **options: Any) -> None:
    """Find duplicates inside one list or between two (xlsx, xls, csv); touches no database."""
    if len(files) > 2:
        raise click.UsageError("Give one file, or two to match with each other.")
    start_django()
    from keqiao.config.commands.match import MatchFailed, as_text, match_files

    try:
        result = match_files(files, object_key, **options)
    except MatchFailed as problem:
        raise click.ClickException(str(problem)) from None
    report(result, is_json=as_json, text=as_text)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--object", "object_key", required=True, metavar="OBJECT", help="account, contact, lead …"
)
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False), help="The cleaned list (.xlsx)."
)
@click.option(
    "--report",
    "report_file",
    required=True,
    type=click.Path(dir_okay=False),
    help="Every change and every remaining problem (.xlsx).",
)
@click.option(
    "--map",
    "mapping",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON file: column name to field name, or null to leave a column as it is.",
)
@as_json
def clean(
    file: str, object_key: str, *, out: str, report_file: str, mapping: str | None, as_json: bool
) -> None:
    """Repair and check a list (xlsx, xls, csv) without touching any record."""
    start_django()
    from keqiao.config.commands.clean import CleanFailed, as_text, clean_list

    try:
        result = clean_list(file, object_key, out=out, report=report_file, mapping=mapping)
    except CleanFailed as problem:
        raise click.ClickException(str(problem)) from None
    report(result, is_json=as_json, text=as_text)


@main.command()
@as_json
def reindex(*, as_json: bool) -> None:
    """Build the search index, the timeline and the keys of the duplicate check anew."""
    start_django()
    from keqiao.config.commands.maintain import rebuild_search

    report(rebuild_search(), is_json=as_json, text=as_lines)


@main.command("rotate-keys")
@click.option("--new-key", is_flag=True, help="Only add a new key; restart before rotating.")
@as_json
def rotate_keys(*, new_key: bool, as_json: bool) -> None:
    """Encrypt secret fields anew under the newest key; may be broken off and repeated."""
    start_django()
    from keqiao.config.commands import keys

    if new_key:
        try:
            report(keys.add_key(), is_json=as_json, text=as_lines)
        except keys.KeysElsewhere:
            message = "The keys stand in KEQIAO_ENCRYPTION_KEYS: add the new one there, in front."
            raise click.ClickException(message) from None
        return

    def told(name: str, count: int) -> None:
        click.echo(f"{name}: {count:,}", err=True)

    result = keys.rotate_keys(told)
    report(result, is_json=as_json, text=keys.as_text)
    raise SystemExit(1 if result["unreadable"] else 0)


@main.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Examine the installation; exit code 1 when something needs attention."""
    start_django()
    from keqiao.config.commands.doctor import as_table, examine

    result = examine()
    report(result, is_json=as_json, text=as_table)
    raise SystemExit(0 if result["healthy"] else 1)


@main.command()
@click.option("--scale", type=click.Choice(["100k", "1m"]), default="100k", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False), help="JSON file to write.")
@click.option("--fresh", is_flag=True, help="Load the data anew instead of using what is there.")
@click.option("--only", multiple=True, help="Measure only rows whose name contains this.")
@as_json
def bench(
    scale: str, output: str | None, only: tuple[str, ...], *, fresh: bool, as_json: bool
) -> None:
    """Measure pages, search, API and import against a bare floor on this machine."""
    from keqiao.config.benchmark.run import BenchFailed, measure

    try:
        result = measure(scale, output=output, fresh=fresh, only=only, quiet=as_json)
    except BenchFailed as problem:
        raise click.ClickException(str(problem)) from None
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
