"""Filters of a list as people see them: views, chips, quick filters and the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from keqiao.access.matrix import matrix
from keqiao.access.rights import Action, Level
from keqiao.base.regions import children as regions_inside
from keqiao.base.regions import region_name
from keqiao.catalog.filter import Condition, FilterProblem, conditions, parse_filter
from keqiao.catalog.kinds.links import links_of
from keqiao.catalog.object_type import Feature
from keqiao.catalog.operators import OPERATOR_LABELS, WITHOUT_VALUE, operands
from keqiao.catalog.problems import FieldProblem, UnknownField
from keqiao.catalog.registry import object_type, object_types
from keqiao.catalog.relative_dates import COUNTED_LABELS, PERIOD_LABELS, days_apart, period_label
from keqiao.records.present import titles_of
from keqiao.ui.controls import control_html
from keqiao.ui.converters import whole_number
from keqiao.ui.gate import access_of, require, signed_in
from keqiao.ui.list_state import BOARD, CALENDAR, EVERYTHING, same_filters
from keqiao.ui.navigation import sentence
from keqiao.ui.periods import days_box, period_control, said_with
from keqiao.ui.saved_views import views_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.ui.list_state import ListState
    from keqiao.ui.saved_views import OpenedList

# A chip reads "Level: A"; with these operators the operator itself need not be said.
SILENT_OPERATORS = frozenset({"equals", "any_of", "within", "is_me"})
MOST_PEOPLE = 20
WAYS = {BOARD: "columns-3", CALENDAR: "calendar"}  # the icon of a view that is not rows
QUICK_KINDS = frozenset({"choice", "multi_choice", "user", "region", "boolean", "date", "datetime"})
DAY_KINDS = frozenset({"date", "datetime"})
# Of what people follow up: who was forgotten, and where nothing is planned.
LAST_FOLLOWED, NEXT_PLANNED = FOLLOWED_BY = ("last_activity_at", "next_activity_at")
FORGOTTEN = ("past_7_days", "past_15_days", "past_30_days", "past_90_days", "past_180_days")
QUICK_PERIODS = ("today", "this_week", "this_month", "past_7_days", "past_30_days")


# --- views: the tabs above the list ----------------------------------------------------------------


def views(access: Access, opened: OpenedList) -> list[dict[str, Any]]:
    """Return the tabs of a list: the ready-made views, then the saved ones."""
    state, declared = opened.state, opened.state.declared
    known = views_of(access, declared)
    has_first = any(view.is_first for view in known)
    tabs = [
        {
            "label": label,
            "url": state.url(
                where=where,
                filter="",
                search="",
                saved=None,
                view=EVERYTHING if has_first and not where else "",
            ),
            "current": not state.view.isdigit()
            and not state.search
            and not state.filter
            and same_filters(access, state.where, where),
        }
        for label, where in ready_made(access, declared)
    ]
    tabs += [
        {
            "label": view.name,
            "url": f"{state.base}?view={view.id}",
            "current": view == opened.view,
            "icon": WAYS.get(view.display.partition(":")[0], ""),
        }
        for view in known
        if view.is_tab or view == opened.view
    ]
    return tabs


def ready_made(access: Access, declared: ObjectType) -> list[tuple[str, tuple[str, ...]]]:
    """Return the views every list of a type begins with."""
    offered: list[tuple[str, tuple[str, ...]]] = [
        (_("All"), ()),
        (_("Mine"), ("owner:is_me",)),
        (_("Shared with me"), ("owner:shared_with_me",)),
    ]
    fields = declared.fields()
    if "level" in fields and fields["level"].choice("A"):
        offered.append((_("Key ones"), ("level:equals:A",)))
    offered.append((_("New in 7 days"), ("created_at:within:past_7_days",)))
    if Feature.FOLLOW_UP in declared.features:
        offered += [
            (_("No next step"), ("owner:is_me", "next_activity_at:is_empty")),
            (
                _("Forgotten for 30 days"),
                ("owner:is_me", "last_activity_at:not_within:past_30_days"),
            ),
        ]
    if _may_miss_owners(access, declared):
        offered.append((_("Owner has left"), ("owner:has_left",)))
    if not access.fields(declared).is_readable("owner"):
        return [one for one in offered if not any(part.startswith("owner:") for part in one[1])]
    return offered


def _may_miss_owners(access: Access, declared: ObjectType) -> bool:
    """Tell whether somebody has left whose records this person could see."""
    if access.level(Action.VIEW, declared).rank <= Level.OWN.rank:
        return False
    return not all(one.is_active for one in matrix().people.values())


# --- chips: the conditions in force ----------------------------------------------------------------


def chips(access: Access, state: ListState) -> list[dict[str, str]]:
    found = []
    for part, condition in state.conditions():
        others = tuple(one for one in state.where if one != part)
        found.append(
            {
                "label": condition_text(access, state.declared, condition),
                "remove_url": state.url(where=others),
            }
        )
    if state.filter:
        count = _nested_count(state)
        label = _("Nested filter (%(count)s conditions)") % {"count": count}
        found.append({"label": label, "remove_url": state.url(filter="")})
    if state.search:
        label = _("Search: %(text)s") % {"text": state.search}
        found.append({"label": label, "remove_url": state.url(search="")})
    return found


def _nested_count(state: ListState) -> int:
    try:
        return sum(1 for _one in conditions(parse_filter(state.filter)))
    except FilterProblem:
        return 0


def condition_text(access: Access, declared: ObjectType, condition: Condition) -> str:
    """Return a condition as a person says it: "Level: A, B"."""
    try:
        field = declared.field(condition.path)
    except UnknownField:
        return condition.path
    if not access.fields(declared).is_readable(condition.path.partition(".")[0]):
        return condition.path  # as for a field that does not exist: its name is not told either
    label = sentence(field.label)
    operator = str(OPERATOR_LABELS.get(condition.operator, condition.operator))
    if condition.operator == "is_me":
        return _("%(field)s: me") % {"field": label}
    if condition.operator in WITHOUT_VALUE:
        return f"{label} {operator}"
    value = operand_text(access, field, str(condition.value or ""))
    is_follow_up = condition.operator == "not_within" and condition.path == LAST_FOLLOWED
    if is_follow_up and (said := _not_followed_for(str(condition.value))):
        return said
    if condition.operator in {"has_shape", "has_length"}:
        return f"{label} {operator} {condition.value}"
    if condition.operator in SILENT_OPERATORS:
        return _("%(field)s: %(value)s") % {"field": label, "value": value}
    return f"{label} {operator} {value}"


def operand_text(access: Access, field: Field, raw: str) -> str:
    """Return the value of a condition as people read it."""
    if field.kind.key in DAY_KINDS and (label := period_label(raw)):
        return label
    try:
        texts = [_one_operand(access, field, one) for one in operands(raw)]
    except FieldProblem:
        return raw
    return _(", ").join(text or "—" for text in texts)


def _one_operand(access: Access, field: Field, raw: str) -> str:
    kind = field.kind
    if kind.key == "region":
        return region_name(raw, get_language() or "zh-hans") or raw
    number = whole_number(raw)
    if kind.key in {"user", "users", "department"} and number is not None:
        name_of = access.department_name if kind.key == "department" else access.person_name
        return name_of(number) or raw
    if kind.key in {"reference", "references"} and number is not None:
        return titles_of(access, object_type(field.target), [number]).get(number) or raw
    if kind.key == "any_reference":
        for key, pk in links_of(field, raw):
            if key in {declared.key for declared in object_types()}:
                return titles_of(access, object_type(key), [pk]).get(pk) or raw
    value = kind.clean_operand(raw, field)
    return kind.text(value, field) if isinstance(value, str) else raw


# --- quick filters: one click on the most common values ---------------------------------------------


def quick_fields(access: Access, declared: ObjectType) -> list[Field]:
    """Return the fields this person has a quick filter for; its options are written when opened."""
    mask = access.fields(declared)
    followed = Feature.FOLLOW_UP in declared.features
    names = dict.fromkeys([*declared.list.quick_filters, *(FOLLOWED_BY if followed else ())])
    found = [declared.field(name) for name in names if mask.is_readable(name)]
    return [
        field
        for field in found
        if field.kind.key in QUICK_KINDS and (field.choices or "choice" not in field.kind.key)
    ]


def quick_options(state: ListState, field: Field) -> list[dict[str, Any]]:
    kind = field.kind.key
    if kind in {"choice", "multi_choice"}:
        return _choice_options(state, field)
    pairs: list[tuple[str, str]] = []
    if kind == "user":
        pairs = [("is_me", _("Me")), ("is_empty", _("Nobody"))]
        if "shared_with_me" in field.operators:
            pairs.insert(1, ("shared_with_me", _("Shared with me")))
        if not all(one.is_active for one in matrix().people.values()):
            pairs.append(("has_left", _("Has left")))
        people = [one for one in matrix().people.values() if one.is_active][:MOST_PEOPLE]
        pairs += [(f"equals:{one.id}", one.name) for one in people]
    elif kind == "region":
        language = get_language() or "zh-hans"
        pairs = [(f"within:{code}", region_name(code, language)) for code, _n in regions_inside()]
    elif kind == "boolean":
        pairs = [("equals:true", _("Yes")), ("equals:false", _("No"))]
    elif field.name == LAST_FOLLOWED:
        pairs = [(f"not_within:{name}", _not_followed_for(name)) for name in FORGOTTEN]
    elif field.name == NEXT_PLANNED:
        pairs = [("is_empty", _("No next step")), ("within:today", str(PERIOD_LABELS["today"])),
                 ("within:this_week", str(PERIOD_LABELS["this_week"]))]  # fmt: skip
    elif kind in DAY_KINDS:
        pairs = [(f"within:{name}", str(PERIOD_LABELS[name])) for name in QUICK_PERIODS]
    return [_only_option(state, field, condition, label) for condition, label in pairs]


def quick_days(state: ListState, field: Field) -> dict[str, Any] | None:
    """Return the little form of a date's quick filter that takes any number of days."""
    if field.kind.key not in DAY_KINDS:
        return None
    others = [part for part in state.where if not part.startswith(f"{field.name}:")]
    if field.name == LAST_FOLLOWED:
        label = _("No follow-up for more than … days")
        return {"field": field.name, "operator": "not_within", "value": "past_#_days",
                "label": label, "where": others, "box": days_box("filter_days")}  # fmt: skip
    pairs = [(key, said_with(key, "…")) for key in COUNTED_LABELS]
    return {"field": field.name, "operator": "within", "pairs": pairs, "label": _("Days of one's own"),
            "where": others, "box": days_box("filter_days")}  # fmt: skip


