"""Rows an import refused, at the desk of the queue: the right value typed in, and the row comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.catalog.registry import object_type
from keqiao.importing.menu import importable_types
from keqiao.importing.repairing import (
    RepairRefused,
    bring_in,
    cells_of,
    leave_out,
    refused_rows,
    undo_decision,
)
from keqiao.importing.running import ImportForbidden
from keqiao.quality.queue.sources import (
    COUNT_STOPS_AT,
    Answer,
    Decision,
    Fact,
    Line,
    Option,
    QueueItem,
    QueueProblem,
    QueueSource,
    register_queue_source,
)
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.importing.models import ImportRow

SUGGESTED, TYPED, EMPTY = "suggested", "typed", "empty"


class ImportErrorSource(QueueSource):
    """Refused rows of one's own imports."""

    key = "import-errors"
    label = gettext_lazy("Import errors")
    hint = gettext_lazy("Rows of your imports that could not be brought in; type the right value.")
    icon = "file-import"
    order = 60

    def is_for(self, access: Access) -> bool:
        return bool(importable_types(access))

    def count(self, access: Access) -> int:
        return refused_rows(access).order_by()[: COUNT_STOPS_AT + 1].count()

    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        row = refused_rows(access).filter(pk__gt=after).first()
        return None if row is None else _item(row)

    def item(self, access: Access, item_id: int) -> QueueItem | None:
        row = refused_rows(access).filter(pk=item_id).first()
        return None if row is None else _item(row)

    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        try:
            if answer.decision is Decision.DISMISS:
                leave_out(access, item_id, answer.reason)
                return
            row = refused_rows(access).filter(pk=item_id).first()
            bring_in(access, item_id, _changes(row, answer) if row is not None else {})
        except RepairRefused as problem:
            raise QueueProblem(problem.message, is_gone=problem.is_gone) from None

    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        try:
            undo_decision(access, item_id)
        except (RepairRefused, ImportForbidden) as problem:
            raise QueueProblem(problem.message) from None


def _changes(row: ImportRow, answer: Answer) -> dict[int, str]:
    """Return by column what the cells with problems hold from now on."""
    found: dict[int, str] = {}
    for cell in cells_of(row):
        if not cell["problems"] or cell["column"] is None:
            continue
        choice = answer.choices.get(_name(cell))
        option = choice.option if choice is not None else ""
        if option == SUGGESTED and cell["suggestion"]:
            found[cell["column"]] = cell["suggestion"]
        elif option == EMPTY and not cell["required"]:
            found[cell["column"]] = ""
        elif option == TYPED and choice is not None and choice.text:
            found[cell["column"]] = choice.text
        else:
            raise QueueProblem(
                _("Please type the right value for “%(field)s”.")
                % {"field": sentence(cell["label"])}
            )
    return found


def _name(cell: dict[str, Any]) -> str:
    return f"column-{cell['column']}"


def _item(row: ImportRow) -> QueueItem:
    declared, cells = object_type(row.run.object_key), cells_of(row)
    wrong = [cell for cell in cells if cell["problems"] and cell["column"] is not None]
    title = next((cell["text"] for cell in cells if cell["name"] == declared.title), "")
    rest = [text for cell in cells if cell["column"] is None for text in cell["problems"]]
    return QueueItem(
        id=row.pk,
        title=title or _("Row %(number)s") % {"number": row.number},
        kind=sentence(declared.label),
        lines=tuple(
            Line(
                _name(cell),
                sentence(cell["label"]),
                _options(cell),
                before=cell["text"] or _("(empty)"),
                chosen=SUGGESTED if cell["suggestion"] else TYPED,
                warning=" ".join(cell["problems"]),
            )
            for cell in wrong
        ),
        facts=(
            Fact(_("List"), row.run.file_name, f"/import/{row.run_id}/"),
            Fact(_("Row"), f"{row.number:,}"),
            Fact(_("Imported"), near_moment(row.run.created_at)),
        ),
        others=tuple(
            Fact(sentence(cell["label"]), cell["text"])
            for cell in cells
            if not cell["problems"] and cell["text"]
        ),
        warning=" ".join(rest),
        accept_label=gettext_lazy("Bring in") if wrong else gettext_lazy("Try again"),
        dismiss_label=gettext_lazy("Leave out"),
        dismiss_needs=gettext_lazy("Why does it stay out?"),
    )


def _options(cell: dict[str, Any]) -> tuple[Option, ...]:
    found = []
    if cell["suggestion"]:
        label = gettext_lazy("Take over")
        found.append(Option(SUGGESTED, label, str(cell["suggestion"]), tone="jade"))
    found.append(
        Option(TYPED, gettext_lazy("Another value"), needs_text=gettext_lazy("What is right"))
    )
    if not cell["required"] and cell["text"]:
        found.append(Option(EMPTY, gettext_lazy("Leave it empty"), tone="red"))
    return tuple(found)


def register() -> None:
    register_queue_source(ImportErrorSource())
