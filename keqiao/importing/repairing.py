"""Brings in rows that an import refused, once somebody corrected them, or settles that they stay out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog import state as state_of_rights
from keqiao.catalog.registry import object_type, object_types
from keqiao.importing.deciding import Decider, store_rows
from keqiao.importing.drafting import Plan, dump_cells
from keqiao.importing.models import ImportRow, ImportRun, RowDecision, RowState, RunState
from keqiao.importing.reverting import undo_rows
from keqiao.importing.running import ImportForbidden, recount, require_import

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from keqiao.access.access import Access

BROUGHT_IN = (RowState.CREATED, RowState.UPDATED, RowState.HELD)


class RepairRefused(Exception):
    """The row stays where it is; the message says why. `is_gone`: it waits no longer."""

    def __init__(self, message: str, *, is_gone: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.is_gone = is_gone


def refused_rows(access: Access) -> QuerySet[ImportRow]:
    """Return the rows of this person's own finished imports that were refused, oldest first.

    An administrator gets those of imports from the command line as well, which nobody owns.
    """
    keys = [one.key for one in object_types() if access.can(Action.IMPORT, one)]
    owners = [access.user_id]
    rows = ImportRow.objects.filter(
        state=RowState.REJECTED,
        run__state__in=(RunState.DONE, RunState.STOPPED),
        run__is_dry=False,
        run__object_key__in=keys,
    )
    if access.is_administrator:
        own = rows.filter(run__user_id__in=owners) | rows.filter(run__user_id=None)
    else:
        own = rows.filter(run__user_id__in=owners)
    return own.select_related("run").order_by("pk")


def bring_in(access: Access, row_id: int, changes: Mapping[int, str]) -> ImportRow:
    """Put other values into cells (by column) and import the row, by the road of its list.

    Raises `RepairRefused` with the problems that are left; nothing is changed then.
    """
    state_of_rights.forget_versions()
    with transaction.atomic():
        run, row = _locked(access, row_id)
        before = RowDecision(
            row=row, user_id=access.user_id, at=now(), raw=row.raw, problems=row.problems
        )
        cells = row.cells()
        for column, value in changes.items():
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = value or None
        row.raw = dump_cells(cells)
        plan = Plan.of(run, object_type(run.object_key))
        Decider(run, access, plan, dry_run=False).decide([row])
        if row.state not in BROUGHT_IN:
            raise RepairRefused(_sentences(row))
        row.save(update_fields=["raw"])
        store_rows([row])
        before.save()
        recount(run)
    return row


def leave_out(access: Access, row_id: int, reason: str) -> None:
    """Settle that a row stays out, with the reason; nothing of it is lost."""
    if not reason:
        raise RepairRefused(_("Please say why this row stays out."))
    with transaction.atomic():
        run, row = _locked(access, row_id)
        RowDecision.objects.create(
            row=row, user_id=access.user_id, at=now(), raw=row.raw, problems=row.problems,
            reason=reason[:300],
        )  # fmt: skip
        row.state = RowState.LEFT_OUT
        row.save(update_fields=["state"])
        recount(run)


def undo_decision(access: Access, row_id: int) -> None:
    """Take back this person's decision about a row: what it brought in goes out again."""
    with transaction.atomic():
        decision = (
            RowDecision.objects.select_for_update()
            .select_related("row__run")
            .filter(row_id=row_id, user_id=access.user_id)
            .first()
        )
        if decision is None:
            raise RepairRefused(_("There is nothing of yours to take back here."))
        row, run = decision.row, decision.row.run
        declared = object_type(run.object_key)
        require_import(access, declared)
        if row.state == RowState.HELD:
            raise RepairRefused(
                _("This row waits for a review by now. Withdraw it on the page of reviews.")
            )
        if row.state in (RowState.CREATED, RowState.UPDATED):
            conflicts = undo_rows(access, declared, [row], run)
            if conflicts:
                raise RepairRefused(conflicts[0]["reason"])
        row.raw, row.problems, row.state = decision.raw, decision.problems, RowState.REJECTED
        row.record_id = row.version = None
        row.changes = row.repairs = ""
        row.save()
        decision.delete()
        recount(run)


def _locked(access: Access, row_id: int) -> tuple[ImportRun, ImportRow]:
    """Return a row that waits for this person, and its run; others wait until we are done."""
    known = refused_rows(access).filter(pk=row_id).values_list("run_id", flat=True).first()
    if known is None:
        raise RepairRefused(_("This row has been dealt with a moment ago."), is_gone=True)
    # The run before the row: its counts are written by everybody who decides a row.
    run = ImportRun.objects.select_for_update().get(pk=known)
    row = ImportRow.objects.select_for_update().get(pk=row_id)
    if row.state != RowState.REJECTED:
        raise RepairRefused(_("This row has been dealt with a moment ago."), is_gone=True)
    try:
        require_import(access, object_type(run.object_key))
    except ImportForbidden as problem:
        raise RepairRefused(problem.message) from None
    return run, row


def _sentences(row: ImportRow) -> str:
    declared = object_type(row.run.object_key)
    fields = declared.fields()
    texts = []
    for problem in json.loads(row.problems) if row.problems else []:
        field = fields.get(problem["field"])
        texts.append(f"{field.label}: {problem['message']}" if field else str(problem["message"]))
    return " ".join(texts) or _("This row still cannot be imported.")


def cells_of(row: ImportRow) -> list[dict[str, Any]]:
    """Return the mapped cells of a row: column, field, text, and what is wrong with it."""
    fields = object_type(row.run.object_key).fields()
    cells = row.cells()
    problems: dict[str, list[dict[str, Any]]] = {}
    for problem in row.problem_list():
        problems.setdefault(problem["field"], []).append(problem)
    found = []
    for index, name in sorted((int(i), name) for i, name in row.run.mapping.items() if name):
        if name not in fields:
            continue
        value = cells[index] if index < len(cells) else None
        own = problems.pop(name, [])
        found.append(
            {
                "column": index,
                "name": name,
                "label": fields[name].label,
                "text": "" if value is None else str(value),
                "required": fields[name].required,
                "problems": [str(one["message"]) for one in own],
                "suggestion": next((one["suggestion"] for one in own if one["suggestion"]), ""),
            }
        )
    rest = [str(one["message"]) for several in problems.values() for one in several]
    if rest:
        found.append({"column": None, "name": "", "label": "", "text": "", "required": False,
                      "problems": rest, "suggestion": ""})  # fmt: skip
    return found