def _not_followed_for(period: str) -> str:
    """Say "not within the past 30 days" of follow-ups as a sales person does."""
    pattern, days = days_apart(period)
    if pattern != "past_#_days":
        return ""
    return _("No follow-up for more than %(days)s days") % {"days": days}


def _only_option(state: ListState, field: Field, condition: str, label: str) -> dict[str, Any]:
    """An option that replaces any other condition on the same field."""
    wanted = f"{field.name}:{condition}"
    others = tuple(part for part in state.where if not part.startswith(f"{field.name}:"))
    is_on = wanted in state.where
    url = state.url(where=others if is_on else (*others, wanted))
    return {"label": label, "url": url, "on": is_on}


def _choice_options(state: ListState, field: Field) -> list[dict[str, Any]]:
    """Options that add up: "A" and "B" together mean A or B."""
    prefix = f"{field.name}:any_of:"
    others = tuple(part for part in state.where if not part.startswith(f"{field.name}:"))
    single = f"{field.name}:equals:"
    chosen = [
        key
        for part in state.where
        if part.startswith((prefix, single))
        for key in part.removeprefix(prefix).removeprefix(single).split(",")
        if key
    ]
    found = []
    for choice in field.choices:
        is_on = choice.key in chosen
        keys = [key for key in chosen if key != choice.key] if is_on else [*chosen, choice.key]
        where = (*others, prefix + ",".join(keys)) if keys else others
        found.append({"label": choice.label, "url": state.url(where=where), "on": is_on})
    return found


