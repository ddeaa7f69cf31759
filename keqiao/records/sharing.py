"""Letting colleagues in to a record and ending it: with a line in the change log and word to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from keqiao.access.directory import share_record, share_records, unshare_record
from keqiao.access.models import Collaborator, User
from keqiao.access.reasons import Why, reasons_to_see
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.base.problems import Problem
from keqiao.catalog.registry import object_type_of
from keqiao.records.audit import ChangeLine, append_lines, write_note
from keqiao.records.outbox import write_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.access.reasons import Reason
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Source


@dataclass(frozen=True)
class OwnReach:
    """How far somebody reaches who may change a record only because he was let in himself.

    He gives others no more than he has, and his own access is not his to change.
    """

    user_id: int
    shares: tuple[Reason, ...]

    @property
    def with_below(self) -> bool:
        return any(one.with_below for one in self.shares)

    def until(self, *, with_below: bool = False) -> datetime | None:
        """Return when the longest of his shares ends (of those as wide); None: never."""
        ends = [one.until for one in self.shares if one.with_below or not with_below]
        return None if None in ends else max(filter(None, ends), default=now())


def own_reach(access: Access, record: Model) -> OwnReach | None:
    """Return how far this person reaches; None for whoever needs no share to change the record."""
    user = User.objects.filter(pk=access.user_id or 0).first()
    if user is None:
        return None  # the product itself
    reasons = reasons_to_see(user, record, Action.CHANGE)
    if any(one.why is not Why.SHARED for one in reasons):
        return None
    return OwnReach(user.pk, tuple(reasons))


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
    """Let colleagues in, all by the same rules; those who are new are told, and everybody is to
    whom the note of `source` is written.

    The caller has checked that the actor may change the record. Raises `Problem` when he would give
    more than he was given himself.
    """
    by = User.objects.filter(pk=access.user_id or 0).first()
    with transaction.atomic():
        record = declared.model._default_manager.get(pk=record_id)
        until = _no_more_than_own(access, record, people, until, with_below=with_below)
        shares = Collaborator.objects.filter(object_key=declared.key, record_id=record_id)
        in_force = shares.filter(Q(expires_at=None) | Q(expires_at__gt=now()))
        known = set(in_force.values_list("user_id", flat=True))
        for person in people:
            share_record(
                declared, record_id, person, by=by, can_write=can_write, expires_at=until,
                with_below=with_below,
            )  # fmt: skip
            after = {"person": person.name, "can_write": can_write, "with_below": with_below}
            write_note(access, declared, "share", source, now(), record_id=record_id, after=after)
        told = [one.pk for one in people if source.note or one.pk not in known]
        if told:
            data = {"people": told, "can_write": can_write, "note": source.note}
            write_event(access, declared, "shared", record_id, data)


def _no_more_than_own(
    access: Access,
    record: Model,
    people: Sequence[User],
    until: datetime | None,
    *,
    with_below: bool,
) -> datetime | None:
    """Return the end of what is given, when the actor has as much himself; raise when not."""
    own = own_reach(access, record)
    if own is None:
        return until
    if any(one.pk == own.user_id for one in people):
        message = _(
            "You were let in to this record yourself, so your own access stays as it was given to"
            " you. If you need more, please ask the owner of the record."
        )
        raise Problem("own_share", message)
    _only_own_gifts(record, own.user_id, [one.pk for one in people])
    if with_below and not own.with_below:
        message = _(
            "You were let in to this record alone, so you cannot let others in to what belongs to"
            " it. Please let them in to this record alone, or ask its owner."
        )
        raise Problem("beyond_own_share", message)
    end = own.until(with_below=with_below)
    if end is None:
        return until
    last_day = timezone.localdate(end)
    if until is None or timezone.localdate(until) > last_day:
        message = _(
            "Your own access to this record ends on %(day)s, so you cannot let others in for longer."
            " Please choose that day or an earlier one, or ask the owner of the record."
        )
        raise Problem("beyond_own_share", message % {"day": date_format(last_day, "Y-m-d")})
    return min(until, end)


def _only_own_gifts(record: Model, giver_id: int, people: Sequence[int]) -> None:
    """Refuse to touch what others gave: the owner let these people in, not this collaborator."""
    shares = Collaborator.objects.filter(
        object_key=object_type_of(type(record)).key,
        record_id=record.pk,
        user_id__in=people,
    )
    by_others = shares.exclude(added_by_id=giver_id).select_related("user")
    names = [share.user.name for share in by_others]
    if names:
        message = _(
            "%(names)s was let in by somebody else. You were let in yourself, so you can change only"
            " what you gave; please ask the owner of the record."
        )
        raise Problem("others_share", message % {"names": _(", ").join(names)})


def let_stay(
    access: Access,
    declared: ObjectType,
    staying: Mapping[int, User],
    *,
    source: Source,
    can_write: bool,
    until: datetime | None,
) -> None:
    """Keep the old owners of records handed over in, each with his record.

    They are not told: who gave the records wrote to the new owners, and the old ones lose nothing
    that they have to be told of. The right to hand a record over comes from no share, so it needs
    no comparison with one.
    """
    if not staying:
        return
    by = User.objects.filter(pk=access.user_id or 0).first()
    lines = [
        ChangeLine(
            declared.key,
            record_id,
            "share",
            after={"person": person.name, "can_write": can_write, "with_below": True},
        )
        for record_id, person in staying.items()
    ]
    with transaction.atomic():
        share_records(declared, staying, by=by, can_write=can_write, expires_at=until)
        append_lines(access, lines, replace(source, note=""), now())


def let_out(
    access: Access, declared: ObjectType, record_id: int, user_id: int, *, source: Source
) -> None:
    """End what a colleague was let in to; raises `Problem` when that was not his to give or take.

    Anybody may leave; whoever was only let in himself ends just what he gave.
    """
    with transaction.atomic():
        if user_id != access.user_id:
            record = declared.model._default_manager.get(pk=record_id)
            own = own_reach(access, record)
            if own is not None:
                _only_own_gifts(record, own.user_id, [user_id])
        if unshare_record(declared, record_id, user_id):
            after = {"end": access.person_name(user_id)}
            write_note(access, declared, "share", source, now(), record_id=record_id, after=after)
