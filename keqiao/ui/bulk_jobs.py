"""The background part of changing many records: in small steps, resumable, each row by the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy, gettext_noop, override
from django_tasks import task

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Action
from keqiao.base.words import say
from keqiao.catalog import state
from keqiao.catalog.filter import AllOf, parse_filter, parse_where
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import progress, resume_state, save_state
from keqiao.records.drafts import Draft, Saved, Source
from keqiao.records.query import ListQuery, matching_records, records
from keqiao.records.removal import delete_records
from keqiao.records.save import save_records
from keqiao.records.undoing import last_line
from keqiao.ui.dialogs import in_use_text, refusal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Model, QuerySet

    from keqiao.catalog.filter import FilterTree
    from keqiao.catalog.object_type import ObjectType

ROWS_AT_ONCE = 200
MOST_LISTED = 200  # records left as they were, named with the reason


@dataclass
class Part:
    """What became of one part of the records: how many were changed, and why others were not."""

    done: int = 0
    refused: dict[int, str] = field(default_factory=dict)


@task(title=gettext_lazy("Change many records"), queue_name=LONG)
def change_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    values: dict[str, Any],
    reason: str = "",
    nested: str = "",
) -> dict[str, Any]:
    """Set the same values on every chosen record; refused rows are left as they are."""
    declared = object_type(object_key)
    action = Action.TRANSFER if "owner" in values else Action.CHANGE
    source = Source("bulk", reason, request_id)

    def save(access: Access, part: list[int]) -> Part:
        drafts = [Draft(dict(values), record_id=number) for number in part]
        return saved_part(access, declared, drafts, source)

    return in_steps(user_id, declared, action, where, search, ids, save, nested)


@task(title=gettext_lazy("Change tags of many records"), queue_name=LONG)
def tag_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    name: str,
    added: list[str],
    removed: list[str],
    nested: str = "",
) -> dict[str, Any]:
    """Put words on every chosen record and take others away; what else stands there stays."""
    declared = object_type(object_key)
    own = declared.field(name)
    source = Source("bulk", "", request_id)

    def tag(access: Access, part: list[int]) -> Part:
        if not access.fields(declared).is_readable(name):
            return Part()
        found = records(access, declared, Action.CHANGE).filter(pk__in=part)
        drafts = []
        for record in found.order_by("pk"):
            words = list(own.value(record) or [])
            wanted = [word for word in dict.fromkeys([*words, *added]) if word not in removed]
            if wanted != words:
                version = record.version  # type: ignore[attr-defined]
                drafts.append(Draft({name: wanted}, record_id=record.pk, version=version))
        saved = saved_part(access, declared, drafts, source)
        saved.done += len(part) - len(drafts)
        return saved

    return in_steps(user_id, declared, Action.CHANGE, where, search, ids, tag, nested)


@task(title=gettext_lazy("Delete many records"), queue_name=LONG)
def delete_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    reason: str = "",
    nested: str = "",
) -> dict[str, Any]:
    """Move every chosen record to the recycle bin, except those others cannot do without."""
    declared = object_type(object_key)
    source = Source("bulk", reason, request_id)

    def remove(access: Access, part: list[int]) -> Part:
        removal = delete_records(access, declared, part, source=source)
        refused = {number: in_use_text(count) for number, count in removal.in_use.items()}
        return Part(len(removal.done), refused)

    return in_steps(user_id, declared, Action.DELETE, where, search, ids, remove, nested)


def saved_part(
    access: Access, declared: ObjectType, drafts: Sequence[Draft], source: Source
) -> Part:
    """Save drafts of stored records; what is refused is told by record."""
    outcomes = save_records(access, declared, drafts, source=source, allow_duplicates=True)
    part = Part()
    for draft, outcome in zip(drafts, outcomes, strict=True):
        if isinstance(outcome, Saved):
            part.done += 1
        else:
            part.refused[draft.record_id or 0] = refusal_text(outcome)
    return part


def in_steps(
    user_id: int,
    declared: ObjectType,
    action: Action,
    where: list[str],
    search: str,
    ids: list[int] | None,
    work: Callable[[Access, list[int]], Part | int],
    nested: str = "",
) -> dict[str, Any]:
    """Do `work` part by part, with the rights the person has while it runs, not when it began.

    The parts follow the record numbers, so each record has its turn once, though a change may take
    it out of the filter that found it, and a million of them need no list in memory. `lines` tells
    between which lines of the change log it all stands, for whoever wants to take it back.
    """
    with override(acting(user_id).language):
        kept = resume_state()
        if not kept:
            chosen = _chosen(
                Access.for_user(acting(user_id)), declared, action, where, search, ids, nested
            )
            last = chosen.order_by("-pk").values_list("pk", flat=True).first()
            kept = {"total": chosen.count(), "until": last or 0, "behind": 0, "at": 0, "done": 0}
            kept["lines"] = [last_line()] * 2
        while True:
            state.forget_versions()
            access = Access.for_user(acting(user_id))
            chosen = _chosen(access, declared, action, where, search, ids, nested)
            here = chosen.filter(pk__gt=kept["behind"], pk__lte=kept["until"]).order_by("pk")
            part = list(here.values_list("pk", flat=True)[:ROWS_AT_ONCE])
            if not part:
                break
            with transaction.atomic():
                became = work(access, part)
                note_part(kept, became if isinstance(became, Part) else Part(became), len(part))
                kept["behind"] = part[-1]
                kept["lines"] = [kept["lines"][0], last_line()]
                save_state(kept)
            tell_progress(kept)
    return outcome_of(kept)


def note_part(kept: dict[str, Any], part: Part, count: int) -> None:
    """Add what became of one part to what is kept for the next one."""
    kept["done"] += part.done
    kept["at"] += count
    if part.refused:
        listed = [*kept.get("refused", []), *([pk, why] for pk, why in part.refused.items())]
        kept["refused"] = listed[:MOST_LISTED]


def tell_progress(kept: dict[str, Any]) -> None:
    left = kept["at"] - kept["done"]
    note = say(gettext_noop("%(count)s left as they were"), count=left) if left else ""
    progress(kept["at"], max(kept["total"], kept["at"]), note)


def outcome_of(kept: dict[str, Any]) -> dict[str, Any]:
    """Return what is known when the work has ended."""
    return {
        "rows": kept["at"],
        "changed": kept["done"],
        "left": kept["at"] - kept["done"],
        "lines": kept["lines"],
        "refused": kept.get("refused", []),
    }


def acting(user_id: int) -> User:
    return User.objects.get(pk=user_id, is_active=True)


def _chosen(
    access: Access,
    declared: ObjectType,
    action: Action,
    where: list[str],
    search: str,
    ids: list[int] | None,
    nested: str,
) -> QuerySet[Model]:
    tree: FilterTree | None = parse_where(where)
    if nested:
        tree = AllOf((tree, parse_filter(nested))) if tree else parse_filter(nested)
    query = ListQuery(
        object_type=declared,
        filter=tree,
        ids=None if ids is None else tuple(ids),
        search=search,
        action=action,
        count=False,
    )
    return matching_records(access, query)
