"""Changes the values of many records at once: variants become one value, texts are tidied; undone whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy
from django_tasks import task

from keqiao.access.rights import Action
from keqiao.base.clock import now
from keqiao.base.shapes import LONGEST, quoted
from keqiao.catalog.filter import AllOf, AnyOf, Condition, as_data, parse_filter
from keqiao.catalog.problems import FieldProblem
from keqiao.catalog.registry import object_type
from keqiao.jobs.options import LONG
from keqiao.jobs.progress import current_job_id
from keqiao.quality.cleaning.models import Correction, CorrectionState
from keqiao.quality.profiling.measures import comes_back
from keqiao.quality.profiling.transforms import Transform, transformed
from keqiao.records.audit import logged_form
from keqiao.records.drafts import Draft, Source
from keqiao.records.query import records
from keqiao.ui.bulk_jobs import Part, in_steps, saved_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.filter import FilterTree
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.undoing import Work

# Values one condition can name, and values one change can be about.
_AT_ONCE = 200
_MOST_ODD = 30
MOST_VALUES = 2_000
CLUSTER, TRANSFORM = "cluster", "transform"
_VERSION = 1


def holding(own: Field, values: Sequence[str]) -> FilterTree:
    """Return the condition that just the records with one of these values fit."""
    usual = [one for one in values if own.kind.many or comes_back(own, one)]
    parts = [usual[start : start + _AT_ONCE] for start in range(0, len(usual), _AT_ONCE)]
    found = [Condition(own.name, "any_of", part) for part in parts]
    # What no form would save was written past the forms; it is asked for letter by letter.
    odd = [one for one in values if one not in set(usual) and len(one) <= LONGEST]
    found += [Condition(own.name, "has_shape", quoted(one)) for one in odd[:_MOST_ODD]]
    return AnyOf(tuple(found))


def with_nested(tree: FilterTree, nested: str) -> str:
    """Return a condition together with that of a list, in the form jobs carry."""
    whole = AllOf((parse_filter(nested), tree)) if nested else tree
    return json.dumps(as_data(whole), ensure_ascii=False)


def unified(own: Field, targets: Mapping[str, str]) -> Callable[[Any], Any]:
    """Return what turns a stored value into the one its variants become."""
    if not own.kind.many:
        return lambda value: targets.get(value, value)

    def each(words: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(targets.get(one, one) for one in words))

    return each


@task(title=gettext_lazy("Bring variants of a value together"), queue_name=LONG)
def unify_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    name: str,
    targets: dict[str, str],
    nested: str = "",
) -> dict[str, Any]:
    """Write the chosen value on every record that holds one of its variants."""
    declared = object_type(object_key)
    own = declared.field(name)
    rewrite = unified(own, targets)
    work = rewriting(declared, name, rewrite, CLUSTER, Source("bulk", "", request_id))
    nested = with_nested(holding(own, sorted(targets)), nested)
    return in_steps(user_id, declared, Action.CHANGE, where, search, ids, work, nested)


@task(title=gettext_lazy("Tidy the values of many records"), queue_name=LONG)
def transform_many(
    *,
    user_id: int,
    request_id: str,
    object_key: str,
    where: list[str],
    search: str,
    ids: list[int] | None,
    name: str,
    transform: dict[str, Any],
    nested: str = "",
) -> dict[str, Any]:
    """Carry one transform out on a field of every chosen record; what it leaves equal is left alone."""
    declared = object_type(object_key)
    asked = Transform(**transform)
    work = rewriting(
        declared,
        name,
        lambda value: transformed(asked, value),
        TRANSFORM,
        Source("bulk", "", request_id),
    )
    nested = with_nested(Condition(name, "is_filled"), nested)
    return in_steps(user_id, declared, Action.CHANGE, where, search, ids, work, nested)


def rewriting(
    declared: ObjectType, name: str, rewrite: Callable[[Any], Any], rule: str, source: Source
) -> Callable[[Access, list[int]], Part]:
    """Return one step of the work: the records as they are now, each changed under its version."""

    def step(access: Access, part: list[int]) -> Part:
        own = declared.field(name)
        if not access.fields(declared).is_writable(name):
            return Part()
        drafts: list[Draft] = []
        before: dict[int, Any] = {}
        for record in records(access, declared, Action.CHANGE).filter(pk__in=part).order_by("pk"):
            value = own.value(record)
            wanted = as_saved(own, rewrite(value))
            if wanted != value:
                version = record.version  # type: ignore[attr-defined]
                drafts.append(Draft({name: wanted}, record_id=record.pk, version=version))
                before[record.pk] = value
        saved = saved_part(access, declared, drafts, source)
        done = [one for one in drafts if one.record_id not in saved.refused]
        _note(access, declared, own, done, before, rule, source)
        saved.done += len(part) - len(drafts)
        return saved

    return step


def _note(
    access: Access,
    declared: ObjectType,
    own: Field,
    done: Sequence[Draft],
    before: Mapping[int, Any],
    rule: str,
    source: Source,
) -> None:
    """Write a correction for every record: what stood there, what stands there, in which batch."""
    moment, batch = now(), batch_of(source.request_id)
    Correction.objects.bulk_create(
        Correction(
            object_key=declared.key,
            record_id=draft.record_id or 0,
            field=own.name,
            before=logged_form(own, before[draft.record_id or 0]),
            after=logged_form(own, as_saved(own, draft.values[own.name])),
            rule=rule,
            rule_version=_VERSION,
            confidence=1.0,  # a person decided it
            evidence=f"#{current_job_id() or ''}",
            actor_id=access.user_id,
            source="bulk",
            batch=batch,
            state=CorrectionState.APPLIED,
            made_at=moment,
            decided_at=moment,
            decided_by_id=access.user_id,
        )
        for draft in done
    )


def as_saved(own: Field, value: Any) -> Any:
    """Return a value as saving would leave it; one that cannot be saved as it is given."""
    try:
        return own.kind.clean(value, own)
    except FieldProblem:
        return value


def batch_of(request_id: str) -> str:
    return request_id[:40]


def note_undone(work: Work, ids: Sequence[int]) -> None:
    """Mark the corrections of records that have their old values again."""
    Correction.objects.filter(
        object_key=work.object_key,
        batch=batch_of(work.request_id),
        actor_id=work.actor_id,
        record_id__in=ids,
        rule__in=(CLUSTER, TRANSFORM),
        state=CorrectionState.APPLIED,
    ).update(state=CorrectionState.UNDONE, undone_at=now(), decided_at=now())
