"""The command-line twins of import and export, for administrators and scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import no_such_object, object_type
from keqiao.importing.file_problem import FileProblem
from keqiao.importing.models import ImportRow, ImportRun, Mode, RowState
from keqiao.importing.running import ImportForbidden, check_plan, check_run, execute_run
from keqiao.importing.starting import current_settings, look_again, start_import
from keqiao.records.takers import named_taker, offered_takers

MEGABYTE = 1024 * 1024
PROBLEMS_SHOWN = 20


class CommandProblem(Exception):
    """The command cannot be carried out; `message` says why and what to do."""

    def __init__(self, message: str, code: str = "usage") -> None:
        self.message = message
        self.code = code
        super().__init__(message)


def command_access(username: str | None, reason: str) -> Access:
    """Return the rights of the named user; without a name the system's own."""
    if not username:
        return Access.system(reason)
    user = User.objects.filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise CommandProblem(gettext("There is no active user “%(name)s”.") % {"name": username})
    return Access.for_user(user)


def run_import_command(
    file: str,
    object: str,
    sheet: str | None = None,
    mapping: str | dict[str, Any] | None = None,
    mode: str = "create",
    key: str | None = None,
    *,
    dry_run: bool = False,
    username: str | None = None,
    allow_duplicates: bool = False,
    into: tuple[str, str] | None = None,
    progress: Any = None,
) -> dict[str, Any]:
    """Import a file from the command line and return its counts.

    `rows_read = created + updated + duplicates + rejected`; `rejected` are all rows not brought in,
    `held` says how many of them wait for a review. `problems` shows the first errors.
    `into` names a taker of the new records: its kind and its number or name ("pool", "East").
    """
    access = command_access(username, "import from the command line")
    path = Path(file)
    try:
        declared = object_type(object)
    except UnknownObject:
        raise CommandProblem(no_such_object(object)) from None
    try:
        if not path.is_file():
            raise FileProblem("missing")
        run, _found = start_import(access, declared, path.name, _chunks(path))
        if sheet:
            look_again(access, declared, run, current_settings(run, sheet=sheet))
        _choose(run, mapping, mode, key, allow_duplicates=allow_duplicates)
        if into:
            run.owner = _taker(access, declared, *into)
            run.save(update_fields=["owner"])
        if missing := check_plan(access, run, declared):
            raise CommandProblem(missing)
        tell = progress or (lambda done, total: None)
        run = check_run(run.pk, tell) if dry_run else execute_run(run.pk, tell, _keep_nothing)
    except (FileProblem, ImportForbidden) as problem:
        raise CommandProblem(problem.message, getattr(problem, "code", "forbidden")) from problem
    return {
        "run": run.pk,
        "dry_run": dry_run,
        **run.counts(),
        "held": run.held,
        "mapping": _told_mapping(run),
        "problems": _first_problems(run),
    }


def _taker(access: Access, declared: ObjectType, key: str, name: str) -> str:
    found = named_taker(access, declared, name, key) or named_taker(
        access, declared, f"{key}:{name}", key
    )
    if not found:
        offered = [called for _key, called in offered_takers(access, declared)]
        message = gettext(
            "There is no “%(name)s” into which new records can go. There are: %(known)s."
        )
        raise CommandProblem(message % {"name": name, "known": ", ".join(offered) or "–"})
    return found


def _keep_nothing(state: dict[str, Any]) -> None:
    """Without a job there is no job state to keep: the run's own cursor is enough to go on."""


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            yield chunk


def _choose(
    run: ImportRun,
    mapping: str | dict[str, Any] | None,
    mode: str,
    key: str | None,
    *,
    allow_duplicates: bool,
) -> None:
    if mode not in Mode.values:
        raise CommandProblem(gettext("The mode must be create, update or both."))
    run.mode, run.key_field = mode, key or ""
    run.allow_duplicates = allow_duplicates
    if isinstance(mapping, str):
        try:
            mapping = json.loads(Path(mapping).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            message = gettext("The mapping file cannot be read as JSON: %(error)s")
            raise CommandProblem(message % {"error": error}) from error
    if mapping is not None:
        if not isinstance(mapping, dict):
            raise CommandProblem(
                gettext("The mapping must be an object of column and field names.")
            )
        run.mapping = _by_position(run, mapping)
    run.save()


def _by_position(run: ImportRun, mapping: dict[str, Any]) -> dict[str, str]:
    """Turn column names or letters into positions; columns not named are left out."""
    places = {column["letter"]: column["index"] for column in run.columns}
    places |= {column["name"]: column["index"] for column in run.columns}
    found = {}
    for name, field in mapping.items():
        if name not in places:
            message = gettext("The list has no column “%(name)s”. It has: %(known)s.")
            known = ", ".join(column["name"] for column in run.columns)
            raise CommandProblem(message % {"name": name, "known": known})
        if field:
            found[str(places[name])] = str(field)
    return found


def _told_mapping(run: ImportRun) -> dict[str, str | None]:
    return {column["name"]: run.mapping.get(str(column["index"])) for column in run.columns}


def _first_problems(run: ImportRun) -> list[dict[str, Any]]:
    rows = ImportRow.objects.filter(
        run=run, state__in=(RowState.REJECTED, RowState.DUPLICATE)
    ).order_by("number")
    return [
        {"row": row.number, "state": row.state, **problem}
        for row in rows[:PROBLEMS_SHOWN]
        for problem in row.problem_list()
    ]