# --- the editor: field, operator, value ---------------------------------------------------------------


def filter_fields(access: Access, declared: ObjectType) -> list[dict[str, str]]:
    mask = access.fields(declared)
    return [
        {"name": field.name, "label": sentence(field.label)}
        for field in declared.in_layout_order()
        if field.filterable and mask.is_readable(field.name)
    ]


def filter_line(access: Access, declared: ObjectType, name: str) -> str:
    """Return the second step of the editor: the operators and the control of one field."""
    field = declared.fields().get(name)
    if field is None or not field.filterable or not access.fields(declared).is_readable(name):
        return ""
    operators = [{"name": key, "label": OPERATOR_LABELS.get(key, key)} for key in field.operators]
    return render_to_string(
        "ui/parts/filter_line.html",
        {"operators": operators, "control_html": _operand_control(field)},
    )


def _operand_control(field: Field) -> SafeString:
    if field.kind.key in DAY_KINDS:
        return _period_or_day()
    return control_html(
        field,
        None,
        id="filter-value",
        name="filter_value",
        required=False,
        attrs={"aria-label": str(field.label)},
    )


def _period_or_day() -> SafeString:
    """Return a period to choose, or a day to compare with; only one of them is filled in."""
    return format_html(
        '{}<input class="in sm" type="date" name="filter_value" aria-label="{}">',
        period_control("filter_value", "filter_days", hint=_("Choose a period, or a day below")),
        _("Day"),
    )


@signed_in
def filter_line_part(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    return HttpResponse(filter_line(access, declared, request.GET.get("filter_field", "")))
