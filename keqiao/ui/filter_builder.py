"""The filter builder of a list: nested conditions on any field, counted while they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action
from keqiao.catalog.filter import FilterProblem, FilterTree
from keqiao.catalog.operators import OPERATOR_LABELS, WITHOUT_VALUE
from keqiao.catalog.problems import UnknownField
from keqiao.catalog.registry import object_type
from keqiao.records.counting import capped_count
from keqiao.records.query import ListQuery
from keqiao.ui.controls import Picked, control_html
from keqiao.ui.dialogs import dialog
from keqiao.ui.filter_form import (
    MOST_DEPTH,
    MOST_LINES,
    Group,
    Line,
    address_parts,
    from_tree,
    read_form,
    to_tree,
)
from keqiao.ui.filtering import operand_text
from keqiao.ui.gate import access_of, go, require, signed_in
from keqiao.ui.list_state import ListState
from keqiao.ui.navigation import sentence
from keqiao.ui.periods import period_control
from keqiao.ui.saved_views import compact

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

DAYS = frozenset({"date", "datetime"})
PERIODS = frozenset({"within", "not_within"})
PICKED = frozenset({"user", "users", "reference", "references", "department", "any_reference"})
FieldGroup = tuple[str, list[tuple[str, str]]]


@signed_in
@require_GET
def builder_page(request: HttpRequest, declared: ObjectType) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    return show_builder(request, access, ListState.read(declared, request.GET))


def show_builder(request: HttpRequest, access: Access, state: ListState) -> HttpResponse:
    """Show the builder, or go to the list when the conditions are to be applied."""
    declared, problem = state.declared, ""
    if "building" in request.GET:
        root = read_form(request.GET)
        act_on(root, request.GET.get("do", ""))
    else:
        try:
            root = from_tree(state.tree())
        except FilterProblem as found:
            root, problem = Group(0), str(found.message)
    if not root.items:
        root.add_line(0)
    tree = to_tree(root, WITHOUT_VALUE)
    count_text, refused = _counted(access, declared, tree)
    problem = problem or refused
    if request.GET.get("do") == "apply" and not problem:
        where, rest = address_parts(tree)
        return go(request, state.url(where=where, filter=compact(rest) if rest else ""))
    context = {
        "object_type": declared,
        "action_url": f"{state.base}filter/builder/",
        "cancel_url": state.url(),
        "query_fields": [
            pair for pair in state.form_fields() if pair[0] not in {"where", "filter"}
        ],
        "search_text": state.search,
        "root": shown_group(access, declared, root, fields_to_choose(access, declared)),
        "count_text": count_text,
        "problem": problem,
        "is_full": len(root.lines) >= MOST_LINES,
    }
    return dialog(request, "filter_builder", _("Filter"), context)


def act_on(root: Group, do: str) -> None:
    """Carry out what a button of the builder says: another condition or group, or one less."""
    verb, _colon, number = do.partition(":")
    if not number.isdecimal():
        return
    if verb == "line":
        root.add_line(int(number))
    elif verb == "group":
        root.add_group(int(number))
    elif verb == "drop":
        root.drop(int(number))


def _counted(access: Access, declared: ObjectType, tree: FilterTree | None) -> tuple[str, str]:
    """Return how many records fit, as text, and what speaks against the filter."""
    try:
        count, capped = capped_count(access, ListQuery(object_type=declared, filter=tree))
    except FilterProblem as problem:
        return "", str(problem.message)
    if count is None:
        return _("Counting takes longer; the list shows it."), ""
    number = f"{count:,}{'+' if capped else ''}"
    return _("%(count)s records fit") % {"count": number}, ""


# --- what can be chosen -----------------------------------------------------------------------------


def fields_to_choose(access: Access, declared: ObjectType) -> list[FieldGroup]:
    """Return the fields to filter by: the record's own, then those of what it links to."""
    own = _readable(access, declared, "", is_filter=True)
    return [(sentence(declared.label), own), *linked_fields(access, declared, is_filter=True)]


