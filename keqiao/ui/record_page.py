"""One record: who it is, its fields, its history and what belongs to it; also at a list's side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from keqiao.access.rights import Action, Right
from keqiao.catalog.registry import object_type
from keqiao.records.below import records_below
from keqiao.records.ownership import may_choose_department
from keqiao.records.present import present
from keqiao.records.query import get_record
from keqiao.ui import cells
from keqiao.ui.converters import whole_number
from keqiao.ui.details import sections_html
from keqiao.ui.favourites import is_favourite
from keqiao.ui.gate import access_of, is_partial, require, signed_in
from keqiao.ui.history_page import history_lines
from keqiao.ui.listing import rights
from keqiao.ui.navigation import sentence
from keqiao.ui.recents import note_visit
from keqiao.ui.record_commands import OpenRecord, further_commands
from keqiao.ui.record_html import properties_html, quick_html, related_html, tabs_html
from keqiao.ui.record_parts import (
    OpenedRecord,
    RecordTab,
    field_marks,
    loaded_panels,
    quick_registered,
    record_tabs,
    register_record_tab,
)

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    from keqiao.access.access import Access
    from keqiao.access.field_mask import FieldMask
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType, Related
    from keqiao.records.present import Row

RELATED_ROWS = 3
# A few more are read than shown: most cards need no second query for their count then.
RELATED_READ = 12
WIDE_KINDS = frozenset({"long_text", "address"})
CALL_KINDS = ("phone", "phones")
MAIL_KINDS = ("email", "emails")
MADE_BY = ("created_by", "updated_by")
SYSTEM_FIELDS = ("owner", "team", "created_at", "created_by", "updated_at", "updated_by")
# Values the system keeps itself, which have no line in the change log.
KEPT_BY_SYSTEM = ("created_at", "created_by", "updated_at", "updated_by")


@signed_in
@require_GET
def record_page(request: HttpRequest, declared: ObjectType, record_id: int) -> HttpResponse:
    access = access_of(request)
    require(access, Action.VIEW, declared)
    record = get_record(access, declared, record_id)
    part = request.GET.get("part", "") if is_partial(request) else ""
    opened = open_record_page(request, access, declared, record)
    if part == "panel" or not is_partial(request):
        note_visit(access, declared, record_id)
    if part == "panel":
        return render(request, "ui/record.html#panel", panel_context(opened))
    if part == "head":
        facts = record_facts(request, declared, opened.row, opened.url)
        return render(request, "ui/record.html#head", {"record": facts})
    if part == "left":
        return render(request, "ui/record.html#identity", left_context(opened))
    if is_partial(request):
        return render(request, "ui/record.html#middle", middle_context(opened))
    return render(request, "ui/record.html", record_context(opened))


def open_record_page(
    request: HttpRequest, access: Access, declared: ObjectType, record: Model
) -> OpenedRecord:
    row = whole_row(access, declared, record)
    may = record_rights(access, declared, record)
    return OpenedRecord(request, access, declared, record, row, may)


def middle_context(opened: OpenedRecord) -> dict[str, Any]:
    """Return what the tabs and the one that is open need."""
    tabs = record_tabs(opened.access, opened.declared)
    asked = opened.request.GET.get("tab", "")
    current = next((tab for tab in tabs if tab.key == asked), tabs[0])
    return {
        "object_type": opened.declared,
        "record": record_facts(opened.request, opened.declared, opened.row, opened.url),
        "tab": current.key,
        "tab_template": current.template,
        "tabs_html": tabs_html(
            [
                {
                    "label": str(tab.label),
                    "note": tab.note(opened) if tab.note else "",
                    "url": f"{opened.url}?tab={tab.key}" if number else opened.url,
                    "current": tab is current,
                }
                for number, tab in enumerate(tabs)
            ]
        ),
        "may": opened.may,
        **(current.load(opened) or {}),
    }


def record_context(opened: OpenedRecord) -> dict[str, Any]:
    access, declared = opened.access, opened.declared
    middle = middle_context(opened)  # before the panels, which use what it has read
    panels = loaded_panels(opened, but="left")
    known = OpenRecord(access, declared, opened.record)
    return {
        **middle,
        "page_title": sentence(declared.label),
        "list_url": f"/{declared.path}/",
        "is_favourite": known.is_starred,
        **left_context(opened),
        "commands": further_commands(known),
        "related_html": related_html(related_cards(access, declared, opened.id)),
        "middle_panels": [one for one in panels if one["place"] == "middle"],
        "right_panels": [one for one in panels if one["place"] == "right"],
    }


def left_context(opened: OpenedRecord) -> dict[str, Any]:
    """Return what the left column needs; it is read anew when something was done with the record."""
    access, declared = opened.access, opened.declared
    return {
        "record": record_facts(opened.request, declared, opened.row, opened.url),
        "quick_html": quick_html(quick_actions(opened)),
        "properties_html": properties_html(
            key_properties(access, declared, opened.row, opened.may), opened.url
        ),
        "left_panels": loaded_panels(opened, only="left"),
    }


def panel_context(opened: OpenedRecord) -> dict[str, Any]:
    """Return what the record at a list's side shows: the values that are filled in."""
    access, declared = opened.access, opened.declared
    return {
        "object_type": declared,
        "record": record_facts(opened.request, declared, opened.row, opened.url),
        "is_favourite": is_favourite(access, declared, opened.id),
        "quick_html": quick_html(one for one in quick_actions(opened) if one["url"]),
        "sections": sections(access, declared, opened.row, opened.may),
        "related_html": related_html(related_cards(access, declared, opened.id)),
        "right_panels": loaded_panels(opened, beside_list=True),
        "may": opened.may,
    }


