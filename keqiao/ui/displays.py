"""The ways to show one list: as rows, on a board by its stage, on a calendar by one of its dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from keqiao.ui.calendar import date_fields
from keqiao.ui.calendar_spans import MONTH, known_span
from keqiao.ui.clock import NEXT_STEP
from keqiao.ui.list_state import BOARD, CALENDAR

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.list_state import ListState


def displays(access: Access, state: ListState) -> list[dict[str, Any]]:
    """Return what the switch above a list offers; nothing when rows are the only way."""
    declared = state.declared
    way = state.display.partition(":")[0]
    offered = [("", "list", _("List"), "")]
    if has_board(access, declared):
        offered.append((BOARD, "columns-3", _("Board"), BOARD))
    dates = calendar_dates(access, declared)
    if dates:
        kept = state.display if way == CALENDAR else f"{CALENDAR}:{dates[0]}:{MONTH}"
        offered.append((CALENDAR, "calendar", _("Calendar"), kept))
    found = [
        {
            "label": label,
            "icon": icon,
            "url": state.url(display=display),
            "current": key == way,
        }
        for key, icon, label, display in offered
    ]
    return found if len(found) > 1 else []


def can_show(access: Access, declared: ObjectType, display: str) -> bool:
    """Tell whether this person can see the list in this way."""
    way, by, _span = parts(display)
    if way == BOARD:
        return has_board(access, declared)
    return way == "" or by in calendar_dates(access, declared)


def parts(display: str) -> tuple[str, str, str]:
    """Take "calendar:due_at:week" apart; what is not said is a month."""
    way, by, span = [*display.split(":"), "", ""][:3]
    return way, by, known_span(span)


def has_board(access: Access, declared: ObjectType) -> bool:
    """Tell whether the type has a stage-like choice that this person may read."""
    name = declared.list.board
    return bool(name) and access.fields(declared).is_readable(name)


def calendar_dates(access: Access, declared: ObjectType) -> list[str]:
    """Return the dates by which this person may put the records on a calendar, the best first.

    What the type names comes first, then what people enter, then the next step; when a record was
    made or changed is of least use.
    """
    fields = declared.fields()
    found = date_fields(access, declared)

    def use(name: str) -> int:
        if declared.list.calendar and name == declared.list.calendar.by:
            return 0
        if not fields[name].read_only:
            return 1
        return 2 if name == NEXT_STEP else 3

    return sorted(found, key=use)
