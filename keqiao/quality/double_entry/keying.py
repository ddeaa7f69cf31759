"""Keying a record again without seeing the first entry, and settling what came out differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.access.access import Access
from keqiao.base.clock import now
from keqiao.catalog.problems import FieldProblem, UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.double_entry.known import form_of, has_form, rules_keyed_by
from keqiao.quality.double_entry.models import EntryState, SecondEntry
from keqiao.quality.freshness.marks import confirm
from keqiao.records.audit import logged_form, logged_raw, logged_value
from keqiao.records.drafts import Draft, Rejected, Saved, Source
from keqiao.records.query import RecordNotFound, get_record
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model, QuerySet

    from keqiao.catalog.field import Field
    from keqiao.quality.double_entry.models import KeyedField

CHANNEL = "double_entry"
LOOKED_AT = 200


class EntryProblem(Exception):
    """Something keyed or settled that cannot be taken; `fields` says what is wrong with which."""

    def __init__(
        self, message: str, *, fields: dict[str, str] | None = None, is_gone: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.is_gone = is_gone


# --- the second entry -----------------------------------------------------------------------------


def entries_to_key(access: Access) -> QuerySet[SecondEntry]:
    """Return what this person may key again, oldest first: never what he keyed himself."""
    rows = SecondEntry.objects.filter(state=EntryState.OPEN, rule_id__in=rules_keyed_by(access))
    return rows.exclude(first_by_id=access.user_id or -1).order_by("pk").select_related("rule")


def next_to_key(access: Access, after: int = 0) -> SecondEntry | None:
    """Return the next record this person may key again, with rights to all its fields."""
    for entry in entries_to_key(access).filter(pk__gt=after)[:LOOKED_AT]:
        if keyed_fields(access, entry):
            return entry
    return None


def keyed_fields(access: Access, entry: SecondEntry) -> list[Field]:
    """Return the fields to key; none when one of them is not this person's to write."""
    try:
        declared = object_type(entry.object_key)
    except UnknownObject:
        return []
    mask, fields = access.fields(declared), declared.fields()
    names = list(entry.keyed.order_by("pk").values_list("field", flat=True))
    if not all(name in fields and mask.is_writable(name) for name in names):
        return []
    return [fields[name] for name in names]


def key_again(access: Access, entry_id: int, raws: Mapping[str, Any]) -> SecondEntry:
    """Take the second entry and compare it with the first; the record itself stays as it is.

    Raises `EntryProblem`; of two people at once the second one learns that it is done.
    """
    with transaction.atomic():
        entry = entries_to_key(access).select_for_update(of=("self",)).filter(pk=entry_id).first()
        fields = keyed_fields(access, entry) if entry is not None else []
        if entry is None or not fields:
            raise EntryProblem(_("A colleague has keyed this record a moment ago."), is_gone=True)
        values = _cleaned(fields, raws)
        by_name = {own.name: own for own in fields}
        for keyed in entry.keyed.all():
            own = by_name[keyed.field]
            keyed.second = logged_form(own, values[keyed.field])
            keyed.second_form = form_of(own, values[keyed.field])
            keyed.is_equal = keyed.second_form == keyed.first_form
            keyed.final_form = keyed.first_form if keyed.is_equal else None
            keyed.save()
        differs = entry.keyed.filter(is_equal=False).exists()
        entry.state = EntryState.DIFFERS if differs else EntryState.AGREED
        entry.second_by_id, entry.second_at = access.user_id, now()
        entry.save()
        if not differs:
            _count_as_checked(entry)
    return entry


def _cleaned(fields: list[Field], raws: Mapping[str, Any]) -> dict[str, Any]:
    values, wrong = {}, {}
    for own in fields:
        try:
            values[own.name] = own.kind.clean(raws.get(own.name, ""), own)
        except FieldProblem as problem:
            wrong[own.name] = str(problem.message)
    if wrong:
        raise EntryProblem(_("Please look at the fields marked."), fields=wrong)
    return values


# --- differences ----------------------------------------------------------------------------------


def differences(access: Access) -> QuerySet[SecondEntry]:
    """Return what a third person settles: neither of the two who keyed it. Administrators may."""
    rows = SecondEntry.objects.filter(state=EntryState.DIFFERS)
    if not access.is_administrator:
        rows = rows.filter(rule_id__in=rules_keyed_by(access))
    mine = access.user_id or -1
    rows = rows.exclude(first_by_id=mine).exclude(second_by_id=mine)
    return rows.order_by("pk").select_related("rule")


def differing_fields(access: Access, entry: SecondEntry) -> list[KeyedField]:
    """Return what differs; nothing when this person may not read and write all of it."""
    found = list(entry.keyed.filter(is_equal=False).order_by("pk"))
    mask, fields = (
        access.fields(object_type(entry.object_key)),
        object_type(entry.object_key).fields(),
    )
    is_whole = all(one.field in fields and mask.is_writable(one.field) for one in found)
    return found if is_whole else []


