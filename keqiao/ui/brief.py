"""The sales brief: what came in and what was done in a period, against the one before, by person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.access.matrix import matrix
from keqiao.access.rights import Action, Level
from keqiao.base.clock import today
from keqiao.base.dates import DateProblem, parse_date
from keqiao.catalog.filter import FilterProblem, parse_where
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.records.aggregate import Counts, count_by
from keqiao.records.counting import COUNT_CAP
from keqiao.ui.home_cards import HomeCard, HomeRequest, register_home_card

if TYPE_CHECKING:
    from django.http import QueryDict
    from django.utils.functional import Promise

    from keqiao.access.access import Access

PERIODS = ("today", "week", "month", "quarter", "year", "custom")
PATIENCE_MS = 400  # for one number; the others need not wait for it
MOST_OFFERED = 200
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Measure:
    """One number of the brief: records of a type whose `moment` lies in the period.

    `distinct` and its label add a second number: how many different customers were visited.
    """

    key: str
    label: str | Promise
    object_key: str
    moment: str = "created_at"
    where: tuple[str, ...] = ()
    order: int = 500
    distinct: str = ""
    distinct_label: str | Promise = ""


_measures: dict[str, Measure] = {}


def register_measure(measure: Measure) -> Measure:
    """Add a number to the sales brief; packages above the kit call this once at start-up."""
    _measures[measure.key] = measure
    return measure


# --- which days, and whose -------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """A stretch of whole days, both ends included."""

    first: date
    last: date

    def condition(self, moment: str) -> str:
        return f"{moment}:between:{self.first.isoformat()},{self.last.isoformat()}"


def spans(
    period: str, day: date, first: date | None = None, last: date | None = None
) -> list[Span]:
    """Return the period and the one before it, both whole: two months are compared as months."""
    if period == "custom" and first is not None and last is not None:
        first, last = min(first, last), max(first, last)
        length = last - first + ONE_DAY
        try:
            return [Span(first, last), Span(first - length, first - ONE_DAY)]
        except OverflowError:
            return [Span(first, last), Span(first, first)]
    begins = _begin(period, day)
    before = _begin(period, begins - ONE_DAY)
    return [Span(begins, _begin(period, begins, following=True) - ONE_DAY),
            Span(before, begins - ONE_DAY)]  # fmt: skip


def _begin(period: str, day: date, *, following: bool = False) -> date:
    """Return the first day of the period a day is in, or of the period after it."""
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is None:
        length = 7 if period == "week" else 1
        begins = day - timedelta(days=day.weekday()) if period == "week" else day
        return begins + timedelta(days=length) if following else begins
    number = (day.year * 12 + day.month - 1) // months * months + (months if following else 0)
    return date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True)
class Asked:
    """What a person chose on the brief."""

    period: str
    whose: str
    spans: tuple[Span, Span]
    problem: str = ""

    @classmethod
    def read(cls, access: Access, given: QueryDict) -> Asked:
        period = given.get("period", "month")
        period = period if period in PERIODS else "month"
        first, last = _day(given.get("from", "")), _day(given.get("to", ""))
        problem = ""
        if period == "custom" and (first is None or last is None):
            problem = _("Please give both days of the period, like 2026-11-01.")
            first = last = today()
        now, before = spans(period, today(), first, last)
        whose = given.get("whose", "")
        offered = {key for _group, choices in choices_of(access) for key, _label in choices}
        whose = whose if whose in offered else ("me" if "me" in offered else "all")
        return cls(period, whose, (now, before), problem)

    def condition(self) -> tuple[str, ...]:
        if self.whose == "me":
            return ("owner:is_me",)
        number = self.whose[1:]
        if self.whose.startswith("p"):
            return (f"owner:any_of:{number}",)
        if self.whose.startswith("d"):
            teams = ",".join(str(one) for one in matrix().subtree(int(number))[:MOST_OFFERED])
            return (f"team:any_of:{teams}",)
        return ()


def _day(text: str) -> date | None:
    try:
        return parse_date(text).value if text else None
    except DateProblem:
        return None


def choices_of(access: Access) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return whose numbers this person may choose: his own, all in reach, departments, colleagues."""
    found = [("", [("me", _("Me")), ("all", _("All I see"))])]
    level = max(
        (access.level(Action.VIEW, object_type(one.object_key)) for one in _known()),
        key=lambda one: one.rank,
        default=Level.NONE,
    )
    if level.rank < Level.TEAM.rank:
        return found
    known = matrix()
    departments = set(known.departments) if level is Level.ALL else set()
    if level is Level.SUBTREE:
        departments = set(known.subtree(access.department_id))
    if level is Level.TEAM and access.department_id is not None:
        departments = {access.department_id}
    named = [(f"d{one}", known.departments[one][0]) for one in sorted(departments)]
    people = [
        (f"p{one.id}", one.name)
        for one in known.people.values()
        if one.is_active and one.department_id in departments and one.id != access.user_id
    ]
    found.append((_("Department"), named[:MOST_OFFERED]))
    found.append((_("Colleague"), people[:MOST_OFFERED]))
    return [(group, choices) for group, choices in found if choices]


