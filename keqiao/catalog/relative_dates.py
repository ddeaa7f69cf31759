"""Periods people name in filters: today, this week, the past 30 days, more than 45 days ago."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqiao.base.clock import today
from keqiao.catalog.problems import FieldProblem

if TYPE_CHECKING:
    from django.utils.functional import Promise

PERIOD_LABELS: dict[str, str | Promise] = {
    "today": _("today"),
    "yesterday": _("yesterday"),
    "this_week": _("this week"),
    "last_week": _("last week"),
    "this_month": _("this month"),
    "last_month": _("last month"),
    "this_year": _("this year"),
    "last_year": _("last year"),
    "past_7_days": _("past 7 days"),
    "past_15_days": _("past 15 days"),
    "past_30_days": _("past 30 days"),
    "past_90_days": _("past 3 months"),
    "past_180_days": _("past 6 months"),
    "next_7_days": _("next 7 days"),
    "next_30_days": _("next 30 days"),
}
# With a number of days of one's own in the place of DAYS.
DAYS = "#"
COUNTED_LABELS: dict[str, str | Promise] = {
    "past_#_days": _("past # days"),
    "next_#_days": _("next # days"),
    "over_#_days_ago": _("more than # days ago"),
    "in_over_#_days": _("in more than # days"),
}
MOST_DAYS = 9_999
_COUNTED = re.compile(r"^(past|next|in_over)_([0-9]{1,4})_days$|^(over)_([0-9]{1,4})_days_ago$")

Ends = tuple[date | None, date | None]


def period(name: str, *, as_moments: bool) -> tuple[date | datetime | None, date | datetime | None]:
    """Return the half-open period `name` as days, or as moments in the local time zone.

    None stands for an end that is open: what is more than 30 days ago begins nowhere.
    """
    start, end = _days(name)
    return (_moment(start), _moment(end)) if as_moments else (start, end)


def period_label(name: str) -> str:
    """Return a period as people say it; empty when there is none of that name."""
    if name in PERIOD_LABELS:
        return str(PERIOD_LABELS[name])
    pattern, days = days_apart(name)
    return str(COUNTED_LABELS[pattern]).replace(DAYS, days) if pattern else ""


def days_apart(name: str) -> tuple[str, str]:
    """Split "past_45_days" into "past_#_days" and "45"; two empty texts for anything else."""
    counted = _COUNTED.match(name)
    if counted is None:
        return "", ""
    days = counted[2] or counted[4]
    return name.replace(days, DAYS), str(int(days))


def with_days(name: str, days: str) -> str:
    """Put a number into "past_#_days"; empty when it is none. Other names stay as they are."""
    if name not in COUNTED_LABELS:
        return name
    days = days.strip()
    is_number = days.isascii() and days.isdecimal() and int(days[:9]) <= MOST_DAYS
    return name.replace(DAYS, str(int(days))) if is_number else ""


def _days(name: str) -> Ends:
    now = today()
    one = timedelta(days=1)
    monday = now - timedelta(days=now.weekday())
    first = now.replace(day=1)
    simple: dict[str, Ends] = {
        "today": (now, now + one),
        "yesterday": (now - one, now),
        "this_week": (monday, monday + 7 * one),
        "last_week": (monday - 7 * one, monday),
        "this_month": (first, _next_month(first)),
        "last_month": ((first - one).replace(day=1), first),
        "this_year": (date(now.year, 1, 1), date(now.year + 1, 1, 1)),
        "last_year": (date(now.year - 1, 1, 1), date(now.year, 1, 1)),
    }
    if name in simple:
        return simple[name]
    counted = _COUNTED.match(name)
    if counted is None:
        raise FieldProblem(_("“%(value)s” is not a known period.") % {"value": name[:40]}, "period")
    span = timedelta(days=int(counted[2] or counted[4]))
    return {
        "past": (now - span, now + one),
        "next": (now, now + span + one),
        "over": (None, now - span),
        "in_over": (now + span + one, None),
    }[counted[1] or counted[3]]


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _moment(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time.min))
