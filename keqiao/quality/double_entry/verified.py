"""Which values of a record two people keyed alike, shown beside them until they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from keqiao.quality.double_entry.known import has_form, known
from keqiao.quality.double_entry.models import EntryState, KeyedField
from keqiao.ui.cells import near_date

if TYPE_CHECKING:
    from keqiao.ui.record_parts import OpenedRecord

VERIFIED = (EntryState.AGREED, EntryState.SETTLED)


def verified_fields(opened: OpenedRecord) -> dict[str, str]:
    """Return, for each field whose value was verified and still holds, by whom and when."""
    access, declared = opened.access, opened.declared
    if not known().rules.get(declared.key):
        return {}
    rows = KeyedField.objects.filter(
        entry__object_key=declared.key,
        entry__record_id=opened.record.pk,
        entry__state__in=VERIFIED,
        final_form__isnull=False,
    )
    fields, mask = declared.fields(), access.fields(declared)
    found: dict[str, str] = {}
    for keyed in rows.select_related("entry").order_by("pk"):
        name, entry = keyed.field, keyed.entry
        found.pop(name, None)
        if name not in fields or mask.is_hidden(name) or not keyed.final_form:
            continue
        if not has_form(fields[name], fields[name].value(opened.record), keyed.final_form):
            continue
        people = [
            access.person_name(one) or _("the command line")
            for one in (entry.first_by_id, entry.second_by_id)
        ]
        at = entry.third_at or entry.second_at
        text = _("Keyed twice by %(people)s, %(day)s")
        if entry.state == EntryState.SETTLED:
            people.append(access.person_name(entry.third_by_id))
            text = _("Keyed twice and settled by %(people)s, %(day)s")
        day = near_date(at.date()) if at else ""
        found[name] = text % {"people": _(", ").join(filter(None, people)), "day": day}
    return found