# --- the tabs of every record ---------------------------------------------------------------------


def _details(opened: OpenedRecord) -> dict[str, Any]:
    found = sections(opened.access, opened.declared, opened.row, opened.may)
    return {"sections_html": sections_html(opened.request, found, opened.url, field_marks(opened))}


def _log(opened: OpenedRecord) -> dict[str, Any]:
    before = whole_number(opened.request.GET.get("before", ""))
    lines, older_id = history_lines(opened.access, opened.declared, opened.id, before)
    older = f"{opened.url}?tab=history&before={older_id}" if older_id else ""
    return {"history": lines, "history_more_url": older}


register_record_tab(
    RecordTab("details", gettext_lazy("Details"), "ui/parts/details.html", _details, order=100)
)
register_record_tab(
    RecordTab("history", gettext_lazy("Change log"), "ui/parts/history.html", _log, order=900)
)


def whole_row(access: Access, declared: ObjectType, record: Model) -> Row:
    """Return the record with every field this person may see."""
    mask = access.fields(declared)
    names = [name for name in declared.fields() if not mask.is_hidden(name)]
    [row] = present(access, declared, [record], names)
    return row


def record_rights(access: Access, declared: ObjectType, record: Model) -> dict[str, bool]:
    """Return what this person may do with this very record."""
    may = rights(access, declared)
    for action in (Action.CHANGE, Action.DELETE, Action.TRANSFER, Action.REVEAL):
        may[action.value] = access.reaches(action, declared, record)
    may["share"] = True
    may["choose_team"] = may_choose_department(access, declared)
    return may


def record_facts(request: HttpRequest, declared: ObjectType, row: Row, url: str) -> dict[str, Any]:
    shown = [row.cells[name] for name in declared.subtitle if name in row.cells]
    tags = [
        (cells.cell_html(row.cells[name], field),)
        for name, field in declared.fields().items()
        if field.kind.key == "choice" and name in declared.list.columns and name in row.cells
        and row.cells[name].text
    ]  # fmt: skip
    return {
        "id": row.id,
        "title": row.title,
        "subtitle": " · ".join(cell.text for cell in shown if cell.text),
        "tags_html": format_html_join(" ", "{}", tags),
        "url": url,
        "absolute_url": request.build_absolute_uri(url),
        "version": row.version,
    }


def key_properties(
    access: Access, declared: ObjectType, row: Row, may: dict[str, bool]
) -> list[dict[str, Any]]:
    """Return what the left column tells: the list's columns and who looks after the record."""
    names = dict.fromkeys([*declared.list.columns, *SYSTEM_FIELDS])
    fields, mask = declared.fields(), access.fields(declared)
    found = []
    for name in names:
        if name == declared.title or name not in row.cells or name not in fields:
            continue
        cell = row.cells[name]
        item = field_item(fields[name], row, mask, may)
        if name in MADE_BY and not cell.text and not cell.hidden:
            item["html"] = _("the system")
        found.append(item)
    return found


def sections(
    access: Access, declared: ObjectType, row: Row, may: dict[str, bool]
) -> list[dict[str, Any]]:
    mask = access.fields(declared)
    found = []
    for label, fields in declared.sections():
        items = [field_item(field, row, mask, may) for field in fields if field.name in row.cells]
        if items:
            is_empty = all(item["empty"] for item in items)
            found.append({"label": label, "items": items, "empty": is_empty})
    return found