# --- the numbers -------------------------------------------------------------------------------------


def _known() -> list[Measure]:
    found = []
    for measure in sorted(_measures.values(), key=lambda one: one.order):
        try:
            object_type(measure.object_key)
        except UnknownObject:
            continue
        found.append(measure)
    return found


def lines(access: Access, asked: Asked) -> list[dict[str, Any]]:
    """Return a line for each number this person may read."""
    found = []
    for measure in _known():
        declared = object_type(measure.object_key)
        if not access.can(Action.VIEW, declared):
            continue
        try:
            found.append(_line(access, measure, asked))
        except FilterProblem:
            continue  # it asks about a field this person may not read
    return found


def _line(access: Access, measure: Measure, asked: Asked) -> dict[str, Any]:
    declared = object_type(measure.object_key)
    now, before = (_where(measure, asked, span) for span in asked.spans)
    count, earlier = _count(access, measure, now), _count(access, measure, before)
    line = {
        "key": measure.key,
        "label": measure.label,
        "count": count.text,
        "before": earlier.text,
        "url": f"/{declared.path}/?{urlencode([('where', one) for one in now])}",
        "note": "",
        **_trend(count, earlier),
    }
    if measure.distinct and access.fields(declared).is_readable(measure.distinct):
        tree = parse_where(list(now))
        different = count_by(
            access, declared, tree, distinct=measure.distinct, patience_ms=PATIENCE_MS
        )
        if different.total:
            line["note"] = measure.distinct_label % {"count": different.text}
    return line


def _where(measure: Measure, asked: Asked, span: Span) -> tuple[str, ...]:
    return (*asked.condition(), *measure.where, span.condition(measure.moment))


def _count(access: Access, measure: Measure, where: tuple[str, ...]) -> Counts:
    declared = object_type(measure.object_key)
    tree = parse_where(list(where))
    return count_by(access, declared, tree, cap=COUNT_CAP, patience_ms=PATIENCE_MS)


def _trend(now: Counts, before: Counts) -> dict[str, str]:
    if now.total is None or before.total is None or now.is_capped or before.is_capped:
        return {"trend": "", "change": ""}
    difference = now.total - before.total
    if not difference:
        return {"trend": "same", "change": "0"}
    return {"trend": "up" if difference > 0 else "down", "change": f"{abs(difference):,}"}


def _load(asked: HomeRequest) -> dict[str, Any] | None:
    if not _known():
        return None
    chosen = Asked.read(asked.access, asked.given)
    labels = {
        "today": _("Today"),
        "week": _("This week"),
        "month": _("This month"),
        "quarter": _("This quarter"),
        "year": _("This year"),
        "custom": _("Other period"),
    }
    span, before = chosen.spans
    shown = {"period": chosen.period, "whose": chosen.whose}
    if chosen.period == "custom":
        shown |= {"from": span.first.isoformat(), "to": span.last.isoformat()}
    return {
        "lines": lines(asked.access, chosen),
        "periods": [(key, label, key == chosen.period) for key, label in labels.items()],
        "choices": [
            (group, [(key, label, key == chosen.whose) for key, label in choices])
            for group, choices in choices_of(asked.access)
        ],
        "span": span,
        "before": before,
        "is_custom": chosen.period == "custom",
        "problem": chosen.problem,
        "query": urlencode(shown),
    }


register_home_card(
    HomeCard(
        "brief", gettext_lazy("Sales brief"), "ui/cards/brief.html", _load, column="right", order=10
    )
)

__all__ = ["Asked", "Measure", "Span", "lines", "register_measure", "spans"]
