"""Corrects records in the database: through the write path, with a line for each field and a way back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.catalog.field import Field, Sensitivity
from keqiao.catalog.kinds.roles import Role
from keqiao.quality.cleaning.confidence import Level, Record
from keqiao.quality.cleaning.engine import correct
from keqiao.quality.cleaning.models import Correction, CorrectionState, RuleMode, RuleSetting
from keqiao.quality.cleaning.proposal import Proposal, RecordView, Rule, read_as
from keqiao.quality.cleaning.rules import RULES
from keqiao.records.drafts import Draft, Saved, Source
from keqiao.records.query import records
from keqiao.records.save import save_records

if TYPE_CHECKING:
    from django.db.models import Model

    from keqiao.access.access import Access
    from keqiao.catalog.object_type import ObjectType
    from keqiao.quality.cleaning.knowledge import Knowledge

CHANNEL = "correction"
LATELY = timedelta(days=7)
_STATES = {Level.SUGGEST: CorrectionState.SUGGESTED, Level.FLAG: CorrectionState.FLAGGED}
_OPEN = (CorrectionState.SUGGESTED, CorrectionState.FLAGGED)


@dataclass
class Effect:
    """What a round of corrections did; `refused` counts records that could not be saved."""

    looked_at: int = 0
    applied: int = 0
    suggested: int = 0
    flagged: int = 0
    refused: int = 0


def rule_records() -> dict[str, Record]:
    """Return what became of each rule's corrections: kept and taken back, ever and lately.

    Of a rule that somebody let correct again, "lately" begins at that moment.
    """
    recent = Q(made_at__gte=now() - LATELY)
    again = RuleSetting.objects.filter(mode=RuleMode.APPLY, changed_at__gte=now() - LATELY)
    for rule, since in again.values_list("rule", "changed_at"):
        recent &= ~Q(rule=rule) | Q(made_at__gte=since)
    kept = Q(state=CorrectionState.APPLIED)
    undone = Q(state__in=(CorrectionState.UNDONE, CorrectionState.DECLINED))
    rows = Correction.objects.values("rule").annotate(
        kept=Count("pk", filter=kept),
        undone=Count("pk", filter=undone),
        kept_lately=Count("pk", filter=kept & recent),
        undone_lately=Count("pk", filter=Q(state=CorrectionState.UNDONE) & recent),
    )
    return {
        row["rule"]: Record(row["kept"], row["undone"], row["kept_lately"], row["undone_lately"])
        for row in rows
    }


def correctable_fields(access: Access, declared: ObjectType) -> dict[str, Field]:
    """Return the fields rules may look at and change: those the actor may write, no sealed ones.

    The log of corrections is not encrypted, so what is sealed in the record never gets there.
    """
    mask = access.fields(declared)
    return {
        name: one
        for name, one in declared.fields().items()
        if one.kind.matches_as is not Role.NONE
        and not (one.read_only or one.kind.encrypted or one.sensitivity is Sensitivity.SECRET)
        and (access.is_system or mask.is_writable(name))
    }


def correct_records(
    access: Access,
    declared: ObjectType,
    ids: Sequence[int],
    *,
    batch: str,
    knowledge: Knowledge,
    history: Mapping[str, Record],
    rules: Sequence[Rule] = RULES,
) -> Effect:
    """Correct some records (a few hundred at a time) in one transaction and note every proposal."""
    fields = correctable_fields(access, declared)
    effect = Effect()
    with transaction.atomic():
        rows = list(records(access, declared, Action.CHANGE).filter(pk__in=ids).order_by("pk"))
        known = _answered(declared, [row.pk for row in rows])
        drafts: list[Draft] = []
        lines: list[Correction] = []
        for row in rows:
            effect.looked_at += 1
            result = correct(_view(fields, row, knowledge), history, rules)
            proposed = [one for one in result.proposed if _key(row.pk, one) not in known]
            lines += [_line(access, declared, row.pk, one, batch) for one in proposed]
            if result.applied and not any(_key(row.pk, one) in known for one in result.applied):
                values = {one.field: result.view.values[one.field] for one in result.applied}
                version = row.version  # type: ignore[attr-defined]
                drafts.append(Draft(values, row.pk, version, ref=result.applied))
        source = Source(CHANNEL, batch)
        for draft, outcome in zip(
            drafts, save_records(access, declared, drafts, source=source), strict=True
        ):
            if isinstance(outcome, Saved):
                lines += [
                    _line(access, declared, draft.record_id or 0, one, batch) for one in draft.ref
                ]
            else:
                effect.refused += 1
        Correction.objects.bulk_create(lines)
    for line in lines:
        effect.applied += line.state == CorrectionState.APPLIED
        effect.suggested += line.state == CorrectionState.SUGGESTED
        effect.flagged += line.state == CorrectionState.FLAGGED
    return effect


def _view(fields: dict[str, Field], row: Model, knowledge: Knowledge) -> RecordView:
    return RecordView(
        fields, {name: _typed(one, one.value(row)) for name, one in fields.items()}, knowledge
    )


def _typed(one: Field, value: Any) -> Any:
    """Return a stored value as somebody could type it and it would be read as the same."""
    if one.kind.is_empty(value):
        return ""
    dumped = one.kind.dump(value)
    return dumped if isinstance(dumped, str) else one.kind.text(value, one)


def _key(record_id: int, one: Proposal) -> tuple[int, str, str, str]:
    return record_id, one.field, one.rule, str(one.after)


def _answered(declared: ObjectType, ids: list[int]) -> set[tuple[int, str, str, str]]:
    """Return proposals that wait already, and those somebody has said no to."""
    rows = Correction.objects.filter(object_key=declared.key, record_id__in=ids).exclude(
        state=CorrectionState.APPLIED
    )
    return {
        (record_id, name, rule, str(after))
        for record_id, name, rule, after in rows.values_list("record_id", "field", "rule", "after")
    }


def _line(
    access: Access, declared: ObjectType, record_id: int, one: Proposal, batch: str
) -> Correction:
    return Correction(
        object_key=declared.key,
        record_id=record_id,
        field=one.field,
        before=one.before,
        after=one.after,
        rule=one.rule,
        rule_version=one.version,
        confidence=one.confidence,
        evidence=str(one.evidence)[:200],
        actor_id=access.user_id,
        source=CHANNEL,
        batch=batch,
        group=one.group,
        state=_STATES.get(one.level, CorrectionState.APPLIED),
        made_at=now(),
    )


# --- accepted, declined, taken back ----------------------------------------------------------------


@dataclass
class Decided:
    """How many corrections were carried out or taken back, and which stay because of a later edit."""

    done: int = 0
    conflicts: list[Correction] = field(default_factory=list)


def decline(access: Access, declared: ObjectType, lines: QuerySet[Correction]) -> int:
    """Say no to proposals about records in reach; they are not made again."""
    waiting = _within(access, declared, lines).filter(state__in=_OPEN)
    return waiting.update(
        state=CorrectionState.DECLINED, decided_at=now(), decided_by_id=access.user_id
    )


def accept(access: Access, declared: ObjectType, lines: QuerySet[Correction]) -> Decided:
    """Carry out proposals where the record still holds what they were made of."""
    with transaction.atomic():
        waiting = list(_within(access, declared, lines).filter(state__in=_OPEN).order_by("pk"))
        return _carry_out(access, declared, waiting, backwards=False)


def take_back(access: Access, declared: ObjectType, lines: QuerySet[Correction]) -> Decided:
    """Undo corrections by record, field, rule or batch: whatever `lines` selects.

    A value that somebody changed since is a conflict and stays, with all that changed together.
    """
    with transaction.atomic():
        made = _within(access, declared, lines).filter(state=CorrectionState.APPLIED)
        return _carry_out(access, declared, list(made.order_by("-pk")), backwards=True)


def _within(
    access: Access, declared: ObjectType, lines: QuerySet[Correction]
) -> QuerySet[Correction]:
    reach = records(access, declared, Action.CHANGE).order_by().values("pk")
    names = correctable_fields(access, declared).keys()
    return lines.filter(object_key=declared.key, record_id__in=reach, field__in=names)


def _carry_out(
    access: Access, declared: ObjectType, lines: list[Correction], *, backwards: bool
) -> Decided:
    fields, found = declared.fields(), Decided()
    ids = {line.record_id for line in lines}
    rows = records(access, declared, Action.CHANGE).in_bulk(ids)
    by_record: dict[int, list[Correction]] = defaultdict(list)
    for line in lines:
        by_record[line.record_id].append(line)
    drafts: list[Draft] = []
    for record_id, own in by_record.items():
        row = rows[record_id]
        values, fitting = _new_values(fields, row, own, backwards=backwards)
        found.conflicts += [line for line in own if line not in fitting]
        if fitting:
            version = row.version  # type: ignore[attr-defined]
            drafts.append(
                Draft(values, record_id, version, ref=fitting, allow_duplicates=backwards)
            )
    source = Source(CHANNEL, "undo" if backwards else "accept")
    state = CorrectionState.UNDONE if backwards else CorrectionState.APPLIED
    for draft, outcome in zip(
        drafts, save_records(access, declared, drafts, source=source), strict=True
    ):
        if not isinstance(outcome, Saved):
            found.conflicts += draft.ref
            continue
        found.done += len(draft.ref)
        for line in draft.ref:
            line.state, line.decided_at, line.decided_by_id = state, now(), access.user_id
            line.undone_at = now() if backwards else None
    done = [line for draft in drafts for line in draft.ref if line.state == state]
    Correction.objects.bulk_update(
        done, ["state", "decided_at", "decided_by", "undone_at"], batch_size=200
    )
    return found


def _new_values(
    fields: dict[str, Field], row: Model, lines: list[Correction], *, backwards: bool
) -> tuple[dict[str, Any], list[Correction]]:
    """Return what the record should hold, and the lines that still fit what it holds now.

    Several corrections of one field are walked in the order given, the newest first when undoing.
    """
    current = {
        line.field: _stored_form(fields[line.field], fields[line.field].value(row))
        for line in lines
    }
    groups: dict[tuple[str, int], list[Correction]] = defaultdict(list)
    for line in lines:
        groups[line.batch, line.group].append(line)
    values: dict[str, Any] = {}
    fitting: list[Correction] = []
    for group in groups.values():
        steps = [
            (line, line.after, line.before) if backwards else (line, line.before, line.after)
            for line in group
        ]
        if all(
            _read(fields[line.field], held) == current[line.field] for line, held, _new in steps
        ):
            for line, _held, new in steps:
                values[line.field] = new
                current[line.field] = _read(fields[line.field], new)
                fitting.append(line)
    return values, fitting


def _read(one: Field, typed: Any) -> Any:
    return _stored_form(one, read_as(one, typed) if typed not in (None, "") else None)


def _stored_form(one: Field, value: Any) -> Any:
    return None if value is None or one.kind.is_empty(value) else one.kind.dump(value)
