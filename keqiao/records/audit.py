"""The change log: one line for every change, each chained to the one before so that tampering shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils.translation import gettext

from keqiao.access.rights import Action, Right
from keqiao.base.encryption import decrypt, encrypt
from keqiao.base.prepared import ask
from keqiao.catalog.field import Sensitivity
from keqiao.catalog.kinds.links import links_of
from keqiao.catalog.problems import UnknownField
from keqiao.catalog.registry import object_type as object_type_named
from keqiao.catalog.registry import object_types
from keqiao.records.bulk_rows import insert_rows, json_text, moment
from keqiao.records.models import ChainHead, ChangeEntry
from keqiao.records.present import titles_of
from keqiao.records.query import get_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch
    from keqiao.records.drafts import Source

_LINE = (
    "object_key", "record_id", "action", "actor_id", "actor_name", "at",
    "source", "detail", "request_id", "before", "after", "digest",
)  # fmt: skip


# Sign-in accounts are no records, so no object type can have this key.
ACCOUNT_OF_USER = "sign-in"
# Lines that tell of an act and set no value.
_NOTES = ("reveal", "share", "export")
_PIECE, _MOST_PIECES = 2_000, 50


@dataclass(slots=True)
class ChangeLine:
    """A line of the change log before it is chained and stored."""

    object_key: str
    record_id: int
    action: str
    before: dict[str, Any] = dataclass_field(default_factory=dict)
    after: dict[str, Any] = dataclass_field(default_factory=dict)
    actor_id: int | None = None
    actor_name: str = ""
    at: datetime = datetime.min
    source: str = ""
    detail: str = ""
    request_id: str = ""
    digest: str = ""


def write_audit(batch: Batch) -> None:
    """Step 10: write one line per saved record that changed."""
    append_lines(batch.access, lines_of(batch), batch.source, batch.at)


def lines_of(batch: Batch) -> list[ChangeLine]:
    """Return the lines that tell what a batch changed, not yet chained."""
    return [
        ChangeLine(
            object_key=batch.object_type.key,
            record_id=item.stored.pk,
            action="create" if item.creating else _change_action(batch),
            before={name: change.before for name, change in item.changes.items()}
            if not item.creating
            else {},
            after={name: change.after for name, change in item.changes.items()},
        )
        for item in batch.open_items()
        if item.creating or item.changes
    ]


def _change_action(batch: Batch) -> str:
    return "revert" if batch.source.channel == "revert" else "change"


def append_lines(access: Access, lines: Sequence[ChangeLine], source: Source, at: datetime) -> None:
    """Chain and store lines. Call inside the transaction of the change, after all row locks:
    holding the head makes lines and events appear in one order for every reader.
    """
    if not lines:
        return
    actor = access.actor
    head, _made = ChainHead.objects.select_for_update().get_or_create(pk=1)
    digest = head.digest
    for line in lines:
        line.actor_id, line.actor_name, line.at = actor.user_id, actor.name[:160], at
        line.source = source.channel[:40]
        line.detail = (actor.reason or source.note or source.detail)[:200]
        line.request_id = source.request_id[:40]
        digest = line.digest = _digest(digest, line)
    stamp = moment(at)
    insert_rows(
        ChangeEntry,
        _LINE,
        [
            (
                line.object_key, line.record_id, line.action, line.actor_id, line.actor_name, stamp,
                line.source, line.detail, line.request_id, json_text(line.before),
                json_text(line.after), line.digest,
            )
            for line in lines
        ],
    )  # fmt: skip
    head.digest = digest
    head.entry_id += len(lines)
    head.save(update_fields=["digest", "entry_id"])


def _digest(previous: str, line: ChangeEntry | ChangeLine) -> str:
    content = json.dumps(
        [
            previous, line.object_key, line.record_id, line.action, line.actor_id, line.actor_name,
            _spelled(line.at), line.source, line.detail,
            line.request_id, line.before, line.after,
        ],
        sort_keys=True, ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip
    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=64)
def _spelled(moment: datetime) -> str:
    # The lines of a batch are of one moment.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class ChainReport:
    """What a check of the change log found; `broken_at` is the id of the first wrong line."""

    checked: int
    broken_at: int | None = None
    truncated: bool = False

    @property
    def sound(self) -> bool:
        return self.broken_at is None and not self.truncated


def verify_chain() -> ChainReport:
    """Recompute the whole chain from the first line, while others may go on writing."""
    head = ChainHead.objects.filter(pk=1).first() or ChainHead()
    digest, checked, passed_head = "", 0, head.entry_id == 0 and head.digest == ""
    for line in ChangeEntry.objects.order_by("id").iterator(chunk_size=2000):
        digest = _digest(digest, line)
        if line.digest != digest:
            return ChainReport(checked, broken_at=line.pk)
        checked += 1
        passed_head = passed_head or (checked, digest) == (head.entry_id, head.digest)
    head.refresh_from_db()
    return ChainReport(checked, truncated=not passed_head or checked > head.entry_id)


def write_note(
    access: Access,
    object_type: ObjectType,
    action: str,
    source: Source,
    at: datetime,
    *,
    record_id: int = 0,
    after: dict[str, Any] | None = None,
) -> None:
    """Log an act that changes no record: an export, the reveal of a masked value, a refusal."""
    line = ChangeLine(object_type.key, record_id, action, after=after or {})
    append_lines(access, [line], source, at)


def write_account_note(
    access: Access, user_id: int, action: str, source: Source, at: datetime
) -> None:
    """Log what was done to a colleague's account itself, in the same chain as all changes."""
    append_lines(access, [ChangeLine(ACCOUNT_OF_USER, user_id, action)], source, at)


