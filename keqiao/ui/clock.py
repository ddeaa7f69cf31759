"""The clock of the next step: red when late, amber today, green when planned, grey without one."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from keqiao.ui.cells import NearTimes
from keqiao.ui.icons import icon
from keqiao.ui.markup import markup

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

NEXT_STEP = "next_activity_at"


def clock_state(at: datetime | None, times: NearTimes | None = None) -> str:
    if at is None:
        return "none"
    seen = times or NearTimes()
    days = (at.astimezone(seen.zone).date() - seen.today).days
    return "late" if days < 0 else "planned" if days else "today"


def clock_html(at: datetime | None, times: NearTimes | None = None) -> SafeString:
    """Return the clock with its words, so that nobody has to tell colours apart.

    `times`: the moment from which all clocks of a page are seen.
    """
    seen = times or NearTimes()
    text = seen.moment(at) if at is not None else _("no next step")
    return _clock(clock_state(at, seen), text, get_language())


@lru_cache(maxsize=2048)
def _clock(state: str, text: str, _language: str | None) -> SafeString:
    label = {"late": _("overdue"), "today": _("due today"), "planned": _("planned")}.get(state, "")
    told = markup(' title="{}"', label) if label else ""
    return markup('<span class="clock {}"{}>{}{}</span>', state, told, icon("clock", "s"), text)
