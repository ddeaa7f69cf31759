"""Names the values that so many records share that a look-up by them would tell nothing.

Everybody writes info@ or 13800000000: such a key is left out of every look-up, and stands where an
administrator sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from keqiao.base.clock import now
from keqiao.quality.candidates.comparing import ABOVE, read_forms
from keqiao.quality.candidates.models import CandidateForms, CandidateKey, CrowdedKey
from keqiao.records.search_index import STRETCH, first_place

if TYPE_CHECKING:
    from keqiao.quality.candidates.comparing import Comparing, Forms
    from keqiao.quality.matching.keys import KeyRule

MOST_SHARING = 300
_MOST_NAMED = 100


def note_crowded(plan: Comparing) -> int:
    """Count the records behind each key of a type and keep the crowded ones; return how many."""
    key = plan.object_type.key
    first = first_place(key)
    table = CandidateKey._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT key, count(*), min(place) FROM {table}"  # noqa: S608
            " WHERE place >= %s AND place < %s GROUP BY key HAVING count(*) > %s"
            " ORDER BY count(*) DESC",
            [first, first + STRETCH, MOST_SHARING],
        )
        crowds = cursor.fetchall()
    at, named = now(), crowds[:_MOST_NAMED]
    forms = dict(
        CandidateForms.objects.filter(pk__in=[place for _key, _count, place in named]).values_list(
            "pk", "forms"
        )
    )
    rows = []
    for crowd, count, place in named:
        told = _told(plan, crowd, read_forms(forms.get(place, "{}")))
        if told is not None:
            rule, value = told
            rows.append(
                CrowdedKey(object_key=key, key=crowd, rule=rule, value=value[:200],
                           records=count, at=at)
            )  # fmt: skip
    with transaction.atomic():
        CrowdedKey.objects.filter(object_key=key).delete()
        CrowdedKey.objects.bulk_create(rows)
    return len(crowds)


def _told(plan: Comparing, key: int, forms: Forms) -> tuple[str, str] | None:
    """Return the name of a key's rule and the value in it, as found in a record that has it."""
    rule = plan.named_keys(forms).get(key)
    return None if rule is None else (rule.name, _value(plan, rule, key, forms))


def _value(plan: Comparing, rule: KeyRule, key: int, forms: Forms) -> str:
    texts = []
    for name, first in rule.forms:
        text = forms[name]
        if plan.is_many(name.partition("__")[0]):
            text = next(
                (one for one in text.split() if rule.value({**forms, name: one}) == key), text
            )
        if not name.endswith(f"__{ABOVE}"):
            texts.append(text[:first] if first else text)
    return " · ".join(texts)
