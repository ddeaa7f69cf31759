"""The clock of the next step: red when late, amber today, green when planned, grey without one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.base.clock import today
from keqiao.ui.cells import near_moment
from keqiao.ui.icons import icon
from keqiao.ui.markup import markup

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

NEXT_STEP = "next_activity_at"


def clock_state(at: datetime | None) -> str:
    if at is None:
        return "none"
    day = timezone.localtime(at).date()
    return "late" if day < today() else "today" if day == today() else "planned"


def clock_html(at: datetime | None) -> SafeString:
    """Return the clock with its words, so that nobody has to tell colours apart."""
    state = clock_state(at)
    text = near_moment(at) if at is not None else _("no next step")
    label = {"late": _("overdue"), "today": _("due today"), "planned": _("planned")}.get(state, "")
    return markup(
        '<span class="clock {}" title="{}">{}{}</span>', state, label, icon("clock", "s"), text
    )