def linked_fields(
    access: Access, declared: ObjectType, *, is_filter: bool = False
) -> list[FieldGroup]:
    """Return the fields of what a record links to, to show beside its own or to filter by."""
    found: list[FieldGroup] = []
    mask = access.fields(declared)
    for field in declared.in_layout_order():
        if not field.target or field.kind.key != "reference" or not mask.is_readable(field.name):
            continue
        target = object_type(field.target)
        if access.can(Action.VIEW, target):
            fields = _readable(access, target, f"{field.name}.", is_filter=is_filter)
            found.append((sentence(field.label), fields))
    return found


def _readable(
    access: Access, declared: ObjectType, prefix: str, *, is_filter: bool
) -> list[tuple[str, str]]:
    mask = access.fields(declared)
    return [
        (f"{prefix}{field.name}", sentence(field.label))
        for field in declared.in_layout_order()
        if mask.is_readable(field.name) and (field.filterable or not is_filter)
    ]


# --- how it is shown --------------------------------------------------------------------------------


def shown_group(
    access: Access, declared: ObjectType, group: Group, fields: list[FieldGroup]
) -> dict[str, Any]:
    """Return what the template of a group needs, with the controls that fit what was chosen."""
    return {
        "number": group.number,
        "way": group.way,
        "may_nest": group.depth < MOST_DEPTH,
        "items": [
            shown_group(access, declared, item, fields)
            if isinstance(item, Group)
            else _shown_line(access, declared, item, fields)
            for item in group.items
        ],
    }


def _shown_line(
    access: Access, declared: ObjectType, line: Line, fields: list[FieldGroup]
) -> dict[str, Any]:
    offered = {path for _label, pairs in fields for path, _name in pairs}
    field = _field(declared, line.path) if line.path in offered else None
    operators = field.operators if field else ()
    operator = line.operator if line.operator in operators else next(iter(operators), "")
    line.operator = operator
    control = "" if field is None else _control(access, field, operator, line)
    return {
        "number": line.number,
        "is_line": True,
        "path": line.path,
        "groups": [
            (label, [(path, name, path == line.path) for path, name in pairs])
            for label, pairs in fields
        ],
        "operators": [(key, OPERATOR_LABELS.get(key, key), key == operator) for key in operators],
        "control": control,
    }


def _field(declared: ObjectType, path: str) -> Field | None:
    try:
        return declared.field(path)
    except UnknownField:
        return None


def _control(access: Access, field: Field, operator: str, line: Line) -> SafeString | str:
    """Return the control for the value: what it is depends on the kind and on the comparison."""
    name = f"value-{line.number}"
    if operator in WITHOUT_VALUE:
        return ""
    if field.kind.key in DAYS and operator in PERIODS:
        chosen = line.values[0] if line.values else ""
        return period_control(name, f"days-{line.number}", chosen=chosen)
    if field.kind.key in DAYS or operator == "between":
        kind = "date" if field.kind.key in DAYS else "text"
        return _inputs(name, kind, line.values, 2 if operator == "between" else 1)
    if field.choices and operator in {"any_of", "none_of"}:
        pairs = [(choice.key, str(choice.label)) for choice in field.choices]
        return _select(name, pairs, line.values)
    raw: Any = ",".join(line.values)
    if field.kind.key in PICKED and raw:
        raw = Picked(raw, operand_text(access, field, raw))
    attrs = {"aria-label": _("Value")}
    return control_html(field, raw, id=name, name=name, required=False, attrs=attrs)


def _select(name: str, pairs: list[tuple[str, str]], chosen: tuple[str, ...]) -> SafeString:
    options = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, " selected" if key in chosen else "", label) for key, label in pairs),
    )
    return format_html(
        '<select class="in sm" name="{}" aria-label="{}" multiple size="{}">{}</select>',
        name, _("Value"), min(len(pairs), 5), options,
    )  # fmt: skip


def _inputs(name: str, kind: str, values: tuple[str, ...], count: int) -> SafeString:
    padded = [*values, "", ""][:count]
    return format_html_join(
        " – ",
        '<input class="in sm" type="{}" name="{}" value="{}" aria-label="{}">',
        ((kind, name, value, _("Value")) for value in padded),
    )
