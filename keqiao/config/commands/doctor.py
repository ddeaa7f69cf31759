"""Examines an installation from top to bottom and says, for each finding, what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import DatabaseError, connection

from keqiao.config.health import pending_migrations

LEAST_FREE_BYTES = 1_000_000_000
OLDEST_DUE = timedelta(minutes=15)


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, whether it is well, and what to do if not."""

    part: str
    is_well: bool
    text: str


def examine() -> dict[str, Any]:
    findings: list[Finding] = []
    for look in LOOKS:
        try:
            findings.extend(look())
        except DatabaseError as problem:
            name = look.__name__
            findings.append(Finding(name, is_well=False, text=f"the database refused: {problem}"))
    return {
        "healthy": all(finding.is_well for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def as_table(data: dict[str, Any]) -> str:
    width = max(len(finding["part"]) for finding in data["findings"])
    lines = [
        f"{'ok  ' if finding['is_well'] else 'LOOK'}  {finding['part']:<{width}}  {finding['text']}"
        for finding in data["findings"]
    ]
    verdict = "Everything is well." if data["healthy"] else "Please look at the lines marked LOOK."
    return "\n".join([*lines, "", verdict])


def look_at_settings() -> list[Finding]:
    found = [
        Finding("settings", message.level < WARNING, f"{message.msg} {message.hint or ''}".strip())
        for message in run_checks()
        if not message.is_silenced()
    ]
    return found or [Finding("settings", is_well=True, text="no complaint")]


def look_at_database() -> list[Finding]:
    pending = pending_migrations()
    found = [
        Finding("migrations", is_well=not pending, text=_migrations(pending)),
    ]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            answer = str(cursor.fetchone()[0])
            cursor.execute("PRAGMA journal_mode")
            journal = cursor.fetchone()[0]
            cursor.execute("PRAGMA synchronous")
            sync = cursor.fetchone()[0]
        found.append(Finding("database", answer == "ok", f"SQLite: {answer}"))
        is_durable = journal == "wal" and sync == 2
        text = "an accepted save survives a power cut"
        if not is_durable:
            text = "WAL with synchronous=FULL is needed: see docs/operations/settings.md"
        found.append(Finding("durability", is_durable, text))
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0]
            found.append(Finding("database", is_well=True, text=f"PostgreSQL {version}"))
            cursor.execute("SHOW synchronous_commit")
            value = cursor.fetchone()[0]
            text = f"synchronous_commit = {value}"
            found.append(Finding("durability", value != "off", text))
    return found


def _migrations(pending: list[str]) -> str:
    if not pending:
        return "up to date"
    return f"{len(pending)} not applied ({pending[0]} …): run `keqiao prepare`"


def look_at_disk() -> list[Finding]:
    free = shutil.disk_usage(settings.DATA).free
    text = f"{free / 1e9:.1f} GB free for {settings.DATA}"
    return [Finding("disk", free > LEAST_FREE_BYTES, text)]


def look_at_files() -> list[Finding]:
    from keqiao.activities.file_cleaning import stock

    found = stock()
    text = (
        f"{found.files:,} files, {found.size / 1e9:.2f} GB; {found.left_over:,} to be cleaned away"
    )
    if found.missing:
        text = f"{found.missing:,} attachments have lost their file: restore the folder “files”"
    return [Finding("attachments", is_well=not found.missing, text=text)]


def look_at_keys() -> list[Finding]:
    from keqiao.base.encryption import EncryptionProblem, decrypt, encrypt

    try:
        is_well = decrypt(encrypt("客桥", "doctor"), "doctor") == "客桥"
    except EncryptionProblem as problem:
        return [Finding("keys", is_well=False, text=str(problem))]
    return [Finding("keys", is_well, "encrypted fields can be written and read")]


def look_at_change_log() -> list[Finding]:
    from keqiao.records.audit import verify_chain

    report = verify_chain()
    if report.sound:
        return [Finding("change log", is_well=True, text=f"{report.checked:,} lines, unbroken")]
    text = "lines are missing at its end: the database was changed past the product"
    if report.broken_at:
        text = f"line {report.broken_at} was changed or removed: compare with a backup"
    return [Finding("change log", is_well=False, text=text)]


def look_at_queue() -> list[Finding]:
    from keqiao.base.clock import now
    from keqiao.jobs.models import Job, Status

    late = now() - OLDEST_DUE
    waiting = Job.objects.filter(status=Status.READY, run_after__lt=late).count()
    dead = Job.objects.filter(status=Status.DEAD).count()
    found = [
        Finding(
            "queue",
            is_well=not waiting,
            text=f"{waiting} jobs wait for more than 15 minutes: is a worker running?"
            if waiting
            else "nothing waits",
        ),
    ]
    if dead:
        found.append(
            Finding("queue", is_well=False, text=f"{dead} jobs gave up: see Settings, Jobs")
        )
    return found


LOOKS: tuple[Callable[[], list[Finding]], ...] = (
    look_at_settings,
    look_at_database,
    look_at_disk,
    look_at_files,
    look_at_keys,
    look_at_change_log,
    look_at_queue,
)
