"""What the pages of the import wizard show, ready for their templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.base.clock import now
from keqiao.catalog.field import Field
from keqiao.catalog.kinds.base import REPAIRS
from keqiao.catalog.object_type import ObjectType
from keqiao.catalog.registry import object_type
from keqiao.importing.csv_reader import ENCODINGS
from keqiao.importing.drafting import owners_offered, usable_keys
from keqiao.importing.models import ME, ImportRow, ImportRun, Mode, RowState, RunState
from keqiao.importing.readers import Detected
from keqiao.importing.starting import importable_fields, proposals, remembered
from keqiao.jobs import board
from keqiao.jobs.problems import JobProblem
from keqiao.records.takers import taker_title
from keqiao.ui.converters import whole_number
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.access.access import Access

PREVIEW_ROWS = 8
ROWS_SHOWN = 50
RUNS_SHOWN = 30
EQUALS_COUNTED = 5_000  # rejected rows looked through for "apply to 214 equal values"
HEADER_ROWS = 20
TABS = (
    (RowState.REJECTED, "alert-circle"), (RowState.DUPLICATE, "copy"), (RowState.CREATED, "plus"),
    (RowState.UPDATED, "edit"), (RowState.HELD, "list-check"),
)  # fmt: skip


def frame(run: ImportRun | None, here: str) -> dict[str, Any]:
    """Return the title and the steps above every page of the wizard."""
    labels = {
        "upload": _("File"),
        "columns": _("Match columns"),
        "check": _("Check"),
        "run": _("Import"),
        "report": _("Report"),
    }
    order = list(labels)
    at = order.index(here)
    base = f"/import/{run.pk}/" if run else ""
    urls = {"upload": "/import/", "columns": f"{base}columns/" if run and run.is_dry else ""}
    return {
        "title": run.file_name if run else _("Import a list"),
        "page_title": _("Import"),
        "run": run,
        "back_url": "/import/",
        "steps": [
            {
                "label": labels[name],
                "done": place < at,
                "current": name == here,
                "url": urls.get(name, ""),
            }
            for place, name in enumerate(order)
        ],
    }


def past_runs(access: Access) -> list[dict[str, Any]]:
    runs = ImportRun.objects.order_by("-created_at")
    if not access.is_administrator:
        runs = runs.filter(user_id=access.user_id or 0)
    return [
        {
            "url": f"/import/{run.pk}/",
            "name": run.file_name,
            "object": sentence(object_type(run.object_key).label_plural),
            "state": run.get_state_display(),
            "tone": _tone(run),
            "person": access.person_name(run.user_id),
            "at": run.created_at,
            "counts": {**run.counts(), "rejected": run.errors} if run.rows_read else None,
        }
        for run in runs[:RUNS_SHOWN]
    ]


def _tone(run: ImportRun) -> str:
    tones = {
        RunState.DONE: "jade",
        RunState.STOPPED: "red",
        RunState.CHECKED: "blue",
        RunState.UPLOADED: "",
    }
    return tones.get(RunState(run.state), "amber")


# --- columns --------------------------------------------------------------------------------------


def columns_context(
    access: Access, declared: ObjectType, run: ImportRun, found: Detected | None, problem: str
) -> dict[str, Any]:
    fields = importable_fields(access, declared)
    context = {
        **frame(run, "columns"),
        "object_type": declared,
        "problem": problem,
        "settings": _settings(run, found),
        "modes": _modes(run),
        "owners": _owners(access, declared, run),
        "keys": _keys(run, declared, fields),
        "remembered": remembered(run) is not None,
    }
    if found is None:
        return context
    why = {p.column.index: p for p in proposals(declared, run, found, fields)}
    rows = [cells for _number, cells in found.sample[:PREVIEW_ROWS]]
    columns = []
    for column in found.columns:
        chosen = run.mapping.get(str(column.index), "")
        proposal = why.get(column.index)
        columns.append(
            {
                "index": column.index,
                "letter": column.letter,
                "name": column.name,
                "chosen": chosen,
                "sure": bool(proposal and proposal.field == chosen and proposal.confidence >= 0.8),
                "samples": [_shown(row, column.index) for row in rows],
            }
        )
    mapped = set(run.mapping.values())
    return {
        **context,
        "columns": columns,
        "fields": [_field_choice(field) for field in fields],
        "missing": [
            sentence(field.label) for field in fields if field.required and field.name not in mapped
        ],
        "repeated": found.repeated_headers,
        "preview_numbers": [number for number, _cells in found.sample[:PREVIEW_ROWS]],
    }


def _field_choice(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": sentence(field.label),
        "required": field.required,
        "standard": str(field.standard),
    }


def _settings(run: ImportRun, found: Detected | None) -> dict[str, Any]:
    settings = run.settings
    top = found.top if found else ()
    names = {"\t": _("Tab"), ",": _("Comma"), ";": _("Semicolon"), "|": _("Vertical bar")}
    return {
        "sheets": found.sheets if found else (),
        "sheet": settings.get("sheet", ""),
        "encodings": ENCODINGS if settings.get("encoding") else (),
        "encoding": settings.get("encoding", ""),
        "delimiters": list(names.items()) if settings.get("encoding") else [],
        "delimiter": settings.get("delimiter", ""),
        "header_row": settings.get("header_row", 1),
        "header_rows": [
            (number, " · ".join(str(cell) for cell in row if cell not in (None, ""))[:80])
            for number, row in enumerate(top[:HEADER_ROWS], 1)
            if any(cell not in (None, "") for cell in row)
        ],
    }


def _modes(run: ImportRun) -> list[dict[str, Any]]:
    return [{"key": mode.value, "label": mode.label, "on": run.mode == mode.value} for mode in Mode]


def _owners(access: Access, declared: ObjectType, run: ImportRun) -> list[dict[str, Any]]:
    """Return to whom new records can belong; nothing where the list alone decides."""
    offered = owners_offered(access, declared)
    if offered.keys() <= {"", ME}:
        return []
    return [{"key": key, "label": label, "on": key == run.owner} for key, label in offered.items()]


def _new_belong_to(access: Access, run: ImportRun) -> str:
    """Return to whom the new records go, where the import decides it."""
    if run.owner == ME:
        return access.person_name(run.user_id)
    return taker_title(access, run.owner) if run.owner else ""


def _keys(run: ImportRun, declared: ObjectType, fields: Sequence[Field]) -> list[dict[str, Any]]:
    keys = usable_keys(declared, [field.name for field in fields])
    wanted = run.key_field or next(
        (field.name for field in keys if field.name in run.mapping.values()), ""
    )
    return [
        {"name": field.name, "label": sentence(field.label), "on": field.name == wanted}
        for field in keys
    ]


def _shown(cells: Sequence[Any], index: int) -> str:
    value = cells[index] if index < len(cells) else None
    return "" if value is None else str(value)[:60]


# --- check ----------------------------------------------------------------------------------------


def checked_context(access: Access, run: ImportRun, given: Any) -> dict[str, Any]:
    counts = {
        RowState.REJECTED: run.errors,
        RowState.DUPLICATE: run.duplicates,
        RowState.CREATED: run.created,
        RowState.UPDATED: run.updated,
        RowState.HELD: run.held,
    }
    show = given.get("show", "")
    if show not in counts:
        show = next((state.value for state, count in counts.items() if count), "created")
    after = whole_number(given.get("after", ""))
    rows = ImportRow.objects.filter(run=run, state=show).order_by("number")
    if after is not None:
        rows = rows.filter(number__gt=after)
    found = list(rows[: ROWS_SHOWN + 1])
    more = found[ROWS_SHOWN - 1].number if len(found) > ROWS_SHOWN else None
    declared = object_type(run.object_key)
    equals = _equal_counts(run) if show == RowState.REJECTED else Counter()
    columns = _in_sight(_mapped_columns(run, declared), found, declared)
    base = f"/import/{run.pk}/"
    return {
        **frame(run, "check"),
        "object_type": declared,
        "counts": run.counts(),
        "texts": _texts(run),
        "to_import": run.created + run.updated + run.held,
        "belong_to": _new_belong_to(access, run),
        "show": show,
        "tabs": [
            {
                "key": state.value,
                "label": state.label,
                "icon": icon,
                "count": f"{counts[state]:,}",
                "url": f"{base}?show={state.value}",
                "current": state.value == show,
            }
            for state, icon in TABS
            if state != RowState.HELD or run.held
        ],
        "columns": columns,
        "rows": [_row(row, columns, equals, run) for row in found[:ROWS_SHOWN]],
        "more_url": f"{base}?show={show}&after={more}" if more else "",
        "first_url": f"{base}?show={show}" if after else "",
    }


def _texts(run: ImportRun) -> dict[str, str]:
    counts = {**run.counts(), "errors": run.errors, "held": run.held}
    return {name: f"{count:,}" for name, count in counts.items()}


def _mapped_columns(run: ImportRun, declared: ObjectType) -> list[dict[str, Any]]:
    fields = declared.fields()
    return [
        {
            "index": column["index"],
            "name": column["name"],
            "field": name,
            "label": sentence(fields[name].label),
            "choices": [(choice.label, choice.label) for choice in fields[name].choices]
            if not fields[name].kind.many
            else [],
        }
        for column in run.columns
        if (name := run.mapping.get(str(column["index"]))) in fields and name
    ]


def _in_sight(
    columns: list[dict[str, Any]], rows: Sequence[ImportRow], declared: ObjectType
) -> list[dict[str, Any]]:
    """Put the title first, then the columns with problems: nobody should have to scroll to them."""
    trouble = Counter(problem["field"] for row in rows for problem in row.problem_list())
    return sorted(columns, key=lambda c: (c["field"] != declared.title, -trouble[c["field"]]))


def _equal_counts(run: ImportRun) -> Counter[tuple[int, str]]:
    """Count equal values of refused cells: each can be corrected in one go."""
    place_of = {name: int(index) for index, name in run.mapping.items()}
    found: Counter[tuple[int, str]] = Counter()
    rows = ImportRow.objects.filter(run=run, state=RowState.REJECTED)[:EQUALS_COUNTED]
    for row in rows:
        cells = row.cells()
        for name in {problem["field"] for problem in row.problem_list()}:
            index = place_of.get(name)
            if index is not None:
                value = cells[index] if index < len(cells) else None
                found[index, str(value)] += 1
    return found


def _row(
    row: ImportRow,
    columns: Sequence[dict[str, Any]],
    equals: Counter[tuple[int, str]],
    run: ImportRun,
) -> dict[str, Any]:
    cells = row.cells()
    by_field: dict[str, list[dict[str, Any]]] = {}
    for problem in row.problem_list():
        by_field.setdefault(problem["field"], []).append(problem)
    repairs = row.repair_map()
    shown = []
    for column in columns:
        index = column["index"]
        value = cells[index] if index < len(cells) else None
        problems = by_field.pop(column["field"], [])
        same = equals[index, str(value)]
        repair = repairs.get(column["field"])
        shown.append(
            {
                "index": index,
                "label": column["label"],
                "text": "" if value is None else str(value),
                "problems": [problem["message"] for problem in problems],
                "suggestion": next((p["suggestion"] for p in problems if p["suggestion"]), ""),
                "equals": _("Apply to %(count)s equal values") % {"count": f"{same:,}"}
                if same > 1
                else "",
                "choices": column["choices"] if problems else [],
                "editable": bool(problems) and row.state == RowState.REJECTED,
                "repair": str(REPAIRS.get(repair, "")) if repair else "",
            }
        )
    return {
        "id": row.pk,
        "number": row.number,
        "cells": shown,
        "others": [p["message"] for problems in by_field.values() for p in problems],
        "record_url": f"/{object_type(run.object_key).path}/{row.record_id}/"
        if row.record_id and row.state in {RowState.DUPLICATE, RowState.UPDATED}
        else "",
        "url": f"/import/{run.pk}/rows/{row.pk}/",
    }


# --- progress and report --------------------------------------------------------------------------


def progress_context(run: ImportRun) -> dict[str, Any]:
    step = "check" if run.state == RunState.CHECKING else "run"
    done = total = 0
    started: datetime | None = None
    can_cancel = False
    if run.job_id is not None:
        try:
            job = board.job_line(run.job_id)
            done, total, started = job.progress_done, job.progress_total, job.started_at
            can_cancel = job.can_cancel and not job.cancel_requested
        except JobProblem:
            can_cancel = False
    is_busy = run.state in {RunState.CHECKING, RunState.RUNNING, RunState.REVERTING}
    return {
        **frame(run, step),
        "is_busy": is_busy,
        "heading": run.get_state_display(),
        "done": done,
        "total": total,
        "done_text": f"{done:,} / {total:,}" if total else "",
        "left_text": _time_left(started, done, total),
        "counts": run.counts(),
        "can_cancel": can_cancel,
        "job_id": run.job_id,
    }


def _time_left(started: datetime | None, done: int, total: int) -> str:
    if started is None or not 0 < done < total:
        return ""
    seconds = (now() - started).total_seconds() / done * (total - done)
    if seconds < 90:
        return _("about %(count)s seconds left") % {"count": max(1, round(seconds))}
    return _("about %(count)s minutes left") % {"count": round(seconds / 60)}


def report_context(run: ImportRun) -> dict[str, Any]:
    declared = object_type(run.object_key)
    refused = run.errors + run.duplicates
    undone = (RunState.DONE, RunState.STOPPED)
    return {
        **frame(run, "report"),
        "object_type": declared,
        "counts": run.counts(),
        "texts": _texts(run),
        "refused": refused,
        "error_url": f"/import/{run.pk}/errors.xlsx" if refused else "",
        "list_url": f"/{declared.path}/?sort=-created_at",
        "can_undo": not run.is_dry and run.state in undone and run.created + run.updated > 0,
        "can_go_on": run.state == RunState.STOPPED,
        "conflicts": [
            {**conflict, "url": f"/{declared.path}/{conflict['record']}/"}
            for conflict in run.conflicts[:100]
        ],
        "seconds": (run.finished_at - run.created_at).total_seconds() if run.finished_at else None,
    }