def settle(
    access: Access,
    entry_id: int,
    chosen: Mapping[str, tuple[str, Any]],
    *,
    seen_version: int | None,
    request_id: str = "",
) -> SecondEntry:
    """Let the third person say which value holds: ("first", …), ("second", …) or ("other", raw).

    What the record does not hold yet is saved with his rights. Raises `EntryProblem`.
    """
    with transaction.atomic():
        entry = differences(access).select_for_update(of=("self",)).filter(pk=entry_id).first()
        differing = differing_fields(access, entry) if entry is not None else []
        if entry is None or not differing:
            raise EntryProblem(_("A colleague has settled this a moment ago."), is_gone=True)
        declared = object_type(entry.object_key)
        fields = declared.fields()
        record = stored(entry)
        if record is None:
            raise EntryProblem(_("The record was deleted meanwhile."))
        draft = Draft({}, record_id=record.pk, version=seen_version or record.version)  # type: ignore[attr-defined]
        for keyed in differing:
            own = fields[keyed.field]
            value = _chosen(own, keyed, *chosen.get(keyed.field, ("", "")))
            form = form_of(own, value)
            keyed.final_form = form
            keyed.save(update_fields=["final_form"])
            if not has_form(own, own.value(record), form):
                draft.values[own.name] = own.kind.wire(value, own)
        if draft.values:
            entry.result_version = _save(access, entry, draft, request_id)
        entry.state, entry.third_by_id, entry.third_at = EntryState.SETTLED, access.user_id, now()
        entry.save()
        _count_as_checked(entry)
    return entry


def _count_as_checked(entry: SecondEntry) -> None:
    """What two people keyed alike, or a third settled, is checked: the record's accuracy knows it."""
    access, declared = Access.system("double entry"), object_type(entry.object_key)
    record, fields = stored(entry), declared.fields()
    for keyed in entry.keyed.exclude(final_form=None):
        own = fields.get(keyed.field)
        if record is None or own is None or keyed.final_form is None:
            continue
        if has_form(own, own.value(record), keyed.final_form):
            confirm(access, declared, [entry.record_id], own.name)


def _chosen(own: Field, keyed: KeyedField, option: str, raw: Any) -> Any:
    if option in {"first", "second"}:
        return logged_value(own, getattr(keyed, option)) or own.kind.empty
    if option != "other":
        raise EntryProblem(_("Please say for each field which value holds."))
    return _cleaned([own], {own.name: raw})[own.name]


def _save(access: Access, entry: SecondEntry, draft: Draft, request_id: str) -> int:
    [outcome] = save_records(
        access, object_type(entry.object_key), [draft], source=Source(CHANNEL, "", request_id)
    )
    if isinstance(outcome, Saved):
        return outcome.version
    if isinstance(outcome, Rejected):
        raise EntryProblem(" ".join(str(problem.message) for problem in outcome.problems))
    raise EntryProblem(_("The record was changed meanwhile, or another one holds this value."))


def drop(access: Access, entry_id: int) -> None:
    """Give up on a difference nobody can settle any more (the paper is gone); nothing is verified."""
    with transaction.atomic():
        entry = differences(access).select_for_update(of=("self",)).filter(pk=entry_id).first()
        if entry is None or not differing_fields(access, entry):
            raise EntryProblem(_("A colleague has settled this a moment ago."), is_gone=True)
        entry.state, entry.third_by_id, entry.third_at = EntryState.DROPPED, access.user_id, now()
        entry.save()


def take_back(access: Access, entry_id: int, *, request_id: str = "") -> None:
    """Undo one's own settling: the difference waits again, the record holds what it held."""
    with transaction.atomic():
        mine = SecondEntry.objects.filter(pk=entry_id, third_by_id=access.user_id or -1)
        closed = mine.filter(state__in=(EntryState.SETTLED, EntryState.DROPPED))
        entry = closed.select_for_update().first()
        if entry is None:
            raise EntryProblem(_("This decision is not yours to take back."))
        if entry.result_version is not None:
            _unwrite(entry, request_id)
        entry.keyed.filter(is_equal=False).update(final_form=None)
        entry.state, entry.third_by_id = EntryState.DIFFERS, None
        entry.third_at = entry.result_version = None
        entry.save()


def _unwrite(entry: SecondEntry, request_id: str) -> None:
    declared, record = object_type(entry.object_key), stored(entry)
    if record is None or record.version != entry.result_version:  # type: ignore[attr-defined]
        raise EntryProblem(_("The record was changed since. Please change it by hand."))
    fields = declared.fields()
    values = {
        keyed.field: logged_raw(fields[keyed.field], keyed.first)
        for keyed in entry.keyed.filter(is_equal=False)
    }
    draft = Draft(values, record_id=record.pk, version=entry.result_version, allow_duplicates=True)
    [outcome] = save_records(
        Access.system("take back a decision"), declared, [draft],
        source=Source("revert", "", request_id),
    )  # fmt: skip
    if not isinstance(outcome, Saved):
        raise EntryProblem(_("The record was changed since. Please change it by hand."))


def stored(entry: SecondEntry) -> Model | None:
    """Return the record as it is now, whoever looks after it; None when it is gone."""
    try:
        system = Access.system("double entry")
        return get_record(system, object_type(entry.object_key), entry.record_id)
    except (RecordNotFound, UnknownObject):
        return None
