"""What reviewers may see of held entries, and what becomes of an entry once they have decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.review.known import CUSTOMER, CUSTOMER_CHECKED, rules_reviewed_by
from keqiao.quality.review.models import PendingChange, PendingState
from keqiao.quality.review.telling import tell_maker
from keqiao.records.audit import logged_raw
from keqiao.records.drafts import Conflict, Draft, DuplicateFound, Rejected, Saved, Source
from keqiao.records.query import RecordNotFound, get_record
from keqiao.records.removal import delete_records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model, QuerySet

    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Outcome

# Channels of what is written after a review; the detail names the other one of the two people.
CHECKED, ENTERED = "review", "reviewed_entry"
UNDO_WITHIN = timedelta(minutes=30)
SETTLED = (PendingState.ACCEPTED, PendingState.PARTLY, PendingState.REJECTED)


@dataclass(frozen=True)
class Verdict:
    """What a reviewer says about one field; a rejection has a reason."""

    accepted: bool
    reason: str = ""


class ReviewProblem(Exception):
    """A decision that cannot be taken; `message` says why and what to do."""

    def __init__(self, message: str, code: str, outcome: Outcome | None = None) -> None:
        super().__init__(code)
        self.message = message
        self.code = code
        self.outcome = outcome


# --- who sees what --------------------------------------------------------------------------------


def entries_to_review(access: Access) -> QuerySet[PendingChange]:
    """Return what waits for this person, oldest first; never what he entered, unless a rule says so."""
    rules = rules_reviewed_by(access)
    own = [rule.pk for rule in rules if rule.allows_self]
    matching = Q(rule_id__in=[rule.pk for rule in rules])
    if access.user_id is not None:
        strangers = Q(maker_id=None) | ~Q(maker_id=access.user_id)
        matching &= strangers | Q(rule_id__in=own)
        matching |= Q(source=CUSTOMER, maker_id=access.user_id)
    rows = PendingChange.objects.filter(matching, state=PendingState.WAITING)
    return rows.select_related("rule").order_by("pk")


def may_decide(access: Access, pending: PendingChange) -> bool:
    """Tell whether this person reviews entries like this one, and may do so with this very one."""
    if pending.source == CUSTOMER and access.user_id == pending.maker_id is not None:
        return True  # he asked, a customer answered: those are two people
    if pending.rule_id not in {rule.pk for rule in rules_reviewed_by(access)}:
        return False
    return pending.rule.allows_self or access.user_id != pending.maker_id


def may_look(access: Access, pending: PendingChange) -> bool:
    """Reviewers and whoever entered it; nobody else knows of it."""
    is_own = access.user_id is not None and access.user_id == pending.maker_id
    return is_own or may_decide(access, pending)


def open_fields(access: Access, pending: PendingChange) -> list[str]:
    """Return the fields nobody has decided yet and this person may read: only those he decides."""
    try:
        declared = object_type(pending.object_key)
    except UnknownObject:
        return []
    mask, fields = access.fields(declared), declared.fields()
    return [
        name
        for name in pending.checked
        if name not in pending.verdicts and name in fields and mask.is_readable(name)
    ]


def stored_record(declared: ObjectType, pending: PendingChange) -> Model | None:
    """Return the record as it is now, whoever looks after it; None for a new or a deleted one."""
    if pending.record_id is None:
        return None
    try:
        return get_record(Access.system("review of an entry"), declared, pending.record_id)
    except RecordNotFound:
        return None


# --- deciding -------------------------------------------------------------------------------------


def decide(
    access: Access,
    pending_id: int,
    verdicts: Mapping[str, Verdict],
    *,
    seen_version: int | None = None,
    knows_duplicates: bool = False,
    request_id: str = "",
) -> PendingChange:
    """Take a reviewer's verdicts; once every field has one, write what was accepted.

    Of two reviewers at once one is heard, the other learns it (`ReviewProblem` "decided").
    `seen_version` is the version of the record the reviewer looked at: when it is another one by
    now, nothing is decided. Raises `ReviewProblem`; then nothing has changed.
    """
    with transaction.atomic():
        pending = PendingChange.objects.select_for_update().filter(pk=pending_id).first()
        if pending is None or not may_decide(access, pending):
            raise ReviewProblem(
                _("This entry does not exist, or it is not yours to review."), "missing"
            )
        if pending.state != PendingState.WAITING:
            raise ReviewProblem(_("A colleague has decided this entry a moment ago."), "decided")
        _note_verdicts(access, pending, verdicts)
        if set(pending.checked) <= pending.verdicts.keys():
            _settle(access, pending, seen_version, request_id, knows_duplicates=knows_duplicates)
        pending.save()
    return pending


def _note_verdicts(access: Access, pending: PendingChange, verdicts: Mapping[str, Verdict]) -> None:
    may = set(open_fields(access, pending))
    if not verdicts or not verdicts.keys() <= may:
        raise ReviewProblem(_("Please decide the fields shown, and only those."), "fields")
    if any(not one.accepted and not one.reason.strip() for one in verdicts.values()):
        raise ReviewProblem(
            _("Please say why: whoever entered it has to know what to correct."), "reason"
        )
    for name, one in verdicts.items():
        pending.verdicts[name] = {
            "accepted": one.accepted,
            "reason": "" if one.accepted else one.reason.strip()[:300],
            "by": access.user_id,
            "name": access.actor.name[:160],
        }
    pending.decided_by_id, pending.decided_at = access.user_id, now()


def _settle(
    access: Access,
    pending: PendingChange,
    seen_version: int | None,
    request_id: str,
    *,
    knows_duplicates: bool,
) -> None:
    rejected = {name for name, one in pending.verdicts.items() if not one["accepted"]}
    if rejected >= set(pending.checked):
        pending.state = PendingState.REJECTED
        tell_maker(access, pending)
        return
    declared = object_type(pending.object_key)
    fields = declared.fields()
    values = {
        name: logged_raw(fields[name], raw)
        for name, raw in pending.values.items()
        if name in fields and name not in rejected
    }
    writer, source = _writer(access, pending, request_id)
    draft = Draft(
        values,
        record_id=pending.record_id,
        version=None if pending.record_id is None else seen_version or pending.version,
        allow_duplicates=pending.allow_duplicates or knows_duplicates,
    )
    [outcome] = save_records(writer, declared, [draft], source=source)
    if not isinstance(outcome, Saved):
        raise _why_not(outcome)
    pending.record_id = outcome.record_id
    pending.result_version = outcome.version
    pending.state = PendingState.PARTLY if rejected else PendingState.ACCEPTED
    tell_maker(access, pending)


def _writer(access: Access, pending: PendingChange, request_id: str) -> tuple[Access, Source]:
    """Return whose rights the entry is written with, and what the log says of the other person.

    Whoever entered it is the author, with the rights he has now. When he left, the reviewer is; a
    list from the command line had the system's rights from the beginning.
    """
    names = dict.fromkeys(str(one["name"]) for one in pending.verdicts.values() if one["accepted"])
    reviewers = ", ".join(names)
    if pending.maker_id is None:
        return Access.system(reviewers), Source(CHECKED, reviewers, request_id)
    maker = User.objects.filter(pk=pending.maker_id, is_active=True).first()
    if maker is None:
        return access, Source(ENTERED, pending.maker_name, request_id)
    author = Access.for_user(maker)
    # A program's entry stays the program's in the log ("李销售 · ERP").
    author = replace(author, actor=replace(author.actor, name=pending.maker_name))
    channel = CUSTOMER_CHECKED if pending.source == CUSTOMER else CHECKED
    return author, Source(channel, reviewers, request_id)


def _why_not(outcome: Outcome) -> ReviewProblem:
    match outcome:
        case Conflict():
            text = _(
                "Somebody changed this record meanwhile. Please look at it again, then decide."
            )
            return ReviewProblem(text, "conflict", outcome)
        case DuplicateFound():
            text = (
                _("Another record holds the same value by now, and there may only be one.")
                if outcome.blocking
                else _("Another record looks the same by now. Accept again if that is meant.")
            )
            return ReviewProblem(text, "blocked" if outcome.blocking else "duplicate", outcome)
        case Rejected(missing=True) | Rejected(forbidden=True):
            text = _(
                "It can no longer be written: the record is gone, or whoever entered this may no"
                " longer change it. Please send it back."
            )
            return ReviewProblem(text, "gone", outcome)
        case Rejected(problems):
            reasons = " ".join(str(problem.message) for problem in problems)
            return ReviewProblem(reasons, "invalid", outcome)
    return ReviewProblem(_("It could not be saved."), "invalid", outcome)


# --- taking a decision back -----------------------------------------------------------------------


def take_back(access: Access, pending_id: int, *, request_id: str = "") -> PendingChange:
    """Undo one's own decision of a moment ago: the entry waits again, the record is as it was.

    Raises `ReviewProblem` when it was somebody else's, too long ago, or the record has moved on.
    """
    with transaction.atomic():
        pending = PendingChange.objects.select_for_update().filter(pk=pending_id).first()
        if pending is None or pending.decided_by_id != access.user_id:
            raise ReviewProblem(_("This decision is not yours to take back."), "missing")
        is_fresh = pending.decided_at is not None and pending.decided_at > now() - UNDO_WITHIN
        if not is_fresh or pending.state not in (*SETTLED, PendingState.WAITING):
            raise ReviewProblem(
                _("This can no longer be taken back. Please change the record itself."), "late"
            )
        if pending.state in (PendingState.ACCEPTED, PendingState.PARTLY):
            _unwrite(pending, Source("revert", "", request_id))
        pending.state = PendingState.WAITING
        pending.verdicts = {
            name: one for name, one in pending.verdicts.items() if one["by"] != access.user_id
        }
        pending.decided_by_id = pending.decided_at = pending.result_version = None
        pending.save()
    return pending


def _unwrite(pending: PendingChange, source: Source) -> None:
    """Put the record back with the system's rights: it stands as if nobody had decided."""
    system = Access.system("take back a review")
    declared = object_type(pending.object_key)
    record = stored_record(declared, pending)
    moved_on = ReviewProblem(
        _("The record was changed since. Please change it by hand."), "moved_on"
    )
    if record is None or record.version != pending.result_version:  # type: ignore[attr-defined]
        raise moved_on
    if pending.version is None:
        removal = delete_records(system, declared, [record.pk], source=source)
        if removal.in_use:
            raise moved_on
        pending.record_id = None
        return
    fields = declared.fields()
    accepted = pending.values.keys() - {
        name for name, one in pending.verdicts.items() if not one["accepted"]
    }
    values: dict[str, Any] = {
        name: logged_raw(fields[name], pending.before.get(name))
        for name in accepted
        if name in fields
    }
    draft = Draft(
        values, record_id=record.pk, version=pending.result_version, allow_duplicates=True
    )
    [outcome] = save_records(system, declared, [draft], source=source)
    if not isinstance(outcome, Saved):
        raise moved_on
    pending.version = outcome.version


def may_know(access: Access, declared: ObjectType, record: Model) -> QuerySet[PendingChange]:
    """Return what waits about a record, for whoever may change it, has entered it or reviews it."""
    rows = PendingChange.objects.filter(
        object_key=declared.key, record_id=record.pk, state=PendingState.WAITING
    )
    if access.reaches(Action.CHANGE, declared, record):
        return rows
    reviewed = Q(rule_id__in=[rule.pk for rule in rules_reviewed_by(access)])
    return rows.filter(reviewed | Q(maker_id=access.user_id or -1))
