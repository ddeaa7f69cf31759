"""Links to a record of any type and to several records: from names and numbers to what the actor sees."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from keqiao.access.matrix import matrix
from keqiao.access.refusals import note_refusal
from keqiao.access.rights import Action
from keqiao.catalog.kinds.links import links_of
from keqiao.catalog.object_type import Feature
from keqiao.catalog.pointer import pointed_to, pointer
from keqiao.catalog.problems import UnknownObject
from keqiao.catalog.registry import object_type, object_types
from keqiao.records.drafts import Problem
from keqiao.records.match_keys import match_key
from keqiao.records.models import MatchKey
from keqiao.records.query import records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keqiao.access.access import Access
    from keqiao.catalog.field import Field
    from keqiao.catalog.object_type import ObjectType
    from keqiao.records.batch import Batch, Item

_MOST_NAMESAKES = 5000
_NO_RECORD = _("“%(field)s”: there is no such record, or you may not see it.")
_NO_NAME = _("No record is called “%(name)s”, or you may not see it.")
_SEVERAL = _("“%(name)s” fits %(count)s records. Please give the number of the right one.")
_SEVERAL_ANY = _(
    "“%(name)s” fits %(count)s records. Please pick the right one, or write its type in front, as"
    " in %(example)s."
)


def ids_by_name(access: Access, target: ObjectType, names: set[str]) -> dict[str, list[int]]:
    """Find records whose title is the given name, in the form in which duplicates are compared."""
    title = target.title_field()
    rule = next((rule for rule in target.duplicates if title.name in rule.fields), None)
    found: dict[str, list[int]] = defaultdict(list)
    if rule is None:
        rows = records(access, target).filter(Q((f"{title.name}__in", names)))
        for pk, text in rows.values_list("pk", title.name)[:_MOST_NAMESAKES]:
            found[text].append(pk)
        return found
    wanted: dict[int, list[str]] = defaultdict(list)
    for name in names:
        wanted[match_key(target.key, rule.name, title.kind.exact(name))].append(name)
    holders = MatchKey.objects.filter(object_key=target.key, key__in=wanted)
    by_record = dict(holders.values_list("record_id", "key")[:_MOST_NAMESAKES])
    for pk in records(access, target).filter(pk__in=by_record).values_list("pk", flat=True):
        for name in wanted[by_record[pk]]:
            found[name].append(pk)
    return found


def in_reach(access: Access, links: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those of `links` whose records exist and may be seen; one query per type."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for key, record_id in links:
        wanted[key].add(record_id)
    found: set[tuple[str, int]] = set()
    for key, ids in wanted.items():
        try:
            target = object_type(key)
        except UnknownObject:
            continue
        if access.can(Action.VIEW, target):
            rows = set(records(access, target).filter(pk__in=ids).values_list("pk", flat=True))
            found.update((key, pk) for pk in rows)
            note_refusal(access, target, Action.VIEW, ids - rows)
    return found


# --- a record of any type ---------------------------------------------------------------------


def resolve_any(batch: Batch, field: Field, items: list[Item]) -> None:
    """Replace names by `account:42` and refuse what the actor may not see, in the same words."""
    links: set[tuple[str, int]] = set()
    names: set[str] = set()
    for item in items:
        value = item.values[field.name]
        if not value or _is_kept(field, item, value):
            continue
        if link := pointed_to(value):
            links.add(link)
        else:
            names.add(value)
    reachable = in_reach(batch.access, links)
    by_name = _links_by_name(batch.access, names)
    for item in items:
        value = item.values[field.name]
        if not value or _is_kept(field, item, value):
            continue
        if link := pointed_to(value):
            if link not in reachable:
                _refuse(item, field, _NO_RECORD % {"field": field.label})
            continue
        # A customer often was a lead of the same name: the first type that knows the name is meant.
        found = [link for link in by_name[value] if link[0] == by_name[value][0][0]]
        if len(found) == 1:
            item.values[field.name] = pointer(*found[0])
        elif found:
            example = f"{object_type(found[0][0]).label}：{value[:60]}"
            given = {"name": value[:60], "count": len(found), "example": example}
            _refuse(item, field, _SEVERAL_ANY % given)
        else:
            _refuse(item, field, _NO_NAME % {"name": value[:60]})


def _is_kept(field: Field, item: Item, value: str) -> bool:
    """A link that stands there already stays, also when its record was deleted meanwhile."""
    return item.record is not None and field.value(item.record) == value


def _links_by_name(access: Access, names: set[str]) -> dict[str, list[tuple[str, int]]]:
    asked: dict[ObjectType, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in names:
        prefixed = _with_type(name)
        for target in [prefixed[0]] if prefixed else _named_types():
            asked[target][prefixed[1] if prefixed else name].append(name)
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for target, spelled in sorted(asked.items(), key=lambda pair: (pair[0].order, pair[0].key)):
        if not access.can(Action.VIEW, target):
            continue
        if not access.fields(target).is_readable(target.title):
            continue  # whoever may not read the names cannot try them out here
        for text, ids in ids_by_name(access, target, set(spelled)).items():
            for name in spelled[text]:
                found[name].extend((target.key, pk) for pk in ids)
    return found


def _named_types() -> list[ObjectType]:
    """Return the types a bare name may mean: what is followed up with customers."""
    return [one for one in object_types() if Feature.FOLLOW_UP in one.features]


def _with_type(text: str) -> tuple[ObjectType, str] | None:
    """Read "客户：苏州博远…": the type that stands in front, and the name."""
    head, colon, rest = text.replace("：", ":", 1).partition(":")
    key = _words(tuple(one.key for one in object_types())).get(head.strip().casefold())
    return (object_type(key), rest.strip()) if colon and rest.strip() and key else None


@lru_cache(maxsize=8)
def _words(keys: tuple[str, ...]) -> dict[str, str]:
    """Return what each object type is called, in both languages."""
    found: dict[str, str] = {}
    for key in keys:
        declared = object_type(key)
        found[key] = key
        for language in ("zh-hans", "en"):
            with override(language):
                found[str(declared.label).casefold()] = key
                found[str(declared.label_plural).casefold()] = key
    return found


# --- several records of one type -----------------------------------------------------------------


def resolve_several(batch: Batch, field: Field, items: list[Item]) -> None:
    """Replace names by ids. Links the actor cannot see stay: he did not mean to take them away."""
    access, target = batch.access, object_type(field.target)
    stored = {item: _stored(field, item) for item in items}
    names = {one for item in items for one in item.values[field.name] if isinstance(one, str)}
    ids = {one for item in items for one in item.values[field.name] if isinstance(one, int)}
    ids.update(one for known in stored.values() for one in known)
    reachable = {pk for _key, pk in in_reach(access, ((target.key, pk) for pk in ids))}
    may_read = access.fields(target).is_readable(target.title)
    by_name = ids_by_name(access, target, names) if names and may_read else {}
    for item in items:
        chosen: list[int] = []
        for one in item.values[field.name]:
            found = [one] if isinstance(one, int) else by_name.get(one, [])
            if len(found) > 1:
                found = _of_the_same(batch, target, item, found) or found
            if isinstance(one, int) and one not in reachable and one not in stored[item]:
                _refuse(item, field, _NO_RECORD % {"field": field.label})
            elif len(found) == 1:
                chosen.extend(found)
            elif found:
                _refuse(item, field, _SEVERAL % {"name": one[:60], "count": len(found)})
            else:
                _refuse(item, field, _NO_NAME % {"name": one[:60]})
        unseen = [pk for pk in stored[item] if pk not in reachable]
        if not any(problem.field == field.name for problem in item.problems):
            item.values[field.name] = list(dict.fromkeys([*chosen, *unseen]))


def _of_the_same(batch: Batch, target: ObjectType, item: Item, ids: list[int]) -> list[int]:
    """Of namesakes return those that belong to what the draft is about: 王伟 of this customer."""
    named = {
        link for name, value in item.values.items() for link in links_of(batch.fields[name], value)
    }
    found = Q(pk__in=())
    for own in target.builtin_fields.values():
        wanted = [pk for key, pk in named if key == own.target]
        if own.kind.key == "reference" and wanted:
            found |= Q((f"{own.storage.name}__in", wanted))  # type: ignore[union-attr]
    rows = records(batch.access, target).filter(found, pk__in=ids)
    return list(rows.values_list("pk", flat=True)[:2])


def resolve_colleagues(field: Field, items: list[Item]) -> None:
    """Replace names of colleagues by ids; who has left stays only where he stands already."""
    people = matrix().people
    by_name: dict[str, list[int]] = defaultdict(list)
    for person in people.values():
        if person.is_active:
            by_name[person.name.casefold()].append(person.id)
    for item in items:
        stored, chosen = _stored(field, item), []
        for one in item.values[field.name]:
            found = [one] if isinstance(one, int) else by_name.get(one.casefold(), [])
            known = [pk for pk in found if pk in stored or (pk in people and people[pk].is_active)]
            if len(known) == 1:
                chosen.append(known[0])
            else:
                message = _("No single colleague is called “%(name)s”.")
                _refuse(item, field, message % {"name": str(one)[:40]})
        if not any(problem.field == field.name for problem in item.problems):
            item.values[field.name] = list(dict.fromkeys(chosen))


def _stored(field: Field, item: Item) -> list[int]:
    return list(field.value(item.record)) if item.record is not None else []


def _refuse(item: Item, field: Field, message: object) -> None:
    item.problems.append(Problem(field.name, message, "reference"))  # type: ignore[arg-type]
