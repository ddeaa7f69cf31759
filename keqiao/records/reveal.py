"""Shows one masked value in full to somebody who has the right to, and writes down that it was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from keqiao.access.rights import Action, Right
from keqiao.base.clock import now
from keqiao.catalog.problems import UnknownField
from keqiao.records.audit import write_note
from keqiao.records.query import RecordNotFound, get_record

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Source


def reveal(
    access: Access, object_type: ObjectType, record_id: int, name: str, *, source: Source
) -> str:
    """Return the full text of one masked field; the change log keeps who saw it and when.

    A record out of reach, a hidden field and one that does not exist look alike: `RecordNotFound`.
    """
    get_record(access, object_type, record_id, Action.VIEW)
    record = get_record(access, object_type, record_id, Action.REVEAL)
    try:
        field = object_type.field(name)
    except UnknownField:
        raise RecordNotFound(name) from None
    if "." in name or access.fields(object_type)[name] is not Right.MASKED:
        raise RecordNotFound(name)
    with transaction.atomic():
        write_note(
            access, object_type, "reveal", source, now(), record_id=record_id, after={name: None}
        )
    return str(field.kind.text(field.value(record), field))
