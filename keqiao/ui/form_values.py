"""Between a form and the write path: what stands in the controls, and what was really changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from keqiao.access.matrix import matrix
from keqiao.access.rights import Right
from keqiao.catalog.kinds.links import links_of
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.ownership import may_choose_department
from keqiao.records.present import titles_of
from keqiao.ui.controls import Picked
from keqiao.ui.converters import whole_number
from keqiao.ui.picking import picked_or_typed, several_pairs, several_picked_or_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model
    from django.http import QueryDict

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.present import Cell, Row

PICKED_KINDS = frozenset({"reference", "any_reference", "user", "department", "region"})
SEVERAL_PICKED_KINDS = frozenset({"references", "users"})
SEVERAL_KINDS = frozenset({"phones", "emails", "multi_choice"})
AS_SENT_KINDS = frozenset({"integer", "percent", "money", "coordinate", "score"})


def form_fields(access: Access, declared: ObjectType, *, creating: bool) -> list[Field]:
    """Return the fields a person meets on the form: those to fill in, and on a change those to see."""
    mask = access.fields(declared)
    lowest = Right.WRITE if creating else Right.MASKED
    laid_out = [field for _label, fields in declared.sections() for field in fields]
    return [
        field
        for field in laid_out
        if mask[field.name] >= lowest
        and not (creating and field.read_only)
        and not (field.name == "team" and not may_choose_department(access, declared))
    ]


def writable(access: Access, declared: ObjectType, field: Field) -> bool:
    return access.fields(declared).is_writable(field.name) and not field.read_only


def stored_raw(field: Field, record: Model, cell: Cell) -> Any:
    """Return what the control shows for a stored value."""
    links = [(pk, title) for _key, pk, title in cell.links]
    return raw_of(field, field.value(record), cell.text, links)


def raw_of(field: Field, value: Any, text: str, links: Sequence[tuple[int, str]] = ()) -> Any:
    """Return what the control shows for a value: `text` to read, ids and titles of its `links`."""
    kind = field.kind
    if kind.key in PICKED_KINDS:
        return Picked(str(value), text) if value else None
    if kind.key == "references":
        return [Picked(str(pk), title) for pk, title in links]
    if kind.key == "users":
        people = matrix().people
        return [Picked(str(pk), people[pk].name) for pk in value or [] if pk in people]
    if kind.key in {"phones", "emails"}:
        return [kind.text([one], field) for one in value or []]
    if kind.key in {"multi_choice", "tags", "boolean", "choice"}:
        return value
    if kind.key in AS_SENT_KINDS:
        wired = kind.wire(value, field)
        return "" if wired is None else str(wired)
    return kind.text(value, field)


def posted_raw(field: Field, given: QueryDict) -> Any:
    """Return what was typed or chosen for a field, as the write path takes it."""
    kind = field.kind.key
    if kind in PICKED_KINDS:
        return picked_or_typed(given, field.name)
    if kind in SEVERAL_PICKED_KINDS:
        return several_picked_or_typed(given, field.name)
    if kind in SEVERAL_KINDS:
        return [value for value in given.getlist(field.name) if value.strip()]
    if kind == "boolean":
        return "true" if field.name in given else "false"
    return given.get(field.name, "")


def shown_again(field: Field, given: QueryDict) -> Any:
    """Return what the control shows after a refused save: exactly what was typed."""
    if field.kind.key in PICKED_KINDS:
        number, _bar, text = given.get(f"{field.name}__pick", "").partition("|")
        typed = given.get(field.name, "")
        return Picked(number, typed) if number and text == typed else typed
    if field.kind.key in SEVERAL_PICKED_KINDS:
        return [Picked(number, text) if number else text
                for number, text in several_pairs(given, field.name)]  # fmt: skip
    return posted_raw(field, given)


def fingerprint(field: Field, raw: Any) -> str:
    """Return a control's content as text, so that an untouched field is known as such."""
    if isinstance(raw, Picked):
        return raw.id
    if field.kind.key == "boolean":
        return "true" if raw in (True, "true") else "false"
    if field.kind.key == "tags":
        words = raw if isinstance(raw, list) else str(raw or "").replace("，", ",").split(",")
        return ",".join(word.strip() for word in words if word.strip())
    if isinstance(raw, (list, tuple)):
        return ",".join(one.id if isinstance(one, Picked) else str(one) for one in raw)
    if field.kind.key == "datetime":
        return str(raw or "").replace("T", " ")[:16]
    return str(raw or "").replace("\r\n", "\n")


def remember(fields: list[Field], raws: dict[str, Any]) -> str:
    """Return what the form started from; it travels in the form to tell what was touched."""
    return json.dumps(
        {field.name: fingerprint(field, raws.get(field.name)) for field in fields},
        ensure_ascii=False,
    )


def changed_values(fields: list[Field], given: QueryDict) -> dict[str, Any]:
    """Return the fields a person touched, with what they now hold.

    Only these go to the write path: an untouched field must not overwrite a colleague's change.
    """
    try:
        before = json.loads(given.get("was", "{}"))
    except ValueError:
        before = {}
    before = before if isinstance(before, dict) else {}
    found = {}
    for field in fields:
        raw = posted_raw(field, given)
        if before.get(field.name) != fingerprint(field, raw):
            found[field.name] = raw
    return found


def prefilled(
    access: Access, declared: ObjectType, fields: list[Field], given: QueryDict
) -> dict[str, Any]:
    """Return what a new record's form starts with: defaults, the owner, and what the link said."""
    raws: dict[str, Any] = {}
    for field in fields:
        if field.default is not None:
            raws[field.name] = field.default
        if field.name == "owner" and access.user_id:
            raws["owner"] = Picked(str(access.user_id), access.person_name(access.user_id))
        asked = given.get(field.name, "")[:300]
        if not asked:
            continue
        if field.kind.key == "any_reference":
            raws[field.name] = _picked_link(access, field, asked)
            continue
        number = whole_number(asked)
        if field.kind.key == "reference" and number is not None:
            raws[field.name] = _picked_record(access, field, number)
        elif field.kind.key == "references" and number is not None:
            picked = _picked_record(access, field, number)
            raws[field.name] = [picked] if picked else []
        elif field.kind.key not in PICKED_KINDS | SEVERAL_PICKED_KINDS:
            raws[field.name] = asked
    return raws


def _picked_record(access: Access, field: Field, record_id: int) -> Picked | None:
    title = titles_of(access, object_type(field.target), [record_id]).get(record_id)
    return Picked(str(record_id), title) if title is not None else None


def _picked_link(access: Access, field: Field, asked: str) -> Picked | None:
    for key, record_id in links_of(field, asked):
        if key in {declared.key for declared in object_types()}:
            title = titles_of(access, object_type(key), [record_id]).get(record_id)
            return Picked(asked, title) if title is not None else None
    return None


def row_text(row: Row, name: str) -> str:
    return row.cells[name].text if name in row.cells else ""
