"""What is told of held changes outside their pages: to programs that sent them, and to an undone import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keqiao.access.rights import Action
from keqiao.api.held import register_held
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.review.deciding import may_look
from keqiao.quality.review.models import PendingChange, PendingState
from keqiao.records.held import register_withdrawal

if TYPE_CHECKING:
    from keqiao.access.access import Access


def register() -> None:
    register_held(state_of)
    register_withdrawal(withdraw)


def state_of(access: Access, pending_id: int) -> dict[str, Any] | None:
    """Return the state of a held change for whoever sent or reviews it; no values, only verdicts."""
    pending = PendingChange.objects.select_related("rule").filter(pk=pending_id).first()
    if pending is None or not may_look(access, pending):
        return None
    try:
        declared = object_type(pending.object_key)
    except UnknownObject:
        return None
    if not access.can(Action.VIEW, declared):
        return None
    mask = access.fields(declared)
    verdicts = {name: one for name, one in pending.verdicts.items() if not mask.is_hidden(name)}
    is_written = pending.state in (PendingState.ACCEPTED, PendingState.PARTLY)
    return {
        "pending_id": pending.pk,
        "state": pending.state,
        "object": declared.key,
        # A new record has a number once it was accepted; a changed one had it before.
        "record_id": pending.record_id,
        "version": pending.result_version if is_written else None,
        "sent_at": pending.made_at.isoformat(),
        "decided_at": pending.decided_at.isoformat() if pending.decided_at else None,
        "fields": {
            name: {"accepted": one["accepted"], "reason": one["reason"]}
            for name, one in verdicts.items()
        },
    }


def withdraw(object_key: str, channel: str, detail: str) -> int:
    """Withdraw what a piece of work that is undone left waiting for review; return how much it was."""
    waiting = PendingChange.objects.filter(
        object_key=object_key, source=channel, detail=detail, state=PendingState.WAITING
    )
    return waiting.update(state=PendingState.WITHDRAWN)
