"""Double entry at the desk: differences to settle there, and the way to what is to be keyed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type
from keqiao.quality.double_entry.keying import (
    LOOKED_AT,
    EntryProblem,
    differences,
    differing_fields,
    drop,
    entries_to_key,
    keyed_fields,
    next_to_key,
    settle,
    stored,
    take_back,
)
from keqiao.quality.double_entry.known import known, rules_keyed_by
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
from keqiao.records.audit import logged_texts
from keqiao.records.query import records
from keqiao.ui.cells import near_moment
from keqiao.ui.history_page import SOURCES
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from keqiao.access.access import Access
    from keqiao.quality.double_entry.models import KeyedField, SecondEntry

FIRST, SECOND, OTHER = "first", "second", "other"


class SecondEntrySource(QueueSource):
    """Records to be keyed again; the work is typing, so it is done on a form of its own."""

    key = "second-entry"
    label = gettext_lazy("Second entry")
    hint = gettext_lazy("Key what the paper says, without seeing what a colleague keyed.")
    icon = "keyboard"
    address = "/quality/second-entry/"
    order = 20

    def is_for(self, access: Access) -> bool:
        return bool(rules_keyed_by(access))

    def count(self, access: Access) -> int:
        rows = entries_to_key(access)[: COUNT_STOPS_AT + 1]
        return sum(bool(keyed_fields(access, one)) for one in rows) if rows else 0

    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        entry = next_to_key(access, after)
        return None if entry is None else self.item(access, entry.pk)

    def item(self, access: Access, item_id: int) -> QueueItem | None:
        entry = entries_to_key(access).filter(pk=item_id).first()
        fields = keyed_fields(access, entry) if entry is not None else []
        if entry is None or not fields:
            return None
        lines = tuple(Line(own.name, sentence(own.label), ()) for own in fields)
        return QueueItem(
            id=entry.pk, title=title_of(access, entry, {own.name for own in fields}),
            kind=entry.rule.name, lines=lines, facts=facts_of(access, entry),
        )  # fmt: skip

    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        raise QueueProblem(_("A record is keyed again on its own page."))

    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        raise QueueProblem(_("What was keyed stays; a difference is settled by a third person."))


class DifferenceSource(QueueSource):
    """Fields two people keyed differently: a third one says which value holds."""

    key = "differences"
    label = gettext_lazy("Differences of double entry")
    hint = gettext_lazy("Two people keyed something different; you say what holds.")
    icon = "switch-horizontal"
    order = 30

    def is_for(self, access: Access) -> bool:
        return bool(rules_keyed_by(access)) or (access.is_administrator and bool(known().rules))

    def count(self, access: Access) -> int:
        rows = differences(access)[: COUNT_STOPS_AT + 1]
        return sum(bool(_open(access, one)) for one in rows)

    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        for entry in differences(access).filter(pk__gt=after)[:LOOKED_AT]:
            if open_ones := _open(access, entry):
                return _item(access, entry, open_ones)
        return None

    def item(self, access: Access, item_id: int) -> QueueItem | None:
        entry = differences(access).filter(pk=item_id).first()
        open_ones = _open(access, entry) if entry is not None else []
        return _item(access, entry, open_ones) if entry is not None and open_ones else None

    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        try:
            if answer.decision is Decision.DISMISS:
                drop(access, item_id)
                return
            chosen = {name: (one.option, one.text) for name, one in answer.choices.items()}
            seen = int(answer.revision) if answer.revision.isdecimal() else None
            settle(access, item_id, chosen, seen_version=seen, request_id=answer.request_id)
        except EntryProblem as problem:
            text = " ".join([problem.message, *problem.fields.values()])
            raise QueueProblem(text, is_gone=problem.is_gone) from None

    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        try:
            take_back(access, item_id, request_id=request_id)
        except EntryProblem as problem:
            raise QueueProblem(problem.message) from None


def _open(access: Access, entry: SecondEntry) -> list[KeyedField]:
    try:
        return differing_fields(access, entry)
    except UnknownObject:
        return []


def _item(access: Access, entry: SecondEntry, differing: list[KeyedField]) -> QueueItem:
    declared, record = object_type(entry.object_key), stored(entry)
    fields = declared.fields()
    first, second = logged_texts(
        access,
        declared,
        [{one.field: one.first for one in differing}, {one.field: one.second for one in differing}],
    )
    lines = tuple(
        Line(
            one.field,
            sentence(fields[one.field].label),
            (
                Option(FIRST, gettext_lazy("First entry"), first.get(one.field) or _("(empty)")),
                Option(SECOND, gettext_lazy("Second entry"), second.get(one.field) or _("(empty)")),
                Option(OTHER, gettext_lazy("Neither"), needs_text=gettext_lazy("What holds")),
            ),
        )
        for one in differing
    )
    is_seen = records(access, declared).filter(pk=entry.record_id).exists()
    return QueueItem(
        id=entry.pk,
        title=title_of(access, entry, set()),
        kind=entry.rule.name,
        lines=lines,
        facts=facts_of(access, entry),
        revision=str(record.version) if record is not None else "",  # type: ignore[attr-defined]
        url=f"/{declared.path}/{entry.record_id}/" if is_seen else "",
        warning="" if record is not None else _("The record was deleted meanwhile."),
        accept_label=gettext_lazy("This holds"),
        dismiss_label=gettext_lazy("Cannot be settled"),
    )


def title_of(access: Access, entry: SecondEntry, blind: set[str]) -> str:
    """Return what the record is called, unless its name is to be keyed or not to be read."""
    declared, record = object_type(entry.object_key), stored(entry)
    name = declared.title
    if record is None or name in blind or not access.fields(declared).is_readable(name):
        return f"{sentence(declared.label)} #{entry.record_id}"
    return str(declared.title_field().value(record) or f"#{entry.record_id}")


def facts_of(access: Access, entry: SecondEntry) -> tuple[Fact, ...]:
    """Return where the first entry comes from; who keyed it is not told, so that nobody is asked."""
    return (
        Fact(_("Record number"), f"#{entry.record_id}"),
        Fact(_("First entry"), near_moment(entry.first_at)),
        Fact(_("How"), str(SOURCES.get(entry.source, entry.source))),
    )
