"""The control for a period in filters: a named one, or one with a number of days of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from keqiao.catalog.relative_dates import (
    COUNTED_LABELS,
    DAYS,
    MOST_DAYS,
    PERIOD_LABELS,
    days_apart,
    with_days,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict
    from django.utils.safestring import SafeString

USUAL_DAYS = "30"
UNKNOWN_DAYS = "…"


def period_control(name: str, days_name: str, *, chosen: str = "", hint: str = "") -> SafeString:
    """Return a choice of periods and a field for the days, which is seen when one asks for them."""
    pattern, days = days_apart(chosen) if chosen not in PERIOD_LABELS else ("", "")
    pairs = [
        ("", hint or _("Choose a period")),
        *((key, str(label)) for key, label in PERIOD_LABELS.items()),
        *((key, said_with(key, UNKNOWN_DAYS)) for key in COUNTED_LABELS),
    ]
    options = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, " selected" if key == (pattern or chosen) else "", label) for key, label in pairs),
    )
    return format_html(
        '<select class="in sm" name="{}" aria-label="{}">{}</select>{}',
        name,
        _("Period"),
        options,
        days_box(days_name, days),
    )


def days_box(name: str, days: str = "") -> SafeString:
    return format_html(
        '<input class="in sm days" type="number" name="{}" min="0" max="{}" value="{}"'
        ' aria-label="{}">',
        name,
        MOST_DAYS,
        days or USUAL_DAYS,
        _("Days"),
    )


def said_with(pattern: str, days: str) -> str:
    return str(COUNTED_LABELS[pattern]).replace(DAYS, days)


def with_days_of(given: QueryDict, days_name: str, values: Iterable[str]) -> list[str]:
    """Return the values of a form with the days put into a period that asks for them."""
    found = [with_days(value, given.get(days_name, "")) for value in values]
    return [value for value in found if value]
