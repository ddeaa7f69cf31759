"""Which keys the secrets need that review and double entry keep beside the records."""

from __future__ import annotations

from collections import Counter

from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from keqiao.base.rotation import register_kept
from keqiao.quality.double_entry.models import KeyedField
from keqiao.quality.review.models import PendingChange
from keqiao.records.rotation import keys_of_kept


def register() -> None:
    register_kept("entries under review", _keys_of_entries)
    register_kept("fields keyed twice", _keys_of_keyed)


def _keys_of_entries() -> Counter[str]:
    """Count by key; what was entered stays as it was, for as long as one may ask who entered it."""
    rows = PendingChange.objects.annotate(
        values_text=Cast(F("values"), TextField()), before_text=Cast(F("before"), TextField())
    ).filter(Q(values_text__contains='"secret"') | Q(before_text__contains='"secret"'))
    kept = rows.values_list("values", "before").iterator(chunk_size=2000)
    return keys_of_kept(value for both in kept for values in both for value in values.values())


def _keys_of_keyed() -> Counter[str]:
    rows = KeyedField.objects.annotate(
        first_text=Cast(F("first"), TextField()), second_text=Cast(F("second"), TextField())
    ).filter(Q(first_text__contains='"secret"') | Q(second_text__contains='"secret"'))
    kept = rows.values_list("first", "second").iterator(chunk_size=2000)
    return keys_of_kept(value for both in kept for value in both)
