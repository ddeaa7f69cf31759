"""Brings secret fields and the fingerprints by which they are found under the newest key."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from keqiao.base.encryption import EncryptionProblem
from keqiao.base.rotation import ROWS_AT_ONCE, Renewed, SealedStore, under_older_key
from keqiao.catalog.field import JsonKey
from keqiao.catalog.kinds import KINDS
from keqiao.catalog.models import CustomField, ListValue
from keqiao.catalog.registry import object_types
from keqiao.catalog.snapshot import as_field
from keqiao.records.match_keys import exact_forms, match_key, rules_of
from keqiao.records.models import ChangeEntry, MatchKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType


def sealed_fields() -> Iterator[SealedStore]:
    """Return every encrypted field, also those taken away: their values wait for their return."""
    for declared in object_types():
        fields = [one for one in declared.builtin_fields.values() if one.kind.encrypted]
        rows = CustomField.objects.filter(object_key=declared.key)
        fields += [as_field(row) for row in rows if KINDS[row.kind].encrypted]
        for own in fields:
            yield _store_of(declared, own)


def _store_of(declared: ObjectType, own: Field) -> SealedStore:
    def renew_some(behind: int) -> Renewed:
        with transaction.atomic():
            return _renew_some(declared, own, behind)

    return SealedStore(f"{declared.key}.{own.name}", renew_some)


def _renew_some(declared: ObjectType, own: Field, behind: int) -> Renewed:
    """Renew the values of some records with what finds them; neither versions nor log change."""
    manager = declared.model._default_manager
    older = manager.alias(sealed=own.expression()).filter(under_older_key("sealed"), pk__gt=behind)
    part: list[Any] = list(older.order_by("pk").select_for_update()[:ROWS_AT_ONCE])
    done = Renewed(behind=part[-1].pk if part else None)
    values: dict[int, Any] = {}
    for record in part:
        try:
            values[record.pk] = own.value(record)
        except EncryptionProblem:
            done.unreadable += 1
            continue
        own.put(record, values[record.pk])
    column = "custom" if isinstance(own.storage, JsonKey) else own.storage.name
    manager.bulk_update([one for one in part if one.pk in values], [column], batch_size=100)
    _renew_terms(declared, own, values)
    for record_id, value in values.items():
        _renew_match_keys(declared, own, record_id, value)
    done.renewed = len(values)
    return done


def _renew_terms(declared: ObjectType, own: Field, values: dict[int, Any]) -> None:
    held = ListValue.objects.filter(object_key=declared.key, field=own.name, record_id__in=values)
    held.delete()
    ListValue.objects.bulk_create(
        ListValue(object_key=declared.key, field=own.name, value=term[:160], record_id=record_id)
        for record_id, value in values.items()
        for term in own.kind.terms(value, own)
    )


def _renew_match_keys(declared: ObjectType, own: Field, record_id: int, value: Any) -> None:
    """Put the fingerprint under the newest key in the place of those under older ones."""
    for rule in rules_of(declared):
        if own.name not in rule.fields:
            continue
        newest, *older = [match_key(declared.key, rule.name, f) for f in exact_forms(own, value)]
        mine = MatchKey.objects.filter(object_key=declared.key, record_id=record_id)
        held = list(mine.filter(key__in=older).values_list("exclusive", flat=True))
        if held and not mine.filter(key=newest).exists():
            made = MatchKey(object_key=declared.key, key=newest, record_id=record_id)
            MatchKey.objects.bulk_create([made], ignore_conflicts=True)
            if not mine.filter(key=newest).exists():  # a knowing repeat of another record's value
                made = MatchKey(
                    object_key=declared.key, key=newest, record_id=record_id, exclusive=False
                )
                made.save()
        mine.filter(key__in=older).delete()


def keys_of_change_log() -> Counter[str]:
    """Count the secrets of the change log by key. Its lines are chained: renewing one would look
    like tampering, so their keys are kept for as long as old lines are to be read.
    """
    lines = ChangeEntry.objects.annotate(
        before_text=Cast(F("before"), TextField()), after_text=Cast(F("after"), TextField())
    ).filter(Q(before_text__contains='"secret"') | Q(after_text__contains='"secret"'))
    rows = lines.values_list("before", "after").iterator(chunk_size=2000)
    return keys_of_kept(value for both in rows for values in both for value in values.values())


def keys_of_kept(values: Iterable[Any]) -> Counter[str]:
    """Count by key the sealed ones among values kept in the form of the change log."""
    return Counter(
        str(value["secret"]).partition(":")[0]
        for value in values
        if isinstance(value, dict) and "secret" in value
    )