def account_notes(user_id: int, limit: int = 10) -> list[tuple[str, str, datetime]]:
    """Return what was done to a colleague's account: action, by whom and when; newest first."""
    rows = ChangeEntry.objects.filter(object_key=ACCOUNT_OF_USER, record_id=user_id)
    found = rows.order_by("-id").values_list("action", "actor_name", "at")
    return list(found[:limit])


@dataclass(frozen=True)
class FieldHistory:
    """One changed field of a history line, as this person may read it."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class HistoryLine:
    """One line of a record's history."""

    id: int
    action: str
    at: datetime
    actor: str
    actor_id: int | None
    source: str
    detail: str
    fields: list[FieldHistory]


def history(
    access: Access,
    object_type: ObjectType,
    record_id: int,
    limit: int = 50,
    before_id: int | None = None,
    only: str = "",
    *,
    is_checked: bool = False,
) -> list[HistoryLine]:
    """Return the newest lines about one record; hidden fields are left out, masked ones masked.

    With `only` just those that set this field: where its value comes from. Raises `UnknownField`
    for a field this person may not see. `is_checked`: the record was read with this very access.
    """
    if not is_checked:
        get_record(access, object_type, record_id, Action.VIEW)
    if only and (only not in object_type.fields() or access.fields(object_type).is_hidden(only)):
        raise UnknownField(only)

    def build(marks: Sequence[Any]) -> QuerySet[ChangeEntry]:
        rows = ChangeEntry.objects.filter(object_key=marks[0], record_id=marks[1])
        if before_id is not None:
            rows = rows.filter(pk__lt=marks[2])
        if only:
            rows = rows.filter(after__has_key=only).exclude(action__in=_NOTES)
        return rows.order_by("-id")[:limit]

    values: list[str | int] = [object_type.key, record_id]
    if before_id is not None:
        values.append(before_id)
    entries = list(build(values)) if only else ask(("history", limit), values, build)
    if only:
        for entry in entries:
            entry.before = {only: entry.before.get(only)}
            entry.after = {only: entry.after[only]}
    kept = [values for entry in entries for values in (entry.before, entry.after)]
    titles = _link_titles(access, object_type, kept)
    return [_history_line(access, object_type, entry, titles) for entry in entries]


def _history_line(
    access: Access, object_type: ObjectType, entry: ChangeEntry, titles: dict[str, dict[int, str]]
) -> HistoryLine:
    mask = access.fields(object_type)
    shown = _shared(entry) if entry.action == "share" else []
    for name in entry.after if not shown else ():
        right = mask[name]
        if right is Right.HIDDEN:
            continue
        try:
            field = object_type.field(name)
        except UnknownField:
            continue
        texts = []
        for raw in (entry.before.get(name), entry.after[name]):
            texts.append(_text(access, field, raw, right, titles))
        shown.append(FieldHistory(name, str(field.label), *texts))
    return HistoryLine(
        entry.pk, entry.action, entry.at, entry.actor_name, entry.actor_id, entry.source,
        entry.detail, shown,
    )  # fmt: skip


def _shared(entry: ChangeEntry) -> list[FieldHistory]:
    """Return who was let in to the record, or whose access ended, as one line."""
    person, ended = str(entry.after.get("person", "")), str(entry.after.get("end", ""))
    if person and entry.after.get("can_write"):
        person = gettext("%(name)s (may change)") % {"name": person}
    return [FieldHistory("", gettext("Collaborator"), ended, person)]


