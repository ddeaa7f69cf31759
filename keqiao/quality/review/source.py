"""Held entries at the desk of the queue: each field accepted or sent back with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.queue.sources import (
    COUNT_STOPS_AT,
    Answer,
    Decision,
    Fact,
    Line,
    Option,
    QueueItem,
    QueueProblem,
    QueueSource,
)
from keqiao.quality.review.deciding import (
    ReviewProblem,
    Verdict,
    decide,
    entries_to_review,
    open_fields,
    stored_record,
    take_back,
)
from keqiao.quality.review.known import SOURCES, askers, rules_reviewed_by
from keqiao.records.audit import logged_form, logged_texts, logged_value
from keqiao.records.query import records
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import new_label, sentence

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.review.models import PendingChange

ACCEPT, REJECT = "accept", "reject"
LOOKED_AT = 200  # entries passed over at most because this person may read none of their fields


class ReviewSource(QueueSource):
    """Entries that rules hold back until a second person has looked."""

    key = "review"
    label = gettext_lazy("Review of entered data")
    hint = gettext_lazy("Entries that count only once a second person has looked at them.")
    icon = "list-check"
    order = 10

    def is_for(self, access: Access) -> bool:
        return bool(rules_reviewed_by(access)) or access.user_id in askers()

    def count(self, access: Access) -> int:
        rows = entries_to_review(access)
        if not _is_anything_hidden(access, rows):
            return rows[: COUNT_STOPS_AT + 1].count()
        return sum(bool(open_fields(access, one)) for one in rows[: COUNT_STOPS_AT + 1])

    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        for pending in entries_to_review(access).filter(pk__gt=after)[:LOOKED_AT]:
            if open_fields(access, pending):
                return item_of(access, pending)
        return None

    def item(self, access: Access, item_id: int) -> QueueItem | None:
        pending = entries_to_review(access).filter(pk=item_id).first()
        if pending is None or not open_fields(access, pending):
            return None
        return item_of(access, pending)

    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        pending = entries_to_review(access).filter(pk=item_id).first()
        if pending is None:
            raise QueueProblem(_("A colleague has decided this entry a moment ago."), is_gone=True)
        try:
            decide(
                access,
                item_id,
                _verdicts(open_fields(access, pending), answer),
                seen_version=int(answer.revision) if answer.revision.isdecimal() else None,
                knows_duplicates=answer.is_sure,
                request_id=answer.request_id,
            )
        except ReviewProblem as problem:
            raise QueueProblem(
                problem.message,
                is_gone=problem.code in {"missing", "decided"},
                may_insist=problem.code == "duplicate",
            ) from None

    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        try:
            take_back(access, item_id, request_id=request_id)
        except ReviewProblem as problem:
            raise QueueProblem(problem.message) from None


def _verdicts(names: list[str], answer: Answer) -> dict[str, Verdict]:
    if answer.decision is Decision.DISMISS:
        return {name: Verdict(accepted=False, reason=answer.reason) for name in names}
    found = {}
    for name in names:
        choice = answer.choices.get(name)
        if choice is None or choice.option not in {ACCEPT, REJECT}:
            raise QueueProblem(
                _("Somebody else has changed a field meanwhile. Please decide each field yourself.")
            )
        found[name] = Verdict(choice.option == ACCEPT, choice.text)
    return found


def _is_anything_hidden(access: Access, rows: Any) -> bool:
    """Tell whether some field of the types that wait is not for this person to read."""
    for key in rows.order_by().values_list("object_key", flat=True).distinct():
        try:
            declared = object_type(key)
        except UnknownObject:
            return True
        mask = access.fields(declared)
        if not all(mask.is_readable(name) for name in declared.fields()):
            return True
    return False


# --- one item -------------------------------------------------------------------------------------


def item_of(access: Access, pending: PendingChange) -> QueueItem:
    """Return a held entry as this person may see it: before, entered, and what speaks for it."""
    declared = object_type(pending.object_key)
    record = stored_record(declared, pending)
    stored = _stored(declared, pending, record)
    before, entered = logged_texts(access, declared, [stored, pending.values])
    fields, names = declared.fields(), open_fields(access, pending)
    is_new = pending.version is None
    moved = {name for name in names if _has_moved(fields[name], pending, stored)}
    lines = tuple(
        Line(
            name,
            sentence(fields[name].label),
            (
                Option(ACCEPT, gettext_lazy("Accept"), entered.get(name, ""), tone="jade"),
                Option(REJECT, gettext_lazy("Send back"), needs_text=gettext_lazy("Why?"),
                       tone="red"),
            ),
            before=before.get(name, ""),
            chosen="" if name in moved else ACCEPT,
            warning=_("Changed by somebody else since this was entered.")
            if name in moved
            else "",
        )
        for name in names
    )  # fmt: skip
    others = tuple(
        Fact(sentence(fields[name].label), text)
        for name, text in entered.items()
        if name not in names and text
    )
    gone = not is_new and record is None
    return QueueItem(
        id=pending.pk,
        title=title_for(access, declared, pending),
        kind=new_label(declared) if is_new
        else _("Change of %(object)s") % {"object": declared.label},
        lines=lines,
        facts=_facts(access, pending),
        others=others,
        revision=str(record.version) if record is not None else "",  # type: ignore[attr-defined]
        url=record_url(access, declared, pending),
        warning=_("The record was deleted meanwhile. This can only be sent back.") if gone else "",
        accept_label=gettext_lazy("Accept"),
        dismiss_label=gettext_lazy("Send everything back"),
        dismiss_needs=gettext_lazy("Why does it go back?"),
    )  # fmt: skip


def _stored(declared: ObjectType, pending: PendingChange, record: Model | None) -> dict[str, Any]:
    """Return what the record holds now in the fields of the entry, in the form they are kept."""
    if record is None:
        return dict(pending.before)
    fields = declared.fields()
    return {
        name: logged_form(fields[name], fields[name].value(record))
        for name in pending.values
        if name in fields
    }


def _has_moved(own: Field, pending: PendingChange, stored: dict[str, Any]) -> bool:
    """Tell whether the record holds something else in this field than when the entry was made."""
    held, then = stored.get(own.name), pending.before.get(own.name)
    return bool(logged_value(own, held) != logged_value(own, then))


def _facts(access: Access, pending: PendingChange) -> tuple[Fact, ...]:
    source = str(SOURCES.get(pending.source, pending.source))
    found = [
        Fact(_("Entered by"), pending.maker_name if pending.maker_id else _("the command line")),
        Fact(_("When"), near_moment(pending.made_at)),
        Fact(_("How"), f"{source} · {pending.detail}" if pending.detail else source),
        Fact(_("Why it waits"), pending.rule.name),
    ]
    found += [Fact(_("Data standard"), text) for _name, text in pending.reasons]
    if pending.follows_id:
        found.append(
            Fact(
                _("Corrected"),
                _("This was sent back before"),
                f"/quality/review/{pending.follows_id}/",
            )
        )
    return tuple(found)


def title_for(access: Access, declared: ObjectType, pending: PendingChange) -> str:
    """Return what the entry is called, unless its name is not for this person to read."""
    is_own = access.user_id is not None and access.user_id == pending.maker_id
    if pending.title and (is_own or access.fields(declared).is_readable(declared.title)):
        return pending.title
    return _("%(object)s without a name") % {"object": sentence(declared.label)}


def record_url(access: Access, declared: ObjectType, pending: PendingChange) -> str:
    """Return where the record lies, when this person may open it."""
    if pending.record_id is None:
        return ""
    is_seen = records(access, declared).filter(pk=pending.record_id).exists()
    return f"/{declared.path}/{pending.record_id}/" if is_seen else ""
