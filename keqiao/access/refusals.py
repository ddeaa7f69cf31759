"""Keeps who reached for records of others and was refused: guessing numbers must leave a trace.

These lines stand apart from the change log and its chain on purpose. The chain has one head that
every save waits for: whoever guesses numbers could slow all others down, and a chained line could
not be counted up, so that a thousand guesses would be a thousand lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, transaction

from keqiao.access.matrix import matrix
from keqiao.access.models import RefusedAccess
from keqiao.base.clock import now
from keqiao.catalog.registry import object_type as object_type_named

if TYPE_CHECKING:
    from keqiao.access.access import Access, Actor
    from keqiao.access.rights import Action
    from keqiao.catalog.object_type import ObjectType

MOST_NUMBERS = 20  # kept of one minute; the count goes on
MOST_IN_ONE_REQUEST = 2_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Refusal:
    actor: Actor
    object_key: str
    action: str
    record_id: int


_noted: ContextVar[list[_Refusal] | None] = ContextVar("refusals", default=None)


def note_refusal(
    access: Access, declared: ObjectType, action: Action, record_ids: Iterable[int]
) -> None:
    """Remember that records were out of reach; written when the request or job has ended.

    Not at once: the refusal usually rolls the surrounding transaction back.
    """
    if access.is_system or access.user_id is None:
        return
    found = [_Refusal(access.actor, declared.key, action.value, pk) for pk in record_ids]
    collected = _noted.get()
    if collected is None:
        if found:
            transaction.on_commit(lambda: _store(found))
    elif len(collected) < MOST_IN_ONE_REQUEST:
        collected.extend(found[: MOST_IN_ONE_REQUEST - len(collected)])


@contextmanager
def collecting() -> Iterator[None]:
    """Gather refusals of one request and write them at its end, whatever became of it."""
    found: list[_Refusal] = []
    token = _noted.set(found)
    try:
        yield
    finally:
        _noted.reset(token)
        if found:
            _store(found)


@contextmanager
def overlooked() -> Iterator[None]:
    """Look for a record that may rightly be gone, such as one just handed to somebody else."""
    token = _noted.set([])
    try:
        yield
    finally:
        _noted.reset(token)


def _store(found: list[_Refusal]) -> None:
    """Count what was noted; a database that takes nothing must not turn an answer into a fault."""
    lines: dict[tuple[Actor, str, str], set[int]] = {}
    for one in found:
        lines.setdefault((one.actor, one.object_key, one.action), set()).add(one.record_id)
    for (actor, key, action), ids in lines.items():
        try:
            with transaction.atomic():
                _count(actor, key, action, ids)
        except DatabaseError:
            _log.exception("refused access not written", actor=actor.user_id, object=key)


def _count(actor: Actor, key: str, action: str, ids: set[int]) -> None:
    # Numbers nobody has are counted by the same queries: time must not tell which ones exist.
    manager = object_type_named(key).model._default_manager
    foreign = manager.filter(pk__in=ids, deleted_at__isnull=True).count()
    at = now()
    line, _made = RefusedAccess.objects.select_for_update().get_or_create(
        actor_id=actor.user_id or 0,
        token_id=actor.token_id or 0,
        object_key=key,
        action=action,
        minute=at.replace(second=0, microsecond=0),
        defaults={"actor_name": actor.name[:160], "last_at": at},
    )
    line.tried += len(ids)
    line.foreign += foreign
    line.record_ids = sorted({*line.record_ids, *ids})[:MOST_NUMBERS]
    line.last_at = at
    line.save(update_fields=["tried", "foreign", "record_ids", "last_at"])


def may_read_refusals(access: Access) -> bool:
    """Tell whether somebody may see who was refused: administrators and auditors."""
    rules = matrix()
    return access.is_administrator or not rules.auditor_roles.isdisjoint(
        rules.roles_of.get(access.user_id or 0, ())
    )
