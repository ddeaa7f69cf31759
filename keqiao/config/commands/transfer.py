"""Import and export for administrators and scripts, by the same engine as the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class TransferFailed(Exception):
    """The file could not be brought in or written; the message says why."""


def import_file(
    file: str, object_key: str, options: dict[str, Any], pool: str | None = None
) -> dict[str, Any]:
    from keqiao.importing.command import CommandProblem, run_import_command

    into = ("pool", pool) if pool else None
    try:
        return run_import_command(file, object_key, **options, into=into)
    except CommandProblem as problem:
        raise TransferFailed(str(problem.message)) from None


def import_as_text(data: dict[str, Any]) -> str:
    """Return the counts as a person reads them, then the first problems."""
    names = ("rows_read", "created", "updated", "duplicates", "rejected", "held", "repaired")
    lines = [f"{name.replace('_', ' '):<11} {data.get(name, 0):>9,}" for name in names]
    lines += [
        f"  row {problem.get('row', '?')}: {json.dumps(problem, ensure_ascii=False, default=str)}"
        for problem in data.get("problems", [])
    ]
    return "\n".join(lines)


def export_file(
    output: str,
    object_key: str,
    *,
    where: tuple[str, ...],
    columns: str | None,
    raw: bool,
    username: str | None,
) -> dict[str, Any]:
    from keqiao.catalog.filter import FilterProblem, parse_where
    from keqiao.catalog.problems import UnknownField, UnknownObject
    from keqiao.catalog.registry import object_type, object_types
    from keqiao.importing import export
    from keqiao.importing.command import CommandProblem, command_access
    from keqiao.importing.file_problem import FileProblem
    from keqiao.records.query import ListQuery

    path = Path(output)
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in set(export.Format):
        raise TransferFailed("The file name must end in .xlsx or .csv.")
    try:
        declared = object_type(object_key)
    except UnknownObject:
        known = ", ".join(each.key for each in object_types())
        raise TransferFailed(f"There is no object {object_key!r}. There are: {known}.") from None
    try:
        access = command_access(username, "export from the command line")
        wanted = tuple(part.strip() for part in (columns or "").split(",") if part.strip())
        query = ListQuery(
            object_type=declared,
            columns=wanted or export.all_columns(access, declared),
            filter=parse_where(list(where)),
        )
        audience = export.For.PROGRAMS if raw else export.For.PEOPLE
        planned = export.plan_export(access, query, export.Format(suffix), audience)
        rows = export.write_export(planned, path)
    except UnknownField as problem:
        raise TransferFailed(f"There is no field {problem} here.") from None
    except (FilterProblem, FileProblem, export.ExportRefused, CommandProblem) as problem:
        raise TransferFailed(str(problem.message)) from None
    except OSError as problem:
        raise TransferFailed(f"{path} cannot be written: {problem.strerror}.") from None
    return {"file": str(path), "object": declared.key, "rows": rows}
