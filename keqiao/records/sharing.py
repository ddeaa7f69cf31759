"""Letting colleagues in to a record and ending it: with a line in the change log and word to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from keqiao.access.directory import share_record, unshare_record
from keqiao.access.models import Collaborator, User
from keqiao.base.clock import now
from keqiao.records.audit import write_note
from keqiao.records.outbox import write_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Source


def let_in(
    access: Access,
    declared: ObjectType,
    record_id: int,
    people: Sequence[User],
    *,
    source: Source,
    can_write: bool = False,
    until: datetime | None = None,
    with_below: bool = True,
) -> None:
    """Let colleagues in, all by the same rules; those who are new are told, with the note
    of `source`.

    The caller has checked that the actor may change the record.
    """
    by = User.objects.filter(pk=access.user_id or 0).first()
    with transaction.atomic():
        shares = Collaborator.objects.filter(object_key=declared.key, record_id=record_id)
        known = set(shares.values_list("user_id", flat=True))
        for person in people:
            share_record(
                declared, record_id, person, by=by, can_write=can_write, expires_at=until,
                with_below=with_below,
            )  # fmt: skip
            after = {"person": person.name, "can_write": can_write, "with_below": with_below}
            write_note(access, declared, "share", source, now(), record_id=record_id, after=after)
        added = [one.pk for one in people if one.pk not in known]
        if added:
            told = {"people": added, "can_write": can_write, "note": source.note}
            write_event(access, declared, "shared", record_id, told)


def let_out(
    access: Access, declared: ObjectType, record_id: int, user_id: int, *, source: Source
) -> None:
    """End what a colleague was let in to."""
    with transaction.atomic():
        unshare_record(declared, record_id, user_id)
        after = {"end": access.person_name(user_id)}
        write_note(access, declared, "share", source, now(), record_id=record_id, after=after)
