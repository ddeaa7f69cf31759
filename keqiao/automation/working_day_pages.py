"""The settings of the working calendar: a year at a glance, one day, the week, a pasted arrangement."""

from __future__ import annotations

import re
from calendar import Calendar
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keqiao.automation import working_calendar as days_of_work
from keqiao.automation.arrangements import Arrangement, read_pasted, shipped
from keqiao.automation.menu import ADDRESS
from keqiao.automation.models import ArrangedYear, OwnDay
from keqiao.automation.working_calendar import CalendarProblem, working_time
from keqiao.automation.working_time import DayKind, Period, Periods
from keqiao.base.clock import today
from keqiao.base.text import fold_width
from keqiao.ui.gate import access_of, administrators_only, go, is_partial

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from keqiao.automation.working_time import DayRule, WorkingTime

FIRST_YEAR, LAST_YEAR = 2000, 2100
_PERIOD = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|—|~|至|到)\s*(\d{1,2})(?::(\d{2}))?")


# --- a year ---------------------------------------------------------------------------------------


@administrators_only
@require_http_methods(["GET"])
def year_page(request: HttpRequest) -> HttpResponse:
    year = _year(request.GET.get("year", ""))
    calendar, changed = working_time(), _changed_days(year)
    months = [_month(calendar, year, month, changed) for month in range(1, 13)]
    context = {
        "lead": _("Deadlines, reminders and return rules rest on the days on which nobody works."),
        "year": year,
        "before": year - 1 if year > FIRST_YEAR else None,
        "after": year + 1 if year < LAST_YEAR else None,
        "months": months,
        "weekdays": [(WEEKDAYS[number], _weekday_letter(number)) for number in range(7)],
        "is_arranged": days_of_work.is_arranged(year),
        "source": _source_of(year),
        "working_count": sum(month["working"] for month in months),
        "changed_count": len(changed),
        "can_reset": bool(changed) or _is_replaced(year),
        "week": [
            {"label": WEEKDAYS[number], "hours": hours_text(periods)}
            for number, periods in enumerate(calendar.week)
        ],
    }
    return _page(request, "working_days", _("Working days"), context)


def _month(
    calendar: WorkingTime, year: int, month: int, changed: frozenset[date]
) -> dict[str, Any]:
    weeks = [
        [_day_cell(calendar, day, changed) if day.month == month else None for day in week]
        for week in Calendar().monthdatescalendar(year, month)
    ]
    working = sum(bool(cell and cell["works"]) for week in weeks for cell in week)
    return {"name": date_format(date(year, month, 1), "F"), "weeks": weeks, "working": working}


def _day_cell(calendar: WorkingTime, day: date, changed: frozenset[date]) -> dict[str, Any]:
    rule, works = calendar.rule(day), calendar.is_working(day)
    kind = rule.kind if rule else DayKind.ORDINARY
    mark = ""
    if kind is DayKind.HOLIDAY:
        mark = _("free")
    elif kind is DayKind.WORKING:
        mark = _("duty")
    css = {DayKind.HOLIDAY: "off", DayKind.WORKING: "duty"}.get(kind, "" if works else "rest")
    words = [
        date_format(day, "DATE_FORMAT"),
        str(WEEKDAYS[day.weekday()]),
        _("working day") if works else _("day off"),
        rule.name if rule else "",
        _("changed here") if day in changed else "",
    ]
    return {
        "number": day.day,
        "url": f"{ADDRESS}{day.isoformat()}/",
        "css": f"{css}{' own' if day in changed else ''}{' now' if day == today() else ''}".strip(),
        "mark": mark,
        "name": rule.name if rule else "",
        "title": " · ".join(word for word in words if word),
        "works": works,
    }


def _weekday_letter(number: int) -> str:
    """Return the one character that tells a weekday: "一" of 星期一, "M" of Monday."""
    name = str(WEEKDAYS[number])
    return name[-1] if (get_language() or "").startswith("zh") else name[0]


def _changed_days(year: int) -> frozenset[date]:
    return frozenset(OwnDay.objects.filter(day__year=year).values_list("day", flat=True))


def _is_replaced(year: int) -> bool:
    return year in shipped() and ArrangedYear.objects.filter(year=year).exists()


def _source_of(year: int) -> str:
    row = ArrangedYear.objects.filter(year=year).first()
    if row is not None:
        return row.source or _("entered by an administrator")
    return next((rule.source for rule in shipped().get(year, {}).values()), "")


# --- one day --------------------------------------------------------------------------------------


