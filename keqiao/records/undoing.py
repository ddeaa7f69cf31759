"""Takes back what one piece of work did to many records, wherever nobody has changed it since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from keqiao.access.rights import Action
from keqiao.records.audit import logged_raw
from keqiao.records.drafts import Draft, Rejected, Saved
from keqiao.records.models import ChangeEntry
from keqiao.records.query import records
from keqiao.records.removal import restore_records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.drafts import Source

_ACTS = ("change", "delete")
_NO_VALUES = ("reveal", "share", "export")


@dataclass(frozen=True)
class Work:
    """The lines one piece of work wrote: by whom, in which request, between which lines."""

    object_key: str
    actor_id: int
    source: str
    request_id: str
    after: int
    until: int
    along: tuple[str, ...] = ()  # other types whose records the work changed as well


@dataclass
class TakenBack:
    """How many records have their old values again, and why the others do not."""

    done: int = 0
    left: dict[int, str] = field(default_factory=dict)


def last_line() -> int:
    """Return the number of the newest line; what is written from now on has a higher one."""
    return ChangeEntry.objects.aggregate(last=Max("pk"))["last"] or 0


def lines_of(work: Work) -> QuerySet[ChangeEntry]:
    return ChangeEntry.objects.filter(
        actor_id=work.actor_id,
        pk__gt=work.after,
        pk__lte=work.until,
        object_key__in=(work.object_key, *work.along),
        source=work.source,
        request_id=work.request_id,
        action__in=_ACTS,
    )


def take_back(
    access: Access, declared: ObjectType, lines: Sequence[ChangeEntry], *, source: Source
) -> TakenBack:
    """Undo the lines with the rights of `access`; a record somebody changed since stays."""
    taken = TakenBack()
    with transaction.atomic():
        binned = [line for line in lines if line.action == "delete"]
        if binned:
            _bring_back(access, declared, binned, source, taken)
        changed = [line for line in lines if line.action == "change"]
        if changed:
            _set_back(access, declared, changed, source, taken)
    return taken


def _bring_back(
    access: Access,
    declared: ObjectType,
    lines: Sequence[ChangeEntry],
    source: Source,
    taken: TakenBack,
) -> None:
    later = _later_lines(declared, lines)
    asked = [line.record_id for line in lines if line.record_id not in later]
    removal = restore_records(access, declared, asked, source=source)
    taken.done += len(removal.done)
    for number in later:
        taken.left[number] = gettext("Somebody changed it since.")
    for number in removal.missing:
        taken.left[number] = gettext("It is no longer in the recycle bin, or out of your reach.")
    for number in removal.in_use:
        taken.left[number] = gettext("Another record holds the same value by now.")


def _set_back(
    access: Access,
    declared: ObjectType,
    lines: Sequence[ChangeEntry],
    source: Source,
    taken: TakenBack,
) -> None:
    ids = [line.record_id for line in lines]
    # The versions are read before the later lines, so that a change of this very moment is
    # either among the lines or found by its version.
    found = records(access, declared, Action.CHANGE).in_bulk(ids)
    later = _later_lines(declared, lines)
    fields = declared.fields()
    drafts: list[Draft] = []
    for line in lines:
        number, record = line.record_id, found.get(line.record_id)
        touched = later.get(number, set()) & line.after.keys()
        gone = line.after.keys() - fields.keys()
        if record is None:
            taken.left[number] = gettext("It was deleted since, or you may no longer change it.")
        elif touched:
            labels = gettext(", ").join(str(fields[name].label) for name in touched & fields.keys())
            taken.left[number] = gettext("Changed since: %(fields)s.") % {"fields": labels}
        elif gone:
            taken.left[number] = gettext("A field of it no longer exists.")
        else:
            values = _old_values(fields, line)
            version = record.version  # type: ignore[attr-defined]
            drafts.append(Draft(values, number, version, allow_duplicates=True))
    for draft, outcome in zip(
        drafts, save_records(access, declared, drafts, source=source), strict=True
    ):
        if isinstance(outcome, Saved):
            taken.done += 1
        else:
            taken.left[draft.record_id or 0] = _reason(outcome)


def _old_values(fields: dict[str, Field], line: ChangeEntry) -> dict[str, Any]:
    names = {name for name in line.after if not fields[name].read_only}
    if line.before.get("owner"):
        names -= {"team"}  # a person's record lies in his department by itself
    return {name: logged_raw(fields[name], line.before.get(name)) for name in names}


def _later_lines(declared: ObjectType, lines: Sequence[ChangeEntry]) -> dict[int, set[str]]:
    """Return, for the records that were changed after their line, the fields that were."""
    own = {line.record_id: line.pk for line in lines}
    rows = ChangeEntry.objects.filter(
        object_key=declared.key, record_id__in=own, pk__gt=min(own.values())
    ).exclude(action__in=_NO_VALUES)
    found: dict[int, set[str]] = {}
    for number, pk, after in rows.values_list("record_id", "pk", "after"):
        if pk > own[number]:
            found.setdefault(number, set()).update(after)
    return found


def _reason(outcome: object) -> str:
    if isinstance(outcome, Rejected):
        return " ".join(str(problem.message) for problem in outcome.problems)
    return gettext("Its old values can no longer be saved.")