def field_item(field: Field, row: Row, mask: FieldMask, may: dict[str, bool]) -> dict[str, Any]:
    cell = row.cells[field.name]
    can_edit = may["change"] and mask.is_writable(field.name)
    return {
        "name": field.name,
        "label": sentence(field.label),
        "standard": field.standard,
        "html": cells.cell_html(cell, field, wide=True),
        "empty": not cell.text,
        "wide": field.kind.key in WIDE_KINDS,
        "can_edit": can_edit
        and not field.read_only
        and (field.name != "team" or may["choose_team"]),
        "has_source": field.name not in KEPT_BY_SYSTEM,
        "can_reveal": may["reveal"] and cell.masked and mask[field.name] is Right.MASKED,
    }


def quick_actions(opened: OpenedRecord) -> list[dict[str, Any]]:
    """Return the buttons under the name; one that cannot be used says why."""
    declared, row, url, may = opened.declared, opened.row, opened.url, opened.may
    call = _first_value(declared, row, CALL_KINDS)
    mail = _first_value(declared, row, MAIL_KINDS)
    registered = quick_registered(opened)
    own: list[dict[str, Any]] = [
        {
            "label": _("Call"), "icon": "phone", "url": f"tel:{call}" if call else "",
            "why": _("No telephone number you may see"),
        },
        {
            "label": _("Send e-mail"), "icon": "mail", "url": f"mailto:{mail}" if mail else "",
            "why": _("No e-mail address you may see"),
        },
        {
            "label": _("Transfer"), "icon": "user-share", "hx": True,
            "url": f"{url}transfer/" if may["transfer"] else "",
            "why": _("You may not hand this record to another owner."),
        },
        {
            "label": _("Share"), "icon": "users", "hx": True, "url": f"{url}people/",
            "why": "",
        },
    ]  # fmt: skip
    added: list[dict[str, Any]] = [
        {
            "label": str(one.label),
            "icon": one.icon,
            "url": one.url.format(url=url, id=row.id, about=opened.pointer),
            "hx": one.in_dialog,
            "mark": one.mark,
        }
        for one in registered
    ]
    # Four stand side by side: what packages bring comes before what the page's head offers as well.
    first = [one for one, action in zip(added, registered, strict=True) if action.order < 100]
    later = [one for one, action in zip(added, registered, strict=True) if action.order >= 100]
    return [*first, *own[:2], *later, *own[2:]][:4]


def _first_value(declared: ObjectType, row: Row, kinds: tuple[str, ...]) -> str:
    fields = declared.fields()
    for name, cell in row.cells.items():
        if fields[name].kind.key in kinds and cell.value:
            return str(cell.value[0] if isinstance(cell.value, list) else cell.value)
    return ""


# --- what belongs to the record -----------------------------------------------------------------


def related_cards(access: Access, declared: ObjectType, record_id: int) -> list[dict[str, Any]]:
    found = []
    for related in declared.related:
        target = object_type(related.object_key)
        if access.can(Action.VIEW, target) and access.fields(target).is_readable(related.by):
            found.append(_related_card(access, declared, target, related, record_id))
    return found


def _related_card(
    access: Access, declared: ObjectType, target: ObjectType, related: Related, record_id: int
) -> dict[str, Any]:
    shown = tuple(name for name in target.subtitle if name != related.by)
    columns = (target.title, *shown)
    page = records_below(access, target, related.by, record_id, columns, RELATED_READ)
    base = f"/{target.path}/"
    label = sentence(target.label_plural)
    if target == declared:
        label = _("%(objects)s below") % {"objects": label}
    return {
        "label": label,
        "icon": target.icon,
        "count": page.count_text,
        "rows": [
            {"url": f"{base}{row.id}/", "title": row.title, "note": _note(row, shown)}
            for row in page.rows[:RELATED_ROWS]
        ],
        "more": len(page.rows) > RELATED_ROWS,
        "add_url": f"{base}new/?{related.by}={record_id}"
        if access.can(Action.CREATE, target)
        else "",
        "all_url": f"{base}?where={related.by}:equals:{record_id}",
    }


def _note(row: Row, shown: tuple[str, ...]) -> str:
    return next((row.cells[name].text for name in shown if row.cells[name].text), "")