@administrators_only
@require_http_methods(["GET", "POST"])
def day_page(request: HttpRequest, iso_day: str) -> HttpResponse:
    day, problem = _day(iso_day), ""
    if request.method == "POST":
        try:
            _change_day(request, day)
        except CalendarProblem as found:
            problem = found.message
        else:
            return go(request, f"{ADDRESS}?year={day.year}")
    calendar = working_time()
    rule = calendar.rule(day)
    given = request.POST if problem else {}
    context = {
        "title": date_format(day, "DATE_FORMAT"),
        "weekday": WEEKDAYS[day.weekday()],
        "action_url": f"{ADDRESS}{day.isoformat()}/",
        "cancel_url": f"{ADDRESS}?year={day.year}",
        "kinds": [
            {"key": key, "label": label, "on": key == (given.get("kind") or _kind_of(rule))}
            for key, label in OwnDay.Kind.choices
        ],
        "name": given.get("name", rule.name if rule else ""),
        "hours": given.get("hours", hours_text(rule.periods) if rule and rule.periods else ""),
        "usual_hours": hours_text(calendar.week[day.weekday()] or calendar.usual_periods),
        "source": rule.source if rule else "",
        "is_own": OwnDay.objects.filter(day=day).exists(),
        "problem": problem,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    template = "automation/parts/day_dialog.html"
    if is_partial(request):
        return render(request, template, context, status=status)
    context |= {"dialog_template": template, "page_title": context["title"]}
    return render(request, "ui/dialog.html", context, status=status)


def _kind_of(rule: DayRule | None) -> str:
    return (rule.kind if rule else DayKind.ORDINARY).value


def _change_day(request: HttpRequest, day: date) -> None:
    given = request.POST
    if given.get("reset"):
        days_of_work.reset_day(day)
        return
    if given.get("kind") not in OwnDay.Kind.values:
        raise CalendarProblem(_("Please choose what this day is."))
    days_of_work.change_day(
        access_of(request),
        day,
        DayKind(given["kind"]),
        given.get("name", ""),
        read_hours(given.get("hours", "")),
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR or day.isoformat() != text:
        raise Http404
    return day


# --- the week -------------------------------------------------------------------------------------


@administrators_only
@require_http_methods(["GET", "POST"])
def week_page(request: HttpRequest) -> HttpResponse:
    texts = [hours_text(periods) for periods in working_time().week]
    problem = ""
    if request.method == "POST":
        texts = [request.POST.get(f"day{number}", "") for number in range(7)]
        try:
            days_of_work.change_week(access_of(request), [read_hours(text) for text in texts])
        except CalendarProblem as found:
            problem = found.message
        else:
            messages.success(request, _("Saved."))
            return go(request, ADDRESS)
    context = {
        "lead": _(
            "When people work on an ordinary week. What lies between two periods is the break."
        ),
        "lines": [
            {"number": number, "label": WEEKDAYS[number], "hours": text}
            for number, text in enumerate(texts)
        ],
        "problem": problem,
    }
    return _page(request, "working_week", _("Working hours of the week"), context, wrong=problem)


def hours_text(periods: Periods) -> str:
    """Return periods as people write them: "09:00-12:00, 13:30-18:00"."""
    return ", ".join(f"{_clock(first)}-{_clock(last)}" for first, last in periods)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def read_hours(text: str) -> list[Period]:
    """Read "9:00-12:00, 13:30-18:00"; an empty text is a day off."""
    found = []
    for part in re.split(r"[,;、\n]", fold_width(text[:200])):
        if not part.strip():
            continue
        match = _PERIOD.fullmatch(part.strip())
        if match is None or int(match[2] or 0) > 59 or int(match[4] or 0) > 59:
            raise CalendarProblem(
                _("“%(text)s” is no working period. Write it like 09:00-12:00, 13:30-18:00.")
                % {"text": part.strip()[:40]}
            )
        found.append(
            (int(match[1]) * 60 + int(match[2] or 0), int(match[3]) * 60 + int(match[4] or 0))
        )
    return found


# --- a pasted arrangement -------------------------------------------------------------------------


@administrators_only
@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    year = _year(request.POST.get("year") or request.GET.get("year", ""))
    text, read = request.POST.get("text", ""), None
    if request.method == "POST":
        read = read_pasted(text, year)
        if request.POST.get("go") == "save" and not read.problems:
            days_of_work.arrange_year(
                access_of(request), year, read.days, request.POST.get("source", "")
            )
            messages.success(
                request, _("The arrangement of %(year)s is in force.") % {"year": year}
            )
            return go(request, f"{ADDRESS}?year={year}")
    context = {
        "lead": _("Paste the State Council's notice as it is, or a list with one day per line."),
        "year": year,
        "text": text,
        "source": request.POST.get("source", ""),
        "problems": read.problems[:8] if read else [],
        "found": _found_lines(read) if read else [],
        "summary": _summary(read) if read and not read.problems else "",
        "exists": days_of_work.is_arranged(year),
    }
    heading = _("Holidays of a year")
    return _page(request, "import_year", heading, context, wrong=read and read.problems)


def _found_lines(read: Arrangement) -> list[dict[str, Any]]:
    return [
        {
            "day": day.isoformat(),
            "weekday": WEEKDAYS[day.weekday()],
            "is_off": rule.kind is DayKind.HOLIDAY,
            "name": rule.name,
        }
        for day, rule in sorted(read.days.items())
    ]


def _summary(read: Arrangement) -> str:
    off, duty = read.count(DayKind.HOLIDAY), read.count(DayKind.WORKING)
    return _("Days off: %(off)s · make-up working days: %(duty)s") % {"off": off, "duty": duty}


@administrators_only
@require_http_methods(["GET", "POST"])
def reset_page(request: HttpRequest) -> HttpResponse:
    year = _year(request.POST.get("year") or request.GET.get("year", ""))
    if request.method == "POST":
        count = days_of_work.reset_year(year)
        messages.success(request, _("Days changed back: %(count)s") % {"count": count})
        return go(request, f"{ADDRESS}?year={year}")
    context = {
        "title": _("Back to the official arrangement of %(year)s?") % {"year": year},
        "year": year,
        "changed": sorted(_changed_days(year)),
        "is_replaced": _is_replaced(year),
        "cancel_url": f"{ADDRESS}?year={year}",
    }
    template = "automation/parts/reset_dialog.html"
    if is_partial(request):
        return render(request, template, context)
    context |= {"dialog_template": template, "page_title": context["title"]}
    return render(request, "ui/dialog.html", context)


# --- all of them ----------------------------------------------------------------------------------


def _year(text: str) -> int:
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else today().year
    return min(max(year, FIRST_YEAR), LAST_YEAR)


def _page(
    request: HttpRequest,
    template: str,
    heading: str,
    context: dict[str, Any],
    *,
    wrong: object = None,
) -> HttpResponse:
    everything = {**context, "heading": heading, "page_title": heading}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, f"automation/{template}.html", everything, status=status)
