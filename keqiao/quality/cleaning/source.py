"""Proposed corrections at the desk of the queue: taken over, left as it is, or another value typed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keqiao.base.clock import now
from keqiao.catalog.registry import object_type
from keqiao.quality.cleaning.batches import correctable_types
from keqiao.quality.cleaning.confidence import SUGGEST_FROM
from keqiao.quality.cleaning.models import Correction, CorrectionState
from keqiao.quality.cleaning.reach import corrections_seen
from keqiao.quality.cleaning.shown import rule_label, shown_value
from keqiao.quality.cleaning.stored import CHANNEL, accept, decline, take_back
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
from keqiao.records.drafts import Draft, Rejected, Saved, Source
from keqiao.records.present import titles_of
from keqiao.records.save import save_records
from keqiao.ui.cells import near_moment
from keqiao.ui.navigation import sentence

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType

PROPOSED, KEEP, OTHER = "proposed", "keep", "other"
BY_HAND = "by_hand"  # the rule of a line that holds what somebody typed instead of a proposal
OPEN = (CorrectionState.SUGGESTED, CorrectionState.FLAGGED)


class CorrectionSource(QueueSource):
    """What the correction rules propose and dare not do by themselves.

    Fields that change together are one item; its number is that of its last line.
    """

    key = "corrections"
    label = gettext_lazy("Proposed corrections")
    hint = gettext_lazy("Values that are probably wrong, each with what would be right and why.")
    icon = "circle-check"
    order = 50

    def is_for(self, access: Access) -> bool:
        return bool(correctable_types(access))

    def count(self, access: Access) -> int:
        found = 0
        for declared in correctable_types(access):
            rows = _open(access, declared).order_by()
            groups = rows.values("record_id", "batch", "group").distinct()
            found += groups[: COUNT_STOPS_AT + 1 - found].count()
            if found > COUNT_STOPS_AT:
                break
        return found

    def next(self, access: Access, after: int = 0) -> QueueItem | None:
        first = [
            line
            for declared in correctable_types(access)
            if (line := _open(access, declared).filter(pk__gt=after).order_by("pk").first())
        ]
        if not first:
            return None
        return self.item(access, min(line.pk for line in first))

    def item(self, access: Access, item_id: int) -> QueueItem | None:
        lines = _group(access, item_id)
        return _item(access, lines) if lines else None

    def decide(self, access: Access, item_id: int, answer: Answer) -> None:
        with transaction.atomic():
            lines = _group(access, item_id, lock=True)
            if not lines:
                raise QueueProblem(
                    _("This proposal has been dealt with a moment ago."), is_gone=True
                )
            _decide(access, lines, answer)

    def undo(self, access: Access, item_id: int, *, request_id: str = "") -> None:
        with transaction.atomic():
            _take_back(access, item_id)


def _decide(access: Access, lines: list[Correction], answer: Answer) -> None:
    declared = object_type(lines[0].object_key)
    selected = Correction.objects.filter(pk__in=[line.pk for line in lines])
    if answer.decision is Decision.DISMISS:
        decline(access, declared, selected)
        return
    chosen = {name: one.option for name, one in answer.choices.items()}
    picked = {chosen.get(line.field, "") for line in lines}
    if picked == {PROPOSED}:
        decided = accept(access, declared, selected)
        if decided.conflicts:
            raise QueueProblem(
                _("This cannot be taken over: the value was changed meanwhile, or the record does not"
                  " allow it. Leave it as it is, or type another value.")
            )  # fmt: skip
    elif picked == {KEEP}:
        decline(access, declared, selected)
    elif OTHER in picked and len(lines) == 1:
        _type_instead(access, declared, lines[0], answer.choices[lines[0].field].text)
    elif picked <= {PROPOSED, KEEP}:
        raise QueueProblem(
            _("These fields change together: take over all of them or leave all as they are.")
        )
    else:
        raise QueueProblem(_("Please choose one of the decisions offered."))


def _type_instead(access: Access, declared: ObjectType, line: Correction, text: str) -> None:
    if not text:
        raise QueueProblem(_("Please type the value that is right."))
    drafts = [Draft({line.field: text}, line.record_id, allow_duplicates=False)]
    [outcome] = save_records(access, declared, drafts, source=Source(CHANNEL, BY_HAND))
    if isinstance(outcome, Rejected):
        raise QueueProblem(" ".join(str(one.message) for one in outcome.problems))
    if not isinstance(outcome, Saved):
        raise QueueProblem(
            _("This value cannot be saved here. Open the record and change it there.")
        )
    decline(access, declared, Correction.objects.filter(pk=line.pk))
    Correction.objects.create(
        object_key=line.object_key, record_id=line.record_id, field=line.field, before=line.before,
        after=text, rule=BY_HAND, rule_version=1, confidence=1.0, evidence="",
        actor_id=access.user_id, source=CHANNEL, batch=line.batch, group=line.group,
        state=CorrectionState.APPLIED, made_at=now(), decided_at=now(),
        decided_by_id=access.user_id,
    )  # fmt: skip


def _take_back(access: Access, item_id: int) -> None:
    """Open an item again that this person has just decided."""
    last = Correction.objects.filter(pk=item_id, decided_by_id=access.user_id).first()
    if last is None:
        raise QueueProblem(_("There is nothing of yours to take back here."))
    declared = object_type(last.object_key)
    group = corrections_seen(access, declared).filter(
        record_id=last.record_id, batch=last.batch, group=last.group
    )
    made = group.filter(state=CorrectionState.APPLIED, decided_by_id=access.user_id)
    if made.exists() and take_back(access, declared, made).conflicts:
        raise QueueProblem(_("The record was changed since, so this stays as it is."))
    typed = group.filter(rule=BY_HAND)
    reopened = [
        line
        for line in group.exclude(rule=BY_HAND).select_for_update()
        if line.decided_by_id == access.user_id
    ]
    for line in reopened:
        is_sure = line.confidence >= SUGGEST_FROM
        line.state = CorrectionState.SUGGESTED if is_sure else CorrectionState.FLAGGED
        line.decided_at = line.decided_by = line.undone_at = None
    typed.delete()
    Correction.objects.bulk_update(
        reopened, ["state", "decided_at", "decided_by", "undone_at"], batch_size=100
    )


def _open(access: Access, declared: ObjectType) -> QuerySet[Correction]:
    return corrections_seen(access, declared).filter(state__in=OPEN)


def _group(access: Access, item_id: int, *, lock: bool = False) -> list[Correction]:
    """Return the open lines of the item this line belongs to, all of them or none."""
    line = Correction.objects.filter(pk=item_id).first()
    if line is None:
        return []
    declared = next((one for one in correctable_types(access) if one.key == line.object_key), None)
    if declared is None:
        return []
    together = Correction.objects.filter(
        object_key=declared.key, state__in=OPEN, record_id=line.record_id, batch=line.batch,
        group=line.group,
    )  # fmt: skip
    rows = _open(access, declared).filter(pk__in=together.values("pk")).order_by("pk")
    found = list(rows.select_for_update() if lock else rows)
    of_all = together.count()
    return found if len(found) == of_all else []


def _item(access: Access, lines: list[Correction]) -> QueueItem:
    declared, first = object_type(lines[0].object_key), lines[0]
    fields = declared.fields()
    title = titles_of(access, declared, [first.record_id]).get(first.record_id, "")
    facts = [
        Fact(_("Rule"), rule_label(first.rule)),
        Fact(
            _("How sure"),
            f"{first.confidence:.0%}" if first.confidence >= SUGGEST_FROM else _("not measured"),
        ),
        Fact(_("When"), near_moment(first.made_at)),
    ]
    if first.evidence:
        facts.insert(1, Fact(_("Why"), first.evidence))
    return QueueItem(
        id=lines[-1].pk,
        title=title or f"{sentence(declared.label)} #{first.record_id}",
        kind=sentence(declared.label),
        lines=tuple(
            Line(
                line.field,
                sentence(fields[line.field].label),
                _options(fields[line.field], line, is_alone=len(lines) == 1),
                before=shown_value(fields[line.field], line.before),
                chosen=PROPOSED if line.state == CorrectionState.SUGGESTED else "",
            )
            for line in lines
        ),
        facts=tuple(facts),
        url=f"/{declared.path}/{first.record_id}/",
        accept_label=gettext_lazy("This holds"),
        dismiss_label=gettext_lazy("Leave as it is"),
    )


def _options(own: Field, line: Correction, *, is_alone: bool) -> tuple[Option, ...]:
    found = []
    if line.after != line.before:
        text = shown_value(own, line.after)
        found.append(Option(PROPOSED, gettext_lazy("Take over"), text, tone="jade"))
    found.append(Option(KEEP, gettext_lazy("Leave as it is"), tone="red"))
    if is_alone:
        label = gettext_lazy("Another value")
        found.append(Option(OTHER, label, needs_text=gettext_lazy("What holds")))
    return tuple(found)
