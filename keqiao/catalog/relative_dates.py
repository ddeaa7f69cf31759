"""Periods people name in filters: today, this week, the past 30 days."""

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
_COUNTED = re.compile(r"^(past|next)_(\d{1,4})_days$")


def period(name: str, *, as_moments: bool) -> tuple[date | datetime, date | datetime]:
    """Return the half-open period `name` as days, or as moments in the local time zone."""
    start, end = _days(name)
    return (_moment(start), _moment(end)) if as_moments else (start, end)


def _days(name: str) -> tuple[date, date]:
    now = today()
    one = timedelta(days=1)
    monday = now - timedelta(days=now.weekday())
    first = now.replace(day=1)
    simple = {
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
    span = timedelta(days=int(counted[2]))
    return (now - span, now + one) if counted[1] == "past" else (now, now + span + one)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _moment(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
