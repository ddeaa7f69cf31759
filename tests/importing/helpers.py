"""Starts imports the way the wizard and the command line do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keqiao.access.access import Access
from keqiao.catalog.registry import object_type
from keqiao.importing.models import ImportRow, ImportRun
from keqiao.importing.running import check_run, execute_run
from keqiao.importing.starting import start_import


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def forget(state: dict[str, Any]) -> None:
    """There is no job whose state to keep."""


def upload(
    access: Access, text: str | bytes, key: str = "account", name: str = "名单.csv", **changes: Any
) -> ImportRun:
    data = text.encode() if isinstance(text, str) else text
    run, _found = start_import(access, object_type(key), name, [data])
    for field, value in changes.items():
        setattr(run, field, value)
    run.save()
    return run


def upload_file(access: Access, path: Path, key: str = "account") -> ImportRun:
    run, _found = start_import(access, object_type(key), path.name, [path.read_bytes()])
    return run


def check(run: ImportRun) -> ImportRun:
    return check_run(run.pk, quiet)


def execute(run: ImportRun) -> ImportRun:
    return execute_run(run.pk, quiet, forget)


def states(run: ImportRun) -> dict[int, str]:
    return dict(ImportRow.objects.filter(run=run).values_list("number", "state"))


def problems(run: ImportRun, number: int) -> list[tuple[str, str]]:
    row = ImportRow.objects.get(run=run, number=number)
    return [(problem["field"], problem["code"]) for problem in row.problem_list()]


def adds_up(run: ImportRun) -> bool:
    return run.rows_read == run.created + run.updated + run.duplicates + run.rejected
