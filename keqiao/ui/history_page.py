"""Tells the change log of a record in words: who changed what, when, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.records.audit import history
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.audit import HistoryLine

LINES_AT_ONCE = 30
ACTIONS = {
    "create": (gettext_lazy("Created"), "plus"),
    "change": (gettext_lazy("Changed"), "edit"),
    "revert": (gettext_lazy("Put back"), "restore"),
    "delete": (gettext_lazy("Deleted"), "trash"),
    "restore": (gettext_lazy("Brought back"), "restore"),
    "export": (gettext_lazy("Exported"), "download"),
    "reveal": (gettext_lazy("Masked value revealed"), "eye"),
    "share": (gettext_lazy("Shared"), "users"),
    "form_link": (gettext_lazy("Customer asked by a form"), "send"),
    "merge": (gettext_lazy("Merged with another record"), "git-merge"),
    "merged": (gettext_lazy("Merged into another record"), "git-merge"),
    "unmerge": (gettext_lazy("Merge undone"), "restore"),
}
SOURCES = {
    "form": gettext_lazy("on the form"),
    "api": gettext_lazy("by a program"),
    "import": gettext_lazy("by an import"),
    "bulk": gettext_lazy("with several records"),
    "demo": gettext_lazy("as demo data"),
    "rule": gettext_lazy("by a rule"),
    "command": gettext_lazy("by the command line"),
    "numbering": gettext_lazy("by the numbering rule"),
    "review": gettext_lazy("reviewed by %(detail)s"),
    "reviewed_entry": gettext_lazy("entered by %(detail)s"),
    "customer_answer": gettext_lazy("told by the customer, accepted by %(detail)s"),
    "double_entry": gettext_lazy("by double entry"),
    "merge": gettext_lazy("by a merge"),
    "archive": gettext_lazy("by archiving"),
}


# Why the product itself acted, in words of the reader; other details are what people wrote.
REASONS = {
    "load demo data": "",
    "number existing records": gettext_lazy("number existing records"),
    "import from the command line": gettext_lazy("import from the command line"),
    "archive rule": gettext_lazy("archive rule"),
    "bring back from the archive": gettext_lazy("bring back from the archive"),
    "undo an import": gettext_lazy("undo an import"),
    "take back a review": gettext_lazy("take back a review"),
    "take back a decision": gettext_lazy("take back a decision"),
    "undo an import from the command line": gettext_lazy("undo an import from the command line"),
}


def history_lines(
    access: Access, declared: ObjectType, record_id: int, before_id: int | None
) -> tuple[list[dict[str, Any]], int | None]:
    """Return the lines to show and the id to go on from when there are older ones."""
    lines = history(access, declared, record_id, LINES_AT_ONCE + 1, before_id)
    shown = lines[:LINES_AT_ONCE]
    older = shown[-1].id if len(lines) > LINES_AT_ONCE else None
    return [_line(line) for line in shown], older


def field_lines(
    access: Access, declared: ObjectType, record_id: int, field: str
) -> list[dict[str, Any]]:
    """Return who set one field when and from where, the newest first."""
    lines = history(access, declared, record_id, LINES_AT_ONCE, only=field)
    return [_line(line) for line in lines]


def _line(line: HistoryLine) -> dict[str, Any]:
    title, icon = ACTIONS.get(line.action, (line.action, "history"))
    source = str(SOURCES.get(line.source, line.source))
    is_told = "%(detail)s" in source
    if is_told:
        source %= {"detail": line.detail}
    actor = line.actor if line.actor_id else _("the system")
    if line.action == "change" and len(line.fields) > 1:
        title = _("%(count)s fields changed") % {"count": len(line.fields)}
    return {
        "icon": icon,
        "title": title,
        "who": f"{actor} · {source}" if source else actor,
        "when": near_moment(line.at),
        "exact": timezone.localtime(line.at).strftime("%Y-%m-%d %H:%M:%S"),
        "note": "" if is_told else note_of(line),
        "changes": [
            {"label": sentence(one.label), "before": one.before, "after": one.after}
            for one in line.fields
            if one.before or one.after
        ],
    }


def note_of(line: HistoryLine) -> str:
    """Return what somebody wrote about the change, or why the product itself acted."""
    return "" if line.detail == line.source else str(REASONS.get(line.detail, line.detail))
