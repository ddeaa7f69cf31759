"""The one clock of the business: "today" is the same day in every list, rule and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from datetime import date, datetime


def now() -> datetime:
    """Return this moment, aware of its time zone."""
    return timezone.now()


def today() -> date:
    """Return the calendar day in the time zone of the installation (settings.TIME_ZONE)."""
    return timezone.localdate(now())
