"""Steps 1 to 6 and 8 of the write path: may this be saved, and is it right?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.catalog.kinds.links import AnyReferenceKind, ReferencesKind
from keqiao.catalog.kinds.reference import ReferenceKind
from keqiao.catalog.object_type import DraftView
from keqiao.catalog.problems import FieldProblem
from keqiao.records.conflicts import find_conflict
from keqiao.records.drafts import Problem, Rejected
from keqiao.records.ownership import check_belonging
from keqiao.records.query import records
from keqiao.records.references import refuse_broken_links, resolve_references
from keqiao.records.takers import settle_takers

if TYPE_CHECKING:
    from keqiao.catalog.field import Field
    from keqiao.records.batch import Batch, Item


_LINKS = (ReferenceKind, ReferencesKind, AnyReferenceKind)
_REPEATED = _("This record stands in the same list before; only that first line was used.")


def authorise(batch: Batch) -> None:
    """Step 1: the actor may do this kind of thing, and each target lies in reach."""
    access, declared = batch.access, batch.object_type
    may_create = access.can(Action.CREATE, declared)
    ids = {item.draft.record_id for item in batch.items if item.draft.record_id is not None}
    found: dict[int, Any] = {}
    if ids:
        rows = records(access, declared, Action.CHANGE).filter(pk__in=ids).order_by("pk")
        if not batch.dry_run:
            rows = rows.select_for_update()
        found = {row.pk: row for row in rows}
    if refused := ids - found.keys():
        note_refusal(access, declared, Action.CHANGE, refused)
    changed: set[int] = set()
    for item in batch.items:
        if item.creating and not may_create:
            message = _("You may not create %(objects)s. Please ask an administrator.") % {
                "objects": declared.label_plural
            }
            item.outcome = Rejected([Problem("", message, "forbidden")], forbidden=True)
        elif not item.creating:
            item.record = found.get(item.draft.record_id or 0)
            if item.record is None:
                gone = _("This record does not exist, or you may not change it.")
                item.outcome = Rejected([Problem("", gone, "not_found")], missing=True)
            elif item.record.pk in changed:
                item.outcome = Rejected([Problem("", _REPEATED, "repeated")])
            else:
                changed.add(item.record.pk)


def check_mask(batch: Batch) -> None:
    """Step 2: every field exists and the actor may write it."""
    mask = batch.access.fields(batch.object_type)
    allowed = {
        name for name, one in batch.fields.items() if not one.read_only and mask.is_writable(name)
    }
    for item in batch.open_items():
        if item.draft.settled and not batch.access.is_system:
            message = (
                "Only verbs of the product settle values; they write with the system's access."
            )
            raise ValueError(message)
        for name in item.draft.values:
            if name in allowed:
                continue
            field = batch.fields.get(name)
            if field is None or mask.is_hidden(name):
                message = _("There is no field “%(name)s” here.") % {"name": name[:60]}
                item.problems.append(Problem(name[:60], message, "unknown_field"))
            elif field.read_only:
                message = _("“%(field)s” is filled by the system.") % {"field": field.label}
                item.problems.append(Problem(name, message, "read_only"))
            elif not mask.is_writable(name):
                message = _("You may not change “%(field)s”.") % {"field": field.label}
                item.problems.append(Problem(name, message, "forbidden_field"))
        item.refuse_if_problems()


def clean_values(batch: Batch) -> None:
    """Step 3: every value in the clean form of its kind; links point at records in reach."""
    links = {name for name, one in batch.fields.items() if isinstance(one.kind, _LINKS)}
    for item in batch.open_items():
        given = dict(item.draft.values)
        if item.creating:
            _fill_defaults(batch, given)
        for name, raw in given.items():
            _clean_one(item, batch.fields[name], raw, is_link=name in links)
    settle_takers(batch)
    resolve_references(batch)
    for item in batch.open_items():
        for name, value in item.draft.settled.items():
            (item.values if name in batch.fields else item.columns)[name] = value
        if not item.is_taken:
            check_belonging(batch, item)
        item.refuse_if_problems()


def _fill_defaults(batch: Batch, given: dict[str, Any]) -> None:
    for name, field in batch.fields.items():
        if field.default is not None and given.get(name) in (None, ""):
            given[name] = field.default
    # A draft that names a department alone is meant for the department.
    if not given.get("owner") and not given.get("team") and batch.access.user_id is not None:
        given["owner"] = batch.access.user_id


def _clean_one(item: Item, field: Field, raw: Any, *, is_link: bool) -> None:
    try:
        value = field.kind.clean(raw, field)
    except FieldProblem as problem:
        item.problems.append(Problem(field.name, problem.message, problem.code, problem.suggestion))
        return
    item.values[field.name] = value
    if not is_link:
        repair = field.kind.repair(raw, value, field)
        if repair:
            item.repairs[field.name] = repair


def check_versions(batch: Batch) -> None:
    """Step 4: nobody else changed the same record since the actor read it."""
    for item in batch.open_items():
        wanted = item.draft.version
        if wanted is not None and item.record is not None and item.record.version != wanted:
            item.outcome = find_conflict(batch, item, wanted)


def apply_before_save(batch: Batch) -> None:
    """Step 5: the object type's own pure rules on the record as it would be."""
    rules = batch.object_type.before_save
    if not rules:
        return
    for item in batch.open_items():
        stored = _stored_values(batch, item)
        view = DraftView(values={**stored, **item.values}, before=stored)
        for rule in rules:
            rule(view)
        for name, message, code in view.problems:
            item.problems.append(Problem(name, message, code))
        for name, value in view.values.items():
            if stored.get(name) != value or name in item.values:
                item.values[name] = value
        item.refuse_if_problems()


def _stored_values(batch: Batch, item: Item) -> dict[str, Any]:
    if item.record is None:
        return {}
    return {name: field.value(item.record) for name, field in batch.fields.items()}


def check_quality(batch: Batch) -> None:
    """Step 6: nothing required is missing; whoever mistyped something hears of both at once."""
    required = [field for field in batch.fields.values() if field.required]
    for item in batch.items:
        if item.outcome is not None and not item.problems:
            continue
        told = {problem.field for problem in item.problems}
        for field in required:
            # Of a draft that is refused already only what was sent counts: the rest may yet be
            # filled in by the object's own rules.
            if field.name in told or (field.name not in item.values and not _must_bring(item)):
                continue
            if field.kind.is_empty(item.values.get(field.name)):
                message = _("Please fill in “%(field)s”.") % {"field": field.label}
                item.problems.append(Problem(field.name, message, "required"))
        item.refuse_if_problems()
    for check in _quality_checks:
        check(batch)


def _must_bring(item: Item) -> bool:
    """Tell whether the draft stands for a whole record, of which nothing may be missing."""
    return item.creating and item.outcome is None


Gate = Callable[["Batch"], None]
_quality_checks: list[Gate] = []


def register_quality_check(check: Gate) -> Gate:
    """Let a package above judge the drafts nothing speaks against: problems, reviews and hints."""
    if check not in _quality_checks:
        _quality_checks.append(check)
    return check


_gates: list[Gate] = []


def register_gate(check: Gate) -> Gate:
    """Let a package above refuse or hold drafts of a batch as a whole (a person's capacity)."""
    if check not in _gates:
        _gates.append(check)
    return check


def gate(batch: Batch) -> None:
    """Step 8: records that need a second pair of eyes are held back (the review engine hooks in)."""
    refuse_broken_links(batch)
    for check in _gates:
        check(batch)