def entries_since(object_key: str, since: datetime, limit: int) -> list[ChangeEntry]:
    """Return the newest lines by which records of a type were made or changed, up to `limit`.

    Not narrowed to anybody's reach: for what is worked out about them, never to be shown as such.
    """
    found: list[ChangeEntry] = []
    behind = (ChangeEntry.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    # Piece by piece from the end, for lines stand in the order of time: no index leads from a day
    # to its lines, and a log of millions is not to be read for a rare type.
    for _piece in range(_MOST_PIECES):
        part = list(ChangeEntry.objects.filter(pk__lt=behind).order_by("-id")[:_PIECE])
        for line in part:
            if line.at < since or len(found) == limit:
                return found
            if line.object_key == object_key and line.action in ("create", "change"):
                found.append(line)
        if len(part) < _PIECE:
            break
        behind = part[-1].pk
    return found


def logged_form(field: Field, value: Any) -> Any:
    """Return the JSON form of a value that is kept beside its record; secrets are sealed in it."""
    if field.kind.is_empty(value):
        return None
    if field.sensitivity is Sensitivity.SECRET or field.kind.encrypted:
        return {"secret": encrypt(json_text(field.kind.dump(value)), "change_log")}
    return field.kind.dump(value)


def logged_raw(field: Field, logged: Any) -> Any:
    """Return a logged value as the write path takes it."""
    return None if logged is None else field.kind.wire(logged_value(field, logged), field)


def logged_texts(
    access: Access, object_type: ObjectType, logged: Sequence[dict[str, Any]]
) -> list[dict[str, str]]:
    """Return the texts of kept values as this person may read them.

    Hidden fields and fields that no longer exist are left out, masked ones masked.
    """
    fields, mask = object_type.fields(), access.fields(object_type)
    titles = _link_titles(access, object_type, logged)
    return [
        {
            name: _text(access, fields[name], raw, mask[name], titles)
            for name, raw in values.items()
            if name in fields and not mask.is_hidden(name)
        }
        for values in logged
    ]


def logged_value(field: Field, logged: Any) -> Any:
    """Return a value of the change log as records hold it in memory; secrets are opened."""
    if isinstance(logged, dict) and "secret" in logged:
        logged = json.loads(decrypt(logged["secret"], "change_log"))
    # Lines hold the JSON form; only dates and moments have another one in memory.
    return field.kind.load(logged, field) if field.kind.key in {"date", "datetime"} else logged


def _text(
    access: Access, field: Any, raw: Any, right: Right, titles: dict[str, dict[int, str]]
) -> str:
    if raw is None:
        return ""
    value = logged_value(field, raw)
    if right is Right.MASKED:
        return str(field.kind.mask(value, field))
    if field.kind.key == "user":
        return access.person_name(value)
    if field.kind.key == "department":
        return access.department_name(value)
    if field.kind.key == "users":
        return gettext(", ").join(map(access.person_name, value))
    if links := links_of(field, value):
        seen = [titles.get(key, {}).get(pk) or gettext("(no access)") for key, pk in links]
        return gettext(", ").join(dict.fromkeys(seen))
    return str(field.kind.text(value, field))


def _link_titles(
    access: Access, object_type: ObjectType, logged: Iterable[dict[str, Any]]
) -> dict[str, dict[int, str]]:
    """Return what the records are called that kept values point at, by type and id."""
    wanted: dict[str, set[int]] = {}
    for values in logged:
        for name, raw in values.items():
            field = object_type.fields().get(name)
            for key, pk in links_of(field, raw) if field is not None else ():
                wanted.setdefault(key, set()).add(pk)
    known = {declared.key for declared in object_types()}
    wanted = {key: ids for key, ids in wanted.items() if key in known}
    return {
        key: _titles_or_gone(access, object_type_named(key), ids) for key, ids in wanted.items()
    }


def _titles_or_gone(access: Access, target: ObjectType, ids: set[int]) -> dict[int, str]:
    """Return titles; who would see a record of the recycle bin reads that it was deleted."""
    found = titles_of(access, target, ids)
    if missing := ids - found.keys():
        binned = target.model._default_manager.filter(
            access.scope(Action.VIEW, target), pk__in=missing, deleted_at__isnull=False
        )
        found |= dict.fromkeys(binned.values_list("pk", flat=True), gettext("(deleted)"))
    return found
